import type { Purpose } from '../../sim/kernel/random.ts';
import type { Distribution } from '../schema/distribution.ts';

/** A draw of a distribution: a pure function of who draws. */
export type Sampler = (identity: number, ordinal: number) => number;

/** Where a uniform draw falls among weights: the entry's index and how far into it, in [0, 1). */
function weighted(weights: readonly number[]): (u: number) => { readonly index: number; readonly within: number } {
  const ends: number[] = [];
  let total = 0;
  for (const weight of weights) ends.push((total += weight));
  return (u) => {
    const target = u * total;
    let low = 0;
    let high = ends.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ends[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    const start = low === 0 ? 0 : (ends[low - 1] ?? 0);
    const width = (ends[low] ?? 0) - start;
    return { index: low, within: width === 0 ? 0 : (target - start) / width };
  };
}

/** Draws an index by weight. */
export function indexSampler(weights: readonly number[], purpose: Purpose): Sampler {
  const pick = weighted(weights);
  return (identity, ordinal) => pick(purpose.uniform(identity, ordinal)).index;
}

/** Pareto cut off at a maximum, by inversion of its distribution function. */
function boundedPareto(minimum: number, maximum: number, shape: number, u: number): number {
  const beyond = (minimum / maximum) ** shape;
  return minimum * (1 - u * (1 - beyond)) ** (-1 / shape);
}

/** Draws of a distribution. `column` reads the values of a CSV distribution. */
export function sampler(
  distribution: Distribution,
  purpose: Purpose,
  column: (file: string, name: string) => readonly number[],
): Sampler {
  switch (distribution.kind) {
    case 'constant': {
      const { value } = distribution;
      return () => value;
    }
    case 'uniform': {
      const { low, high } = distribution;
      return (identity, ordinal) => purpose.between(identity, ordinal, low, high);
    }
    case 'exponential': {
      const { mean } = distribution;
      return (identity, ordinal) => purpose.exponential(identity, ordinal, mean);
    }
    case 'lognormal': {
      const { median, p99 } = distribution;
      return (identity, ordinal) => purpose.lognormal(identity, ordinal, median, p99);
    }
    case 'weibull': {
      const { shape, scale } = distribution;
      return (identity, ordinal) => purpose.weibull(identity, ordinal, shape, scale);
    }
    case 'pareto': {
      const { minimum, maximum, shape } = distribution;
      if (maximum === undefined) return (identity, ordinal) => purpose.pareto(identity, ordinal, shape, minimum);
      return (identity, ordinal) => boundedPareto(minimum, maximum, shape, purpose.uniform(identity, ordinal));
    }
    case 'empirical': {
      const { points } = distribution;
      const index = indexSampler(
        points.map((point) => point.weight),
        purpose,
      );
      return (identity, ordinal) => points[index(identity, ordinal)]?.value ?? 0;
    }
    case 'histogram': {
      const { bins } = distribution;
      const pick = weighted(bins.map((bin) => bin.weight));
      return (identity, ordinal) => {
        const { index, within } = pick(purpose.uniform(identity, ordinal));
        const bin = bins[index];
        return bin === undefined ? 0 : bin.from + within * (bin.to - bin.from);
      };
    }
    case 'csv': {
      const values = column(distribution.file, distribution.column);
      return (identity, ordinal) => values[purpose.integer(identity, ordinal, values.length)] ?? 0;
    }
  }
}

/**
 * The value at a share `u` of a distribution given by its quantiles at these shares, both rising; between two of them
 * geometrically where both are above zero, else on a straight line.
 */
export function atQuantile(shares: readonly number[], quantiles: readonly number[], u: number): number {
  let right = 1;
  while (right < shares.length - 1 && (shares[right] ?? 1) <= u) right++;
  const from = shares[right - 1] ?? 0;
  const part = (u - from) / ((shares[right] ?? 1) - from);
  const low = quantiles[right - 1] ?? 0;
  const high = quantiles[right] ?? low;
  return low > 0 ? low * (high / low) ** part : low + part * (high - low);
}
