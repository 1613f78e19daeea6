import type { EngineChoice } from '../choose-engine.ts';
import { onEngine } from '../choose-engine.ts';
import type { Constraint, Study } from '../study/study.ts';
import type { StudyHooks } from '../study/run-study.ts';
import type { VariantStanding } from '../study/verdict.ts';
import type { DetectedWarmUp } from '../study/warm-up.ts';
import type { Objective } from '../sweep/pareto.ts';
import type { ComparedRun, VariantComparison } from './comparison.ts';
import { parseAxis, variantsOf } from './variants.ts';
import type { Variant } from './variants.ts';

/** What is to be compared. */
export interface ComparisonRequest extends EngineChoice {
  /** A scenario's file. */
  readonly file: string;
  /** Axes, `path=value,value,…` each; all combinations are run, and the first values are the baseline. */
  readonly vary: readonly string[];
  /** How many seeds, counted from 1; at least 2. */
  readonly seeds: number;
  /** `path=value` texts for all variants. */
  readonly set?: readonly string[];
  readonly untilSeconds?: number;
  readonly allowUnknown?: boolean;
  /** Figures to compare; the headline ones where absent or empty. */
  readonly metrics?: readonly string[];
  /** Share of the baseline below which a difference does not matter [0.01]. */
  readonly margin?: number;
  /** Add seeds, a batch at a time, until every interval is narrower than this share of the baseline to either side. */
  readonly stopWhen?: number;
  /** Seeds at most where they are added [10 times the first batch]. */
  readonly maxSeeds?: number;
  /** What is left out at the beginning: the scenario's `measurement.warmUp`, or what MSER finds [scenario]. */
  readonly warmUp?: 'scenario' | 'mser';
  /** Folder for the results [reports/<scenario>-compared]. */
  readonly out?: string;
  /** Keep the runs that an earlier, broken-off comparison has written there. */
  readonly resume?: boolean;
  /** The command that would repeat it, for the report. */
  readonly command?: string;
}

/** A comparison that is done. */
export interface Comparison {
  /** The scenario's name, or the experiment's. */
  readonly scenario: string;
  readonly description: string;
  readonly variants: readonly Variant[];
  readonly seeds: number;
  readonly runs: readonly ComparedRun[];
  readonly compared: readonly VariantComparison[];
  /** Where each variant stands by objectives and constraints. */
  readonly standings: readonly VariantStanding[];
  readonly objectives: readonly Objective[];
  readonly constraints: readonly Constraint[];
  readonly metrics: readonly string[];
  readonly margin: number;
  readonly confidence: number;
  /** The warm-up that was found, where one was asked for. */
  readonly warmUp: DetectedWarmUp | undefined;
  readonly command: string;
  /** Folder of the results. */
  readonly out: string;
  /** Some runs are missing: it was interrupted. */
  readonly partial: boolean;
  readonly files: readonly string[];
}

const CONFIDENCE = 0.95;
const MARGIN = 0.01;

/**
 * Runs every variant on every seed and compares them pairwise: on one seed all variants meet the same arrivals, lifetimes
 * and failures, so that what differs is the variant's doing. Everything is checked before the first run.
 */
export async function compare(request: ComparisonRequest, hooks: StudyHooks = {}): Promise<Comparison> {
  return onEngine(
    request,
    async (check) => {
      const checked = check(await studyOf(request), { seeds: '--seeds', variants: '--vary' });
      return Promise.all([checked, import('../study/conclude.ts')]);
    },
    ([study, { conclude }], engine) => {
      const { out = `reports/${study.name}-compared`, resume = false, command = '' } = request;
      return conclude(study, { engine, out, resume }, { command }, hooks);
    },
  );
}

async function studyOf(request: ComparisonRequest): Promise<Study> {
  const { file, seeds, set = [], untilSeconds, allowUnknown = false, margin = MARGIN, stopWhen } = request;
  const { metricsOf } = await import('../study/asked-metrics.ts');
  return {
    file,
    variants: variantsOf(request.vary.map(parseAxis)),
    seeds,
    firstSeed: 1,
    set,
    untilSeconds,
    allowUnknown,
    metrics: metricsOf(request.metrics ?? [], '--metric'),
    objectives: [],
    constraints: [],
    margin,
    confidence: CONFIDENCE,
    stopWhen,
    maxSeeds: request.maxSeeds ?? 10 * seeds,
    warmUp: request.warmUp ?? 'scenario',
  };
}
