import { Exposition } from '../../reporting/exposition.ts';
import type { Labels } from '../../reporting/exposition.ts';
import { rounded } from '../../reporting/csv-table.ts';
import { VERBS } from '../../reporting/open-metrics.ts';
import { parseTimestamp } from '../../sim/api/timestamps.ts';
import type { RunFolder } from './read-run.ts';

/** A family of gauges or counters: for each series its labels and its values at all times. */
interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly series: readonly (readonly [Labels, readonly number[]])[];
}

/** Buckets of scheduler_scheduling_attempt_duration_seconds: from 1 ms, each twice the one before, 15 of them. */
const ATTEMPT_BUCKETS = Array.from({ length: 15 }, (_, i) => rounded(0.001 * 2 ** i));

/**
 * A run's time series under the metric names of the real components, with calendar timestamps: what
 * `promtool tsdb create-blocks-from openmetrics` reads, so that dashboards made for a cluster show a simulation.
 */
export function exportOpenMetrics(run: RunFolder): string {
  const samples = run.columns('timeseries.csv');
  const start = parseTimestamp(run.summary.start_time) ?? 0;
  const times = (samples.get('time_seconds') ?? []).map((seconds) => rounded(start + seconds, 3));
  const out = new Exposition();
  for (const family of [...clusterFamilies(samples), ...controlPlaneFamilies(run.columns('controlplane.csv'))]) {
    out.family(family.name, family.type, family.help);
    const name = family.type === 'counter' ? `${family.name}_total` : family.name;
    for (const [labels, values] of family.series) {
      for (const [i, value] of values.entries()) out.sample(name, labels, value, times[i]);
    }
  }
  attempts(out, run, samples.get('time_seconds') ?? [], times);
  return out.end();
}

function clusterFamilies(columns: ReadonlyMap<string, readonly number[]>): readonly Family[] {
  const of = (column: string): readonly number[] => columns.get(column) ?? [];
  const gauge = (name: string, help: string, series: readonly (readonly [Labels, string])[]): Family => ({
    name,
    type: 'gauge',
    help,
    series: series.map(([labels, column]) => [labels, of(column)]),
  });
  return [
    gauge('scheduler_pending_pods', 'Pods that wait, by the queue of the scheduler.', [
      [{ queue: 'active' }, 'scheduler_active'],
      [{ queue: 'backoff' }, 'scheduler_backoff'],
      [{ queue: 'unschedulable' }, 'scheduler_unschedulable'],
    ]),
    gauge('kube_pod_status_phase', 'Pods by phase.', [
      [{ phase: 'Pending' }, 'pods_pending'],
      [{ phase: 'Running' }, 'pods_running'],
      [{ phase: 'Succeeded' }, 'pods_succeeded'],
      [{ phase: 'Failed' }, 'pods_failed'],
    ]),
    gauge('kube_pod_status_ready', 'Pods that are ready.', [[{ condition: 'true' }, 'pods_ready']]),
    gauge('kube_pod_status_unschedulable', 'Pods whose last attempt found no node.', [[{}, 'pods_unschedulable']]),
    gauge('kube_node_info', 'Nodes.', [[{}, 'nodes']]),
    gauge('kube_node_status_condition', 'Nodes that are Ready.', [
      [{ condition: 'Ready', status: 'true' }, 'nodes_ready'],
    ]),
    gauge('kube_pod_resource_request', 'What placed pods ask for, over all nodes.', [
      [{ resource: 'cpu', unit: 'core' }, 'cpu_requested_cores'],
      [{ resource: 'memory', unit: 'byte' }, 'memory_requested_bytes'],
      [{ resource: 'gpu', unit: 'integer' }, 'gpu_requested'],
    ]),
    gauge('orrery_resource_requested_ratio', 'The same as a share of what there is.', [
      [{ resource: 'cpu' }, 'cpu_requested_ratio'],
      [{ resource: 'memory' }, 'memory_requested_ratio'],
      [{ resource: 'gpu' }, 'gpu_requested_ratio'],
    ]),
    gauge('orrery_cpu_fragmentation_ratio', 'Of the free cores, the share where the average pod does not fit.', [
      [{}, 'cpu_fragmentation_ratio'],
    ]),
  ];
}

