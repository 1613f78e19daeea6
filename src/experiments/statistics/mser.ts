import { mean } from 'simple-statistics';

/** Where a series settles. */
export interface WarmUp {
  /** Samples to leave out; undefined where the series does not settle within its first half. */
  readonly samples: number | undefined;
}

/** Samples are averaged in batches of so many first: MSER-5. */
const BATCH = 5;

/**
 * The marginal standard error rule: of all beginnings that could be left out, the one after which the mean of the rest is
 * known best. A minimum in the second half says that the series never settled. Source: White, An effective truncation
 * heuristic for bias reduction in simulation output, 1997; in batches of five: White, Cobb and Spratt, 2000.
 */
export function mser(series: readonly number[]): WarmUp {
  const batches: number[] = [];
  for (let i = 0; i + BATCH <= series.length; i += BATCH) batches.push(mean(series.slice(i, i + BATCH)));
  const count = batches.length;
  if (count < 4) return { samples: undefined };
  let sum = 0;
  let squares = 0;
  let best = Infinity;
  let at = 0;
  // From the end: the sums of what is kept grow by one batch at a time.
  for (let from = count - 1; from >= 0; from--) {
    const value = batches[from] as number;
    sum += value;
    squares += value * value;
    const kept = count - from;
    if (kept < 5) continue;
    const error = Math.max(0, squares - (sum * sum) / kept) / (kept * kept);
    if (error <= best) {
      best = error;
      at = from;
    }
  }
  return { samples: at > count / 2 ? undefined : at * BATCH };
}
