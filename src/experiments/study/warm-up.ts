import type { Engine } from '../engine.ts';
import { RunFailed } from './run-failed.ts';
import { mser } from '../statistics/mser.ts';
import type { CheckedStudy } from './study.ts';

/** A warm-up that was found out. */
export interface DetectedWarmUp {
  /** What is left out; undefined where a series did not settle in the first half of the run. */
  readonly seconds: number | undefined;
  readonly pilots: number;
  readonly series: readonly string[];
}

/** Series that a cluster's coming to a steady state shows in. */
const WARM_UP_SERIES = ['pods_running', 'cpu_requested_ratio', 'pods_pending'] as const;

/** Runs of the baseline that are looked at; the longest warm-up among them counts for all variants. */
const PILOTS = 3;

/** Finds the warm-up by MSER-5 over runs of the baseline. */
export async function detectWarmUp(study: CheckedStudy, engine: Engine): Promise<DetectedWarmUp> {
  const { file, set, variants, firstSeed, untilSeconds, allowUnknown } = study;
  const pilots = Math.min(PILOTS, study.seeds);
  const outcomes = await Promise.all(
    Array.from({ length: pilots }, (_, i) =>
      engine.run({
        file,
        settings: [...set, ...(variants[0]?.settings ?? [])],
        seed: String(firstSeed + i),
        allowUnknown,
        ...(untilSeconds === undefined ? {} : { untilSeconds }),
        series: WARM_UP_SERIES,
      }),
    ),
  );
  let seconds: number | undefined = 0;
  for (const outcome of outcomes) {
    if ('failure' in outcome) throw new RunFailed(`finding the warm-up: ${outcome.failure}`, outcome.exitCode);
    const times = outcome.series?.['time_seconds'] ?? [];
    for (const name of WARM_UP_SERIES) {
      const { samples } = mser(outcome.series?.[name] ?? []);
      const until: number | undefined = samples === undefined ? undefined : samples === 0 ? 0 : times[samples - 1];
      seconds = seconds === undefined || until === undefined ? undefined : Math.max(seconds, until);
    }
  }
  return { seconds, pilots, series: WARM_UP_SERIES };
}
