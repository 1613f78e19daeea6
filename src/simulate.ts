import { rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { codeVersion } from './code-version.ts';
import { clusterOptions } from './cluster-options.ts';
import { PolicyFailure } from './policies/policy.ts';
import { Recorder } from './reporting/recorder.ts';
import type { Summary } from './reporting/summary.ts';
import type { Sample } from './reporting/time-series.ts';
import { PERFORMANCE_FILE, runPerformance, writePerformance } from './run-performance.ts';
import type { RequestedRun, RunPerformance } from './run-performance.ts';
import { RunLimits } from './run-limits.ts';
import type { EarlyEnd } from './run-limits.ts';
import { scenarioPolicies } from './scenario-policies.ts';
import { Invariants } from './sim/checks/invariants.ts';
import { TrafficConservation } from './sim/checks/traffic-conservation.ts';
import { Cluster } from './sim/cluster.ts';
import { printDuration } from './sim/durations.ts';
import type { QueueKind } from './sim/kernel/event-queue.ts';
import { seconds } from './sim/kernel/time.ts';
import type { Micros } from './sim/kernel/time.ts';
import { VERSION } from './version.ts';
import type { Scenario } from './workloads/scenario.ts';

/** What is asked of a run besides its scenario; none of it changes what happens, only how far and where to. */
export interface RunRequest {
  /** Folder for the results, made where it is not there; nothing is written where absent. */
  readonly out?: string;
  /** Stop at this simulated time instead of the scenario's duration. */
  readonly untilSeconds?: number;
  /** Check the invariants at every write. */
  readonly check?: boolean;
  readonly queue?: QueueKind;
  readonly heartbeats?: 'lazy' | 'plain';
  /** Stop after so many seconds of real time, with what was recorded. */
  readonly timeLimitSeconds?: number;
}

/** How far a run is. */
export interface Progress {
  readonly now: Micros;
  readonly until: Micros;
  readonly events: number;
  /** Over the last moments of real time. */
  readonly eventsPerSecond: number;
  readonly pods: { readonly pending: number; readonly running: number };
}

/** What a run's caller may want to be told while it lasts. */
export interface RunHooks {
  /** Called between slices of the run, many times a second of real time. */
  readonly onProgress?: (progress: Progress) => void;
  /** Things let pass in the input, before the run begins. */
  readonly onWarning?: (text: string) => void;
  /** Aborting it stops the run at the next opportunity; what was recorded is kept. */
  readonly signal?: AbortSignal;
}

/** A run that is over. */
export interface RunResult {
  /** Ended before its time; the files say so. */
  readonly partial: boolean;
  /** What ended it before its time. */
  readonly endedBy?: EarlyEnd['by'];
  /** Names of the files written into the folder. */
  readonly files: readonly string[];
  /** The first requests of users that the API server refused, a sentence each; summary.json has their number. */
  readonly refused: readonly string[];
  /** The content of summary.json. */
  readonly summary: Summary;
  /** The rows of timeseries.csv. */
  readonly samples: readonly Sample[];
  /** The content of performance.json. */
  readonly performance: RunPerformance;
}

/**
 * Runs a scenario from its beginning and writes the results. The one place where a run is put together: policies,
 * workloads and faults into a cluster, and a recorder beside it.
 *
 * What goes wrong in the middle (an invariant that does not hold, a user's policy that fails, an event storm) is thrown
 * after what was recorded has been written, marked as partial.
 */
export async function simulate(scenario: Scenario, request: RunRequest, hooks: RunHooks = {}): Promise<RunResult> {
  const begun = performance.now();
  const failure = new FirstFailure();
  const policies = await scenarioPolicies(scenario, (it) => failure.set(it));
  const cluster = new Cluster(clusterOptions(scenario, request, policies, hooks.onWarning));
  failure.cluster = cluster;
  if (request.check === true) {
    new Invariants(cluster.server);
    if (cluster.traffic !== undefined) new TrafficConservation(cluster.traffic, () => cluster.kernel.now);
  }
  const { metadata, source, hash, seed, startTime, measurement } = scenario;
  const recorder = new Recorder(cluster, {
    ...(request.out === undefined ? {} : { out: request.out }),
    identity: {
      name: metadata.name,
      description: metadata.description ?? '',
      file: basename(source.file),
      hash,
      seed,
      version: VERSION,
      startTime,
    },
    intervalSeconds: measurement.interval,
    warmUpSeconds: measurement.warmUp,
    outputs: measurement.outputs,
  });
  const refused: string[] = [];
  cluster.users.observe(({ time, source, message }) => {
    if (refused.length < REFUSALS_TOLD) refused.push(`at ${printDuration(time / 1e6)}, ${source}: ${message}`);
  });
  const until = seconds(request.untilSeconds ?? scenario.duration);
  const loaded = performance.now();
  let early: EarlyEnd | undefined;
  try {
    cluster.start();
    const limits = new RunLimits(request.timeLimitSeconds);
    early = await drive(cluster, until, () => recorder.counts, limits, hooks, failure);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    recorder.finish({ partial: true, reason });
    throw error;
  }
  const simulated = performance.now();
  const partial = early !== undefined;
  const summary = recorder.finish(early === undefined ? { partial } : { partial, reason: early.reason });
  const { now: simulatedMicros, dispatched: events } = cluster.kernel;
  const times = { begun, loaded, simulated, reported: performance.now(), events, simulatedMicros };
  const speed = runPerformance(times);
  const files = recorder.files.length === 0 ? [] : [...recorder.files, PERFORMANCE_FILE];
  if (request.out !== undefined) {
    writePerformance(request.out, { ...speed, request: requestedRun(scenario, request) });
    removeOthers(request.out, files);
  }
  const result = { partial, files, refused, summary, samples: recorder.samples, performance: speed };
  return early === undefined ? result : { ...result, endedBy: early.by };
}

/** Refusals that a run's caller is told of in words. */
const REFUSALS_TOLD = 5;

function requestedRun({ source, seed }: Scenario, { untilSeconds }: RunRequest): RequestedRun {
  return {
    file: resolve(source.file),
    settings: source.settings,
    seed,
    ...(untilSeconds === undefined ? {} : { until_seconds: untilSeconds }),
    allow_unknown: source.allowUnknown,
    code_version: codeVersion(),
  };
}

/** Every file that a run may write: those of an earlier run that this one did not replace would tell of another run. */
const RESULTS = [
  'summary.json',
  'pods.csv',
  'nodes.csv',
  'events.csv',
  'decisions.csv',
  'timeseries.csv',
  'controlplane.csv',
  'traffic.csv',
  'cloud.csv',
  'metrics.prom',
  'trace.json',
  'report.html',
];

function removeOthers(folder: string, written: readonly string[]): void {
  for (const name of RESULTS) if (!written.includes(name)) rmSync(join(folder, name), { force: true });
}

/**
 * The first failure of a user's own policy. It stops the run itself, because a component may make something else of the
 * exception: a scheduler takes a plugin's error for a reason to try the pod again.
 */
class FirstFailure {
  cluster: Cluster | undefined;
  #failure: PolicyFailure | undefined;

  set(failure: PolicyFailure): void {
    if (this.#failure !== undefined) return;
    const at = this.cluster === undefined ? '' : `at ${printDuration(this.cluster.kernel.now / 1e6)}, `;
    this.#failure = new PolicyFailure(`${at}${failure.message}`, { cause: failure });
    this.cluster?.kernel.stop();
  }

  /** Throws it, or else what was thrown instead. */
  raise(thrown?: unknown): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (thrown !== undefined) throw thrown;
  }
}

/** Handled between two looks at the signal: some 20 ms. */
const SLICE_EVENTS = 10_000;

/** Over how much real time the rate of events is taken. */
const RATE_MILLISECONDS = 500;

/**
 * Lets time pass until the end, or until an interruption or a limit, which it answers. The kernel never waits: whatever
 * is to come in from outside, comes in between slices.
 */
async function drive(
  cluster: Cluster,
  until: Micros,
  pods: () => Progress['pods'],
  limits: RunLimits,
  { onProgress, signal }: RunHooks,
  failure: FirstFailure,
): Promise<EarlyEnd | undefined> {
  const { kernel } = cluster;
  let rateFrom = { time: performance.now(), events: 0 };
  let eventsPerSecond = 0;
  const progress = (): Progress => {
    const milliseconds = performance.now() - rateFrom.time;
    if (milliseconds >= RATE_MILLISECONDS || eventsPerSecond === 0) {
      eventsPerSecond = ((kernel.dispatched - rateFrom.events) / milliseconds) * 1000;
      rateFrom = { time: performance.now(), events: kernel.dispatched };
    }
    return { now: kernel.now, until, events: kernel.dispatched, eventsPerSecond, pods: pods() };
  };
  for (;;) {
    let reason: string;
    try {
      ({ reason } = cluster.run({ until, maxEvents: SLICE_EVENTS }));
    } catch (error) {
      failure.raise(error);
      throw error;
    }
    failure.raise();
    onProgress?.(progress());
    if (reason !== 'limit') return undefined;
    await setImmediate();
    if (signal?.aborted === true) return { by: 'interruption', reason: 'interrupted' };
    const limit = limits.reached();
    if (limit !== undefined) return limit;
  }
}
