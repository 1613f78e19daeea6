import { METRIC_MEANINGS } from '../../reporting/metric-meanings.ts';
import { checkPolicies } from '../../scenario-policies.ts';
import { VERSION } from '../../version.ts';
import { InputError } from '../../workloads/input-error.ts';
import { unknownName } from '../../workloads/nearest.ts';
import { loadScenario } from '../../workloads/scenario.ts';
import { inProcess, onThreads } from '../engine.ts';
import { compareRuns } from './comparison.ts';
import type { ComparedRun, VariantComparison } from './comparison.ts';
import { Journal } from './journal.ts';
import { parseAxis, variantsOf } from './variants.ts';
import type { Variant } from './variants.ts';
import { writeComparison } from './write-comparison.ts';

/** What is to be compared. */
export interface ComparisonRequest {
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
  /** Threads to run on [1]. */
  readonly threads?: number;
  /** Folder for the results. */
  readonly out: string;
  /** Keep the runs that an earlier, broken-off comparison has written there. */
  readonly resume?: boolean;
  /** The command that would repeat it, for the report. */
  readonly command?: string;
}

export interface ComparisonHooks {
  readonly onProgress?: (done: number, all: number) => void;
  /** Aborting it starts no further run; what is done is kept. */
  readonly signal?: AbortSignal;
}

/** A comparison that is done. */
export interface Comparison {
  readonly scenario: string;
  readonly variants: readonly Variant[];
  readonly seeds: number;
  readonly runs: readonly ComparedRun[];
  readonly compared: readonly VariantComparison[];
  readonly metrics: readonly string[];
  readonly margin: number;
  readonly confidence: number;
  readonly command: string;
  /** Some runs are missing: it was interrupted. */
  readonly partial: boolean;
  readonly files: readonly string[];
}

const CONFIDENCE = 0.95;
const MARGIN = 0.01;

/** A run of the comparison failed; its message says which. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs every variant on every seed and compares them pairwise: on one seed all variants meet the same arrivals, lifetimes
 * and failures, so that what differs is the variant's doing. Everything is checked before the first run.
 */
export async function compare(request: ComparisonRequest, hooks: ComparisonHooks = {}): Promise<Comparison> {
  const metrics = metricsOf(request.metrics ?? []);
  if (request.seeds < 2) {
    throw new InputError({ path: '--seeds', message: 'one seed is an anecdote', found: '1', allowed: '2 or more' });
  }
  const variants = variantsOf(request.vary.map(parseAxis));
  const { name, hashes } = await checked(request, variants);
  const threads = Math.max(1, request.threads ?? 1);
  const engine = threads === 1 ? inProcess() : onThreads(threads);
  const journal = new Journal(request.out, request.resume ?? false);
  const margin = request.margin ?? MARGIN;
  const options = { metrics, margin, confidence: CONFIDENCE };
  const { signal, onProgress } = hooks;
  const runs: ComparedRun[] = [];
  const limit = request.stopWhen === undefined ? request.seeds : (request.maxSeeds ?? 10 * request.seeds);
  let seeds = 0;
  try {
    for (let wanted = Math.min(request.seeds, limit); ; wanted = Math.min(seeds + request.seeds, limit)) {
      const jobs = jobsOf(variants, hashes, seeds, wanted, request);
      const all = runs.length + jobs.length;
      const batch = await Promise.all(
        jobs.map(async ({ variant, seed, key, task }) => {
          const known = journal.get(key);
          if (known === undefined && signal?.aborted === true) return undefined;
          const outcome = known ?? (await engine.run(task));
          if ('failure' in outcome) {
            throw new RunFailed(
              `variant ${variant.letter} (${variant.settings.join(' ')}), seed ${seed}: ${outcome.failure}`,
              outcome.exitCode,
            );
          }
          if (known === undefined) journal.add(key, outcome);
          const run: ComparedRun = { variant: variant.letter, seed, outcome };
          runs.push(run);
          onProgress?.(runs.length, all);
          return run;
        }),
      );
      runs.splice(runs.length - batch.filter((run) => run !== undefined).length);
      runs.push(...batch.filter((run) => run !== undefined));
      seeds = wanted;
      if (signal?.aborted === true || seeds >= limit) break;
      if (isNarrow(compareRuns(variants, runs, options), request.stopWhen ?? Infinity)) break;
    }
  } finally {
    await engine.close();
  }
  const compared = compareRuns(variants, runs, options);
  const result = {
    scenario: name,
    variants,
    seeds,
    runs,
    compared,
    metrics,
    margin,
    confidence: CONFIDENCE,
    command: request.command ?? '',
    partial: runs.length < variants.length * seeds,
  };
  return { ...result, files: writeComparison(request.out, result) };
}

/** The names asked for, or the headline figures. */
function metricsOf(asked: readonly string[]): readonly string[] {
  const known = [...METRIC_MEANINGS.keys()];
  for (const name of asked) {
    if (!METRIC_MEANINGS.has(name)) throw new InputError({ path: '--metric', ...unknownName('metric', name, known) });
  }
  if (asked.length > 0) return asked;
  return known.filter((name) => METRIC_MEANINGS.get(name)?.headline === true);
}

/** Loads every variant once, so that whatever is wrong is told before anything runs. */
async function checked(
  { file, set = [], allowUnknown = false }: ComparisonRequest,
  variants: readonly Variant[],
): Promise<{ readonly name: string; readonly hashes: readonly string[] }> {
  const hashes: string[] = [];
  let name = '';
  for (const { letter, settings } of variants) {
    const scenario = loadScenario(file, { set: [...set, ...settings], seed: 0, allowUnknown });
    await checkPolicies(scenario);
    const same = hashes.indexOf(scenario.hash);
    if (same >= 0) {
      const other = variants[same] as Variant;
      throw new InputError({
        path: '--vary',
        message: `the variants ${other.letter} and ${letter} are the same scenario`,
        found: `${other.settings.join(' ')} and ${settings.join(' ')}`,
      });
    }
    hashes.push(scenario.hash);
    name = scenario.metadata.name;
  }
  return { name, hashes };
}

interface Job {
  readonly variant: Variant;
  readonly seed: string;
  /** What the run depends on, in a word. */
  readonly key: string;
  readonly task: Parameters<ReturnType<typeof inProcess>['run']>[0];
}

/** Seeds from + 1 to `to`, each with all variants: a comparison that is broken off has pairs. */
function jobsOf(
  variants: readonly Variant[],
  hashes: readonly string[],
  from: number,
  to: number,
  { file, set = [], untilSeconds, allowUnknown = false }: ComparisonRequest,
): readonly Job[] {
  const jobs: Job[] = [];
  for (let number = from + 1; number <= to; number++) {
    const seed = String(number);
    for (const [i, variant] of variants.entries()) {
      const key = [hashes[i], seed, untilSeconds ?? '', VERSION].join('/');
      const settings = [...set, ...variant.settings];
      const task = { file, settings, seed, allowUnknown, ...(untilSeconds === undefined ? {} : { untilSeconds }) };
      jobs.push({ variant, seed, key, task });
    }
  }
  return jobs;
}

/** Whether every interval is narrower, to either side, than this share of the baseline. */
function isNarrow(compared: readonly VariantComparison[], share: number): boolean {
  return compared.every(({ metrics }) =>
    metrics.every(({ low, high, baselineMean }) => (high - low) / 2 <= share * Math.abs(baselineMean)),
  );
}
