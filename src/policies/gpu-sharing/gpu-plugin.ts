import { identityOfObject } from '../../sim/api/uid.ts';
import type { Purpose } from '../../sim/kernel/random.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { EventRegistration } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin, PluginHandle } from '../../sim/scheduler/framework.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import { unschedulable } from '../../sim/scheduler/status.ts';
import { DeviceLedger } from './device-ledger.ts';
import { TaskCounts, mostFrequent } from './fragmentation.ts';
import type { TypicalTask } from './fragmentation.ts';
import { DEVICE, isShare, tightestDevice } from './gpu-node.ts';
import type { GpuNode, GpuTask } from './gpu-node.ts';
import { gpuPolicy } from './gpu-policies.ts';
import type { GpuPolicy, GpuPolicyName, LargestNode, Outlook } from './gpu-policies.ts';
import type { GpuNames } from './pod-task.ts';

const NO_DEVICE = unschedulable('node(s) had no GPU devices with enough left');

/** A task that FGD is told to expect, so many of each. */
interface ExpectedTask {
  readonly cpu: number;
  readonly gpus: number;
  readonly milli: number;
  readonly models: readonly string[];
  readonly count: number;
}

/** What a scenario says about GPUs. */
export interface GpuSharingParams {
  readonly names: GpuNames;
  /** Empty: FGD expects what has come so far. */
  readonly expected: readonly ExpectedTask[];
}

/** The numbers of a pod's draws: for its node, and for its device. */
const NODE_DRAW = 0;
const DEVICE_DRAW = 1;

const EVENTS: readonly EventRegistration[] = [
  { resource: 'Node', action: Action.add | Action.updateNodeAllocatable },
  { resource: 'AssignedPod', action: Action.delete },
];

/** What the policies have to know of the cluster and of the pods that come, as it changes. */
class LiveOutlook implements Outlook {
  /** Counts changes: offers made before one no longer stand. */
  version = 0;
  largest: LargestNode = { cpu: 1, gpu: DEVICE };
  typical: readonly TypicalTask[];
  readonly #table: NodeTable;
  readonly #names: GpuNames;
  readonly #learns: boolean;
  readonly #seen = new Set<string>();
  #counts = new TaskCounts();
  /** Pods seen when the typical ones were last found out. */
  #learnt = 0;
  #nodeVersion = -1;