function controlPlaneFamilies(columns: ReadonlyMap<string, readonly number[]>): readonly Family[] {
  const ending = (end: string): (readonly [string, readonly number[]])[] =>
    [...columns].flatMap(([column, values]) =>
      column.endsWith(end) ? [[column.slice(0, -end.length), values] as const] : [],
    );
  const queues = (end: string): Family['series'] => ending(end).map(([name, values]) => [{ name }, values]);
  return [
    { name: 'workqueue_depth', type: 'gauge', help: 'Keys that wait, by work queue.', series: queues('_queue_depth') },
    { name: 'workqueue_adds', type: 'counter', help: 'Keys that came.', series: queues('_queue_adds_total') },
    {
      name: 'controller_runtime_active_workers',
      type: 'gauge',
      help: 'Workers that are busy.',
      series: ending('_queue_busy').map(([controller, values]) => [{ controller }, values]),
    },
    {
      name: 'apiserver_request',
      type: 'counter',
      help: 'Requests by verb; `request` is the kind of request in the simulation.',
      series: ending('_requests_total').map(([verb, values]) => [{ verb: VERBS[verb] ?? verb, request: verb }, values]),
    },
  ];
}

/** Attempts to schedule, as counts and as a histogram of how long they took, up to each time. */
function attempts(out: Exposition, run: RunFolder, seconds: readonly number[], times: readonly number[]): void {
  const table = run.table('decisions.csv');
  const [at, result, cycle] = ['time_seconds', 'result', 'cycle_seconds'].map((name) => table.columns.indexOf(name));
  const results = [...new Set(table.rows.map(({ cells }) => cells[result ?? -1] ?? ''))].sort();
  const profile = 'default-scheduler';
  const totals = new Map(results.map((name) => [name, { count: 0, sum: 0, below: ATTEMPT_BUCKETS.map(() => 0) }]));
  const history = new Map(results.map((name) => [name, [] as { count: number; sum: number; below: number[] }[]]));
  let next = 0;
  for (const time of seconds) {
    for (; next < table.rows.length; next++) {
      const cells = table.rows[next]?.cells ?? [];
      if (Number(cells[at ?? -1]) > time) break;
      const total = totals.get(cells[result ?? -1] ?? '');
      const took = Number(cells[cycle ?? -1]);
      if (total === undefined) continue;
      total.count++;
      total.sum += took;
      for (const [b, bound] of ATTEMPT_BUCKETS.entries()) if (took <= bound) (total.below[b] as number)++;
    }
    for (const [name, { count, sum, below }] of totals) history.get(name)?.push({ count, sum, below: [...below] });
  }
  out.family('scheduler_schedule_attempts', 'counter', 'Attempts to schedule pods, by result.');
  for (const [name, points] of history) {
    for (const [i, { count }] of points.entries()) {
      out.sample('scheduler_schedule_attempts_total', { result: name, profile }, count, times[i]);
    }
  }
  const family = 'scheduler_scheduling_attempt_duration_seconds';
  out.family(family, 'histogram', 'How long attempts took.', 'seconds');
  for (const [name, points] of history) {
    for (const [i, { count, sum, below }] of points.entries()) {
      const labels = { result: name, profile };
      for (const [b, bound] of ATTEMPT_BUCKETS.entries()) {
        out.sample(`${family}_bucket`, { ...labels, le: bound }, below[b] as number, times[i]);
      }
      out.sample(`${family}_bucket`, { ...labels, le: '+Inf' }, count, times[i]);
      out.sample(`${family}_sum`, labels, rounded(sum), times[i]);
      out.sample(`${family}_count`, labels, count, times[i]);
    }
  }
}
