import type { Percentiles } from './publication.ts';

/** Upper bounds in seconds. Source: apiserver endpoints/metrics/metrics.go (apiserver_request_sli_duration_seconds). */
const BOUNDS = [0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60] as const;

/**
 * Percentiles as Prometheus tells them of the API server's histogram, which is what clusterloader2 publishes: between a
 * bucket's bounds by its share, so never below half a bucket's width for all that took less than 50 ms, and 60 s at most.
 */
export function histogramPercentiles(values: readonly number[]): Percentiles {
  const counts = BOUNDS.map(() => 0);
  for (const value of values) {
    const bucket = BOUNDS.findIndex((bound) => value <= bound);
    if (bucket >= 0) counts[Math.max(1, bucket)] = (counts[Math.max(1, bucket)] as number) + 1;
  }
  const at = (share: number): number => {
    const rank = share * values.length;
    let below = 0;
    for (const [i, count] of counts.entries()) {
      if (below + count < rank || count === 0) {
        below += count;
        continue;
      }
      const [low, high] = [BOUNDS[i - 1] as number, BOUNDS[i] as number];
      return low + ((high - low) * (rank - below)) / count;
    }
    return values.length === 0 ? Number.NaN : (BOUNDS.at(-1) as number);
  };
  return [at(0.5), at(0.9), at(0.99)];
}
