import type { Saveable } from './kernel/saveable.ts';
import type { Micros } from './kernel/time.ts';

/** Bounds of the bins grow by a fiftieth: a quantile is within one per cent. */
const GROWTH = Math.log(1.02);

/** Latencies counted in bins of equal relative width. */
export class LatencyHistogram implements Saveable {
  #bins = new Map<number, number>();
  #count = 0;

  add(latency: Micros): void {
    const bin = Math.floor(Math.log(Math.max(1, latency)) / GROWTH);
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
    this.#count++;
  }

  /** How many were counted. */
  get count(): number {
    return this.#count;
  }

  /** The latency below which a share of them lies; undefined where there are none. */
  quantile(share: number): Micros | undefined {
    if (this.#count === 0) return undefined;
    let left = share * this.#count;
    let middle = 0;
    for (const [bin, count] of [...this.#bins].sort(([a], [b]) => a - b)) {
      middle = Math.exp((bin + 0.5) * GROWTH);
      left -= count;
      if (left <= 0) break;
    }
    return middle;
  }

  save(): readonly [number, number][] {
    return [...this.#bins];
  }

  restore(saved: unknown): void {
    this.#bins = new Map(saved as readonly [number, number][]);
    this.#count = 0;
    for (const count of this.#bins.values()) this.#count += count;
  }
}
