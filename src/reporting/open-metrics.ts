import { kindInfo } from '../sim/api/kinds.ts';
import { countedPods } from './recording.ts';
import type { Recording } from './recording.ts';

type Labels = Readonly<Record<string, string | number>>;

/** Buckets of the scheduler's and the kubelet's latency histograms, in seconds. Source: their metrics packages. */
const BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];

/** HTTP verbs of requests, as the server's metrics name them. */
const VERBS: Readonly<Record<string, string>> = {
  create: 'POST',
  bind: 'POST',
  evict: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  apply: 'APPLY',
  delete: 'DELETE',
};

const UNITS = [
  { resource: 'cpu', unit: 'core', scale: 1000 },
  { resource: 'memory', unit: 'byte', scale: 1 },
  { resource: 'gpu', unit: 'integer', scale: 1 },
] as const;

class Exposition {
  #text = '';

  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string, unit = ''): void {
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${unit === '' ? '' : `# UNIT ${name} ${unit}\n`}`;
  }

  sample(name: string, labels: Labels, value: number): void {
    const inner = Object.entries(labels)
      .map(([key, text]) => `${key}="${String(text).replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`)
      .join(',');
    this.#text += `${name}${inner === '' ? '' : `{${inner}}`} ${value}\n`;
  }

  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    this.family(name, 'gauge', help);
    this.sample(name, labels, value);
  }

  /** Of cases that happened; a histogram has no place for those that were waited for in vain. */
  histogram(name: string, help: string, seconds: readonly number[]): void {
    this.family(name, 'histogram', help, 'seconds');
    for (const bound of BUCKETS) {
      const below = seconds.filter((value) => value <= bound).length;
      this.sample(`${name}_bucket`, { le: bound }, below);
    }
    this.sample(`${name}_bucket`, { le: '+Inf' }, seconds.length);
    this.sample(
      `${name}_sum`,
      {},
      seconds.reduce((sum, value) => sum + value, 0),
    );
    this.sample(`${name}_count`, {}, seconds.length);
  }

  end(): string {
    return `${this.#text}# EOF\n`;
  }
}

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
    times('created', 'scheduled'),
  );
  out.histogram(
    'kubelet_pod_start_duration_seconds',
    'From the binding of a pod to its phase Running.',
    times('scheduled', 'running'),
  );
  out.family('apiserver_request', 'counter', 'Requests by verb, resource and HTTP code.');
  for (const [key, count] of [...tallies.requests].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [verb = '', kind = '', code = ''] = key.split(' ');
    const resource = kindInfo(kind)?.plural ?? kind;
    const subresource = verb === 'bind' ? 'binding' : verb === 'evict' ? 'eviction' : '';
    out.sample(
      'apiserver_request_total',
      { verb: VERBS[verb] ?? verb, resource, subresource, code, request: verb },
      count,
    );
  }
  out.family('kube_pod_status_phase', 'gauge', 'Pods by phase.');
  for (const [phase, count] of Object.entries(pods.phases)) out.sample('kube_pod_status_phase', { phase }, count);
  out.gauge('kube_pod_status_ready', 'Pods that are ready.', pods.ready, { condition: 'true' });
  out.family('kube_pod_container_status_restarts', 'counter', 'Restarts of containers.');
  out.sample('kube_pod_container_status_restarts_total', {}, pods.restarts);
  out.gauge('kube_node_status_condition', 'Nodes that are Ready.', nodes.ready, { condition: 'Ready', status: 'true' });
  out.family('kube_node_status_allocatable', 'gauge', 'What pods may ask for, over all nodes.');
  for (const { resource, unit, scale } of UNITS) {
    out.sample('kube_node_status_allocatable', { resource, unit }, nodes.allocatable[resource] / scale);
  }
  out.family('kube_pod_resource_request', 'gauge', 'What placed pods ask for, over all nodes.');
  for (const { resource, unit, scale } of UNITS) {
    out.sample('kube_pod_resource_request', { resource, unit }, nodes.requested[resource] / scale);
  }
  out.gauge('etcd_debugging_mvcc_current_revision', "The store's revision.", recording.revision);
  out.family('orrery_events', 'counter', 'v1.Events by type and reason.');
  for (const [key, count] of [...tallies.events].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [type = '', reason = ''] = key.split(' ');
    out.sample('orrery_events_total', { type, reason }, count);
  }
  out.gauge('orrery_simulated_seconds', 'Simulated time.', now / 1e6);
  return out.end();
}
