import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Micros } from '../kernel/time.ts';
import type { SchedulingQueue } from './scheduling-queue.ts';

/** The timers by which pods come back from back-off, and from having been unschedulable for too long. */
export class QueueFlushes {
  readonly #kernel: Kernel;
  readonly #queue: SchedulingQueue;
  readonly #flushBackoff: HandlerId;
  readonly #flushLeftover: HandlerId;
  #backoffTimer: EventRef = NO_EVENT;
  #backoffDue: Micros = 0;
  #leftoverTimer: EventRef = NO_EVENT;

  /** `flushed` is called after each flush. */
  constructor(kernel: Kernel, queue: SchedulingQueue, flushed: () => void) {
    this.#kernel = kernel;
    this.#queue = queue;
    this.#flushBackoff = kernel.register('scheduler/flush-backoff', () => {
      queue.flushBackoff(kernel.now);
      flushed();
    });
    this.#flushLeftover = kernel.register('scheduler/flush-leftover', () => {
      queue.flushLeftover(kernel.now);
      flushed();
    });
  }

  /** Sees to it that the next flush of either kind is scheduled. */
  attend(): void {
    const kernel = this.#kernel;
    const backoff = this.#queue.nextBackoffFlush;
    if (backoff !== undefined) {
      const due = Math.max(backoff, kernel.now);
      if (!kernel.isPending(this.#backoffTimer) || due < this.#backoffDue) {
        kernel.cancel(this.#backoffTimer);
        this.#backoffTimer = kernel.at(due, this.#flushBackoff, 0, 0, undefined, Priority.timer);
        this.#backoffDue = due;
      }
    }
    if (this.#queue.lengths.unschedulable > 0 && !kernel.isPending(this.#leftoverTimer)) {
      const leftover = this.#queue.nextLeftoverFlush;
      if (leftover === undefined) return;
      this.#leftoverTimer = kernel.at(leftover, this.#flushLeftover, 0, 0, undefined, Priority.timer);
    }
  }

  save(): readonly [EventRef, Micros, EventRef] {
    return [this.#backoffTimer, this.#backoffDue, this.#leftoverTimer];
  }

  restore([backoffTimer, backoffDue, leftoverTimer]: readonly [EventRef, Micros, EventRef]): void {
    this.#backoffTimer = backoffTimer;
    this.#backoffDue = backoffDue;
    this.#leftoverTimer = leftoverTimer;
  }
}
