import { behaviorOf, drawTime } from '../behavior.ts';
import type { HealthSpec } from '../behavior.ts';
import type { Purpose, RandomSource } from '../kernel/random.ts';
import type { Micros } from '../kernel/time.ts';
import { CONTAINERS, roleOf, specOf } from './pod-containers.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** A stretch of time in which a container's health is one and the same; plain data. */
export interface Spell {
  /** Its number since the container's start: even ones are sound. */
  readonly number: number;
  readonly sound: boolean;
  readonly from: Micros;
  /** Infinity: as long as the container runs. */
  readonly to: Micros;
}

/** Which probe asks: they may find different things. */
export type HealthAspect = 'unready' | 'unhealthy';

/** Most spells of one run whose draws are apart from those of the next. */
const SPELLS = 4096;

/** How containers fare while they run: spells that follow from the seed, made one after the other when a probe asks. */
export class ContainerHealth {
  readonly #draws: Readonly<Record<HealthAspect, Purpose>>;

  constructor(random: RandomSource) {
    this.#draws = { unready: random.purpose('container-unready'), unhealthy: random.purpose('container-unhealthy') };
  }

  /** What the workload says of a container; undefined: all is well for ever. */
  specOf({ pod }: PodRecord, { index }: ContainerRecord, aspect: HealthAspect): HealthSpec | undefined {
    return behaviorOf(pod.metadata.annotations, roleOf(pod, index), specOf(pod, index).name)[aspect];
  }

  /** The first spell, from a time on. */
  first(record: PodRecord, container: ContainerRecord, aspect: HealthAspect, from: Micros): Spell {
    return this.#spell(record, container, aspect, 0, from);
  }

  next(record: PodRecord, container: ContainerRecord, aspect: HealthAspect, { number, to }: Spell): Spell {
    return this.#spell(record, container, aspect, number + 1, to);
  }

  #spell(record: PodRecord, container: ContainerRecord, aspect: HealthAspect, number: number, from: Micros): Spell {
    const spec = this.specOf(record, container, aspect);
    const sound = number % 2 === 0;
    const time = sound ? spec?.sound : spec?.unsound;
    if (time === undefined || (number > 1 && spec?.again !== true)) return { number, sound, from, to: Infinity };
    const ordinal = (container.runs * CONTAINERS + container.index) * SPELLS + number;
    // A spell without length would be no spell: the clock's unit is the least.
    const lasts = Math.max(1, drawTime(time, this.#draws[aspect], record.identity, ordinal));
    return { number, sound, from, to: from + lasts };
  }
}
