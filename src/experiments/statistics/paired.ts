import { mean, sampleSkewness, sampleStandardDeviation } from 'simple-statistics';
import { signedRank } from './signed-rank.ts';
import { normalQuantile, studentQuantile, studentTwoSided } from './student.ts';

/** Two variants' figures on the same seeds, compared. */
export interface PairedDifference {
  readonly pairs: number;
  readonly baselineMean: number;
  readonly variantMean: number;
  /** Variant less baseline: the mean of the differences, or their Hodges–Lehmann estimate, as the method has it. */
  readonly difference: number;
  /** Confidence interval of the difference. */
  readonly low: number;
  readonly high: number;
  /** Probability of a difference this large where there is none, two-sided; not corrected for other comparisons. */
  readonly p: number;
  /** Mean of the differences over their standard deviation (Cohen's d of paired data); null where they do not vary. */
  readonly effectSize: number | null;
  readonly deviation: number;
  readonly method: 'paired t' | 'signed rank' | 'equal';
}

/** Differences more skewed than this are compared by ranks. */
const SKEWED = 1;

/** The signed-rank test cannot call anything significant at 5 % with fewer. */
const ENOUGH_FOR_RANKS = 8;

/**
 * Compares by Student's t of the differences, or by Wilcoxon's signed ranks where the differences are badly skewed.
 * Both lists are in the order of the seeds, and of one length of at least 2.
 */
export function pairedDifference(
  baseline: readonly number[],
  variant: readonly number[],
  confidence = 0.95,
): PairedDifference {
  const differences = variant.map((value, i) => value - (baseline[i] as number));
  const pairs = differences.length;
  const deviation = sampleStandardDeviation(differences);
  const average = mean(differences);
  const common = { pairs, baselineMean: mean([...baseline]), variantMean: mean([...variant]), deviation };
  if (deviation <= Number.EPSILON * Math.abs(average) || deviation === 0) {
    // The same difference in every pair: none, or one beyond doubt.
    const p = average === 0 ? 1 : 0;
    const method = average === 0 ? 'equal' : 'paired t';
    return { ...common, difference: average, low: average, high: average, p, effectSize: null, method };
  }
  const effectSize = average / deviation;
  if (pairs >= ENOUGH_FOR_RANKS && Math.abs(sampleSkewness(differences)) > SKEWED) {
    const { p, estimate, low, high } = signedRank(differences, confidence);
    return { ...common, difference: estimate, low, high, p, effectSize, method: 'signed rank' };
  }
  const error = deviation / Math.sqrt(pairs);
  const reach = studentQuantile(confidence, pairs - 1) * error;
  const p = studentTwoSided(average / error, pairs - 1);
  return {
    ...common,
    difference: average,
    low: average - reach,
    high: average + reach,
    p,
    effectSize,
    method: 'paired t',
  };
}

/** The chance with which a difference is to be found that is there. */
const POWER = 0.9;

/** How many pairs find a difference of this size, given how much the differences vary. */
export function pairsNeeded(difference: number, deviation: number, alpha: number): number {
  // One side of the power: 90 % lie below the quantile that leaves 10 % on either side of 80 %.
  const reach = normalQuantile(1 - alpha) + normalQuantile(2 * POWER - 1);
  const pairs = ((reach * deviation) / difference) ** 2;
  // The t distribution's wider tails ask for a little more.
  return Math.max(2, Math.ceil(pairs + normalQuantile(1 - alpha) ** 2 / 2));
}

/**
 * Corrects probabilities for having looked at several comparisons, in the order given. Source: Holm, A simple sequentially
 * rejective multiple test procedure, 1979.
 */
export function holm(probabilities: readonly number[]): readonly number[] {
  const order = probabilities
    .map((_, i) => i)
    .sort((a, b) => (probabilities[a] as number) - (probabilities[b] as number));
  const corrected: number[] = probabilities.map(() => 1);
  let highest = 0;
  for (const [position, index] of order.entries()) {
    const own = (probabilities.length - position) * (probabilities[index] as number);
    highest = Math.max(highest, Math.min(1, own));
    corrected[index] = highest;
  }
  return corrected;
}
