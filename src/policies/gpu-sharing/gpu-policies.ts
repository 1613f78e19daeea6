import { fragmentation } from './fragmentation.ts';
import type { TypicalTask } from './fragmentation.ts';
import { company, DEVICE, devicesFor, isShare, tightestDevice } from './gpu-node.ts';
import type { GpuNode, GpuTask } from './gpu-node.ts';

/** What a policy thinks of a node for a task: a whole number from 0 to 100, and the device for a share of one. */
export interface Offer {
  readonly score: number;
  readonly device: number;
}

/** A rule by which nodes with GPUs are chosen. Node and task decide alone, so an offer stands until the node changes. */
export interface GpuPolicy {
  readonly name: string;
  /** Only for nodes that the task fits. Absent: a node, and a device, by chance. */
  readonly offer?: (node: GpuNode, task: GpuTask) => Offer;
  /** Scores are stretched to 0–100 over the nodes that a task fits. */
  readonly stretched?: boolean;
}

/** The names of the policies, in the order in which they were published. */
export const GPU_POLICIES = ['Random', 'DotProd', 'GpuClustering', 'GpuPacking', 'BestFit', 'FGD'] as const;
export type GpuPolicyName = (typeof GPU_POLICIES)[number];

/** The largest node: what scores measure by. Thousandths of cores, and of devices. */
export interface LargestNode {
  readonly cpu: number;
  readonly gpu: number;
}

/** That of the published experiments. */
export const LARGEST_PUBLISHED: LargestNode = { cpu: 128_000, gpu: 8 * DEVICE };

/** What the policies go by besides node and task. */
export interface Outlook {
  readonly largest: LargestNode;
  /** The tasks that FGD expects. */
  readonly typical: readonly TypicalTask[];
}

/**
 * One of the policies compared in the FGD paper (USENIX ATC'23). The outlook is asked anew for each offer: whoever changes it
 * has to see to it that no older offer is used.
 */
export function gpuPolicy(name: GpuPolicyName, outlook: Outlook): GpuPolicy {
  switch (name) {
    case 'Random':
      return { name };
    case 'DotProd':
      return { name, offer: withTightest((node, task) => dotProduct(node, task, outlook.largest)) };
    case 'GpuClustering':
      return { name, offer: withTightest((node, task) => clustering(node, task, outlook.largest)) };
    case 'GpuPacking':
      return { name, offer: withTightest(packing) };
    case 'BestFit':
      return { name, offer: withTightest((node, task) => bestFit(node, task, outlook.largest)), stretched: true };
    case 'FGD':
      return { name, offer: leastFragmentation(outlook) };
  }
}

function withTightest(score: (node: GpuNode, task: GpuTask) => number): GpuPolicy['offer'] {
  return (node, task) => ({ score: score(node, task), device: isShare(task) ? tightestDevice(node, task) : -1 });
}

/** The smaller the product of what is left and what is asked for, the better. */
function dotProduct({ cpu, left }: GpuNode, task: GpuTask, largest: LargestNode): number {
  const gpu = task.devices * task.share;
  const product = (cpu / largest.cpu) * (task.cpu / largest.cpu) + (left / largest.gpu) * (gpu / largest.gpu);
  return Math.trunc(100 * (1 - product / 2));
}

/** Keeps tasks among their like. */
function clustering(node: GpuNode, task: GpuTask, largest: LargestNode): number {
  if (task.devices === 0) return 0;
  const fullness = Math.trunc((25 * (largest.gpu - node.left)) / largest.gpu);
  const { same, others } = company(node, task);
  if (same) return fullness + (others ? 50 : 75);
  return fullness + (others ? 0 : 25);
}

/** Devices in use first, then free devices of nodes in use, then free nodes, the smallest first. */
function packing({ devices }: GpuNode, task: GpuTask): number {
  if (task.devices === 0) return 0;
  if (devices.every((left) => left === DEVICE)) return 33 - devices.length;
  const chosen = [...devices].filter((left) => left >= task.share).sort((a, b) => a - b);
  let free = 0;
  let sum = 0;
  for (const left of chosen.slice(0, task.devices)) {
    if (left === DEVICE) free++;
    sum += Math.trunc((left * 100) / DEVICE);
  }
  return free > 0 ? Math.max(50 - free, 33) : Math.max(100 - Math.trunc(sum / 10), 50);
}

/** The less is left, the better. */
function bestFit({ cpu, left }: GpuNode, task: GpuTask, largest: LargestNode): number {
  const cpuLeft = (cpu - task.cpu) / largest.cpu;
  const gpuLeft = (left - task.devices * task.share) / largest.gpu;
  return Math.trunc(100 * (1 - 0.5 * cpuLeft - 0.5 * gpuLeft));
}

/** Fragmentation gradient descent: the placement that makes the least of the node useless to the tasks to come. */
function leastFragmentation(outlook: Outlook): NonNullable<GpuPolicy['offer']> {
  const scoreOf = (before: number, after: number): number =>
    Math.trunc(100 / (1 + Math.exp(-(before - after) / DEVICE)));
  return (node, task) => {
    const { typical } = outlook;
    const before = fragmentation(node, typical);
    const { model } = node;
    const cpu = node.cpu - task.cpu;
    const left = node.left - task.devices * task.share;
    const devices = node.devices.slice();
    if (!isShare(task)) {
      for (const device of devicesFor(node, task, -1)) devices[device]! -= task.share;
      return { score: scoreOf(before, fragmentation({ cpu, model, devices, left }, typical)), device: -1 };
    }
    let best: Offer = { score: -1, device: -1 };
    for (let device = 0; device < devices.length; device++) {
      const had = devices[device] as number;
      if (had < task.share) continue;
      devices[device] = had - task.share;
      const score = scoreOf(before, fragmentation({ cpu, model, devices, left }, typical));
      devices[device] = had;
      if (score > best.score) best = { score, device };
    }
    return best;
  };
}
