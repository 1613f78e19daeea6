import type { Pod } from '../api/core.ts';
import { behaviorOf, drawTime } from '../behavior.ts';
import type { Behavior } from '../behavior.ts';
import type { Purpose, RandomSource } from '../kernel/random.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { drawLatency } from '../latency.ts';
import type { KubeletSettings } from '../settings.ts';
import { CONTAINERS, roleOf, specOf } from './pod-containers.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { requeueAfter } from './restart-back-off.ts';

/** The draws of pods' lives: each depends on the pod and what it has done so far, not on where it is. */
export class PodTimes {
  readonly #settings: KubeletSettings;
  readonly #sandboxDraws: Purpose;
  readonly #startDraws: Purpose;
  readonly #plegDraws: Purpose;
  readonly #requeueDraws: Purpose;
  readonly #runDraws: Purpose;
  readonly #exitDraws: Purpose;

  constructor(random: RandomSource, settings: KubeletSettings) {
    this.#settings = settings;
    this.#sandboxDraws = random.purpose('pod-sandbox');
    this.#startDraws = random.purpose('container-start');
    this.#plegDraws = random.purpose('pleg-relist');
    this.#requeueDraws = random.purpose('pod-requeue');
    this.#runDraws = random.purpose('container-run');
    this.#exitDraws = random.purpose('container-failure');
  }

  /** Making the pod's sandbox, its network included. */
  sandbox({ identity, sandboxes }: PodRecord): Micros {
    return drawLatency(this.#settings.sandboxLatency, this.#sandboxDraws, identity, sandboxes);
  }

  /** Creating and starting a container whose image is there. */
  start({ identity }: PodRecord, { runs, index }: ContainerRecord): Micros {
    return drawLatency(this.#settings.containerStartLatency, this.#startDraws, identity, runs * CONTAINERS + index);
  }

  /** How long the container runs if it is let; undefined: for ever. */
  run({ pod, identity }: PodRecord, { runs, index }: ContainerRecord): Micros | undefined {
    const { duration } = behaviorAt(pod, index);
    return duration && drawTime(duration, this.#runDraws, identity, runs * CONTAINERS + index);
  }

  /** What the container ends with. */
  exitCode({ pod, identity }: PodRecord, { runs, index }: ContainerRecord): number {
    const { failureProbability, exitCode } = behaviorAt(pod, index);
    const fails = this.#exitDraws.chance(identity, runs * CONTAINERS + index, failureProbability);
    return fails ? 1 : exitCode;
  }

  /** Until the next relist of the runtime shows what has changed. */
  relist(record: PodRecord): Micros {
    const period = this.#settings.plegRelistSeconds * SECOND;
    return Math.round(this.#plegDraws.uniform(record.identity, record.plegDraws++) * period);
  }

  /** The first look at a failing pod at or after `until`, looks coming every 10 to 15 s on the 1 s tick. */
  requeue(record: PodRecord, now: Micros, until: Micros): Micros {
    let time = now;
    while (time < until) {
      const ordinal = record.requeueDraws++;
      time += requeueAfter(
        this.#requeueDraws.uniform(record.identity, 2 * ordinal),
        this.#requeueDraws.uniform(record.identity, 2 * ordinal + 1),
      );
    }
    return time;
  }
}

/** How one of a pod's containers behaves. */
export function behaviorAt(pod: Pod, index: number): Behavior {
  return behaviorOf(pod.metadata.annotations, roleOf(pod, index), specOf(pod, index).name);
}
