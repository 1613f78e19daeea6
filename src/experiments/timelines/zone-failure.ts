import type { KubeNode, Pod } from '../../sim/api/core.ts';
import { head, witnessed } from './timeline.ts';
import type { Figures, Timeline } from './timeline.ts';

const AT = 600;

/** Zones with so many nodes each, and those that fail all at once. */
interface Outage {
  readonly zones: Readonly<Record<string, number>>;
  readonly failing: readonly string[];
}

const scenario = ({ zones, failing }: Outage): string => `${head('zone-failure', '18m')}
cluster:
  nodeGroups:
${Object.entries(zones)
  .map(
    ([zone, count]) => `    - { name: ${zone}, count: ${count}, capacity: { cpu: 2, memory: 8Gi }, zones: [${zone}] }`,
  )
  .join('\n')}
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: ${Object.values(zones).reduce((sum, count) => sum + count, 0)}
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: web, resources: { requests: { cpu: 1100m } } }] }
faults: [{ at: ${AT}s, kind: node-crash, nodes: [${failing.join(', ')}] }]
`;

/** What became of the failed nodes and their pods. */
interface Course {
  /** When each NoExecute taint came, in order. */
  readonly taints: readonly number[];
  /** Nodes that carry one at the end. */
  readonly tainted: number;
  /** Nodes noticed. */
  readonly noticed: number;
  readonly evicted: number;
}

async function course(outage: Outage, seed: number): Promise<Course> {
  const taints: number[] = [];
  const tainted = new Set<string>();
  const noticed = new Set<string>();
  const evicted = new Set<string>();
  await witnessed(scenario(outage), seed, AT, {
    write: ({ kind, key, object }, at) => {
      if (at < 0) return;
      if (kind === 'Pod' && object.metadata.deletionTimestamp !== undefined) evicted.add((object as Pod).metadata.uid);
      if (kind !== 'Node') return;
      const { spec, status } = object as KubeNode;
      if (status.conditions?.some((it) => it.type === 'Ready' && it.status === 'Unknown')) noticed.add(key);
      if (spec.taints?.some((taint) => taint.effect === 'NoExecute') !== true) tainted.delete(key);
      else if (!tainted.has(key)) {
        tainted.add(key);
        taints.push(at);
      }
    },
  });
  return { taints, tainted: tainted.size, noticed: noticed.size, evicted: evicted.size };
}

/** Three of three in a zone: the zone is down, the others are not, so it is given up, one node each 10 s. */
export const zoneDown: Timeline = {
  id: 'zone-down',
  title: 'A zone of three nodes fails; its nodes are given up one by one',
  expected: [
    { name: 'first NoExecute taint', range: [39.6, 55.4] },
    // Burst 1, then 0.1 nodes a second; a node may be noticed one or two passes of 5 s after the first.
    { name: 'from first to second', range: [9.9, 15.6] },
    { name: 'from second to third', range: [9.9, 10.3] },
    { name: 'pods evicted', range: [3, 3] },
  ],
  run: async (seed): Promise<Figures> => {
    const outage = { zones: { a: 3, b: 3, c: 3 }, failing: ['a-0', 'a-1', 'a-2'] };
    const { taints, evicted } = await course(outage, seed);
    const [first = Number.NaN, second = Number.NaN, third = Number.NaN] = taints;
    return {
      'first NoExecute taint': first,
      'from first to second': second - first,
      'from second to third': third - second,
      'pods evicted': evicted,
    };
  },
};

/**
 * Six of eight in a zone of fewer than 50 nodes: as soon as the controller knows of five (more than 55 %), it gives none
 * of them up any more. Up to then, within one or two passes, a first one or two have their taint.
 */
export const zonePartlyDown: Timeline = {
  id: 'zone-partly-down',
  title: 'Six of eight nodes of a zone fail; evictions stop',
  expected: [
    { name: 'nodes noticed', range: [6, 6] },
    { name: 'nodes given up', range: [0, 2] },
    { name: 'pods evicted', range: [0, 2] },
  ],
  run: async (seed): Promise<Figures> => {
    const failing = Array.from({ length: 6 }, (_, i) => `a-${i}`);
    const { tainted, noticed, evicted } = await course({ zones: { a: 8, b: 4 }, failing }, seed);
    return { 'nodes noticed': noticed, 'nodes given up': tainted, 'pods evicted': evicted };
  },
};

/** All nodes of all zones: it is rather the controller that is cut off. All NoExecute taints are taken back. */
export const allZonesDown: Timeline = {
  id: 'all-zones-down',
  title: 'Every node fails; nothing is evicted',
  expected: [
    { name: 'nodes noticed', range: [6, 6] },
    { name: 'nodes given up', range: [0, 0] },
    { name: 'pods evicted', range: [0, 0] },
  ],
  run: async (seed): Promise<Figures> => {
    const zones = { a: 3, b: 3 };
    const failing = Object.keys(zones).flatMap((zone) => [0, 1, 2].map((i) => `${zone}-${i}`));
    const { tainted, noticed, evicted } = await course({ zones, failing }, seed);
    return { 'nodes noticed': noticed, 'nodes given up': tainted, 'pods evicted': evicted };
  },
};
