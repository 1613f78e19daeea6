import type { RetryDelays } from '../controllers/rate-limiter.ts';
import { DriverCalls } from '../controllers/volume/driver-calls.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { LatencySettings } from '../settings.ts';
import type { CloudProvider } from './provider.ts';

/** How long a call waits that was throttled, doubled each time up to the longest, by the default retryer of cloud SDKs. */
const SDK: RetryDelays = { firstSeconds: 1, longestSeconds: 20 };

interface CallsState {
  readonly calls: unknown;
  readonly throttled: readonly [string, number][];
}

/** Calls of the provider's API by a controller, each by the key it is for: they take time, and may be throttled. */
export class CloudCalls implements Saveable {
  readonly #provider: CloudProvider;
  readonly #calls: DriverCalls;
  readonly #delays: RetryDelays;
  /** How often in a row the key's call was throttled. */
  #throttled = new Map<string, number>();

  constructor(kernel: Kernel, provider: CloudProvider, purpose: string, delays = SDK) {
    this.#delays = delays;
    this.#provider = provider;
    this.#calls = new DriverCalls(kernel, purpose);
  }

  /** Time until the key's call is answered, or may be tried again; it begins where none is under way. 0: here is the answer. */
  left(key: string, latency: LatencySettings, who: number): Micros {
    if (!this.#calls.isUnderWay(key) && !this.#provider.admits()) {
      const times = this.#throttled.get(key) ?? 0;
      this.#throttled.set(key, times + 1);
      return seconds(Math.min(this.#delays.longestSeconds, this.#delays.firstSeconds * 2 ** times));
    }
    this.#throttled.delete(key);
    return this.#calls.left(key, latency, who);
  }

  /** Whether the key's latest call was refused. */
  isThrottled(key: string): boolean {
    return this.#throttled.has(key);
  }

  forget(key: string): void {
    this.#calls.forget(key);
    this.#throttled.delete(key);
  }

  save(): CallsState {
    return { calls: this.#calls.save(), throttled: [...this.#throttled] };
  }

  restore(saved: unknown): void {
    const { calls, throttled } = saved as CallsState;
    this.#calls.restore(calls);
    this.#throttled = new Map(throttled);
  }
}
