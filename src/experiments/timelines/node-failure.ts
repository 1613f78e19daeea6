import type { KubeNode, Pod } from '../../sim/api/core.ts';
import type { Change } from '../../sim/etcd/store.ts';
import { FirstTimes, head, witnessed } from './timeline.ts';
import type { Action, Expectation, Figures, Timeline } from './timeline.ts';

const AT = 600;

/** What differs from the plain course. */
interface Variant {
  readonly kind?: 'node-crash' | 'instance-gone';
  /** --node-monitor-grace-period. */
  readonly graceSeconds?: number;
  /** The pods' own toleration of an unreachable node. */
  readonly tolerationSeconds?: number;
  readonly actions?: readonly Action[];
}

const scenario = ({ kind = 'node-crash', graceSeconds = 50, tolerationSeconds }: Variant): string => `${head(
  'node-failure',
  '20m',
  { controllerManager: `nodeMonitorGracePeriodSeconds: ${graceSeconds}` },
)}
cluster:
  nodeGroups: [{ name: n, count: 6, capacity: { cpu: 4, memory: 8Gi }, zones: [a, b] }]
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 6
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec:
            containers: [{ name: c, image: web, resources: { requests: { cpu: 500m } } }]
            tolerations: ${tolerationsOf(tolerationSeconds)}
faults: [{ at: ${AT}s, kind: ${kind}, nodes: [n-1] }]
`;

function tolerationsOf(seconds: number | undefined): string {
  if (seconds === undefined) return '[]';
  const of = 'key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute';
  return `[{ ${of}, tolerationSeconds: ${seconds} }]`;
}

async function course(variant: Variant, seed: number): Promise<FirstTimes> {
  const times = new FirstTimes();
  let replacement = '';
  const write = (change: Change, at: number): void => {
    if (at < 0) return;
    if (change.kind === 'Node' && change.key === 'n-1') nodeSeen(times, change, at);
    if (change.kind !== 'Pod') return;
    const pod = change.object as Pod;
    if (change.type === 'ADDED' && replacement === '') {
      replacement = change.key;
      times.note('replacement created', at);
    }
    if (change.key === replacement && pod.status.phase === 'Running') times.note('replacement running', at);
    if (pod.spec.nodeName !== 'n-1') return;
    const ready = pod.status.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'False') times.note('pod not ready', at);
    if (pod.metadata.deletionTimestamp !== undefined) times.note('pod marked', at);
    if (change.type === 'DELETED') times.note('pod removed', at);
  };
  await witnessed(scenario(variant), seed, AT, { write }, variant.actions);
  return times;
}

function nodeSeen(times: FirstTimes, { type, object }: Change, at: number): void {
  const { spec, status } = object as KubeNode;
  if (type === 'DELETED') times.note('node deleted', at);
  if (status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'Unknown')) {
    times.note('noticed', at);
  }
  for (const { key, effect } of spec.taints ?? []) if (key.endsWith('/unreachable')) times.note(effect, at);
}

/** Hard range, mean and percentiles of the moment at which a grace of 50 s has passed. */
const NOTICED: Expectation = { name: 'Ready=Unknown', range: [39.6, 55.1], mean: [47.5, 1], spread: [42, 53, 1] };

function shifted({ name, range, mean, spread }: Expectation, by: number, reach = 0): Expectation {
  return {
    name,
    range: [range[0] + by, range[1] + by + reach],
    ...(mean === undefined ? {} : { mean: [mean[0] + by, mean[1]] as const }),
    ...(spread === undefined ? {} : { spread: [spread[0] + by, spread[1] + by, spread[2]] as const }),
  };
}