  constructor(table: NodeTable, { names, expected }: GpuSharingParams) {
    this.#table = table;
    this.#names = names;
    this.#learns = expected.length === 0;
    for (const { cpu, gpus, milli, models, count } of expected) {
      const share = gpus === 0 ? 0 : Math.min(milli, DEVICE);
      const accepted = models.length === 0 ? undefined : new Set(models);
      const task = { name: '', cpu: cpu * 1000, memory: 0, devices: gpus, share, models: accepted, sort: 0 };
      this.#counts.add(task, count);
    }
    this.typical = mostFrequent(this.#counts);
  }

  /** A pod came. What is typical is found out anew whenever a tenth more have come. */
  learn({ pod }: PodInfo, task: GpuTask): void {
    if (!this.#learns || this.#seen.has(pod.metadata.uid)) return;
    this.#seen.add(pod.metadata.uid);
    this.#counts.add(task);
    if (this.#seen.size < this.#learnt * 1.1) return;
    this.#learnt = this.#seen.size;
    this.typical = mostFrequent(this.#counts);
    this.version++;
  }

  /** Looks for the largest node, where nodes came, went or changed. */
  update(): void {
    const table = this.#table;
    if (this.#nodeVersion === table.nodeVersion) return;
    this.#nodeVersion = table.nodeVersion;
    let cpu = 1;
    let gpu = DEVICE;
    for (const row of table.order) {
      const view = table.views[row];
      if (view === undefined) continue;
      cpu = Math.max(cpu, view.allocatable('cpu'));
      gpu = Math.max(gpu, Math.floor(view.allocatable(this.#names.count)) * DEVICE);
    }
    if (cpu === this.largest.cpu && gpu === this.largest.gpu) return;
    this.largest = { cpu, gpu };
    this.version++;
  }

  save(): unknown {
    if (!this.#learns) return undefined;
    const counts = this.#counts.all().map(({ task, count }): Weighed => [plainTask(task), count]);
    const typical = this.typical.map(({ task, frequency }): Weighed => [plainTask(task), frequency]);
    return { counts, typical, seen: [...this.#seen], learnt: this.#learnt } satisfies OutlookState;
  }

  restore(saved: unknown): void {
    this.version++;
    this.#nodeVersion = -1;
    if (!this.#learns) return;
    const { counts, typical, seen, learnt } = saved as OutlookState;
    this.#seen.clear();
    for (const uid of seen) this.#seen.add(uid);
    this.#learnt = learnt;
    this.#counts = new TaskCounts();
    for (const [task, count] of counts) this.#counts.add(taskFrom(task), count);
    this.typical = typical.map(([task, frequency]) => ({ task: taskFrom(task), frequency }));
  }
}

type PlainTask = Omit<GpuTask, 'models'> & { readonly models: readonly string[] | undefined };
type Weighed = readonly [PlainTask, number];

interface OutlookState {
  readonly counts: readonly Weighed[];
  readonly typical: readonly Weighed[];
  readonly seen: readonly string[];
  readonly learnt: number;
}

function plainTask(task: GpuTask): PlainTask {
  return { ...task, models: task.models && [...task.models] };
}

function taskFrom(task: PlainTask): GpuTask {
  return { ...task, models: task.models && new Set(task.models) };
}

/**
 * A policy of the FGD paper as a scheduler plugin: its score, and what no resource of the API can say, which devices a pod
 * has. A node's devices are kept apart, so that a share of one has to fit on one device; the device is chosen in Reserve, by
 * the policy. `GpuDevices` does that alone and leaves the choice of the node to others.
 * Source: hkust-adsl/kubernetes-scheduler-simulator, open-gpu-share.
 */
export function gpuSharing(
  name: GpuPolicyName | 'GpuDevices',
  params: GpuSharingParams,
  { table }: PluginHandle,
  random: Purpose,
): Plugin {
  const ledger = new DeviceLedger(table, params.names);
  const outlook = new LiveOutlook(table, params);
  const policy = name === 'GpuDevices' ? undefined : gpuPolicy(name, outlook);
  const devices: Plugin = {
    name,
    scope: 'row',
    repeatable: true,
    events: EVENTS,
    filter(_cycle, pod, view) {
      const task = ledger.taskOf(pod);
      if (task.devices === 0 || ledger.nodeOf(view).devicesWith(task.share) >= task.devices) return undefined;
      return NO_DEVICE;
    },
    reserve(_cycle, pod, view) {
      outlook.update();
      ledger.reserve(pod, view, (node, task) => deviceFor(policy, node, task, random, pod));
      return undefined;
    },
    unreserve: (_cycle, { key }) => ledger.release(key),
    save: () => [ledger.save(), outlook.save()],
    restore(saved) {
      const [held, seen] = saved as [ReturnType<DeviceLedger['save']>, unknown];
      ledger.restore(held);
      outlook.restore(seen);
    },
  };
  if (policy === undefined) return devices;
  if (policy.offer === undefined) {
    // Where the dice fall is no property of one node.
    const { scope: _scope, ...live } = devices;
    return { ...live, ...byChance(random) };
  }
  const { offer } = policy;
  return {
    ...devices,
    version: () => {
      outlook.update();
      return outlook.version;
    },
    preEnqueue(pod) {
      outlook.learn(pod, ledger.taskOf(pod));
      return undefined;
    },
    score(_cycle, pod, view) {
      outlook.update();
      return offer(ledger.nodeOf(view), ledger.taskOf(pod)).score;
    },
    ...(policy.stretched === true ? { normalizeScore: stretched } : {}),
  };
}

function deviceFor(
  policy: GpuPolicy | undefined,
  node: GpuNode,
  task: GpuTask,
  random: Purpose,
  { pod }: PodInfo,
): number {
  if (policy?.offer !== undefined) return policy.offer(node, task).device;
  if (policy === undefined || !isShare(task)) return tightestDevice(node, task);
  const fitting = [...node.devices.keys()].filter((i) => (node.devices[i] as number) >= task.share);
  return fitting[random.integer(identityOfObject(pod), DEVICE_DRAW, fitting.length)] as number;
}

/** One of the feasible nodes, drawn for the pod, has 100 and all others 0. */
function byChance(random: Purpose): Pick<Plugin, 'preScore' | 'score'> {
  return {
    preScore({ state }, { pod }, rows, count) {
      state.set('Random', rows[random.integer(identityOfObject(pod), NODE_DRAW, count)]);
      return undefined;
    },
    score: ({ state }, _pod, { row }) => (state.get('Random') === row ? 100 : 0),
  };
}

/** Over the feasible nodes, whole numbers; all 0 where all are alike. */
const stretched: NonNullable<Plugin['normalizeScore']> = (_cycle, _pod, scores, count) => {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0; i < count; i++) {
    lowest = Math.min(lowest, scores[i] as number);
    highest = Math.max(highest, scores[i] as number);
  }
  const span = highest - lowest;
  for (let i = 0; i < count; i++) {
    scores[i] = span === 0 ? 0 : Math.trunc((((scores[i] as number) - lowest) * 100) / span);
  }
};
