import { codeVersion } from '../../code-version.ts';
import { compareRuns } from '../compare/comparison.ts';
import type { ComparedRun, VariantComparison } from '../compare/comparison.ts';
import { Journal } from '../compare/journal.ts';
import type { Variant } from '../compare/variants.ts';
import type { Engine } from '../engine.ts';
import type { RunTask } from '../run-task.ts';
import { inLanes } from './lanes.ts';
import { RunFailed } from './run-failed.ts';
import { detectWarmUp } from './warm-up.ts';
import type { DetectedWarmUp } from './warm-up.ts';
import type { CheckedStudy } from './study.ts';

/** A part of a study's runs: number `index` of `count`, from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Where a study runs and what is kept of it. */
export interface StudyPlace {
  readonly engine: Engine;
  /** Folder of the results. */
  readonly out: string;
  /** Keep the runs that an earlier, broken-off study has written there. */
  readonly resume: boolean;
  readonly shard?: Shard | undefined;
}

export interface StudyHooks {
  readonly onProgress?: (done: number, all: number) => void;
  /** Aborting it starts no further run; what is done is kept. */
  readonly signal?: AbortSignal;
}

/** What the runs of a study came to. */
export interface StudyRuns {
  readonly seeds: number;
  readonly runs: readonly ComparedRun[];
  readonly compared: readonly VariantComparison[];
  readonly warmUp: DetectedWarmUp | undefined;
  /** Some runs are missing. */
  readonly partial: boolean;
}

/**
 * Runs every variant on every seed and compares them pairwise: on one seed all variants meet the same arrivals, lifetimes
 * and failures, so that what differs is the variant's doing. What is done is written to a journal at once. The order of the
 * runs in the results does not depend on where and when they were done.
 */
export async function runStudy(study: CheckedStudy, place: StudyPlace, hooks: StudyHooks = {}): Promise<StudyRuns> {
  const { engine, shard } = place;
  const lanes = { lanes: engine.capacity, kinds: study.variants.length, kindOf: ({ index }: Job) => index };
  const { signal, onProgress } = hooks;
  const journal = new Journal(place.out, { resume: place.resume, shard: shard?.index });
  const warmUp = study.warmUp === 'mser' ? await detectWarmUp(study, engine) : undefined;
  const set = warmUp?.seconds === undefined ? study.set : [...study.set, `measurement.warmUp=${warmUp.seconds}s`];
  const limit = study.stopWhen === undefined ? study.seeds : study.maxSeeds;
  // Runs that others do are not waited for; one's own are finished, so that nothing is done in vain.
  const abandoned = engine.capacity === Infinity && signal !== undefined ? [whenAborted(signal)] : [];
  let runs: readonly ComparedRun[] = [];
  let seeds = 0;
  for (let wanted = Math.min(study.seeds, limit); ; wanted = Math.min(seeds + study.seeds, limit)) {
    const jobs = jobsOf(study, set, seeds, wanted).filter(
      (_, i) => shard === undefined || i % shard.count === shard.index,
    );
    const all = runs.length + jobs.length;
    let done = runs.length;
    const batch = await inLanes(jobs, lanes, async ({ variant, seed, key, task }) => {
      const known = journal.get(key);
      if (known === undefined && signal?.aborted === true) return undefined;
      const outcome = known ?? (await Promise.race([engine.run(task), ...abandoned]));
      if (outcome === undefined) return undefined;
      if ('failure' in outcome) {
        const which = `variant ${variant.letter} (${variant.settings.join(' ')}), seed ${seed}`;
        throw new RunFailed(`${which}: ${outcome.failure}`, outcome.exitCode);
      }
      if (known === undefined) journal.add({ key, run: `${variant.letter}-${seed}`, task, outcome });
      onProgress?.(++done, all);
      return { variant: variant.letter, seed, outcome };
    });
    runs = [...runs, ...batch.filter((run) => run !== undefined)];
    seeds = wanted;
    if (signal?.aborted === true || seeds >= limit || shard !== undefined) break;
    if (isNarrow(compareRuns(study.variants, runs, study), study.stopWhen ?? Infinity)) break;
  }
  const compared = compareRuns(study.variants, runs, study);
  return { seeds, runs, compared, warmUp, partial: runs.length < study.variants.length * seeds };
}

interface Job {
  readonly variant: Variant;
  /** Which one it is, from 0. */
  readonly index: number;
  readonly seed: string;
  /** What the run depends on, in a word. */
  readonly key: string;
  readonly task: RunTask;
}

/** Seeds number from + 1 to `to`, each with all variants: a study that is broken off has pairs. */
function jobsOf(study: CheckedStudy, set: readonly string[], from: number, to: number): readonly Job[] {
  const { file, firstSeed, untilSeconds, allowUnknown, variants, hashes } = study;
  const jobs: Job[] = [];
  for (let number = from; number < to; number++) {
    const seed = String(firstSeed + number);
    for (const [i, variant] of variants.entries()) {
      const settings = [...set, ...variant.settings];
      const task: RunTask = {
        file,
        settings,
        seed,
        allowUnknown,
        ...(untilSeconds === undefined ? {} : { untilSeconds }),
      };
      // The warm-up is a setting that the variant's hash does not know of.
      const key = [hashes[i], seed, untilSeconds ?? '', set.length > study.set.length ? set.at(-1) : '', codeVersion()];
      jobs.push({ variant, index: i, seed, key: key.join('/'), task });
    }
  }
  return jobs;
}

function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Whether every interval is narrower, to either side, than this share of the baseline. */
function isNarrow(compared: readonly VariantComparison[], share: number): boolean {
  return compared.every(({ metrics }) =>
    metrics.every(({ low, high, baselineMean }) => (high - low) / 2 <= share * Math.abs(baselineMean)),
  );
}
