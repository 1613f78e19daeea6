import type { Pod } from '../../sim/api/core.ts';
import { SECOND, seconds } from '../../sim/kernel/time.ts';
import { clusterOf, percentilesOf } from './publication.ts';
import type { Percentiles, Publication, PublishedRow } from './publication.ts';

/**
 * A hundred nodes with so many pods each, then one more every 200 ms, of which 500 are measured. The sandbox's time, for
 * which there is no constant, is the one that makes the median of kubemark 2017 come out.
 */
const scenario = (podsPerNode: number): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: pod-starts }
duration: 8m
cluster: { nodeGroups: [{ name: node, count: 100, capacity: { cpu: 8, memory: 32Gi } }] }
components:
  kubelet:
    imagesPresent: all
    sandboxLatency: { medianMilliseconds: 400, p99Milliseconds: 1000 }
    containerStartLatency: { medianMilliseconds: 170, p99Milliseconds: 300 }
workloads:
  - name: filling
    inline: |
      apiVersion: v1
      kind: ReplicationController
      metadata: { name: density }
      spec:
        replicas: ${100 * podsPerNode}
        selector: { name: density }
        template:
          metadata: { labels: { name: density } }
          spec: { containers: [{ name: density, image: pause, resources: { requests: { cpu: 10m, memory: 10Mi } } }] }
  - name: latency
    at: 5m
    copies: 500
    every: 200ms
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: { name: latency }
      spec: { containers: [{ name: main, image: pause, resources: { requests: { cpu: 10m, memory: 10Mi } } }] }
`;

interface Starts {
  readonly toScheduled: Percentiles;
  readonly toRunning: Percentiles;
}

async function starts(podsPerNode: number): Promise<Starts> {
  const cluster = await clusterOf(scenario(podsPerNode));
  const born = new Map<string, number>();
  const toScheduled: number[] = [];
  const toRunning: number[] = [];
  cluster.server.observe(({ kind, type, key, object, previous, time }) => {
    if (kind !== 'Pod' || !key.startsWith('default/latency')) return;
    const [pod, before] = [object as Pod, previous as Pod | undefined];
    const now = time / SECOND;
    if (type === 'ADDED') born.set(key, now);
    if (pod.spec.nodeName !== undefined && before?.spec.nodeName === undefined) {
      toScheduled.push(now - (born.get(key) ?? Number.NaN));
    }
    if (pod.status.phase === 'Running' && before?.status.phase !== 'Running') {
      toRunning.push(now - (born.get(key) ?? Number.NaN));
    }
  });
  cluster.start();
  cluster.run({ until: seconds(405) });
  return { toScheduled: percentilesOf(toScheduled), toRunning: percentilesOf(toRunning) };
}

export const podStarts2017: Publication = {
  id: 'pod-starts-2017',
  title: 'starts of pods, kubemark, 30 pods a node',
  source: 'kubernetes/kubernetes#42000',
  run: async () => {
    const { toScheduled, toRunning } = await starts(30);
    return [
      { what: 'created to running', published: [1.139, 1.745, 2.057], found: toRunning, given: ['p50'] },
      { what: 'created to scheduled', published: [0.0093, 0.0131, 0.0246], found: toScheduled },
    ];
  },
};

export const podStarts2020: Publication = {
  id: 'pod-starts-2020',
  title: 'starts of pods, EKS, with what 2017 gives',
  source: 'aws/aws-k8s-tester#108',
  run: async () => {
    const { toRunning } = await starts(30);
    const outside = 'real runtimes and networks, whose own times were not published; kubemark has neither';
    return [{ what: 'created to running', published: [4.8, 8.9, 12.1], found: toRunning, outside }];
  },
};

/** Published percentiles by pods a node. */
const DENSITIES: readonly (readonly [podsPerNode: number, published: Percentiles])[] = [
  [3, [1.43, 1.81, 3.72]],
  [10, [1.85, 2.53, 4.51]],
  [20, [2.87, 4.14, 6.08]],
  [30, [2.93, 4.05, 6.93]],
];

export const podStarts2015: Publication = {
  id: 'pod-starts-2015',
  title: 'starts of pods by density, 100 nodes, with what 2017 gives',
  source: 'kubernetes/kubernetes#3954',
  run: async () => {
    const rows: PublishedRow[] = [];
    for (const [podsPerNode, published] of DENSITIES) {
      const { toRunning } = await starts(podsPerNode);
      const outside = 'kubelets of 2015 got slower with their pods; here they do not';
      rows.push({ what: `${podsPerNode} pods a node`, published, found: toRunning, outside });
    }
    return rows;
  },
};
