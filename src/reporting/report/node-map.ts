import { ABSENT, halved, NODE_METRICS } from '../node-frames.ts';
import type { NodeFrame, NodeMetric } from '../node-frames.ts';
import type { Recording } from '../recording.ts';

/** How full every node was, over time, for the map of the cluster. */
export interface NodeMap {
  /** Ends of the frames, in seconds. */
  readonly times: readonly number[];
  /** More than one sample in a frame: the highest values of it are shown. */
  readonly thinned: boolean;
  readonly nodes: readonly string[];
  readonly zones: readonly string[];
  /** Of each node, an index into `zones`. */
  readonly zoneOf: readonly number[];
  readonly metrics: readonly NodeMetric[];
  /**
   * By metric, as base64: for each node in turn runs of equal cells, each a value and a length in LEB128. A node that is
   * as it was costs nothing.
   */
  readonly cells: Readonly<Record<string, string>>;
}

/** Bytes of all cells at most: 600 KB of base64 in the page. */
const BUDGET = 450_000;

export function nodeMap({ frames, nodes }: Recording): NodeMap {
  const lives = [...nodes.nodes.values()];
  const zones = [...new Set(lives.map(({ zone }) => zone))].sort();
  const metrics = NODE_METRICS.filter(
    (metric) => metric !== 'gpu' || lives.some(({ allocatable }) => allocatable.gpu > 0),
  );
  let kept = [...frames];
  let cells = encoded(kept, metrics, lives.length);
  while (kept.length > 2 && sizeOf(cells) > BUDGET) {
    kept = halved(kept);
    cells = encoded(kept, metrics, lives.length);
  }
  return {
    times: kept.map(({ time }) => time),
    thinned: kept.some(({ samples }) => samples > 1),
    nodes: lives.map(({ name }) => name),
    zones,
    zoneOf: lives.map(({ zone }) => zones.indexOf(zone)),
    metrics,
    cells: Object.fromEntries(cells.map(([metric, bytes]) => [metric, Buffer.from(bytes).toString('base64')])),
  };
}

type Encoded = readonly (readonly [NodeMetric, readonly number[]])[];

function sizeOf(cells: Encoded): number {
  return cells.reduce((sum, [, bytes]) => sum + bytes.length, 0);
}

function encoded(frames: readonly NodeFrame[], metrics: readonly NodeMetric[], nodes: number): Encoded {
  return metrics.map((metric) => [
    metric,
    runsOf(
      frames.map(({ cells }) => cells[metric]),
      nodes,
    ),
  ]);
}

function runsOf(columns: readonly Uint8Array[], nodes: number): readonly number[] {
  const bytes: number[] = [];
  for (let node = 0; node < nodes; node++) {
    let from = 0;
    while (from < columns.length) {
      const value = columns[from]?.[node] ?? ABSENT;
      let to = from + 1;
      while (to < columns.length && (columns[to]?.[node] ?? ABSENT) === value) to++;
      bytes.push(value);
      let length = to - from;
      for (; length >= 0x80; length >>>= 7) bytes.push((length & 0x7f) | 0x80);
      bytes.push(length);
      from = to;
    }
  }
  return bytes;
}
