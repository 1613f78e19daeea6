import type { Pod } from '../../sim/api/core.ts';
import type { Deployment, ReplicaSet } from '../../sim/api/workloads.ts';
import { FirstTimes, head, witnessed } from './timeline.ts';
import type { Figures, Timeline } from './timeline.ts';

const AT = 120;
const REPLICAS = 10;

const deployment = (image: string): string => `
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: ${REPLICAS}
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web }, annotations: { orrery.dev/ready-after: 10s } }
          spec:
            containers:
              - { name: c, image: '${image}', readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 } }`;

/** From a pod's binding to its container's start: 1.5 s, so that a wave takes 11.5. */
const KUBELET =
  'sandboxLatency: { medianMilliseconds: 1200, p99Milliseconds: 1400 }, ' +
  'containerStartLatency: { medianMilliseconds: 300, p99Milliseconds: 320 }';

const scenario = `${head('rolling-update', '4m', { kubelet: KUBELET })}
cluster:
  nodeGroups: [{ name: n, count: 10, capacity: { cpu: 8, memory: 16Gi } }]
workloads:
  - name: first
    inline: |${deployment('web:1')}
  - name: second
    at: ${AT}s
    inline: |${deployment('web:2')}
`;

/** Ten replicas, a quarter surge, a quarter unavailable, ready ten seconds after their start. Source: rolling.go. */
export const rollingUpdate: Timeline = {
  id: 'rolling-update',
  title: 'A Deployment of 10 rolls out, 25 %/25 %, pods ready 10 s after their start',
  expected: [
    { name: 'new ReplicaSet', range: [0, 0.5] },
    { name: 'its first size (pods)', range: [3, 3] },
    { name: 'old at most 8 (pods)', range: [0, 0.8] },
    { name: 'new 5 (pods)', range: [0, 1] },
    { name: 'old at most 5 (pods)', range: [11, 13] },
    { name: 'new 10 (pods)', range: [11, 14] },
    { name: 'old 0 (pods)', range: [22.5, 26.5] },
    { name: 'complete', range: [22.5, 28], mean: [24, 1.5] },
    { name: 'waves of readiness', range: [2, 2] },
    // Less than the strategy's 8 for some milliseconds: old ReplicaSets are scaled down by their statuses, which lag
    // behind their specs (scaleDownOldReplicaSetsForRollingUpdate).
    { name: 'fewest available (pods)', range: [6, 10] },
    { name: 'most wanted (pods)', range: [10, 13] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = new FirstTimes();
    const wanted = new Map<string, number>();
    const ready = new Set<string>();
    const readyTimes: number[] = [];
    let current = '';
    let first = Number.NaN;
    let fewest = REPLICAS;
    let most = 0;
    await witnessed(scenario, seed, AT, {
      write: ({ kind, key, type, object }, at) => {
        if (kind === 'ReplicaSet') {
          const { spec } = object as ReplicaSet;
          const size = spec.replicas ?? 0;
          if (at >= 0 && type === 'ADDED') {
            times.note('new', at);
            current = key;
            first = size;
          }
          wanted.set(key, size);
          if (current !== '') noteSizes(times, key === current, size, at);
          most = Math.max(
            most,
            [...wanted.values()].reduce((sum, replicas) => sum + replicas, 0),
          );
        } else if (kind === 'Pod') {
          const { metadata, status } = object as Pod;
          const isReady = status.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') === true;
          if (isReady && type !== 'DELETED' && metadata.deletionTimestamp === undefined) {
            if (!ready.has(key) && at >= 0) readyTimes.push(at);
            ready.add(key);
          } else ready.delete(key);
          if (at >= 0) fewest = Math.min(fewest, ready.size);
        } else if (kind === 'Deployment' && at > times.get('new')) {
          const { status, metadata } = object as Deployment;
          const seen = status.observedGeneration === metadata.generation;
          const { updatedReplicas, availableReplicas, replicas } = status;
          if (seen && [updatedReplicas, availableReplicas, replicas].every((count) => count === REPLICAS)) {
            times.note('complete', at);
          }
        }
      },
    });
    return {
      'new ReplicaSet': times.get('new'),
      'its first size (pods)': first,
      'old at most 8 (pods)': times.get('old 8'),
      'new 5 (pods)': times.get('new 5'),
      'old at most 5 (pods)': times.get('old 5'),
      'new 10 (pods)': times.get('new 10'),
      'old 0 (pods)': times.get('old 0'),
      complete: times.get('complete'),
      'waves of readiness': readyTimes.filter((at, i) => at - (readyTimes[i - 1] ?? -Infinity) > 5).length,
      'fewest available (pods)': fewest,
      'most wanted (pods)': most,
    };
  },
};

/** When each ReplicaSet first had the sizes that the course is known by. */
function noteSizes(times: FirstTimes, isNew: boolean, size: number, at: number): void {
  if (isNew) {
    for (const reached of [5, REPLICAS]) if (size >= reached) times.note(`new ${reached}`, at);
  } else {
    for (const reached of [8, 5, 0]) if (size <= reached) times.note(`old ${reached}`, at);
  }
}
