import type { KubeNode, Pod } from '../api/core.ts';
import { canonicalText } from './canonical.ts';
import { Action } from './cluster-event.ts';
import type { ClusterEvent } from './cluster-event.ts';
import type { NodeChanges } from './node-changes.ts';
import { podRequests, resizeOf } from './pod-resources.ts';

/** Events of a node that was added or changed, one for each sort of change. */
export function nodeEvents(changes: NodeChanges, before: KubeNode | undefined, after: KubeNode): ClusterEvent[] {
  const event = (action: number): ClusterEvent => ({ resource: 'Node', action, before, after });
  if (changes.added) return [event(Action.add)];
  const events: ClusterEvent[] = [];
  if (changes.allocatable) events.push(event(Action.updateNodeAllocatable));
  if (changes.labels) events.push(event(Action.updateNodeLabel));
  if (changes.taints) events.push(event(Action.updateNodeTaint));
  return events;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || canonicalText(a ?? null) === canonicalText(b ?? null);
}

/** What of a pod on a node changed for others, if anything did. */
export function assignedPodEvent(before: Pod, after: Pod): ClusterEvent | undefined {
  let action = 0;
  if (!same(before.metadata.labels, after.metadata.labels)) action |= Action.updatePodLabel;
  if (scaledDown(before, after)) action |= Action.updatePodScaleDown;
  return action === 0 ? undefined : { resource: 'AssignedPod', action, before, after };
}

/** Whether two states of a pod differ in nothing that scheduling goes by: nearly all news of running pods. */
export function onlyStatusDiffers(before: Pod, after: Pod): boolean {
  return (
    before.spec === after.spec &&
    before.metadata.labels === after.metadata.labels &&
    before.metadata.ownerReferences === after.metadata.ownerReferences &&
    before.metadata.deletionTimestamp === after.metadata.deletionTimestamp &&
    resizeOf(before) === undefined &&
    resizeOf(after) === undefined
  );
}

/** What of a waiting pod changed for itself. */
export function waitingPodEvent(before: Pod, after: Pod): ClusterEvent | undefined {
  let action = 0;
  if (!same(before.metadata.labels, after.metadata.labels)) action |= Action.updatePodLabel;
  if (!same(before.status.resourceClaimStatuses, after.status.resourceClaimStatuses)) {
    action |= Action.updatePodGeneratedResourceClaim;
  }
  if (before.spec !== after.spec) {
    if (!same(before.spec.tolerations, after.spec.tolerations)) action |= Action.updatePodToleration;
    const gates = (pod: Pod): number => pod.spec.schedulingGates?.length ?? 0;
    if (gates(before) > 0 && gates(after) === 0) action |= Action.updatePodSchedulingGatesEliminated;
    if (scaledDown(before, after)) action |= Action.updatePodScaleDown;
  }
  return action === 0 ? undefined : { resource: 'UnscheduledPod', action, before, after };
}

function scaledDown(before: Pod, after: Pod): boolean {
  if (before.spec === after.spec && before.status.containerStatuses === after.status.containerStatuses) return false;
  if (before.spec.containers === after.spec.containers && !resizable(before) && !resizable(after)) return false;
  const had = podRequests(before).amounts;
  const has = podRequests(after).amounts;
  return [...had].some(([name, amount]) => amount > (has.get(name) ?? 0));
}

/** Whether the status tells resources of its own, as with an in-place resize. */
function resizable({ status }: Pod): boolean {
  return (status.containerStatuses ?? []).some((container) => 'resources' in container);
}

/** Whether a pod still takes room or waits: the scheduler does not see any other. */
export function isActive({ status }: Pod): boolean {
  return status.phase !== 'Succeeded' && status.phase !== 'Failed';
}

/** Whether a pod has been given its node. */
export function isAssigned({ spec }: Pod): boolean {
  return spec.nodeName !== undefined && spec.nodeName !== '';
}
