import type { HandlerId } from '../kernel/kernel.ts';
import type { Micros } from '../kernel/time.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** Containers that have so much to do and then end: sooner or later, as the processor lets them. */
export class RunningWork {
  readonly #context: PodContext;
  readonly #ended: HandlerId;

  /** `onEnd` is told when a container has done its work. */
  constructor(context: PodContext, onEnd: (record: PodRecord, container: ContainerRecord) => void) {
    this.#context = context;
    const { kernel, steps } = context;
    this.#ended = steps.register(
      'kubelet/container-exited',
      (record, i) => {
        const container = record.containers[i] as ContainerRecord;
        // One that was slowed down ends by a later event.
        if (container.state === 'running' && container.endsAt <= kernel.now) onEnd(record, container);
      },
      false,
    );
  }

  /** A container has begun to run; its work takes so long where nothing is in its way. */
  begin(record: PodRecord, container: ContainerRecord, takes: Micros): void {
    const { kernel } = this.#context;
    container.workLeft = takes;
    container.workSince = kernel.now;
    this.#plan(record, container);
  }

  #plan(record: PodRecord, container: ContainerRecord): void {
    const { kernel, steps } = this.#context;
    const after = container.speed === 0 ? Infinity : Math.round(container.workLeft / container.speed);
    container.endsAt = kernel.now + after;
    if (after < Infinity) steps.inRun(after, this.#ended, record, container);
  }

  /** A running container gets on so fast from now on. */
  setSpeed(record: PodRecord, container: ContainerRecord, speed: number): void {
    const { now } = this.#context.kernel;
    if (speed === container.speed) return;
    if (container.workLeft >= 0) {
      container.workLeft = Math.max(0, container.workLeft - (now - container.workSince) * container.speed);
      container.workSince = now;
    }
    container.speed = speed;
    if (container.workLeft >= 0) this.#plan(record, container);
  }
}
