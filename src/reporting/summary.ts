import type { NodeGroupCost } from './cloud-ledger.ts';
import { rounded } from './csv-table.ts';
import { isRepair } from './fault-spans.ts';
import { RESOURCES } from './node-ledger.ts';
import type { Resource } from './node-ledger.ts';
import { countedPods } from './recording.ts';
import { lostCpuMetrics } from './lost-cpu.ts';
import type { Recording } from './recording.ts';
import { availability } from './service-ledger.ts';
import { quantile } from './survival.ts';
import type { Sample } from './time-series.ts';
import { trafficMetrics, trafficRows } from './traffic-rows.ts';
import type { TrafficRow } from './traffic-rows.ts';

/** The content of summary.json: what a run was, and its headline figures, units in their names. */
export interface Summary {
  readonly scenario: string;
  readonly scenario_hash: string;
  readonly seed: string;
  readonly version: string;
  /** Calendar time at simulated time 0. */
  readonly start_time: string;
  readonly partial: boolean;
  readonly ended_because?: string;
  readonly simulated_seconds: number;
  readonly warm_up_seconds: number;
  readonly event_stream_hash: string;
  readonly metrics: Readonly<Record<string, number | null>>;
  /** What the provider's instances cost; absent where there is no provider. */
  readonly node_groups?: readonly NodeGroupCost[];
  /** What became of the requests of each traffic; absent where there is none. */
  readonly traffic?: readonly TrafficRow[];
}

const QUANTILES = [0.5, 0.9, 0.99] as const;

function mean(samples: readonly Sample[], column: keyof Sample): number | null {
  if (samples.length === 0) return null;
  let sum = 0;
  for (const sample of samples) sum += sample[column];
  return rounded(sum / samples.length);
}

function peak(samples: readonly Sample[], column: keyof Sample): number | null {
  if (samples.length === 0) return null;
  let highest = -Infinity;
  // Not by spreading: there may be more samples than a call can have arguments.
  for (const sample of samples) highest = Math.max(highest, sample[column]);
  return highest;
}

const RATIOS: Readonly<Record<Resource, keyof Sample>> = {
  cpu: 'cpu_requested_ratio',
  memory: 'memory_requested_ratio',
  gpu: 'gpu_requested_ratio',
};

/** Makes the summary. Nothing in it depends on the machine that simulated. */
export function summaryOf(recording: Recording): Summary {
  const { identity, pods, nodes, services, tallies, now, warmUp } = recording;
  const samples = recording.samples.filter(({ time_seconds: time }) => time * 1e6 >= warmUp);
  const counted = [...countedPods(recording)];
  const metrics: Record<string, number | null> = {
    pods_created: pods.created,
    pods_pending: pods.phases.Pending,
    pods_running: pods.phases.Running,
    pods_succeeded: pods.phases.Succeeded,
    pods_failed: pods.phases.Failed,
    pods_deleted: pods.deleted,
    pods_ready: pods.ready,
    pods_never_scheduled: counted.filter(({ scheduled }) => scheduled === undefined).length,
    container_restarts: pods.restarts,
    pods_disrupted: counted.filter(({ reason }) => reason !== '' && reason !== 'Completed').length,
  };
  for (const { id, distribution } of recording.latencies) {
    for (const share of QUANTILES) {
      const seconds = quantile(distribution, share);
      metrics[`${id}_p${share * 100}_seconds`] = seconds === undefined ? null : rounded(seconds);
    }
    metrics[`${id}_censored`] = distribution.censored;
  }
  metrics['nodes'] = nodes.count;
  metrics['nodes_ready'] = nodes.ready;
  let notReady = 0;
  for (const node of nodes.nodes.values()) {
    notReady += node.notReady + (node.ready || node.removed !== undefined ? 0 : now - node.readySince);
  }
  metrics['nodes_not_ready_seconds'] = rounded(notReady / 1e6);
  for (const resource of RESOURCES) {
    if (resource === 'gpu' && nodes.allocatable.gpu === 0) continue;
    metrics[`${resource}_requested_mean_ratio`] = mean(samples, RATIOS[resource]);
    metrics[`${resource}_requested_peak_ratio`] = peak(samples, RATIOS[resource]);
  }
  metrics['cpu_fragmentation_mean_ratio'] = mean(samples, 'cpu_fragmentation_ratio');
  metrics['pods_pending_mean'] = mean(samples, 'pods_pending');
  metrics['pods_pending_peak'] = peak(samples, 'pods_pending');
  metrics['scheduling_attempts'] = tallies.attempts.scheduled + tallies.attempts.unschedulable + tallies.attempts.error;
  metrics['scheduling_attempts_unschedulable'] = tallies.attempts.unschedulable;
  metrics['scheduling_attempts_error'] = tallies.attempts.error;
  metrics['api_requests'] = tallies.requests.total;
  metrics['api_writes'] = recording.revision;
  metrics['user_requests_refused'] = tallies.refusals;
  const begun = recording.faults.filter(({ phase }) => phase === 'begin');
  metrics['faults'] = begun.filter((notice) => !isRepair(notice)).length;
  // What the failure response did about nodes: reboots and replacements.
  metrics['repairs'] = begun.filter(isRepair).length;
  if (services.services.size > 0) {
    const lives = [...services.services.values()];
    metrics['services_unavailable_seconds'] = rounded(lives.reduce((sum, { down }) => sum + down, 0) / 1e6);
    metrics['service_availability_min_ratio'] = rounded(Math.min(...lives.map((life) => availability(life, now))), 9);
    const expected = lives.reduce((sum, { endpointSum }) => sum + endpointSum, 0);
    const ready = lives.reduce((sum, { readySum }) => sum + readySum, 0);
    metrics['service_endpoints_ready_mean_ratio'] = expected > 0 ? rounded(ready / expected) : null;
  }
  const traffic = trafficRows(recording.traffic);
  Object.assign(metrics, trafficMetrics(recording.traffic));
  for (const [name, value] of Object.entries(recording.responses)) {
    metrics[name] = value === null ? null : rounded(value);
  }
  Object.assign(metrics, lostCpuMetrics(recording.lostCpu), recording.cloud?.metrics(now));
  metrics['simulation_events'] = recording.kernelEvents;
  return {
    scenario: identity.name,
    scenario_hash: identity.hash,
    seed: identity.seed,
    version: identity.version,
    start_time: identity.startTime,
    partial: recording.partial,
    ...(recording.reason === '' ? {} : { ended_because: recording.reason }),
    simulated_seconds: now / 1e6,
    warm_up_seconds: warmUp / 1e6,
    event_stream_hash: recording.hash,
    metrics,
    ...(traffic.length === 0 ? {} : { traffic }),
    ...(recording.cloud === undefined ? {} : { node_groups: recording.cloud.groups }),
  };
}
