import type { Purpose } from './kernel/random.ts';
import type { Micros } from './kernel/time.ts';
import type { LatencySettings } from './settings.ts';

/** A latency's draw, by whose it is and which of its own. Not rounded: whoever schedules by it does that. */
export function drawLatency(
  { medianMilliseconds, p99Milliseconds }: LatencySettings,
  draws: Purpose,
  who: number,
  n: number,
): Micros {
  if (p99Milliseconds <= medianMilliseconds) return medianMilliseconds * 1000;
  return 1000 * draws.lognormal(who, n, medianMilliseconds, p99Milliseconds);
}
