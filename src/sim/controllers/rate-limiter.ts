import type { Saveable } from '../kernel/saveable.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

/** How long a key waits that failed: doubled with each failure. */
export interface RetryDelays {
  readonly firstSeconds: number;
  readonly longestSeconds: number;
}

/** Most controllers'. Source: client-go util/workqueue/default_rate_limiters.go. */
const DEFAULT: RetryDelays = { firstSeconds: 0.005, longestSeconds: 1000 };

/** All retries of one queue together: 10/s after a burst of 100. Source: the same file. */
const INTERVAL: Micros = SECOND / 10;
const BURST = 100;

interface RateLimiterState {
  readonly failures: readonly [string, number][];
  readonly theoretical: Micros;
}

/** client-go's default controller rate limiter: the longer of a per-key exponential delay and a shared token bucket. */
export class RateLimiter implements Saveable {
  #failures = new Map<string, number>();
  /** When the bucket is full again (generic cell rate algorithm). */
  #theoretical: Micros = 0;
  readonly #first: Micros;
  readonly #longest: Micros;

  constructor({ firstSeconds, longestSeconds }: RetryDelays = DEFAULT) {
    this.#first = seconds(firstSeconds);
    this.#longest = seconds(longestSeconds);
  }

  /** How long a key has to wait that failed once more. */
  delayFor(key: string, now: Micros): Micros {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const exponential = Math.min(this.#first * 2 ** failures, this.#longest);
    const leaves = Math.max(now, this.#theoretical - (BURST - 1) * INTERVAL);
    this.#theoretical = Math.max(this.#theoretical, leaves) + INTERVAL;
    return Math.max(exponential, leaves - now);
  }

  /** Failures of a key since it was last forgotten. */
  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  save(): RateLimiterState {
    return { failures: [...this.#failures], theoretical: this.#theoretical };
  }

  restore(saved: unknown): void {
    const state = saved as RateLimiterState;
    this.#failures = new Map(state.failures);
    this.#theoretical = state.theoretical;
  }
}
