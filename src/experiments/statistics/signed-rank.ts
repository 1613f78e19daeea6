import { normalQuantile, studentTwoSided } from './student.ts';

/** Up to so many differences without ties the distribution is counted out; beyond, the normal one stands for it. */
const EXACT = 50;

/** Wilcoxon's signed-rank test, and the Hodges–Lehmann estimate that belongs to it. */
export interface SignedRank {
  /** Of no difference, two-sided. */
  readonly p: number;
  /** Median of the means of all pairs of differences. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Tests whether differences lie around 0, by their ranks: for those that are far from normal. Zeros are left out of the
 * test, ties share their ranks. Source: Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3.1–3.3.
 */
export function signedRank(differences: readonly number[], confidence: number): SignedRank {
  const averages = walshAverages(differences);
  const count = differences.length;
  const depth = Math.max(1, criticalSum(count, 1 - confidence));
  return {
    p: pValue(differences.filter((difference) => difference !== 0)),
    estimate: middle(averages),
    low: averages[depth - 1] as number,
    high: averages[averages.length - depth] as number,
  };
}

/** Means of all pairs, each difference with itself included, in order. */
function walshAverages(differences: readonly number[]): number[] {
  const averages: number[] = [];
  for (const [i, a] of differences.entries()) {
    for (let j = i; j < differences.length; j++) averages.push((a + (differences[j] as number)) / 2);
  }
  return averages.sort((a, b) => a - b);
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}

function pValue(differences: readonly number[]): number {
  const count = differences.length;
  if (count === 0) return 1;
  const { ranks, ties } = ranksOf(differences.map(Math.abs));
  let positive = 0;
  for (const [i, difference] of differences.entries()) if (difference > 0) positive += ranks[i] as number;
  const whole = (count * (count + 1)) / 2;
  const smaller = Math.min(positive, whole - positive);
  if (count <= EXACT && ties === 0) {
    const ways = waysToSum(count);
    let below = 0;
    for (let sum = 0; sum <= smaller; sum++) below += ways[sum] as number;
    return Math.min(1, (2 * below) / 2 ** count);
  }
  const variance = (count * (count + 1) * (2 * count + 1)) / 24 - ties / 48;
  const z = Math.max(0, whole / 2 - smaller - 0.5) / Math.sqrt(variance);
  return studentTwoSided(z, 1e7);
}

/** Ranks from 1, equal values sharing their mean; `ties` is the sum of t³ - t over groups of equals. */
function ranksOf(values: readonly number[]): { readonly ranks: readonly number[]; readonly ties: number } {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks: number[] = values.map(() => 0);
  let ties = 0;
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let i = from; i < to; i++) ranks[order[i] as number] = (from + 1 + to) / 2;
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { ranks, ties };
}

/** In how many of the 2^n ways to give signs to the ranks 1 to n the positive ones sum to each number. */
function waysToSum(count: number): readonly number[] {
  let ways = [1];
  for (let rank = 1; rank <= count; rank++) {
    const next = ways.concat(Array.from({ length: rank }, () => 0));
    for (const [sum, number] of ways.entries()) next[sum + rank]! += number;
    ways = next;
  }
  return ways;
}

/** How deep into the ordered averages the interval's ends lie: the sum that is reached with probability alpha / 2. */
function criticalSum(count: number, alpha: number): number {
  if (count > EXACT) {
    const mean = (count * (count + 1)) / 4;
    const deviation = Math.sqrt((count * (count + 1) * (2 * count + 1)) / 24);
    return Math.round(mean - normalQuantile(1 - alpha) * deviation);
  }
  const ways = waysToSum(count);
  let below = 0;
  let sum = 0;
  for (; sum < ways.length; sum++) {
    below += (ways[sum] as number) / 2 ** count;
    if (below > alpha / 2) break;
  }
  return sum;
}
