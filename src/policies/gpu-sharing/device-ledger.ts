import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { NodeView } from '../../sim/scheduler/node-view.ts';
import type { PodClass, PodInfo } from '../../sim/scheduler/pod-class.ts';
import { devicesFor, GpuNode, isShare, tightestDevice } from './gpu-node.ts';
import type { GpuTask } from './gpu-node.ts';
import { modelOf, taskOf } from './pod-task.ts';
import type { GpuNames } from './pod-task.ts';

/** Which devices of its node each pod has. */
export class DeviceLedger {
  readonly #table: NodeTable;
  readonly #names: GpuNames;
  /** By pod; those that have gone are forgotten now and then. */
  readonly #devices = new Map<string, readonly number[]>();
  /** By row: the node as it was at a generation. */
  readonly #nodes: { readonly node: GpuNode; readonly generation: number }[] = [];
  /** By class, then by the annotations that count: nothing else of a pod does. */
  readonly #tasks = new WeakMap<PodClass, Map<string, GpuTask>>();
  #limit = SLACK;

  constructor(table: NodeTable, names: GpuNames) {
    this.#table = table;
    this.#names = names;
  }

  /** What a pod wants; alike for all pods of one class and annotations. */
  taskOf(info: PodInfo): GpuTask {
    let tasks = this.#tasks.get(info.podClass);
    if (tasks === undefined) this.#tasks.set(info.podClass, (tasks = new Map()));
    const { annotations } = info.pod.metadata;
    const said = annotations === undefined ? '' : `${annotations[this.#names.count]} ${annotations[this.#names.milli]}`;
    let task = tasks.get(said);
    if (task === undefined) tasks.set(said, (task = taskOf(info, this.#names)));
    return task;
  }

  /** What is left of a node, device by device. */
  nodeOf(view: NodeView): GpuNode {
    // What is tried out is not remembered.
    if (this.#table.counters.inTrial) return this.#build(view);
    const generation = this.#table.generation[view.row] as number;
    const known = this.#nodes[view.row];
    if (known?.generation === generation) return known.node;
    const node = this.#build(view);
    this.#nodes[view.row] = { node, generation };
    return node;
  }

  #build(view: NodeView, without?: string): GpuNode {
    const count = Math.floor(view.allocatable(this.#names.count));
    const cpu = view.allocatable('cpu') - view.requested('cpu');
    const pods = view.allocatable('pods') - view.requested('pods');
    const node = new GpuNode(view.name, modelOf(view.node, this.#names.model), cpu, Infinity, pods, count);
    if (count === 0) return node;
    for (const info of view.pods) {
      if (info.key === without) continue;
      const task = this.taskOf(info);
      if (task.devices > 0) node.occupy(task, this.#devicesOf(node, info, task));
    }
    return node;
  }

  /** A pod that came to its node without being reserved there, such as one that was there before, has what is left. */
  #devicesOf(node: GpuNode, { key }: PodInfo, task: GpuTask): readonly number[] {
    let devices = this.#devices.get(key);
    if (devices === undefined) {
      const device = isShare(task) ? tightestDevice(node, task) : -1;
      devices = isShare(task) && device < 0 ? [] : devicesFor(node, task, device);
      if (!this.#table.counters.inTrial) this.#devices.set(key, devices);
    }
    return devices;
  }

  /** Gives a pod, already booked on the node, its devices; `choose` is asked for the device of a share. */
  reserve(info: PodInfo, view: NodeView, choose: (node: GpuNode, task: GpuTask) => number): void {
    this.#forgetGone();
    const task = this.taskOf(info);
    if (task.devices === 0) return;
    const node = this.#build(view, info.key);
    // As it was before the pod was booked.
    node.cpu += task.cpu;
    this.#devices.set(info.key, devicesFor(node, task, isShare(task) ? choose(node, task) : -1));
  }

  release(key: string): void {
    this.#devices.delete(key);
  }

  #forgetGone(): void {
    if (this.#devices.size < this.#limit) return;
    for (const key of this.#devices.keys()) if (this.#table.pod(key) === undefined) this.#devices.delete(key);
    this.#limit = 2 * this.#devices.size + SLACK;
  }

  save(): readonly [string, readonly number[]][] {
    return [...this.#devices];
  }

  restore(saved: readonly [string, readonly number[]][]): void {
    this.#devices.clear();
    this.#limit = SLACK;
    for (const [key, devices] of saved) this.#devices.set(key, devices);
    this.#nodes.length = 0;
  }
}

/** Entries more than pods, before the ledger is looked through for those that have gone. */
const SLACK = 1000;
