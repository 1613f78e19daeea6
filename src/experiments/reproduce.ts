import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeVersion } from '../code-version.ts';
import { PERFORMANCE_FILE } from '../run-performance.ts';
import { InputError } from '../workloads/input-error.ts';
import { nearest } from '../workloads/nearest.ts';
import { readJournals } from './compare/journal.ts';
import { RunFolder } from './results/read-run.ts';
import { runTask } from './run-task.ts';
import type { RunFailure, RunOutcome, RunTask } from './run-task.ts';

/** What was recorded of a run, as far as another one can be compared with it. */
export type RecordedOutcome = Pick<RunOutcome, 'scenarioHash' | 'eventStreamHash' | 'version' | 'metrics'>;

/** A run that was done again. */
export interface Reproduction {
  readonly run: string;
  readonly recorded: RecordedOutcome;
  readonly again: RunOutcome | RunFailure;
  /** The same scenario, and the same events to the last one. */
  readonly same: boolean;
  /** Names of figures that differ. */
  readonly differing: readonly string[];
  /** The code is not what it was: a difference may be that. */
  readonly otherCode: boolean;
}

/**
 * Runs a run again, as it was recorded, and compares the hashes: a run's folder (of `orrery run`), or a study's folder and
 * the name of one of its runs, as in the column `run` of runs.csv.
 */
export async function reproduce(folder: string, run?: string): Promise<Reproduction> {
  const { name, task, recorded } = run === undefined ? ofRun(folder) : ofStudy(folder, run);
  const again = await runTask(task);
  const otherCode = recorded.version !== codeVersion();
  if ('failure' in again) return { run: name, recorded, again, same: false, differing: [], otherCode };
  const differing = Object.keys(recorded.metrics).filter(
    (metric) => recorded.metrics[metric] !== again.metrics[metric],
  );
  const same = recorded.scenarioHash === again.scenarioHash && recorded.eventStreamHash === again.eventStreamHash;
  return { run: name, recorded, again, same, differing, otherCode };
}

interface Recorded {
  readonly name: string;
  readonly task: RunTask;
  readonly recorded: RecordedOutcome;
}

function ofRun(folder: string): Recorded {
  if (existsSync(join(folder, 'runs.csv'))) {
    throw new InputError({
      file: folder,
      message: 'a study has many runs: name one of them',
      allowed: 'a name from the column run of runs.csv, e.g. B-7',
    });
  }
  const { summary, performance } = new RunFolder(folder);
  const { request } = performance;
  if (request === undefined) {
    throw new InputError({
      file: join(folder, PERFORMANCE_FILE),
      message: 'does not say what was asked for',
      hint: 'Run it again with this version.',
    });
  }
  const {
    file,
    settings,
    seed,
    until_seconds: untilSeconds,
    allow_unknown: allowUnknown,
    code_version: version,
  } = request;
  return {
    name: folder,
    task: { file, settings, seed, allowUnknown, ...(untilSeconds === undefined ? {} : { untilSeconds }) },
    recorded: {
      scenarioHash: summary.scenario_hash,
      eventStreamHash: summary.event_stream_hash,
      version,
      metrics: summary.metrics,
    },
  };
}

function ofStudy(folder: string, run: string): Recorded {
  const entries = existsSync(folder) ? readJournals(folder) : [];
  if (entries.length === 0) {
    throw new InputError({
      file: folder,
      message: 'no runs of a study',
      allowed: 'the folder that orrery compare or sweep wrote',
    });
  }
  const entry = entries.find(({ run: name }) => name === run);
  if (entry === undefined) {
    const names = entries.map(({ run: name }) => name);
    const meant = nearest(run, names);
    throw new InputError({
      file: folder,
      message: 'no such run',
      found: run,
      allowed: `${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''}`,
      ...(meant === undefined ? {} : { nearest: meant }),
    });
  }
  return { name: `${folder} ${run}`, task: entry.task, recorded: entry.outcome };
}
