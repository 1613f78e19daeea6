import type { NodeLedger, NodeLife } from './node-ledger.ts';
import type { PodLedger } from './pod-ledger.ts';
import { rounded } from './csv-table.ts';
import type { RecorderSources } from './sources.ts';

/** What is measured at every interval; the name of each is its column's. */
export interface Sample {
  readonly time_seconds: number;
  readonly pods_pending: number;
  readonly pods_unschedulable: number;
  readonly pods_running: number;
  readonly pods_ready: number;
  readonly pods_succeeded: number;
  readonly pods_failed: number;
  readonly pods_terminating: number;
  readonly pods_created_total: number;
  readonly nodes: number;
  readonly nodes_ready: number;
  readonly cpu_requested_cores: number;
  readonly cpu_requested_ratio: number;
  readonly memory_requested_bytes: number;
  readonly memory_requested_ratio: number;
  readonly gpu_requested: number;
  readonly gpu_requested_ratio: number;
  readonly cpu_fragmentation_ratio: number;
  readonly scheduler_active: number;
  readonly scheduler_backoff: number;
  readonly scheduler_unschedulable: number;
  readonly api_requests_per_second: number;
  readonly api_writes_per_second: number;
}

export const COLUMNS: readonly (keyof Sample)[] = [
  'time_seconds',
  'pods_pending',
  'pods_unschedulable',
  'pods_running',
  'pods_ready',
  'pods_succeeded',
  'pods_failed',
  'pods_terminating',
  'pods_created_total',
  'nodes',
  'nodes_ready',
  'cpu_requested_cores',
  'cpu_requested_ratio',
  'memory_requested_bytes',
  'memory_requested_ratio',
  'gpu_requested',
  'gpu_requested_ratio',
  'cpu_fragmentation_ratio',
  'scheduler_active',
  'scheduler_backoff',
  'scheduler_unschedulable',
  'api_requests_per_second',
  'api_writes_per_second',
];

function ratio(part: number, whole: number): number {
  return whole > 0 ? rounded(part / whole) : 0;
}

/**
 * Of the free cores of Ready nodes, the share on nodes where the average pod of the run does not fit any more, for want of
 * cores or of memory.
 */
function fragmentation(nodes: Iterable<NodeLife>, cpu: number, memory: number): number {
  let free = 0;
  let stranded = 0;
  for (const node of nodes) {
    if (!node.ready) continue;
    const freeCpu = Math.max(0, node.allocatable.cpu - node.requested.cpu);
    const freeMemory = node.allocatable.memory - node.requested.memory;
    free += freeCpu;
    if (freeCpu < cpu || freeMemory < memory) stranded += freeCpu;
  }
  return ratio(stranded, free);
}

/** Takes samples; a sample looks at every node once, and at nothing else that grows. */
export class Sampler {
  readonly #sources: RecorderSources;
  readonly #pods: PodLedger;
  readonly #nodes: NodeLedger;
  #requests = 0;
  #lastRequests = 0;
  #lastRevision = 0;
  #lastTime = 0;
  /** Sums of what all pods so far asked for, for the average pod. */
  #asked = { cpu: 0, memory: 0, count: 0 };

  constructor(sources: RecorderSources, pods: PodLedger, nodes: NodeLedger) {
    this.#sources = sources;
    this.#pods = pods;
    this.#nodes = nodes;
  }

  requested(): void {
    this.#requests++;
  }

  created(cpu: number, memory: number): void {
    this.#asked.cpu += cpu;
    this.#asked.memory += memory;
    this.#asked.count++;
  }

  take(): Sample {
    const { kernel, server, scheduler } = this.#sources;
    const pods = this.#pods;
    const { requested, allocatable, nodes, count, ready } = this.#nodes;
    const elapsed = (kernel.now - this.#lastTime) / 1e6;
    const queues = scheduler.queueLengths;
    const average = Math.max(1, this.#asked.count);
    const sample: Sample = {
      time_seconds: kernel.now / 1e6,
      pods_pending: pods.phases.Pending,
      pods_unschedulable: pods.unschedulable,
      pods_running: pods.phases.Running,
      pods_ready: pods.ready,
      pods_succeeded: pods.phases.Succeeded,
      pods_failed: pods.phases.Failed,
      pods_terminating: pods.terminating,
      pods_created_total: pods.created,
      nodes: count,
      nodes_ready: ready,
      cpu_requested_cores: rounded(requested.cpu / 1000),
      cpu_requested_ratio: ratio(requested.cpu, allocatable.cpu),
      memory_requested_bytes: requested.memory,
      memory_requested_ratio: ratio(requested.memory, allocatable.memory),
      gpu_requested: rounded(requested.gpu),
      gpu_requested_ratio: ratio(requested.gpu, allocatable.gpu),
      cpu_fragmentation_ratio: fragmentation(nodes.values(), this.#asked.cpu / average, this.#asked.memory / average),
      scheduler_active: queues.active,
      scheduler_backoff: queues.backoff,
      scheduler_unschedulable: queues.unschedulable,
      api_requests_per_second: elapsed > 0 ? rounded((this.#requests - this.#lastRequests) / elapsed, 3) : 0,
      api_writes_per_second: elapsed > 0 ? rounded((server.revision - this.#lastRevision) / elapsed, 3) : 0,
    };
    this.#lastRequests = this.#requests;
    this.#lastRevision = server.revision;
    this.#lastTime = kernel.now;
    return sample;
  }
}
