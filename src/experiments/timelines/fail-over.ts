import type { Lease, Pod } from '../../sim/api/core.ts';
import { FirstTimes, head, witnessed } from './timeline.ts';
import type { Figures, Timeline } from './timeline.ts';

const AT = 100;
const PODS = 300;

/** Amid the creation of many pods, with one process standing by. */
const scenario = (instant: number): string => `${head('fail-over', '4m', { controllerManager: 'replicas: 2' })}
cluster:
  nodeGroups: [{ name: n, count: 10, capacity: { cpu: 8, memory: 16Gi } }]
workloads:
  - name: web
    at: ${AT - 5}s
    inline: |
      apiVersion: apps/v1
      kind: ReplicaSet
      metadata: { name: web }
      spec:
        replicas: ${PODS}
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: web, resources: { requests: { cpu: 100m } } }] }
faults: [{ at: ${instant}s, kind: controller-manager-crash }]
`;

/**
 * The leading kube-controller-manager dies. Its lease was renewed every 2 s; the other process tries each 2 to 4.4 s, and has
 * to see the lease unchanged for 15 s. Source: client-go tools/leaderelection.
 */
export const failOver: Timeline = {
  id: 'manager-fail-over',
  title: 'The leading controller manager dies amid creating pods; another takes over',
  expected: [
    // A burst of 30, then 20 a second for 5 to 7 s.
    { name: 'pods by then', range: [128, 172] },
    // From up to 2 s before to the next try (1.675 s in the mean), 15 s, and to the next try again.
    { name: 'new leader', range: [13, 23.9], mean: [17.35, 0.4] },
    // It begins as it writes the lease down.
    { name: 'to its first pod', range: [-0.05, 0.3] },
    { name: 'pods in the end', range: [PODS, PODS] },
    { name: 'pods created in all', range: [PODS, PODS] },
  ],
  run: async (seed): Promise<Figures> => {
    // No two seeds meet the renewals in one phase.
    const instant = AT + ((seed * 0.61803) % 1) * 2;
    const times = new FirstTimes();
    let created = 0;
    let before = 0;
    const pods = new Set<string>();
    await witnessed(scenario(instant), seed, instant, {
      write: ({ kind, type, key, object }, at) => {
        if (kind === 'Lease' && key === 'kube-system/kube-controller-manager' && at > 0) {
          if ((object as Lease).spec.holderIdentity !== 'kube-controller-manager-0') times.note('leader', at);
        }
        if (kind !== 'Pod') return;
        if (type === 'DELETED') pods.delete((object as Pod).metadata.uid);
        if (type !== 'ADDED') return;
        created++;
        pods.add((object as Pod).metadata.uid);
        if (at < 0) before++;
        else if (!Number.isNaN(times.get('leader'))) times.note('pod', at);
      },
    });
    return {
      'pods by then': before,
      'new leader': times.get('leader'),
      'to its first pod': times.get('pod') - times.get('leader'),
      'pods in the end': pods.size,
      'pods created in all': created,
    };
  },
};
