import type { MetricMeaning } from '../../reporting/metric-meanings.ts';
import { METRIC_MEANINGS } from '../../reporting/metric-meanings.ts';
import { holm, pairedDifference, pairsNeeded } from '../statistics/paired.ts';
import type { PairedDifference } from '../statistics/paired.ts';
import type { RunOutcome } from '../run-task.ts';
import type { Variant } from './variants.ts';

/** A run of a comparison. */
export interface ComparedRun {
  readonly variant: string;
  readonly seed: string;
  readonly outcome: RunOutcome;
}

/** What a comparison of one metric says of a variant; `higher` and `lower` where neither is better. */
export type MetricVerdict = 'better' | 'worse' | 'higher' | 'lower' | 'no difference' | 'not enough seeds';

export interface MetricComparison extends PairedDifference {
  readonly metric: string;
  /** The probability, corrected for all that is compared beside it. */
  readonly adjusted: number;
  readonly verdict: MetricVerdict;
  /** Where there are not enough seeds: how many would probably do; undefined elsewhere. */
  readonly seedsNeeded: number | undefined;
  /** Seeds on which one of the two has no value. */
  readonly missing: number;
}

/** What all metrics say of a variant together. */
export type VariantVerdict =
  | 'better'
  | 'worse'
  | 'trade-off'
  | 'different, neither better nor worse'
  | 'no difference'
  | 'not enough seeds'
  | 'nothing to compare';

export interface VariantComparison {
  readonly variant: Variant;
  readonly metrics: readonly MetricComparison[];
  readonly verdict: VariantVerdict;
}

export interface ComparisonOptions {
  /** Names of the figures that are compared. */
  readonly metrics: readonly string[];
  /** Share of the baseline below which a difference does not matter. */
  readonly margin: number;
  readonly confidence: number;
}

/** Compares every variant with the first one, on the seeds that both have runs of. */
export function compareRuns(
  variants: readonly Variant[],
  runs: readonly ComparedRun[],
  options: ComparisonOptions,
): readonly VariantComparison[] {
  const [baseline, ...others] = variants;
  if (baseline === undefined) return [];
  const bySeed = (letter: string): Map<string, RunOutcome> =>
    new Map(runs.filter(({ variant }) => variant === letter).map(({ seed, outcome }) => [seed, outcome]));
  const base = bySeed(baseline.letter);
  const compared = others.map((variant) => {
    const own = bySeed(variant.letter);
    const seeds = [...base.keys()].filter((seed) => own.has(seed));
    const differences = options.metrics.flatMap((metric) => {
      const pairs = seeds
        .map((seed) => [base.get(seed)?.metrics[metric], own.get(seed)?.metrics[metric]] as const)
        .filter((pair): pair is readonly [number, number] => pair.every((value) => typeof value === 'number'));
      if (pairs.length < 2) return [];
      const difference = pairedDifference(
        pairs.map(([value]) => value),
        pairs.map(([, value]) => value),
        options.confidence,
      );
      return [{ metric, missing: seeds.length - pairs.length, difference }];
    });
    return { variant, differences };
  });
  const tested = compared.flatMap(({ differences }) => differences);
  const adjusted = holm(tested.map(({ difference }) => difference.p));
  const corrected = new Map(tested.map((row, i) => [row, adjusted[i] as number]));
  return compared.map(({ variant, differences }) => {
    const metrics = differences.map((row): MetricComparison => {
      const p = corrected.get(row) as number;
      const meaning = METRIC_MEANINGS.get(row.metric) ?? {};
      return {
        metric: row.metric,
        missing: row.missing,
        ...row.difference,
        adjusted: p,
        ...verdictOf(row.difference, p, meaning, options),
      };
    });
    return { variant, metrics, verdict: overall(metrics) };
  });
}

function verdictOf(
  difference: PairedDifference,
  adjusted: number,
  { better }: MetricMeaning,
  { margin, confidence }: ComparisonOptions,
): Pick<MetricComparison, 'verdict' | 'seedsNeeded'> {
  const tolerated = margin * Math.abs(difference.baselineMean);
  const within = Math.max(Math.abs(difference.low), Math.abs(difference.high)) <= tolerated;
  if (within) return { verdict: 'no difference', seedsNeeded: undefined };
  if (adjusted < 1 - confidence) {
    const direction = difference.difference > 0 ? 'higher' : 'lower';
    const verdict = better === undefined ? direction : direction === better ? 'better' : 'worse';
    return { verdict, seedsNeeded: undefined };
  }
  // Enough to find a difference as large as this one, or to show that it is smaller than what matters.
  const sought = Math.max(Math.abs(difference.difference), tolerated);
  const needed = pairsNeeded(sought, difference.deviation, 1 - confidence);
  return { verdict: 'not enough seeds', seedsNeeded: Math.max(needed, difference.pairs + 1) };
}

function overall(metrics: readonly MetricComparison[]): VariantVerdict {
  const any = (verdict: MetricVerdict): boolean => metrics.some((metric) => metric.verdict === verdict);
  if (any('better')) return any('worse') ? 'trade-off' : 'better';
  if (any('worse')) return 'worse';
  if (any('higher') || any('lower')) return 'different, neither better nor worse';
  if (metrics.length === 0) return 'nothing to compare';
  return any('not enough seeds') ? 'not enough seeds' : 'no difference';
}
