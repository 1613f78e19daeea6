import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { WorkQueue } from './controller.ts';
import { FIRST_COME } from './queue-policy.ts';
import type { QueuePolicy } from './queue-policy.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { RetryDelays } from './rate-limiter.ts';

interface Timer {
  readonly event: EventRef;
  readonly due: Micros;
}

interface KeyQueueState {
  readonly adds: number;
  readonly waiting: readonly string[];
  readonly processing: readonly string[];
  readonly again: readonly string[];
  readonly timers: readonly [string, Timer][];
  readonly limiter: unknown;
  readonly last: string | undefined;
}

/**
 * client-go's rate-limiting work queue. A key waits once; a key that is added while it is being worked on is worked on
 * once more after that, and never by two workers at once.
 */
export class KeyQueue implements WorkQueue, Saveable {
  readonly #kernel: Kernel;
  readonly #timerDue: HandlerId;
  readonly #limiter: RateLimiter;
  #adds = 0;
  /** Called when a key has come to wait. */
  readonly #onWaiting: () => void;
  /** In the order in which they came. */
  #waiting = new Set<string>();
  #processing = new Set<string>();
  /** Added while being worked on. */
  #again = new Set<string>();
  /** At most one for each key, the earliest. */
  #timers = new Map<string, Timer>();
  readonly #name: string;
  readonly #policy: QueuePolicy;
  readonly #batch: Micros;
  /** The key taken last, where a policy may ask for it. */
  #last: string | undefined;

  constructor(
    kernel: Kernel,
    name: string,
    onWaiting: () => void,
    policy: QueuePolicy = FIRST_COME,
    retries?: RetryDelays,
  ) {
    this.#kernel = kernel;
    this.#limiter = new RateLimiter(retries);
    this.#onWaiting = onWaiting;
    this.#name = name;
    this.#policy = policy;
    this.#batch = seconds(policy.batchSeconds?.(name) ?? 0);
    this.#timerDue = kernel.register(`${name}/queue-timer`, (_a, _b, key) => {
      this.#timers.delete(key as string);
      this.#wait(key as string);
    });
  }

  /** Keys that have come to wait so far: `workqueue_adds_total`. */
  get adds(): number {
    return this.#adds;
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#batch > 0) this.addAfter(key, this.#batch);
    else this.#wait(key);
  }

  #wait(key: string): void {
    if (this.#processing.has(key)) {
      this.#again.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#adds++;
    this.#waiting.add(key);
    this.#onWaiting();
  }

  addAfter(key: string, micros: Micros): void {
    if (micros <= 0) {
      this.#wait(key);
      return;
    }
    const due = this.#kernel.now + Math.ceil(micros);
    const timer = this.#timers.get(key);
    if (timer !== undefined) {
      if (timer.due <= due) return;
      this.#kernel.cancel(timer.event);
    }
    const event = this.#kernel.at(due, this.#timerDue, 0, 0, key, Priority.timer);
    this.#timers.set(key, { event, due });
  }

  addRateLimited(key: string): void {
    this.addAfter(key, this.#limiter.delayFor(key, this.#kernel.now));
  }

  forget(key: string): void {
    this.#limiter.forget(key);
  }

  /** Rate-limited additions of a key since it was last forgotten. */
  failuresOf(key: string): number {
    return this.#limiter.failuresOf(key);
  }

  /** Takes the first waiting key to work on it; the worker says `done` afterwards. */
  take(): string | undefined {
    const key = this.#next();
    if (key === undefined) return undefined;
    this.#waiting.delete(key);
    this.#processing.add(key);
    return key;
  }

  #next(): string | undefined {
    if (this.#policy.next !== undefined && this.#waiting.size > 0) {
      this.#last = this.#policy.next([...this.#waiting], this.#last, this.#name);
      return this.#last;
    }
    for (const key of this.#waiting) return key;
    return undefined;
  }

  /** The work on a key has ended. */
  done(key: string): void {
    this.#processing.delete(key);
    if (this.#again.delete(key)) this.#wait(key);
  }

  save(): KeyQueueState {
    return {
      adds: this.#adds,
      waiting: [...this.#waiting],
      processing: [...this.#processing],
      again: [...this.#again],
      timers: [...this.#timers],
      limiter: this.#limiter.save(),
      last: this.#last,
    };
  }

  restore(saved: unknown): void {
    const state = saved as KeyQueueState;
    this.#adds = state.adds;
    this.#waiting = new Set(state.waiting);
    this.#processing = new Set(state.processing);
    this.#again = new Set(state.again);
    this.#timers = new Map(state.timers);
    this.#limiter.restore(state.limiter);
    this.#last = state.last;
  }
}
