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
  'imagesPresent: all, sandboxLatency: { medianMilliseconds: 1200, p99Milliseconds: 1400 }, ' +
  'containerStartLatency: { medianMilliseconds: 300, p99Milliseconds: 320 }';

const scenario = `${head('rolling-update', '4m', KUBELET)}
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
    { name: 'complete', range: [22.5, 28], mean: [24, 1.5] },
    // Less than the strategy's 8 for some milliseconds: old ReplicaSets are scaled down by their statuses, which lag
    // behind their specs (scaleDownOldReplicaSetsForRollingUpdate).
    { name: 'fewest available (pods)', range: [6, 10] },
    { name: 'most wanted (pods)', range: [10, 13] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = new FirstTimes();
    const wanted = new Map<string, number>();
    const ready = new Set<string>();
    let first = Number.NaN;
    let fewest = REPLICAS;
    let most = 0;
    await witnessed(scenario, seed, AT, {
      write: ({ kind, key, type, object }, at) => {
        if (kind === 'ReplicaSet') {
          const { spec } = object as ReplicaSet;
          if (at >= 0 && type === 'ADDED') {
            times.note('new', at);
            first = spec.replicas ?? 0;
          }
          wanted.set(key, spec.replicas ?? 0);
          most = Math.max(
            most,
            [...wanted.values()].reduce((sum, replicas) => sum + replicas, 0),
          );
        } else if (kind === 'Pod') {
          const { metadata, status } = object as Pod;
          const isReady = status.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') === true;
          if (isReady && type !== 'DELETED' && metadata.deletionTimestamp === undefined) ready.add(key);
          else ready.delete(key);
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
      complete: times.get('complete'),
      'fewest available (pods)': fewest,
      'most wanted (pods)': most,
    };
  },
};
