import { mkdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { PolicyFailure } from './policies/policy.ts';
import type { ChosenPolicies } from './policies/registry.ts';
import { scenarioPolicies } from './scenario-policies.ts';
import type { Pod, PodPhase } from './sim/api/core.ts';
import { Invariants } from './sim/checks/invariants.ts';
import { Cluster } from './sim/cluster.ts';
import type { ClusterOptions } from './sim/cluster.ts';
import { printDuration } from './sim/durations.ts';
import type { QueueKind } from './sim/kernel/event-queue.ts';
import { RandomSource } from './sim/kernel/random.ts';
import { seconds } from './sim/kernel/time.ts';
import type { Micros } from './sim/kernel/time.ts';
import { loadArrivals } from './workloads/load-arrivals.ts';
import { loadNodes } from './workloads/load-nodes.ts';
import type { Scenario } from './workloads/scenario.ts';

/** What is asked of a run besides its scenario; none of it changes what happens, only how far and where to. */
export interface RunRequest {
  /** Folder for the results; made where it is not there. */
  readonly out: string;
  /** Stop at this simulated time instead of the scenario's duration. */
  readonly untilSeconds?: number;
  /** Check the invariants at every write. */
  readonly check?: boolean;
  readonly queue?: QueueKind;
  readonly heartbeats?: 'lazy' | 'plain';
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
  /** Interrupted before its time; the files say so. */
  readonly partial: boolean;
  /** Names of the files written into the folder. */
  readonly files: readonly string[];
  /** For a terminal of 80 columns and 24 lines. */
  readonly summaryText: string;
}

/**
 * Runs a scenario from its beginning and writes the results. The one place where a run is put together: policies,
 * workloads and faults into a cluster, and a recorder beside it.
 *
 * What goes wrong in the middle (an invariant that does not hold, a user's policy that fails, an event storm) is thrown
 * after what was recorded has been written, marked as partial.
 */
export async function simulate(scenario: Scenario, request: RunRequest, hooks: RunHooks = {}): Promise<RunResult> {
  const failure = new FirstFailure();
  const policies = await scenarioPolicies(scenario, (it) => failure.set(it));
  const cluster = new Cluster(clusterOptions(scenario, request, policies, hooks.onWarning));
  failure.cluster = cluster;
  if (request.check === true) new Invariants(cluster.server);
  mkdirSync(request.out, { recursive: true });
  const until = seconds(request.untilSeconds ?? scenario.duration);
  cluster.start();
  const outcome = await drive(cluster, until, hooks, failure);
  const { events, pods } = outcome.progress;
  const summaryText = `${printDuration(cluster.kernel.now / 1e6)}, ${events} events, ${pods.pending} pending, ${pods.running} running, hash ${cluster.server.hash}`;
  return { partial: outcome.partial, files: [], summaryText };
}

/** A cluster's parts, read from a scenario. */
function clusterOptions(
  scenario: Scenario,
  request: RunRequest,
  { profile, scaleDown }: ChosenPolicies,
  onWarning: RunHooks['onWarning'],
): ClusterOptions {
  const { seed, startTime, components } = scenario;
  const nodes = loadNodes(scenario);
  const arrivals = loadArrivals(scenario, new RandomSource(seed));
  for (const warning of [...scenario.source.warnings, ...nodes.warnings, ...arrivals.warnings]) onWarning?.(warning);
  const { heartbeats = components.kubelet.heartbeats } = request;
  return {
    seed,
    startTime,
    settings: { ...components, kubelet: { ...components.kubelet, heartbeats } },
    machines: nodes.entries.map(({ node, group, zone = '', cloud }) => ({ node, group, zone, cloud })),
    arrivals: arrivals.sources,
    profile,
    scaleDown,
    ...(request.queue === undefined ? {} : { queue: request.queue }),
  };
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

/** Lets time pass until the end or an interruption. The kernel never waits: whatever is to come in, comes in between slices. */
async function drive(
  cluster: Cluster,
  until: Micros,
  { onProgress, signal }: RunHooks,
  failure: FirstFailure,
): Promise<{ readonly partial: boolean; readonly progress: Progress }> {
  const { kernel } = cluster;
  const pods = new PodPhases(cluster);
  let rateFrom = { time: performance.now(), events: 0 };
  let eventsPerSecond = 0;
  const progress = (): Progress => {
    const milliseconds = performance.now() - rateFrom.time;
    if (milliseconds >= RATE_MILLISECONDS || eventsPerSecond === 0) {
      eventsPerSecond = ((kernel.dispatched - rateFrom.events) / milliseconds) * 1000;
      rateFrom = { time: performance.now(), events: kernel.dispatched };
    }
    return { now: kernel.now, until, events: kernel.dispatched, eventsPerSecond, pods: pods.counts };
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
    if (reason !== 'limit') return { partial: false, progress: progress() };
    await setImmediate();
    if (signal?.aborted === true) return { partial: true, progress: progress() };
  }
}

/** Counts pods by phase as they are written. */
class PodPhases {
  readonly #counts: Record<PodPhase, number> = { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 };

  constructor({ server }: Cluster) {
    server.observe(({ kind, type, object, previous }) => {
      if (kind !== 'Pod') return;
      if (previous !== undefined) this.#counts[(previous as Pod).status.phase]--;
      if (type !== 'DELETED') this.#counts[(object as Pod).status.phase]++;
    });
  }

  get counts(): Progress['pods'] {
    return { pending: this.#counts.Pending, running: this.#counts.Running };
  }
}
