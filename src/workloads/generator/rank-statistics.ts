import { MARGINALS } from './workload-features.ts';
import type { Features } from './workload-features.ts';

const NAMES = Object.keys(MARGINALS) as (keyof typeof MARGINALS)[];

/** Ranks from 0; equal values share the mean of theirs. */
function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1] ?? 0] === values[order[start] ?? 0]) end++;
    for (let i = start; i <= end; i++) result[order[i] ?? 0] = (start + end) / 2;
    start = end + 1;
  }
  return result;
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (a.length - 1) / 2;
  let both = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = (a[i] ?? 0) - mean;
    const y = (b[i] ?? 0) - mean;
    both += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return both / Math.sqrt(squareA * squareB);
}

/** Spearman's rank correlations of each two marginals, by `a~b`. */
export function spearman(pods: readonly Features[]): Record<string, number> {
  const ranked = NAMES.map((name) => ranks(pods.map(MARGINALS[name])));
  const result: Record<string, number> = {};
  for (const [i, a] of ranked.entries()) {
    for (const [j, b] of ranked.entries()) if (i < j) result[`${NAMES[i]}~${NAMES[j]}`] = correlation(a, b);
  }
  return result;
}

/** The nine deciles of each marginal. */
export function deciles(pods: readonly Features[]): Record<string, number[]> {
  const result: Record<string, number[]> = {};
  for (const name of NAMES) {
    const sorted = pods.map(MARGINALS[name]).sort((a, b) => a - b);
    result[name] = Array.from({ length: 9 }, (_, i) => sorted[Math.floor(((i + 1) / 10) * sorted.length)] ?? 0);
  }
  return result;
}

/** Kolmogorov and Smirnov's distance of two samples: the widest gap between their distribution functions. */
export function ksDistance(left: readonly number[], right: readonly number[]): number {
  const a = [...left].sort((x, y) => x - y);
  const b = [...right].sort((x, y) => x - y);
  let i = 0;
  let j = 0;
  let widest = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] ?? 0, b[j] ?? 0);
    while (i < a.length && (a[i] ?? 0) <= value) i++;
    while (j < b.length && (b[j] ?? 0) <= value) j++;
    widest = Math.max(widest, Math.abs(i / a.length - j / b.length));
  }
  return widest;
}
