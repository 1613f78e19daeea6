import type { Kernel } from '../../kernel/kernel.ts';
import type { Purpose } from '../../kernel/random.ts';
import type { Saveable } from '../../kernel/saveable.ts';
import type { Micros } from '../../kernel/time.ts';
import { drawLatency } from '../../latency.ts';
import type { LatencySettings } from '../../settings.ts';

interface CallsState {
  readonly ends: readonly [string, Micros][];
  readonly counts: readonly [string, number][];
}

/** Calls of a CSI driver, which take time: a controller that has begun one looks again when it should be over. */
export class DriverCalls implements Saveable {
  readonly #kernel: Kernel;
  readonly #draws: Purpose;
  /** When the call of a key will be over. */
  readonly #ends = new Map<string, Micros>();
  /** Calls so far, by whose they are: the number of each for its draw. */
  readonly #counts = new Map<string, number>();

  constructor(kernel: Kernel, purpose: string) {
    this.#kernel = kernel;
    this.#draws = kernel.random.purpose(purpose);
  }

  isUnderWay(key: string): boolean {
    return this.#ends.has(key);
  }

  /**
   * Time until the key's call is over; it begins where none is under way. 0: it has just ended. `who` is the identity that
   * its time is drawn for.
   */
  left(key: string, latency: LatencySettings, who: number): Micros {
    const { now } = this.#kernel;
    let end = this.#ends.get(key);
    if (end === undefined) {
      const count = this.#counts.get(key) ?? 0;
      this.#counts.set(key, count + 1);
      end = now + Math.round(drawLatency(latency, this.#draws, who, count));
      this.#ends.set(key, end);
    }
    if (end > now) return end - now;
    this.#ends.delete(key);
    return 0;
  }

  /** Forgets the key: what it was about is gone. */
  forget(key: string): void {
    this.#ends.delete(key);
    this.#counts.delete(key);
  }

  save(): CallsState {
    return { ends: [...this.#ends], counts: [...this.#counts] };
  }

  restore(saved: unknown): void {
    const { ends, counts } = saved as CallsState;
    this.#ends.clear();
    this.#counts.clear();
    for (const [key, end] of ends) this.#ends.set(key, end);
    for (const [key, count] of counts) this.#counts.set(key, count);
  }
}
