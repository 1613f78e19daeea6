import type { KubeNode, ResourceList } from '../sim/api/core.ts';
import { amounts } from '../sim/api/pod-requests.ts';
import type { StringMap } from '../sim/api/meta.ts';
import type { Change } from '../sim/etcd/store.ts';
import type { Micros } from '../sim/kernel/time.ts';
import type { PodLife } from './pod-ledger.ts';

/** The resources that have a column of their own; all extended ones that look like GPUs are summed up in `gpu`. */
export const RESOURCES = ['cpu', 'memory', 'gpu'] as const;
export type Resource = (typeof RESOURCES)[number];

/** One number a resource. */
export type Amounts = Record<Resource, number>;

function none(): Amounts {
  return { cpu: 0, memory: 0, gpu: 0 };
}

/** Which column a resource counts in. `gpu-milli` are thousandths of a device. */
function columnOf(resource: string): readonly [Resource, number] | undefined {
  if (resource === 'cpu' || resource === 'memory') return [resource, 1];
  if (resource.endsWith('gpu-milli')) return ['gpu', 1 / 1000];
  return /(^|[/.])gpu$/.test(resource) ? ['gpu', 1] : undefined;
}

/** Amounts by column; cpu in millicores, memory in bytes, gpu in devices. */
export function byColumn(given: ReadonlyMap<string, number>): Amounts {
  const result = none();
  for (const [resource, amount] of given) {
    const column = columnOf(resource);
    if (column !== undefined) result[column[0]] += amount * column[1];
  }
  return result;
}

/** A node's life, and what its pods ask for. */
export interface NodeLife {
  readonly name: string;
  zone: string;
  instanceType: string;
  labels: StringMap | undefined;
  readonly index: number;
  readonly registered: Micros;
  removed: Micros | undefined;
  /** What is allocatable, as the node says it and as amounts. */
  list: ResourceList | undefined;
  allocatable: Amounts;
  podsAllocatable: number;
  readonly requested: Amounts;
  pods: number;
  podsPeak: number;
  podsScheduled: number;
  ready: boolean;
  /** Since when it is as it is. */
  readySince: Micros;
  notReady: Micros;
  /** Integral of requested over time, in amount x microseconds, up to `since`. */
  readonly used: Amounts;
  readonly peak: Amounts;
  since: Micros;
}

/** Where a node is and what it is: a cloud provider's has these labels only some time after it has registered. */
function label(life: NodeLife, { metadata: { labels } }: KubeNode): void {
  life.labels = labels;
  life.zone = labels?.['topology.kubernetes.io/zone'] ?? '';
  life.instanceType = labels?.['node.kubernetes.io/instance-type'] ?? '';
}

/** All nodes of a run and their sums, kept as changes come. */
export class NodeLedger {
  readonly nodes = new Map<string, NodeLife>();
  readonly allocatable = none();
  readonly requested = none();
  count = 0;
  ready = 0;
  readonly #amounts = new WeakMap<object, Amounts>();

  changed({ type, object, time }: Change): void {
    const node = object as KubeNode;
    const known = this.nodes.get(node.metadata.name);
    if (type === 'DELETED') {
      if (known !== undefined) this.#removed(known, time);
      return;
    }
    const life = known ?? this.#added(node, time);
    if (node.metadata.labels !== life.labels) label(life, node);
    if (life.removed !== undefined) {
      life.removed = undefined;
      this.count++;
      this.#sum(life.allocatable, 1);
    }
    const { status } = node;
    const list = status.allocatable ?? status.capacity;
    // Of most reports of a node nothing is new but the heartbeat.
    if (list !== life.list) {
      const all = amounts(list);
      this.#sum(life.allocatable, -1);
      life.list = list;
      life.allocatable = byColumn(all);
      life.podsAllocatable = all.get('pods') ?? 0;
      this.#sum(life.allocatable, 1);
    }
    let ready = false;
    for (const { type: of, status: holds } of status.conditions ?? []) if (of === 'Ready') ready = holds === 'True';
    if (ready !== life.ready) {
      if (ready) life.notReady += time - life.readySince;
      life.ready = ready;
      life.readySince = time;
      this.ready += ready ? 1 : -1;
    }
  }

  #added(node: KubeNode, time: Micros): NodeLife {
    const { name } = node.metadata;
    const life: NodeLife = {
      name,
      zone: '',
      instanceType: '',
      labels: undefined,
      index: this.nodes.size,
      registered: time,
      removed: undefined,
      list: undefined,
      allocatable: none(),
      podsAllocatable: 0,
      requested: none(),
      pods: 0,
      podsPeak: 0,
      podsScheduled: 0,
      ready: false,
      readySince: time,
      notReady: 0,
      used: none(),
      peak: none(),
      since: time,
    };
    this.nodes.set(name, life);
    this.count++;
    return life;
  }

  #removed(life: NodeLife, time: Micros): void {
    life.removed = time;
    this.count--;
    this.#sum(life.allocatable, -1);
    if (life.ready) this.ready--;
    else life.notReady += time - life.readySince;
    life.ready = false;
    life.readySince = time;
  }

  #sum(of: Amounts, sign: number): void {
    for (const resource of RESOURCES) this.allocatable[resource] += sign * of[resource];
  }

  /** A pod begins or ends to count on a node. */
  occupied(nodeName: string, pod: PodLife, sign: 1 | -1, time: Micros): void {
    const life = this.nodes.get(nodeName);
    if (life === undefined) return;
    this.settle(life, time);
    let requests = this.#amounts.get(pod.requests);
    if (requests === undefined) {
      requests = byColumn(pod.requests);
      this.#amounts.set(pod.requests, requests);
    }
    for (const resource of RESOURCES) {
      life.requested[resource] += sign * requests[resource];
      this.requested[resource] += sign * requests[resource];
      life.peak[resource] = Math.max(life.peak[resource], life.requested[resource]);
    }
    life.pods += sign;
    life.podsPeak = Math.max(life.podsPeak, life.pods);
    if (sign > 0) life.podsScheduled++;
  }

  /** Brings a node's integrals up to a time. */
  settle(life: NodeLife, time: Micros): void {
    const span = time - life.since;
    for (const resource of RESOURCES) life.used[resource] += life.requested[resource] * span;
    life.since = time;
  }
}
