import { specOf } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { nextRetry, restartKilled, restartStopped } from './restart-back-off.ts';

/** Has containers that ended and are to run again wait behind their back-off, and the pod looked at when that is over. */
export class PodRestarts {
  readonly #context: PodContext;

  constructor(context: PodContext) {
    this.#context = context;
  }

  /** Those of a pod's containers that have stopped are to run again, if they are to. */
  stopped(record: PodRecord): void {
    const { settings, times } = this.#context;
    const { now } = this.#context.kernel;
    for (const index of restartStopped(record, now, settings, (until) => times.requeue(record, now, until))) {
      this.#backsOff(record, index);
    }
    this.plan(record);
  }

  /** A container that a probe condemned is to run again. */
  killed(record: PodRecord, container: ContainerRecord): void {
    const { settings, times } = this.#context;
    const { now } = this.#context.kernel;
    const waits = restartKilled(record, container, now, settings, (until) => times.requeue(record, now, until));
    if (waits) this.#backsOff(record, container.index);
    this.plan(record);
  }

  /** Has the pod looked at when its next container may start. */
  plan(record: PodRecord): void {
    const next = nextRetry(record, this.#context.kernel.now);
    if (next !== undefined) this.#context.syncAt(record, next);
  }

  #backsOff(record: PodRecord, index: number): void {
    const { name, namespace, uid } = record.pod.metadata;
    const container = specOf(record.pod, index).name;
    const message = `Back-off restarting failed container ${container} in pod ${name}_${namespace}(${uid})`;
    this.#context.event(record, 'Warning', 'BackOff', message);
  }
}
