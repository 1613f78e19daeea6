import type { Saveable } from '../kernel/saveable.ts';
import type { Micros } from '../kernel/time.ts';
import { NO_WAIT } from './service-law.ts';
import type { ServiceLaw, Wait } from './service-law.ts';

/** Halvings by which a quantile is found. */
const HALVINGS = 60;

/** Latencies of a fluid traffic's served requests: amounts by how they had to wait, in classes that are nearly alike. */
export class ServedLatencies implements Saveable {
  readonly #law: ServiceLaw;
  readonly #timeout: Micros;
  #atOnce = 0;
  #waited = new Map<string, { readonly wait: Wait; amount: number }>();

  constructor(law: ServiceLaw, timeout: Micros) {
    this.#law = law;
    this.#timeout = timeout;
  }

  add(amount: number, { share, mean, shape, stretch }: Wait): void {
    const waits = share >= NEGLIGIBLE;
    if (!waits && stretch === 1) {
      this.#atOnce += amount;
      return;
    }
    const wait = {
      share: waits ? Math.round(share * 100) / 100 || NEGLIGIBLE : 0,
      mean: waits ? Number(mean.toPrecision(2)) : 0,
      shape: waits ? Number(shape.toPrecision(1)) : 1,
      stretch,
    };
    const key = keyOf(wait);
    const known = this.#waited.get(key);
    if (known === undefined) this.#waited.set(key, { wait, amount });
    else known.amount += amount;
  }

  /** The latency below which a share of them lies, in microseconds; undefined where none was served. */
  quantile(share: number): Micros | undefined {
    const classes = [{ wait: NO_WAIT, amount: this.#atOnce }, ...this.#waited.values()].filter(
      ({ amount }) => amount > 0,
    );
    if (classes.length === 0) return undefined;
    if (this.#waited.size === 0) return this.#law.quantile(share);
    const inTime = classes.map(({ wait }) => this.#law.within(this.#timeout, wait));
    const all = classes.reduce((sum, { amount }) => sum + amount, 0);
    const below = (time: Micros): number =>
      classes.reduce((sum, { wait, amount }, i) => {
        const served = inTime[i] as number;
        return served === 0 ? sum : sum + (amount * Math.min(1, this.#law.within(time, wait) / served)) / all;
      }, 0);
    let low = 0;
    let high = this.#timeout;
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (below(middle) < share) low = middle;
      else high = middle;
    }
    return high;
  }

  save(): readonly [number, readonly { readonly wait: Wait; readonly amount: number }[]] {
    return [this.#atOnce, [...this.#waited.values()].map((one) => ({ ...one }))];
  }

  restore(saved: unknown): void {
    const [atOnce, waited] = saved as ReturnType<ServedLatencies['save']>;
    this.#atOnce = atOnce;
    this.#waited = new Map(waited.map((one) => [keyOf(one.wait), { ...one }]));
  }
}

function keyOf({ share, mean, shape, stretch }: Wait): string {
  return `${share} ${mean} ${shape} ${stretch}`;
}

/** Shares of requests that wait below this change no quantile that anybody reads. */
const NEGLIGIBLE = 1e-4;
