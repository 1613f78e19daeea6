import type { KubeNode, Pod, Taint } from '../api/core.ts';
import { quantityValue, resourceAmount } from '../api/quantity.ts';
import { canonicalText } from './canonical.ts';
import { ImageStates } from './image-states.ts';
import { LabelColumns } from './label-columns.ts';
import { differences } from './node-changes.ts';
import type { NodeChanges } from './node-changes.ts';
import { NodeOrder } from './node-order.ts';
import { NodeTree, zoneKeyOf } from './node-tree.ts';
import { NodeView } from './node-view.ts';
import type { HostPort, PodClasses, PodInfo } from './pod-class.ts';
import { PodCounters } from './pod-counters.ts';
import { ResourceColumns } from './resource-columns.ts';

/** A pod that takes room on a node: bound, or assumed to be. */
export interface PodRecord extends PodInfo {
  /** As it was last seen. */
  pod: Pod;
  readonly row: number;
}

interface TableState {
  readonly names: readonly string[];
  readonly nodes: readonly (KubeNode | undefined)[];
  readonly pods: readonly (readonly Pod[])[];
  readonly zones: [string, string[]][];
  readonly images: ReturnType<ImageStates['save']>;
}

const NO_TAINTS: readonly Taint[] = [];

/**
 * All nodes as columns, one row a node; rows are kept current by what the watch tells and by pods assumed and forgotten,
 * never by looking through all of them. Pods may name a node that is not known (yet): its row then has no node, and is
 * in no order.
 */
export class NodeTable {
  readonly classes: PodClasses;
  /** Rows that were ever used. */
  rows = 0;
  readonly nodes: (KubeNode | undefined)[] = [];
  readonly names: (string | undefined)[] = [];
  readonly views: NodeView[] = [];
  /** By row: the pods on it, in the order in which they came. */
  readonly podsOn: PodRecord[][] = [];
  readonly allocatable = new ResourceColumns();
  readonly requested = new ResourceColumns();
  /** Requests as scoring counts them, with defaults for containers that do not say. */
  scoringCpu = new Float64Array(0);
  scoringMemory = new Float64Array(0);
  allowedPods = new Float64Array(0);
  podCount = new Int32Array(0);
  unschedulable = new Uint8Array(0);
  /** Index into `taintSets`; 0: no taints. */
  taintSet = new Int32Array(0);
  readonly taintSets: (readonly Taint[])[] = [NO_TAINTS];
  /** Pods of the row that take host ports. */
  portUsers = new Int32Array(0);
  /** When the row last changed, on the table's own clock; never 0. */
  generation = new Uint32Array(0);
  /** Counts changes of the row's pods' start times, by which preemption ranks them. */
  startStamp = new Uint32Array(0);
  readonly labels: LabelColumns;
  readonly images = new ImageStates();
  readonly counters: PodCounters;
  readonly tree = new NodeTree();
  /** Counts all changes. */
  version = 1;
  /** Counts changes of nodes themselves (labels, taints, room, coming and going), not of the pods on them. */
  nodeVersion = 1;

  /** Nodes that have taints, and nodes that are cordoned. */
  taintedNodes = 0;
  cordonedNodes = 0;

  #order: NodeOrder | undefined;
  readonly #rowByName = new Map<string, number>();
  readonly #pods = new Map<string, PodRecord>();
  readonly #free: number[] = [];
  readonly #taintIds = new Map<string, number>([['[]', 0]]);
  #capacity = 0;

  constructor(classes: PodClasses) {
    this.classes = classes;
    this.labels = new LabelColumns(this.nodes);
    this.counters = new PodCounters(this.podsOn);
  }

  /** Nodes that exist. */
  get size(): number {
    return this.tree.size;
  }

  /** Nodes in the order in which filtering looks at them: zones interleaved. */
  get order(): Int32Array {
    return this.nodeOrder.rows;
  }

  /** The same with its blocks. Another object when nodes have come or gone. */
  get nodeOrder(): NodeOrder {
    this.#order ??= new NodeOrder(this.tree.interleaved(), this.#capacity, this.version);
    return this.#order;
  }

  /** The rows of some nodes that exist, in the order in which filtering looks at them. */
  inOrder(names: ReadonlySet<string>): Int32Array {
    const { order } = this;
    // Few among many are sorted by their places; many are picked from the whole.
    if (names.size * 8 > order.length) return order.filter((row) => names.has(this.names[row] as string));
    const { nodeOrder } = this;
    const rows = [...names].map((name) => this.rowOf(name)).filter((row) => row !== undefined);
    return Int32Array.from(rows.sort((a, b) => nodeOrder.placeOf(a) - nodeOrder.placeOf(b)));
  }

