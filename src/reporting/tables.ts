import { INSTANCE_COLUMNS } from './cloud-ledger.ts';
import { CsvTable, inSeconds, rounded } from './csv-table.ts';
import type { Cell } from './csv-table.ts';
import { byColumn } from './node-ledger.ts';
import type { OutputFile } from './output-folder.ts';
import type { Recording } from './recording.ts';

const POD_COLUMNS = [
  'pod',
  'namespace',
  'uid',
  'owner_kind',
  'owner',
  'priority',
  'node',
  'phase',
  'reason',
  'cpu_request_cores',
  'memory_request_bytes',
  'gpu_request',
  'created_seconds',
  'scheduled_seconds',
  'running_seconds',
  'ready_seconds',
  'finished_seconds',
  'deletion_seconds',
  'deleted_seconds',
  'scheduling_attempts',
  'container_restarts',
  'unschedulable_message',
];

/** pods.csv: one row a pod, in order of creation. */
export function writePods(file: OutputFile, { pods }: Recording): void {
  const table = new CsvTable(file, POD_COLUMNS);
  for (const pod of pods.pods.values()) {
    const { cpu, memory, gpu } = byColumn(pod.requests);
    table.row([
      pod.name,
      pod.namespace,
      pod.uid,
      pod.ownerKind,
      pod.owner,
      pod.priority,
      pod.node,
      pod.deleted === undefined ? pod.phase : 'Deleted',
      pod.reason,
      cpu / 1000,
      memory,
      rounded(gpu),
      inSeconds(pod.created),
      inSeconds(pod.scheduled),
      inSeconds(pod.running),
      inSeconds(pod.ready),
      inSeconds(pod.finished),
      inSeconds(pod.deleting),
      inSeconds(pod.deleted),
      pod.attempts,
      pod.restarts,
      pod.unschedulable,
    ]);
  }
  table.end();
}

const NODE_COLUMNS = [
  'node',
  'zone',
  'instance_type',
  'registered_seconds',
  'removed_seconds',
  'ready',
  'not_ready_seconds',
  'cpu_allocatable_cores',
  'memory_allocatable_bytes',
  'gpu_allocatable',
  'pods_allocatable',
  'cpu_requested_cores',
  'memory_requested_bytes',
  'gpu_requested',
  'pods',
  'cpu_requested_mean_ratio',
  'memory_requested_mean_ratio',
  'gpu_requested_mean_ratio',
  'cpu_requested_peak_ratio',
  'memory_requested_peak_ratio',
  'pods_peak',
  'pods_scheduled_total',
];

/** nodes.csv: one row a node, in order of registration. Means are over the node's whole life. With a provider: its instance. */
export function writeNodes(file: OutputFile, { nodes, now, cloud }: Recording): void {
  const table = new CsvTable(file, cloud === undefined ? NODE_COLUMNS : [...NODE_COLUMNS, ...INSTANCE_COLUMNS]);
  for (const node of nodes.nodes.values()) {
    nodes.settle(node, now);
    const life = (node.removed ?? now) - node.registered;
    const share = (used: number, whole: number): Cell => (whole > 0 ? rounded(used / whole) : undefined);
    const { allocatable, requested, used, peak } = node;
    const down = node.ready || node.removed !== undefined ? 0 : now - node.readySince;
    table.row([
      node.name,
      node.zone,
      node.instanceType,
      inSeconds(node.registered),
      inSeconds(node.removed),
      String(node.ready),
      rounded((node.notReady + down) / 1e6),
      allocatable.cpu / 1000,
      allocatable.memory,
      rounded(allocatable.gpu),
      node.podsAllocatable,
      requested.cpu / 1000,
      requested.memory,
      rounded(requested.gpu),
      node.pods,
      share(used.cpu, allocatable.cpu * life),
      share(used.memory, allocatable.memory * life),
      share(used.gpu, allocatable.gpu * life),
      share(peak.cpu, allocatable.cpu),
      share(peak.memory, allocatable.memory),
      node.podsPeak,
      node.podsScheduled,
      ...(cloud?.cells(node, now) ?? []),
    ]);
  }
  table.end();
}

/** controlplane.csv: a row for each of timeseries.csv; per controller its queue, per verb the requests so far. */
export function writeControlPlane(file: OutputFile, { samples, loads }: Recording): void {
  const { controllers, verbs } = loads;
  const queues = controllers.flatMap((name) => ['depth', 'busy', 'adds_total'].map((what) => `${name}_queue_${what}`));
  const table = new CsvTable(file, ['time_seconds', ...queues, ...verbs.map((verb) => `${verb}_requests_total`)]);
  for (const [i, load] of loads.samples.entries()) {
    const own = controllers.flatMap((_, c) => {
      const { depth = 0, busy = 0, adds = 0 } = load.queues[c] ?? {};
      return [depth, busy, adds];
    });
    table.row([samples[i]?.time_seconds, ...own, ...verbs.map((_, v) => load.requests[v] ?? 0)]);
  }
  table.end();
}

export const EVENT_COLUMNS = [
  'time_seconds',
  'type',
  'reason',
  'component',
  'kind',
  'namespace',
  'name',
  'count',
  'message',
];

export const DECISION_COLUMNS = [
  'time_seconds',
  'pod',
  'attempt',
  'result',
  'node',
  'score',
  'evaluated_nodes',
  'feasible_nodes',
  'cycle_seconds',
  'queue_seconds',
  'rejecting_plugins',
  'message',
];