/** The whole course, from the grace period and the toleration. Source: node_lifecycle_controller.go, taint_eviction.go. */
function evictions(id: string, title: string, variant: Variant): Timeline {
  const { graceSeconds = 50, tolerationSeconds = 300 } = variant;
  const noticed = shifted(NOTICED, graceSeconds - 50);
  const marked = { ...shifted(noticed, tolerationSeconds + 0.1, 0.4), name: 'pod marked for deletion' };
  return {
    id,
    title,
    expected: [
      noticed,
      { name: 'to pod not ready', range: [0, 0.3] },
      { name: 'to NoSchedule taint', range: [0, 0.3] },
      { name: 'to NoExecute taint', range: [0, 0.3] },
      marked,
      { name: 'to replacement', range: [0.002, 0.2] },
      { name: 'to replacement running', range: [0.5, 3] },
      { name: 'pod objects removed', range: [0, 0] },
    ],
    run: async (seed): Promise<Figures> => {
      const times = await course(variant, seed);
      return {
        'Ready=Unknown': times.get('noticed'),
        'to pod not ready': times.get('pod not ready') - times.get('noticed'),
        'to NoSchedule taint': times.get('NoSchedule') - times.get('noticed'),
        'to NoExecute taint': times.get('NoExecute') - times.get('noticed'),
        'pod marked for deletion': times.get('pod marked'),
        'to replacement': times.get('replacement created') - times.get('pod marked'),
        'to replacement running': times.get('replacement running') - times.get('replacement created'),
        // No kubelet can say that the pod has ended: its object stays.
        'pod objects removed': Number.isNaN(times.get('pod removed')) ? 0 : 1,
      };
    },
  };
}

/** A machine loses its power, and its node object stays. */
export const nodeFailure = evictions('node-failure', 'A node fails abruptly; its pods are evicted', {});

export const nodeFailureBefore132 = evictions(
  'node-failure-40s-grace',
  'The same with the grace period of 40 s that was the default up to 1.31',
  { graceSeconds: 40 },
);

export const nodeFailureTolerated = evictions(
  'node-failure-tolerated-30s',
  'The same where the pods tolerate an unreachable node for 30 s only',
  { tolerationSeconds: 30 },
);

/** The provider takes the instance away: much earlier than a taint would do it. Source: cloud-provider, gc_controller.go. */
export const instanceGone: Timeline = {
  id: 'instance-gone',
  title: 'An instance is gone; its node and then its pods are removed',
  expected: [
    { name: 'node deleted', range: [39.6, 60.3], mean: [50, 1.5] },
    // The third pass of podGC after the node's deletion, or the fourth, finds the 40 s of quarantine over; passes that
    // cost any time at all, as here, find it with the third: 40 s and half a pass of 20 s after some 50 s.
    { name: 'pod removed', range: [80, 141], mean: [100, 3] },
    { name: 'to replacement running', range: [0.5, 3] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = await course({ kind: 'instance-gone' }, seed);
    return {
      'node deleted': times.get('node deleted'),
      'pod removed': times.get('pod removed'),
      'to replacement running': times.get('replacement running') - times.get('replacement created'),
    };
  },
};

/** Somebody says so long after the failure that the node will not come back. */
const OUT_OF_SERVICE = 120;

const taintedByHand: Action = {
  at: AT + OUT_OF_SERVICE,
  act: ({ server }) => {
    const node = server.get<KubeNode>('Node', '', 'n-1') as KubeNode;
    const taints = [
      ...(node.spec.taints ?? []),
      { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' },
    ];
    server.handle({ verb: 'patch', kind: 'Node', namespace: '', name: 'n-1', patch: { spec: { taints } } });
  },
};

/** Source: podgc/gc_controller.go gcTerminating, every 20 s. */
export const outOfService: Timeline = {
  id: 'out-of-service',
  title: 'A failed node gets the out-of-service taint; its pods go at once',
  expected: [
    { name: 'pod marked, after that', range: [0, 0.3] },
    { name: 'pod removed, after that', range: [0, 20.3], mean: [10.1, 1.5] },
    { name: 'replacement running', range: [0.5, 4] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = await course({ actions: [taintedByHand] }, seed);
    return {
      'pod marked, after that': times.get('pod marked') - OUT_OF_SERVICE,
      'pod removed, after that': times.get('pod removed') - OUT_OF_SERVICE,
      'replacement running': times.get('replacement running') - OUT_OF_SERVICE,
    };
  },
};
