import { simulate } from '../simulate.ts';
import { VERSION } from '../version.ts';
import { loadScenario } from '../workloads/scenario.ts';

/** A run that is asked for, as plain data: it may be done on another thread. */
export interface RunTask {
  readonly file: string;
  /** `path=value` texts. */
  readonly settings: readonly string[];
  readonly seed: string;
  readonly untilSeconds?: number;
  readonly allowUnknown?: boolean;
}

/** What a run came to. */
export interface RunOutcome {
  readonly scenarioHash: string;
  readonly eventStreamHash: string;
  readonly version: string;
  readonly simulatedSeconds: number;
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** A run that could not be done; errors lose what they are on their way between threads. */
export interface RunFailure {
  readonly failure: string;
  readonly exitCode: number;
}

/** Does one run, writing nothing. */
export async function runTask(task: RunTask): Promise<RunOutcome | RunFailure> {
  const { file, settings, seed, untilSeconds, allowUnknown = false } = task;
  try {
    const scenario = loadScenario(file, { set: settings, seed, allowUnknown });
    const { summary } = await simulate(scenario, untilSeconds === undefined ? {} : { untilSeconds });
    return {
      scenarioHash: summary.scenario_hash,
      eventStreamHash: summary.event_stream_hash,
      version: VERSION,
      simulatedSeconds: summary.simulated_seconds,
      metrics: summary.metrics,
    };
  } catch (error) {
    const { exitCode = 3, message } = error as Error & { exitCode?: number };
    return { failure: exitCode === 3 ? ((error as Error).stack ?? message) : message, exitCode };
  }
}
