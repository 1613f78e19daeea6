import { MAX_NODE_SCORE } from '../../sim/scheduler/framework.ts';
import { dividedBy } from '../../sim/scheduler/integer-division.ts';

/**
 * Scales scores so that the largest becomes 100; `reversed` then takes them from 100. Without any score above 0 all
 * become 0, or 100 reversed. Source: `helper.DefaultNormalizeScore`.
 */
export function normalizeByMaximum(scores: Float64Array, count: number, reversed: boolean): void {
  let maximum = 0;
  for (let i = 0; i < count; i++) if ((scores[i] as number) > maximum) maximum = scores[i] as number;
  if (maximum === 0) {
    if (reversed) scores.fill(MAX_NODE_SCORE, 0, count);
    return;
  }
  for (let i = 0; i < count; i++) {
    const scaled = dividedBy(MAX_NODE_SCORE * (scores[i] as number), maximum);
    scores[i] = reversed ? MAX_NODE_SCORE - scaled : scaled;
  }
}
