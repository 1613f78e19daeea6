import type { KubeNode, Pod } from '../../sim/api/core.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { ClusterEvent, EventRegistration } from '../../sim/scheduler/cluster-event.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import type { SpreadConstraint } from './spread-constraints.ts';

type ConstraintsOf = (pod: PodInfo) => readonly SpreadConstraint[];

function hasKeys(constraints: readonly SpreadConstraint[], node: KubeNode): boolean {
  return constraints.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined);
}

function podMatters(constraints: readonly SpreadConstraint[], pod: PodInfo, event: ClusterEvent): boolean {
  const before = event.before as Pod | undefined;
  const after = event.after as Pod | undefined;
  const { namespace } = pod.podClass;
  if (before !== undefined && before.metadata.namespace !== namespace) return false;
  if (after !== undefined && after.metadata.namespace !== namespace) return false;
  const selected = (other: Pod, { selects }: SpreadConstraint): boolean => selects(other.metadata.labels ?? {});
  if (before !== undefined && after !== undefined) {
    return constraints.some((constraint) => selected(before, constraint) !== selected(after, constraint));
  }
  const other = after ?? before;
  return other !== undefined && constraints.some((constraint) => selected(other, constraint));
}

function nodeMatters(constraints: readonly SpreadConstraint[], event: ClusterEvent): boolean {
  const before = event.before as KubeNode | undefined;
  const after = event.after as KubeNode | undefined;
  if (before === undefined || after === undefined) return hasKeys(constraints, (after ?? before) as KubeNode);
  const has = hasKeys(constraints, after);
  if (has !== hasKeys(constraints, before)) return true;
  if (!has) return false;
  if ((event.action & Action.updateNodeTaint) !== 0) return true;
  return constraints.some(
    ({ topologyKey }) => before.metadata.labels?.[topologyKey] !== after.metadata.labels?.[topologyKey],
  );
}

/** What may make a pod schedulable that its hard spread constraints kept out. */
export function spreadEvents(constraintsOf: ConstraintsOf): readonly EventRegistration[] {
  return [
    {
      resource: 'AssignedPod',
      action: Action.add | Action.delete | Action.updatePodLabel,
      hint: (pod, event) => podMatters(constraintsOf(pod), pod, event),
    },
    {
      resource: 'Node',
      action: Action.add | Action.delete | Action.updateNodeLabel | Action.updateNodeTaint,
      hint: (pod, event) => nodeMatters(constraintsOf(pod), event),
    },
    { resource: 'UnscheduledPod', action: Action.updatePodLabel | Action.updatePodToleration },
  ];
}
