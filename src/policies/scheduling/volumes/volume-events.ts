import type { Pod } from '../../../sim/api/core.ts';
import type { ClusterEvent } from '../../../sim/scheduler/cluster-event.ts';
import type { PodInfo } from '../../../sim/scheduler/pod-class.ts';
import { claimUse } from '../../../sim/storage/claims.ts';
import { isMigratable } from '../../../sim/storage/csi-translation.ts';

/**
 * Hint: the event is about a claim that the pod uses. Claims of generic ephemeral volumes are named after the pod itself, and
 * one look settles all waiting pods of a class: of those it says yes wherever the namespace is theirs.
 */
export function namesClaim({ pod }: PodInfo, { before, after }: ClusterEvent): boolean {
  const claim = (after ?? before)?.metadata;
  if (claim === undefined || claim.namespace !== pod.metadata.namespace) return false;
  return (pod.spec.volumes ?? []).some((volume) => {
    const use = claimUse(pod, volume);
    return use !== undefined && (use.ephemeral || use.name === claim.name);
  });
}

/** Whether volumes are attached for the pod. */
export function usesVolumes(pod: Pod): boolean {
  return (pod.spec.volumes ?? []).some((volume) => claimUse(pod, volume) !== undefined || isMigratable(volume));
}
