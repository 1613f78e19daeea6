import type { KubeNode, Pod } from '../../sim/api/core.ts';
import type { Change } from '../../sim/etcd/store.ts';
import { FirstTimes, head, witnessed } from './timeline.ts';
import type { Expectation, Figures, Timeline } from './timeline.ts';

/** From the request for an instance to its kubelet's start, and from there to its registration. */
const BOOT = 60;
const STARTUP = 15;

/** When the pod comes: no two seeds meet the autoscaler's loop in one phase. */
const comesAt = (seed: number): number => 100 + ((seed * 3.01) % 10);

/** How long it works: likewise. */
const works = (seed: number): number => 900 + ((seed * 7.03) % 10);

const scenario = (seed: number): string => `${head('cluster-autoscaling', '50m', {
  kubelet: `nodeStartupSeconds: ${STARTUP}`,
})}
cluster:
  provider:
    instanceTypes: [{ name: m, cpu: 4, memory: 16Gi, price: 0.2 }]
    boot: ${BOOT}s
  nodeGroups:
    - { name: base, instanceType: m, count: 1 }
    - { name: more, instanceType: m, count: 0, autoscaling: { max: 5 } }
workloads:
  - name: batch
    at: ${comesAt(seed)}s
    inline: |
      apiVersion: batch/v1
      kind: Job
      metadata: { name: batch }
      spec:
        parallelism: 2
        completions: 2
        template:
          metadata: { annotations: { orrery.dev/duration: ${works(seed)}s } }
          spec: { restartPolicy: Never, containers: [{ name: c, image: app, resources: { requests: { cpu: "3" } } }] }
`;

/** From the sheet: a loop every 10 s leaves pods younger than 2 s for the next one; then boot and registration. */
const EXPECTED: readonly Expectation[] = [
  { name: 'unschedulable', range: [0.005, 0.5] },
  // Timestamps are cut to seconds, so a pod may seem up to a second older than it is.
  { name: 'scale-up decided', range: [1, 12.1], mean: [6.5, 0.7] },
  { name: 'scale-ups', range: [1, 1] },
  { name: 'to node registered', range: [BOOT + STARTUP, BOOT + STARTUP + 0.1] },
  // Its network comes up within a second, and the provider is asked about it.
  { name: 'to node usable', range: [0.9, 3] },
  { name: 'to pod bound', range: [0.002, 2] },
  { name: 'to pod running', range: [0.5, 3] },
  // Unneeded from the next loop on, some 5 s later; loops are 10 s and their cost of 0.13 s apart, so that the 60th after it is the
  // first beyond ten minutes, at 607.8 s; then 5 s between the taint and the instance's end.
  { name: 'empty to removed', range: [605, 627], mean: [617.8, 1] },
  // Noticed as a node whose instance is gone (see instance-gone).
  { name: 'to node deleted', range: [39.6, 60.3] },
];

/** Notes what happens to the pod that has to wait, and to the node that comes for it. */
function seen(times: FirstTimes, { kind, type, object }: Change, at: number): void {
  if (kind === 'Node' && object.metadata.name === 'more-0') {
    const { spec, status } = object as KubeNode;
    const ready = status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    if (type === 'DELETED') times.note('node deleted', at);
    else times.note('registered', at);
    const kept = spec.taints?.some(({ effect }) => effect === 'NoSchedule') === true;
    if (ready === true && !kept) times.note('usable', at);
  }
  if (kind !== 'Pod') return;
  const { spec, status } = object as Pod;
  if (status.conditions?.some((condition) => condition.reason === 'Unschedulable')) times.note('unschedulable', at);
  if (spec.nodeName !== 'more-0') return;
  times.note('bound', at);
  if (status.phase === 'Running') times.note('running', at);
  if (status.phase === 'Succeeded') times.note('finished', at);
}

/** A pod makes a node, and the node goes when it has been of no use for ten minutes. Source: cluster-autoscaler 1.34. */
export const clusterAutoscaling: Timeline = {
  id: 'cluster-autoscaling',
  title: 'A pod that no node takes makes one; the node goes when nobody needs it',
  expected: EXPECTED,
  run: async (seed): Promise<Figures> => {
    const times = new FirstTimes();
    const cluster = await witnessed(scenario(seed), seed, comesAt(seed), {
      write: (change, at) => seen(times, change, at),
      event: ({ component, reason, message }, at) => {
        if (component !== 'cluster-autoscaler') return;
        times.note(reason === 'ScaleDown' && message.startsWith('node removed') ? 'removed' : reason, at);
      },
    });
    return {
      unschedulable: times.get('unschedulable'),
      'scale-up decided': times.get('TriggeredScaleUp'),
      'scale-ups': cluster.autoscaler?.counts.scaleUps ?? 0,
      'to node registered': times.get('registered') - times.get('TriggeredScaleUp'),
      'to node usable': times.get('usable') - times.get('registered'),
      'to pod bound': times.get('bound') - times.get('usable'),
      'to pod running': times.get('running') - times.get('bound'),
      'empty to removed': times.get('removed') - times.get('finished'),
      'to node deleted': times.get('node deleted') - times.get('removed'),
    };
  },
};
