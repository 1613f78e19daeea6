import type { Percentiles, Publication, PublishedRow } from './publication.ts';
import { measuredStarts } from './start-times.ts';

/** What a node is, what it runs containers with, and what its kubelet does otherwise than today's. */
interface Environment {
  readonly nodes: number;
  readonly capacity: string;
  /** `components.kubelet`, in YAML. */
  readonly kubelet: string;
  /** What each measured pod asks for. */
  readonly requests: string;
}

/**
 * The kubelet's client until 1.26: five requests a second, ten at once (kubernetes/website#40156; k/k#42000 calls it the main
 * bottleneck); a status is read before it is written, one pod after the other (k/k#140936).
 */
const OLD_KUBELET = 'imagesPresent: all, qps: 5, burst: 10, serialStatusUpdates: true';

/**
 * The hollow runtime of kubemark 2017: creating a container sleeps 100 ± 25 ms, starting it 200 ± 50 ms, both under one lock
 * (pkg/kubelet/dockertools/fake_docker_client.go). A sandbox and a container are one of each: 300 ± 56 ms.
 */
const HOLLOW: Environment = {
  nodes: 100,
  capacity: '{ cpu: 8, memory: 32Gi }',
  kubelet: `
    { ${OLD_KUBELET}, runtimeConcurrency: 1,
      sandboxLatency: { medianMilliseconds: 300, p99Milliseconds: 430 },
      containerStartLatency: { medianMilliseconds: 300, p99Milliseconds: 430 } }`,
  // A fifth of a node there, of which there is one pod each; here there are five, so that more are measured.
  requests: '{ cpu: 400m, memory: 1.6Gi }',
};

/**
 * Docker on a processor of its own. Thirty pods take a little less than 30 s to run on an n1-standard-1, in a benchmark of
 * little else than the runtime (k/k#9980, June 2015): half a second of the processor in the mean for a sandbox or a container; the
 * spread is the default one, twice the median at the 99th percentile. What looking after a pod takes of the processor is not
 * published: it is the one free parameter, given by the median of 30 pods a node in k/k#3954.
 */
const DOCKER = `
      sandboxLatency: { medianMilliseconds: 480, p99Milliseconds: 960 },
      containerStartLatency: { medianMilliseconds: 480, p99Milliseconds: 960 },
      runtimeLoadPerPod: 0.018`;

/**
 * GCE's n1-standard-1: the thread asks whether a node should need more than its one processor to look after pods. The kubelet of June 2015 had no PLEG: it took a pod's status anew at the end of the sync
 * that started it (pkg/kubelet/kubelet.go syncPod), so nothing waits for a relist. Pods asked for nothing, and nothing
 * but chance spread those that were measured; today's scheduler counts something for who asks for nothing, so here
 * they ask for next to nothing.
 */
const GCE_2015: Environment = {
  nodes: 100,
  capacity: '{ cpu: 1, memory: 3.75Gi }',
  kubelet: `{ ${OLD_KUBELET}, plegRelistSeconds: 0.001, runtimeConcurrency: 1,${DOCKER} }`,
  requests: '{ cpu: 1m, memory: 1Mi }',
};

/**
 * The density test (test/e2e/density.go): so many pods on each node, and when all run one more every 200 ms.
 */
const density = ({ nodes, capacity, kubelet, requests }: Environment, podsPerNode: number): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: pod-starts }
duration: 8m
cluster: { nodeGroups: [{ name: node, count: ${nodes}, capacity: ${capacity} }] }
components:
  kubelet: ${kubelet}
workloads:
  - name: filling
    inline: |
      apiVersion: v1
      kind: ReplicationController
      metadata: { name: density }
      spec:
        replicas: ${nodes * podsPerNode}
        selector: { name: density }
        template:
          metadata: { labels: { name: density } }
          spec: { containers: [{ name: density, image: pause, resources: { requests: { cpu: 1m, memory: 1Mi } } }] }
  - name: latency
    at: 5m
    copies: 500
    every: 200ms
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: { name: latency }
      spec: { containers: [{ name: main, image: pause, resources: { requests: ${requests} } }] }
