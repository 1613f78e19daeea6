import { kindInfo } from '../sim/api/kinds.ts';
import { writeControlPlane, writeRequestDurations } from './control-plane-metrics.ts';
import { rounded } from './csv-table.ts';
import { Exposition } from './exposition.ts';
import { countedPods } from './recording.ts';
import { writeLostCpu } from './lost-cpu.ts';
import { writeCloud } from './cloud-metrics.ts';
import type { Recording } from './recording.ts';
import { trafficRows, writeTrafficMetrics } from './traffic-rows.ts';

/** Buckets of the scheduler's histogram of pod scheduling, in seconds: from 10 ms, each twice the one before, 20 of them. */
const SCHEDULING_BUCKETS = Array.from({ length: 20 }, (_, i) => rounded(0.01 * 2 ** i));

/** Buckets of the kubelet's histogram of pod starts, in seconds. Source: pkg/kubelet/metrics podStartupDurationBuckets. */
const START_BUCKETS = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
];

/** HTTP verbs of requests, as the server's metrics name them. */
export const VERBS: Readonly<Record<string, string>> = {
  create: 'POST',
  bind: 'POST',
  evict: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  apply: 'APPLY',
  get: 'GET',
  list: 'LIST',
  delete: 'DELETE',
};

const UNITS = [
  { resource: 'cpu', unit: 'core', scale: 1000 },
  { resource: 'memory', unit: 'byte', scale: 1 },
  { resource: 'gpu', unit: 'integer', scale: 1 },
] as const;

/** metrics.prom: the state at the end of the run under the real components' metric names where they exist. */
export function openMetrics(recording: Recording): string {
  const { pods, nodes, tallies, now } = recording;
  const out = new Exposition();
  out.family('scheduler_schedule_attempts', 'counter', 'Attempts to schedule pods, by result.');
  for (const [profile, counts] of tallies.attemptsByProfile) {
    for (const [result, count] of Object.entries(counts))
      out.sample('scheduler_schedule_attempts_total', { result, profile }, count);
  }
  const counted = [...countedPods(recording)];
  const times = (from: 'created' | 'scheduled', to: 'scheduled' | 'running'): readonly number[] =>
    counted.flatMap((pod) => {
      const begun = pod[from];
      const reached = pod[to];
      return begun === undefined || reached === undefined ? [] : [(reached - begun) / 1e6];
    });
  out.histogram(
    'scheduler_pod_scheduling_sli_duration_seconds',
    'From the creation of a pod to its binding.',
    SCHEDULING_BUCKETS,
    times('created', 'scheduled'),
  );
  out.histogram(
    'kubelet_pod_start_duration_seconds',
    'From the binding of a pod to its phase Running.',
    START_BUCKETS,
    times('scheduled', 'running'),
  );
  out.family('apiserver_request', 'counter', 'Requests by verb, resource and HTTP code.');
  for (const { parts, count } of tallies.requests.rows()) {
    const [verb, kind, code] = parts;
    const resource = kindInfo(kind)?.plural ?? kind;
    const subresource = verb === 'bind' ? 'binding' : verb === 'evict' ? 'eviction' : '';
    out.sample(
      'apiserver_request_total',
      { verb: VERBS[verb] ?? verb, resource, subresource, code, request: verb },
      count,
    );
  }
  writeRequestDurations(out, tallies.durations, VERBS);
  if (recording.controlPlane !== undefined) writeControlPlane(out, recording.controlPlane);
  recording.disks?.write(out);
  out.family('kube_pod_status_phase', 'gauge', 'Pods by phase.');
  for (const [phase, count] of Object.entries(pods.phases)) out.sample('kube_pod_status_phase', { phase }, count);
  out.gauge('kube_pod_status_ready', 'Pods that are ready.', pods.ready, { condition: 'true' });
  out.family('kube_pod_container_status_restarts', 'counter', 'Restarts of containers.');
  out.sample('kube_pod_container_status_restarts_total', {}, pods.restarts);
  out.gauge('kube_node_status_condition', 'Nodes that are Ready.', nodes.ready, { condition: 'Ready', status: 'true' });
  out.family('kube_node_status_allocatable', 'gauge', 'What pods may ask for, over all nodes.');
  for (const { resource, unit, scale } of UNITS) {
    out.sample('kube_node_status_allocatable', { resource, unit }, rounded(nodes.allocatable[resource] / scale));
  }
  out.family('kube_pod_resource_request', 'gauge', 'What placed pods ask for, over all nodes.');
  for (const { resource, unit, scale } of UNITS) {
    out.sample('kube_pod_resource_request', { resource, unit }, rounded(nodes.requested[resource] / scale));
  }
  out.gauge('etcd_debugging_mvcc_current_revision', "The store's revision.", recording.revision);
  out.family('orrery_events', 'counter', 'v1.Events by type and reason.');
  for (const { parts, count } of tallies.events.rows()) {
    const [type, reason] = parts;
    out.sample('orrery_events_total', { type, reason }, count);
  }
  writeTrafficMetrics(out, trafficRows(recording.traffic));
  if (recording.lostCpu !== undefined) writeLostCpu(out, recording.lostCpu);
  if (recording.cloud !== undefined) writeCloud(out, recording.cloud);
  out.gauge('orrery_simulated_seconds', 'Simulated time.', now / 1e6);
  return out.end();
}
