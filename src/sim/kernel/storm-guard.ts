import { KernelError } from './kernel-error.ts';
import type { Micros } from './time.ts';

/** Over how many events before the limit the handlers are counted. */
const SAMPLE = 10_000;

/** How many handlers the message names. */
const NAMED = 5;

/**
 * Notices when the clock stands still because events keep scheduling events at the same instant, and says which.
 * The loop counts; it calls `count` only for the last events before the limit.
 */
export class StormGuard {
  /** Events at one instant after which the loop must call `count` for each. */
  readonly sampleFrom: number;
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
    this.sampleFrom = Math.max(0, limit - SAMPLE);
  }

  /** Counts the `nth` event at one instant; throws when that is one too many. */
  count(nth: number, handler: string, now: Micros): void {
    if (nth === this.sampleFrom + 1) this.#counts.clear();
    this.#counts.set(handler, (this.#counts.get(handler) ?? 0) + 1);
    if (nth <= this.#limit) return;
    const most = [...this.#counts]
      .sort(([, one], [, other]) => other - one)
      .slice(0, NAMED)
      .map(([name, count]) => `${name} (${count})`);
    throw new KernelError(
      'EVENT_STORM',
      `event storm: more than ${this.#limit} events at ${now} µs without the clock moving on; ` +
        `most of the last ones were handled by ${most.join(', ')}`,
    );
  }
}