`;

const MEASURED = { prefix: 'latency', until: 450 };

export const podStarts2017: Publication = {
  id: 'pod-starts-2017',
  title: 'starts of pods, kubemark, 30 pods a node',
  source: 'kubernetes/kubernetes#42000',
  circumstances: [
    'Hollow kubelets, 5 requests/s each; their runtime sleeps, one call at a time,',
    '0.3 s for a sandbox and 0.3 s for a container, as its source says. None given.',
  ],
  run: async (set = []) => {
    const starts = await measuredStarts(density(HOLLOW, 30), { ...MEASURED, wholeSeconds: false, set });
    return [
      { what: 'created to watched', published: [1.139, 1.745, 2.057], found: starts.createdToWatched },
      { what: 'created to scheduled', published: [0.0093, 0.0131, 0.0246], found: starts.createdToScheduled },
      { what: 'scheduled to started', published: [0.2, 0.602, 0.731], found: starts.scheduledToStarted },
      { what: 'started to watched', published: [1.025, 1.695, 2.046], found: starts.startedToWatched },
    ];
  },
};

/** Published percentiles by pods a node: the first of three runs. */
const DENSITIES: readonly (readonly [podsPerNode: number, published: Percentiles])[] = [
  [30, [2.93, 4.05, 6.93]],
  [20, [2.87, 4.14, 6.08]],
  [10, [1.85, 2.53, 4.51]],
  [3, [1.43, 1.81, 3.72]],
];

export const podStarts2015: Publication = {
  id: 'pod-starts-2015',
  title: 'starts of pods by density, 100 nodes of one processor',
  source: 'kubernetes/kubernetes#3954',
  circumstances: [
    'Docker, half a second of the processor for a sandbox or a container (k/k#9980);',
    'kubelets without PLEG, 5 requests/s each. Given: what looking after a pod takes',
    'of the processor, 1.8 %. Two more published runs of 30 pods a node have medians',
    'of 4.21 s (99th percentile 8.52 s) and 4.11 s.',
  ],
  run: async (set = []) => {
    const rows: PublishedRow[] = [];
    for (const [podsPerNode, published] of DENSITIES) {
      const { createdToWatched: found } = await measuredStarts(density(GCE_2015, podsPerNode), {
        ...MEASURED,
        wholeSeconds: true,
        set,
      });
      const given = podsPerNode === 30 ? { given: ['p50'] as const } : {};
      rows.push({ what: `${podsPerNode} pods a node`, published, found, ...given });
    }
    return rows;
  },
};

/** Deployments of the load test (perf-tests, testing/load/config.yaml): a quarter of its pods, a quarter and a half; 95 of 100. */
const GROUPS: readonly (readonly [deployments: number, replicas: number])[] = [
  [1, 25],
  [2, 10],
  [10, 5],
];

/** Over which the load test creates its Deployments: 100 pods at the tester's 20 a second. */
const SATURATION_SECONDS = 5;

const deployment = (name: string, replicas: number, at: number): string => `
  - name: ${name}
    at: ${at}s
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: ${name} }
      spec:
        replicas: ${replicas}
        selector: { matchLabels: { name: ${name} } }
        template:
          metadata: { labels: { name: ${name} } }
          spec:
            containers: [{ name: main, image: pause, resources: { requests: { cpu: 10m, memory: 10M } } }]
            volumes:
              - { name: map, configMap: { name: ${name} } }
              - { name: secret, secret: { secretName: ${name} } }`;

const deployments = GROUPS.flatMap(([count, replicas]) =>
  Array.from({ length: count }, (_, i) =>
    deployment(`load-${replicas}-${i}`, replicas, 60 + ((i + 0.5) * SATURATION_SECONDS) / count),
  ),
).join('');

/**
 * The tester's defaults of June 2020: c5.xlarge, four processors each (eksconfig), ten nodes, ten pods a node, groups of 25, 10
 * and 5 pods, 20 pods a second (add-on-cluster-loader-local.go); kubelets of 1.16, which list and watch the ConfigMap and
 * the Secret that the load test gives each Deployment (perf-tests#704).
 */
const load = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: pod-starts }
duration: 3m
cluster: { nodeGroups: [{ name: node, count: 10, capacity: { cpu: 4, memory: 8Gi } }] }
components:
  kubelet: { ${OLD_KUBELET}, watchMountedObjects: true, runtimeConcurrency: 4,${DOCKER} }
workloads:${deployments}
`;

export const podStarts2020: Publication = {
  id: 'pod-starts-2020',
  title: 'starts of pods, EKS, 10 nodes, 10 pods a node at once',
  source: 'aws/aws-k8s-tester#108',
  circumstances: [
    'Kubelets at 5 requests/s, four processors a node, Docker as in 2015. None given.',
    "Nodes and load were not published: they are the tester's defaults and those of",
    'its load test, where every Deployment has a ConfigMap and a Secret of its own.',
  ],
  run: async (set = []) => {
    const starts = await measuredStarts(load, { prefix: 'load-', until: 150, wholeSeconds: true, set });
    return [
      { what: 'created to watched', published: [4.842, 8.897, 12.096], found: starts.createdToWatched },
      {
        what: 'scheduled to started',
        published: [2, 3, 10],
        found: starts.scheduledToStarted,
        outside: 'in three other runs of that tester its 99th percentile is 3 s',
      },
      { what: 'started to watched', published: [2.871, 6.643, 9.696], found: starts.startedToWatched },
    ];
  },
};
