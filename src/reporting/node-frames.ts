import type { NodeLedger, NodeLife } from './node-ledger.ts';

/** What a node may be coloured by; each is a share of what the node has. */
export const NODE_METRICS = ['cpu', 'memory', 'gpu', 'pods'] as const;
export type NodeMetric = (typeof NODE_METRICS)[number];

/** Value of a cell that stands for the whole of what a node has; 250 steps are more than an eye tells apart. */
export const FULL = 250;
/** The node has not come yet, or is gone. */
export const ABSENT = 254;
export const NOT_READY = 255;

/** All nodes at one time, or over one stretch of time: one cell a node, in order of registration. */
export interface NodeFrame {
  /** When the stretch ends. */
  time: number;
  /** Samples in it. */
  samples: number;
  readonly cells: Readonly<Record<NodeMetric, Uint8Array>>;
}

/** Frames kept at most: the slider of a page has no more stops. */
const LIMIT = 480;

/**
 * How full every node was over time, in bounded memory: where there are too many frames, two become one. Of two values the
 * higher one stays, and a node that was not Ready in one of them was not Ready: so no peak and no failure is lost.
 */
export class NodeFrames {
  readonly #limit: number;
  #frames: NodeFrame[] = [];
  #stride = 1;

  /** @param limit Frames kept at most, an even number. */
  constructor(limit: number = LIMIT) {
    this.#limit = limit;
  }

  get frames(): readonly NodeFrame[] {
    return this.#frames;
  }

  take(time: number, { nodes }: NodeLedger): void {
    const frame = frameOf(time, nodes.values(), nodes.size);
    const last = this.#frames.at(-1);
    if (last !== undefined && last.samples < this.#stride) {
      this.#frames[this.#frames.length - 1] = merged(last, frame);
      return;
    }
    if (this.#frames.length === this.#limit) {
      this.#frames = halved(this.#frames);
      this.#stride *= 2;
    }
    this.#frames.push(frame);
  }
}

/** Half as many frames, each of two. */
export function halved(frames: readonly NodeFrame[]): NodeFrame[] {
  const result: NodeFrame[] = [];
  for (let i = 0; i < frames.length; i += 2) {
    const [one, other] = [frames[i] as NodeFrame, frames[i + 1]];
    result.push(other === undefined ? one : merged(one, other));
  }
  return result;
}

function merged(one: NodeFrame, other: NodeFrame): NodeFrame {
  const cells = Object.fromEntries(
    NODE_METRICS.map((metric) => {
      const [shorter, longer] = [one.cells[metric], other.cells[metric].slice()];
      for (const [i, value] of shorter.entries()) longer[i] = stronger(value, longer[i] as number);
      return [metric, longer];
    }),
  ) as Record<NodeMetric, Uint8Array>;
  return { time: other.time, samples: one.samples + other.samples, cells };
}

function stronger(one: number, other: number): number {
  if (one === ABSENT) return other;
  return other === ABSENT ? one : Math.max(one, other);
}

function frameOf(time: number, nodes: Iterable<NodeLife>, count: number): NodeFrame {
  const cells = {
    cpu: new Uint8Array(count),
    memory: new Uint8Array(count),
    gpu: new Uint8Array(count),
    pods: new Uint8Array(count),
  };
  for (const { index, ready, removed, requested, allocatable, pods, podsAllocatable } of nodes) {
    const special = removed === undefined ? (ready ? undefined : NOT_READY) : ABSENT;
    cells.cpu[index] = special ?? cellOf(requested.cpu, allocatable.cpu);
    cells.memory[index] = special ?? cellOf(requested.memory, allocatable.memory);
    cells.gpu[index] = special ?? cellOf(requested.gpu, allocatable.gpu);
    cells.pods[index] = special ?? cellOf(pods, podsAllocatable);
  }
  return { time, samples: 1, cells };
}

function cellOf(part: number, whole: number): number {
  return whole > 0 ? Math.max(0, Math.min(FULL, Math.round((part / whole) * FULL))) : 0;
}
