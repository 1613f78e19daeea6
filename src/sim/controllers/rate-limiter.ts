import type { Saveable } from '../kernel/saveable.ts';
import { MILLISECOND, SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

/** Delay of a key's first retry, and the longest. Source: client-go util/workqueue/default_rate_limiters.go. */
const BASE_DELAY: Micros = 5 * MILLISECOND;
const MAX_DELAY: Micros = 1000 * SECOND;

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

  /** How long a key has to wait that failed once more. */
  delayFor(key: string, now: Micros): Micros {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const exponential = Math.min(BASE_DELAY * 2 ** failures, MAX_DELAY);
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
