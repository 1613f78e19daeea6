import { identityOf } from '../kernel/random.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { ProviderSpec } from './provider-spec.ts';

/** Where a kind's stock stands: its next or present stock-out. */
interface Spell {
  readonly from: Micros;
  readonly until: Micros;
  readonly ordinal: number;
}

/**
 * What the provider has in stock. Stock-outs are functions of time: nothing happens when one begins or ends, it shows when
 * somebody asks for an instance.
 */
export class Stock implements Saveable {
  readonly #spec: Pick<ProviderSpec, 'stockOuts' | 'randomStockOuts'>;
  /** By type, zone and market; times asked about only grow. */
  #spells = new Map<string, Spell>();

  constructor(spec: Pick<ProviderSpec, 'stockOuts' | 'randomStockOuts'>) {
    this.#spec = spec;
  }

  /** Whether an instance can be had. */
  has(type: string, zone: string, spot: boolean, now: Micros): boolean {
    for (const out of this.#spec.stockOuts) {
      const concerns =
        (out.type === undefined || out.type === type) &&
        (out.zone === undefined || out.zone === zone) &&
        (out.spot === undefined || out.spot === spot);
      if (concerns && now >= out.at && now < out.at + out.forMicros) return false;
    }
    if (this.#spec.randomStockOuts === undefined) return true;
    const { from, until } = this.#spell(`${type} ${zone} ${spot ? 'spot' : 'on-demand'}`, now);
    return now < from || now >= until;
  }

  /** The first spell of the kind that is not over. */
  #spell(kind: string, now: Micros): Spell {
    let spell = this.#spells.get(kind) ?? { from: 0, until: 0, ordinal: -1 };
    const random = this.#spec.randomStockOuts;
    const identity = identityOf(kind);
    while (random !== undefined && spell.until <= now) {
      const ordinal = spell.ordinal + 1;
      const from = spell.until + seconds(Math.max(1, random.between(identity, ordinal)));
      spell = { from, until: from + seconds(Math.max(1, random.lasts(identity, ordinal))), ordinal };
    }
    this.#spells.set(kind, spell);
    return spell;
  }

  save(): unknown {
    return [...this.#spells];
  }

  restore(saved: unknown): void {
    this.#spells = new Map(saved as readonly [string, Spell][]);
  }
}
