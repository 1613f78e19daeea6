import { fragmentation } from '../../policies/gpu-sharing/fragmentation.ts';
import type { TypicalTask } from '../../policies/gpu-sharing/fragmentation.ts';
import { GpuNode, isShare } from '../../policies/gpu-sharing/gpu-node.ts';
import type { GpuTask } from '../../policies/gpu-sharing/gpu-node.ts';
import type { GpuPolicy, Offer } from '../../policies/gpu-sharing/gpu-policies.ts';
import { RandomSource } from '../../sim/kernel/random.ts';

/** A node as it is before anything is placed on it. */
export interface NodeShape {
  readonly name: string;
  readonly model: string;
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
  readonly devices: number;
}

/** What is measured after each arrival, in per cent. */
export interface Measured {
  /** Devices asked for so far, of all devices. */
  readonly arrived: number;
  readonly allocation: number;
  /** Devices left that expected tasks could not use, of all devices. */
  readonly fragmentation: number;
  /** The same of what is left. */
  readonly fragmentationRatio: number;
}

const NO_OFFER: Offer = { score: -1, device: -1 };

/** Nodes in the order in which they win ties, with the offers that still stand. */
class Market {
  readonly nodes: readonly GpuNode[];
  readonly #policy: GpuPolicy;
  /** By sort of task: a node's offer, undefined where the node has changed since. */
  readonly #offers = new Map<number, (Offer | undefined)[]>();

  constructor(nodes: readonly GpuNode[], policy: GpuPolicy) {
    this.nodes = nodes;
    this.#policy = policy;
  }

  /** Forgets what a node offered. */
  changed(index: number): void {
    for (const offers of this.#offers.values()) offers[index] = undefined;
  }

  /** All nodes' offers for a task; a score of -1 where it does not fit. */
  offers(task: GpuTask): readonly Offer[] {
    let offers = this.#offers.get(task.sort);
    if (offers === undefined) this.#offers.set(task.sort, (offers = []));
    for (let i = 0; i < this.nodes.length; i++) offers[i] ??= this.#offerOf(this.nodes[i] as GpuNode, task);
    return offers as Offer[];
  }

  #offerOf(node: GpuNode, task: GpuTask): Offer {
    if (!node.fits(task)) return NO_OFFER;
    return this.#policy.offer?.(node, task) ?? { score: 0, device: -1 };
  }

  /** The highest offer; the first among equals. */
  best(task: GpuTask): number {
    const offers = this.offers(task);
    let lowest = Infinity;
    let highest = -1;
    for (const { score } of offers) {
      if (score < 0) continue;
      if (score < lowest) lowest = score;
      if (score > highest) highest = score;
    }
    if (highest < 0) return -1;
    const span = highest - lowest;
    const worth = (score: number): number => {
      if (this.#policy.stretched !== true || score < 0) return score;
      return span === 0 ? 0 : Math.trunc(((score - lowest) * 100) / span);
    };
    let best = -1;
    let total = -1;
    for (let i = 0; i < offers.length; i++) {
      const value = worth((offers[i] as Offer).score);
      if (value <= total) continue;
      total = value;
      best = i;
    }
    return best;
  }
}

/**
 * Fills nodes with tasks, one at a time: each is placed at once or fails for good, and none ever leaves. `nodes` stand in
 * the order in which they win ties. Random draws are functions of the seed and the arrival's number.
 */
export function* fill(
  nodes: readonly NodeShape[],
  arrivals: readonly GpuTask[],
  policy: GpuPolicy,
  typical: readonly TypicalTask[],
  seed: number,
): Generator<Measured> {
  const all = nodes.map((it) => new GpuNode(it.name, it.model, it.cpu, it.memory, it.pods, it.devices));
  const market = new Market(all, policy);
  const nodeDraws = new RandomSource(seed).purpose('fgd-node');
  const deviceDraws = new RandomSource(seed).purpose('fgd-device');
  const capacity = all.reduce((sum, { left }) => sum + left, 0);
  const fragments = all.map((node) => fragmentation(node, typical));
  let fragmented = sumOf(fragments);
  let arrived = 0;
  let allocated = 0;
  for (const [number, task] of arrivals.entries()) {
    const asked = task.devices * task.share;
    arrived += asked;
    const chosen =
      policy.offer === undefined
        ? drawn(market.offers(task), (n) => nodeDraws.integer(number, 0, n))
        : market.best(task);
    const node = all[chosen];
    if (node !== undefined) {
      const device =
        policy.offer === undefined && isShare(task)
          ? anyDevice(node, task, (n) => deviceDraws.integer(number, 0, n))
          : (market.offers(task)[chosen] as Offer).device;
      node.place(task, device);
      market.changed(chosen);
      allocated += asked;
      fragments[chosen] = fragmentation(node, typical);
      // Added up anew: differences would pile up errors that show in the second decimal's rounding.
      fragmented = sumOf(fragments);
    }
    const left = capacity - allocated;
    yield {
      arrived: (100 * arrived) / capacity,
      allocation: (100 * allocated) / capacity,
      fragmentation: (100 * fragmented) / capacity,
      fragmentationRatio: left === 0 ? 0 : (100 * fragmented) / left,
    };
  }
}

function drawn(offers: readonly Offer[], draw: (n: number) => number): number {
  const fitting: number[] = [];
  for (const [i, { score }] of offers.entries()) if (score >= 0) fitting.push(i);
  return fitting.length === 0 ? -1 : (fitting[draw(fitting.length)] as number);
}

function anyDevice({ devices }: GpuNode, { share }: GpuTask, draw: (n: number) => number): number {
  const fitting: number[] = [];
  for (let i = 0; i < devices.length; i++) if ((devices[i] as number) >= share) fitting.push(i);
  return fitting[draw(fitting.length)] as number;
}

function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
