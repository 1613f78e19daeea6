import type { Pod } from '../../sim/api/core.ts';
import { FirstTimes, head, witnessed } from './timeline.ts';
import type { Figures, Timeline } from './timeline.ts';

const AT = 300;

/** How long a pod of this takes to end. */
const STOPS = 12;

const scenario = `${head('drain', '8m')}
cluster:
  nodeGroups:
    - { name: a, count: 1, capacity: { cpu: 2100m, memory: 8Gi }, labels: { pool: a } }
    - { name: b, count: 1, capacity: { cpu: 8, memory: 8Gi }, taints: [{ key: later, effect: NoSchedule }] }
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 3
        selector: { matchLabels: { app: web } }
        template:
          metadata:
            labels: { app: web }
            annotations: { orrery.dev/ready-after: 10s, orrery.dev/termination-time: ${STOPS}s }
          spec:
            tolerations: [{ key: later, operator: Exists }]
            affinity:
              nodeAffinity:
                preferredDuringSchedulingIgnoredDuringExecution:
                  - weight: 100
                    preference: { matchExpressions: [{ key: pool, operator: In, values: [a] }] }
            containers:
              - name: c
                image: web
                resources: { requests: { cpu: 1 } }
                readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 }
      ---
      apiVersion: policy/v1
      kind: PodDisruptionBudget
      metadata: { name: web }
      spec: { minAvailable: 2, selector: { matchLabels: { app: web } } }
faults: [{ at: ${AT}s, kind: drain, group: a }]
`;

/** kubectl drain against a budget: evictions that are refused are tried again every 5 s. Source: kubectl/pkg/drain. */
export const drain: Timeline = {
  id: 'drain',
  title: 'A node with two of three pods is drained; the budget wants two available',
  expected: [
    { name: 'pods on the node', range: [2, 2] },
    { name: 'first eviction', range: [0, 0.2] },
    { name: 'replacement ready', range: [10.3, 13] },
    { name: 'second eviction', range: [15, 16], mean: [15.05, 0.2] },
    { name: 'both gone, after that', range: [STOPS, STOPS + 1.5] },
    { name: 'fewest available (pods)', range: [2, 3] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = new FirstTimes();
    const ready = new Set<string>();
    const there = new Set<string>();
    const marked: number[] = [];
    let fewest = 3;
    let before = 0;
    await witnessed(scenario, seed, AT, {
      write: ({ kind, key, type, object }, at) => {
        if (kind !== 'Pod') return;
        const { spec, status, metadata } = object as Pod;
        const isReady = status.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') === true;
        if (isReady && type !== 'DELETED' && metadata.deletionTimestamp === undefined) ready.add(key);
        else ready.delete(key);
        const here = spec.nodeName === 'a-0';
        if (at < 0) {
          if (here) there.add(key);
          before = there.size;
          return;
        }
        if (!there.has(key) && isReady) times.note('replacement', at);
        fewest = Math.min(fewest, ready.size);
        if (here && metadata.deletionTimestamp !== undefined && Number.isNaN(times.get(key))) {
          times.note(key, at);
          marked.push(at);
        }
        if (type === 'DELETED' && there.delete(key) && there.size === 0) times.note('gone', at);
      },
    });
    const [first = Number.NaN, second = Number.NaN] = marked;
    return {
      'pods on the node': before,
      'first eviction': first,
      'replacement ready': times.get('replacement'),
      'second eviction': second,
      'both gone, after that': times.get('gone') - second,
      'fewest available (pods)': fewest,
    };
  },
};
