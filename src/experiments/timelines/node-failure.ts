import type { KubeNode, Pod } from '../../sim/api/core.ts';
import type { Change } from '../../sim/etcd/store.ts';
import { FirstTimes, head, witnessed } from './timeline.ts';
import type { Figures, Timeline } from './timeline.ts';

const AT = 600;

const scenario = (kind: string): string => `${head('node-failure', '20m')}
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
          spec: { containers: [{ name: c, image: web, resources: { requests: { cpu: 500m } } }] }
faults: [{ at: ${AT}s, kind: ${kind}, nodes: [n-1] }]
`;

async function course(kind: string, seed: number): Promise<FirstTimes> {
  const times = new FirstTimes();
  let replacement = '';
  await witnessed(scenario(kind), seed, AT, {
    write: (change, at) => {
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
      if (pod.metadata.deletionTimestamp !== undefined) times.note('pod marked', at);
      if (change.type === 'DELETED') times.note('pod removed', at);
    },
  });
  return times;
}

function nodeSeen(times: FirstTimes, { type, object }: Change, at: number): void {
  const { spec, status } = object as KubeNode;
  if (type === 'DELETED') times.note('node deleted', at);
  if (status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'Unknown')) {
    times.note('noticed', at);
  }
  if (spec.taints?.some(({ key, effect }) => key.endsWith('/unreachable') && effect === 'NoExecute')) {
    times.note('tainted', at);
  }
}

/** A machine loses its power, and its node object stays. Source: node_lifecycle_controller.go, taint_eviction.go. */
export const nodeFailure: Timeline = {
  id: 'node-failure',
  title: 'A node fails abruptly; its pods are evicted',
  expected: [
    { name: 'Ready=Unknown', range: [39.6, 55.1], mean: [47.5, 1], spread: [42, 53, 1] },
    { name: 'to NoExecute taint', range: [0, 0.3] },
    { name: 'pod marked for deletion', range: [339.7, 355.5], mean: [347.7, 1] },
    { name: 'to replacement', range: [0.005, 0.2] },
    { name: 'to replacement running', range: [0.5, 3] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = await course('node-crash', seed);
    return {
      'Ready=Unknown': times.get('noticed'),
      'to NoExecute taint': times.get('tainted') - times.get('noticed'),
      'pod marked for deletion': times.get('pod marked'),
      'to replacement': times.get('replacement created') - times.get('pod marked'),
      'to replacement running': times.get('replacement running') - times.get('replacement created'),
    };
  },
};

/** The provider takes the instance away: much earlier than a taint would do it. Source: cloud-provider, gc_controller.go. */
export const instanceGone: Timeline = {
  id: 'instance-gone',
  title: 'An instance is gone; its node and then its pods are removed',
  expected: [
    { name: 'node deleted', range: [39.6, 60.3], mean: [50, 1.5] },
    { name: 'pod removed', range: [80, 141] },
    { name: 'to replacement running', range: [0.5, 3] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = await course('instance-gone', seed);
    return {
      'node deleted': times.get('node deleted'),
      'pod removed': times.get('pod removed'),
      'to replacement running': times.get('replacement running') - times.get('replacement created'),
    };
  },
};
