import { simulate } from '../simulate.ts';
import { codeVersion } from '../code-version.ts';
import type { Sample } from '../reporting/time-series.ts';
import { keepYaml } from '../workloads/kept-yaml.ts';
import { loadScenario } from '../workloads/scenario.ts';

/** A run that is asked for, as plain data: it may be done on another thread. */
export interface RunTask {
  readonly file: string;
  /** `path=value` texts. */
  readonly settings: readonly string[];
  readonly seed: string;
  readonly untilSeconds?: number;
  readonly allowUnknown?: boolean;
  /** Columns of the time series that are wanted besides the figures. */
  readonly series?: readonly (keyof Sample)[];
}

/** What a run came to. */
export interface RunOutcome {
  readonly scenarioHash: string;
  readonly eventStreamHash: string;
  readonly version: string;
  readonly simulatedSeconds: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  /** By column, and `time_seconds`. */
  readonly series?: Readonly<Record<string, readonly number[]>>;
}

/** A run that could not be done; errors lose what they are on their way between threads. */
export interface RunFailure {
  readonly failure: string;
  readonly exitCode: number;
}

/** Does one run, writing nothing. */
export async function runTask(task: RunTask): Promise<RunOutcome | RunFailure> {
  const { file, settings, seed, untilSeconds, allowUnknown = false, series } = task;
  keepYaml();
  try {
    const scenario = loadScenario(file, { set: settings, seed, allowUnknown });
    const { partial, summary, samples } = await simulate(scenario, untilSeconds === undefined ? {} : { untilSeconds });
    if (partial) return { failure: `it ended early: ${summary.ended_because ?? 'interrupted'}`, exitCode: 1 };
    return {
      scenarioHash: summary.scenario_hash,
      eventStreamHash: summary.event_stream_hash,
      version: codeVersion(),
      simulatedSeconds: summary.simulated_seconds,
      metrics: summary.metrics,
      ...(series === undefined ? {} : { series: columnsOf(samples, series) }),
    };
  } catch (error) {
    return failureOf(error);
  }
}

/** An error as plain data; the simulator's own with its stack. */
export function failureOf(error: unknown): RunFailure {
  const { exitCode = 3, message, stack = message } = error as Error & { exitCode?: number };
  return { failure: exitCode === 3 ? stack : message, exitCode };
}

function columnsOf(samples: readonly Sample[], names: readonly (keyof Sample)[]): Record<string, readonly number[]> {
  return Object.fromEntries(
    (['time_seconds', ...names] as const).map((name) => [name, samples.map((sample) => sample[name])]),
  );
}