  #reordered(): void {
    this.#order = undefined;
  }

  get podTotal(): number {
    return this.#pods.size;
  }

  rowOf(name: string): number | undefined {
    const row = this.#rowByName.get(name);
    return row === undefined || this.nodes[row] === undefined ? undefined : row;
  }

  pod(key: string): PodRecord | undefined {
    return this.#pods.get(key);
  }

  pods(): IterableIterator<PodRecord> {
    return this.#pods.values();
  }

  /** Takes over a node as it now is. Answers what of it changed for scheduling. */
  setNode(node: KubeNode): NodeChanges {
    const row = this.#rowFor(node.metadata.name);
    const before = this.nodes[row];
    const changes = differences(before, node);
    this.nodes[row] = node;
    if (!changes.any) return changes;
    if (before === undefined) this.tree.add(zoneKeyOf(node), row);
    else if (changes.labels && zoneKeyOf(before) !== zoneKeyOf(node)) {
      this.tree.remove(zoneKeyOf(before), row);
      this.tree.add(zoneKeyOf(node), row);
      changes.order = true;
    }
    this.images.change(before, node);
    if (changes.added || changes.allocatable) this.#setAllocatable(row, before, node);
    this.#setCordoned(row, node.spec.unschedulable === true);
    if (changes.added || changes.taints) this.#setTaints(row, node.spec.taints ?? NO_TAINTS);
    if (changes.added || changes.labels) this.labels.update(row);
    if (changes.order) this.#reordered();
    this.#touchNode(row);
    return changes;
  }

  /** Forgets a node; its row stays while pods are on it. */
  removeNode(name: string): void {
    const row = this.#rowByName.get(name);
    const node = row === undefined ? undefined : this.nodes[row];
    if (row === undefined || node === undefined) return;
    this.tree.remove(zoneKeyOf(node), row);
    this.#reordered();
    this.images.change(node, undefined);
    this.nodes[row] = undefined;
    this.#setAllocatable(row, node, undefined);
    this.#setCordoned(row, false);
    this.#setTaints(row, NO_TAINTS);
    this.labels.update(row);
    this.#touchNode(row);
    this.#releaseRow(row);
  }

  /** Books a pod on a node. */
  addPod(info: PodInfo, nodeName: string): PodRecord {
    const row = this.#rowFor(nodeName);
    const { pod, key, podClass, pinnedNode } = info;
    const record: PodRecord = { pod, key, podClass, pinnedNode, row };
    this.#pods.set(info.key, record);
    (this.podsOn[row] as PodRecord[]).push(record);
    this.#book(record, 1);
    return record;
  }

  /** Takes a pod off its node again. */
  removePod(key: string): PodRecord | undefined {
    const record = this.#pods.get(key);
    if (record === undefined) return undefined;
    this.#pods.delete(key);
    const pods = this.podsOn[record.row] as PodRecord[];
    pods.splice(pods.indexOf(record), 1);
    this.#book(record, -1);
    this.#releaseRow(record.row);
    return record;
  }

  /** Takes over a state of a pod that counts as the former one for all but when it started. */
  updatePod(record: PodRecord, pod: Pod): void {
    if (record.pod.status.startTime !== pod.status.startTime) this.startStamp[record.row]!++;
    record.pod = pod;
  }

  /** Takes over a newer state of a pod that stays where it is. */
  replacePod(info: PodInfo): void {
    const before = this.#pods.get(info.key);
    if (before === undefined) return;
    if (
      before.podClass === info.podClass &&
      before.pinnedNode === info.pinnedNode &&
      sameDeletion(before.pod, info.pod)
    ) {
      this.updatePod(before, info.pod);
      return;
    }
    const { pod, key, podClass, pinnedNode } = info;
    const record: PodRecord = { pod, key, podClass, pinnedNode, row: before.row };
    const pods = this.podsOn[before.row] as PodRecord[];
    pods[pods.indexOf(before)] = record;
    this.#pods.set(info.key, record);
    this.#book(before, -1);
    this.#book(record, 1);
  }

  /**
   * Tries something with the pods of a row that is undone before this returns: the row then counts as unchanged.
   * Nothing may be remembered of it meanwhile.
   */
  trial<T>(row: number, attempt: () => T): T {
    const { version } = this;
    const generation = this.generation[row] as number;
    const { nodeOrder } = this;
    const blockChange = nodeOrder.changeOf(row);
    const { inTrial } = this.counters;
    this.counters.inTrial = true;
    const result = attempt();
    this.counters.inTrial = inTrial;
    this.version = version;
    this.generation[row] = generation;
    nodeOrder.touch(row, blockChange);
    return result;
  }

  /** Puts a row's pods back into an order they had, after a trial. */
  reorderPods(row: number, records: readonly PodRecord[]): void {
    this.podsOn[row] = records.map(({ key }) => this.#pods.get(key) as PodRecord);
  }

  /** Whether a port is taken on a row; 0.0.0.0 stands for all addresses. */
  portTaken(row: number, wanted: HostPort): boolean {
    if (this.portUsers[row] === 0) return false;
    for (const { podClass } of this.podsOn[row] as PodRecord[]) {
      for (const used of podClass.spec.hostPorts) if (portsConflict(wanted, used)) return true;
    }
    return false;
  }

  #book({ podClass, pod, row }: PodRecord, sign: 1 | -1): void {
    const { amounts, scoringCpu, scoringMemory, hostPorts } = podClass.spec;
    for (const [resource, amount] of amounts) this.requested.add(resource, row, sign * amount);
    this.scoringCpu[row]! += sign * scoringCpu;
    this.scoringMemory[row]! += sign * scoringMemory;
    this.podCount[row]! += sign;
    if (hostPorts.length > 0) this.portUsers[row]! += sign;
    this.counters.changed(podClass, row, sign, pod.metadata.deletionTimestamp !== undefined);
    this.#touch(row);
  }

  #touch(row: number): void {
    this.generation[row] = ++this.version;
    this.#order?.touch(row, this.version);
  }

  #touchNode(row: number): void {
    this.#touch(row);
    this.nodeVersion++;
  }

  #setCordoned(row: number, cordoned: boolean): void {
    const now = cordoned ? 1 : 0;
    this.cordonedNodes += now - (this.unschedulable[row] as number);
    this.unschedulable[row] = now;
  }

  #setTaints(row: number, taints: readonly Taint[]): void {
    const set = this.#taintSetId(taints);
    this.taintedNodes += Math.sign(set) - Math.sign(this.taintSet[row] as number);
    this.taintSet[row] = set;
  }

  #setAllocatable(row: number, before: KubeNode | undefined, node: KubeNode | undefined): void {
    const { resources } = this.classes;
    for (const name in before?.status.allocatable) this.allocatable.set(resources.id(name), row, 0);
    const list = node?.status.allocatable ?? {};
    for (const name in list) this.allocatable.set(resources.id(name), row, resourceAmount(name, list[name] as string));
    this.allowedPods[row] = list['pods'] === undefined ? 0 : quantityValue(list['pods']);
  }

  #taintSetId(taints: readonly Taint[]): number {
    const key = canonicalText(taints.map(({ key: taintKey, value, effect }) => [taintKey, value, effect]));
    let id = this.#taintIds.get(key);
    if (id === undefined) {
      id = this.taintSets.push(taints) - 1;
      this.#taintIds.set(key, id);
    }
    return id;
  }

  #rowFor(name: string): number {
    const known = this.#rowByName.get(name);
    if (known !== undefined) return known;
    const row = this.#free.pop() ?? this.rows++;
    if (row >= this.#capacity) this.#grow();
    this.#rowByName.set(name, row);
    this.names[row] = name;
    this.nodes[row] = undefined;
    this.podsOn[row] ??= [];
    this.views[row] ??= new NodeView(this, row);
    this.#touch(row);
    return row;
  }

  #releaseRow(row: number): void {
    const name = this.names[row];
    if (name === undefined || this.nodes[row] !== undefined || this.podsOn[row]?.length !== 0) return;
    this.#rowByName.delete(name);
    this.names[row] = undefined;
    this.#free.push(row);
  }

  #grow(): void {
    const capacity = Math.max(64, 2 * this.#capacity);
    this.#capacity = capacity;
    this.requested.grow(capacity);
    this.allocatable.grow(capacity);
    this.scoringCpu = grown(this.scoringCpu, new Float64Array(capacity));
    this.scoringMemory = grown(this.scoringMemory, new Float64Array(capacity));
    this.allowedPods = grown(this.allowedPods, new Float64Array(capacity));
    this.podCount = grown(this.podCount, new Int32Array(capacity));
    this.unschedulable = grown(this.unschedulable, new Uint8Array(capacity));
    this.taintSet = grown(this.taintSet, new Int32Array(capacity));
    this.portUsers = grown(this.portUsers, new Int32Array(capacity));
    this.generation = grown(this.generation, new Uint32Array(capacity));
    this.startStamp = grown(this.startStamp, new Uint32Array(capacity));
    this.labels.grow(capacity);
    this.counters.grow(capacity);
  }

  save(): TableState {
    const used = [...this.#rowByName.values()];
    const nameOf = (row: number): string => this.names[row] as string;
    return {
      names: used.map(nameOf),
      nodes: used.map((row) => this.nodes[row]),
      pods: used.map((row) => (this.podsOn[row] as PodRecord[]).map(({ pod }) => pod)),
      zones: this.tree.entries().map(([zone, rows]) => [zone, rows.map(nameOf)]),
      images: this.images.save(),
    };
  }

  /** Sums are whole numbers, so adding them up anew gives the same; row numbers may differ, which nothing can tell. */
  restore(saved: unknown): void {
    const state = saved as TableState;
    for (const pod of this.#pods.keys()) this.removePod(pod);
    for (const name of this.#rowByName.keys()) this.removeNode(name);
    for (const [index, name] of state.names.entries()) {
      const node = state.nodes[index];
      if (node !== undefined) this.setNode(node);
      for (const pod of state.pods[index] as readonly Pod[]) this.addPod(this.classes.info(pod), name);
    }
    this.tree.replace(
      state.zones.map(([zone, names]) => [zone, names.map((name) => this.#rowByName.get(name) as number)]),
    );
    this.#reordered();
    this.images.restore(state.images);
  }
}

function sameDeletion(before: Pod, after: Pod): boolean {
  return before.metadata.deletionTimestamp === after.metadata.deletionTimestamp;
}

function grown<T extends Float64Array | Int32Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function portsConflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0';
}
