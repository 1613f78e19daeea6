import type { Pod } from '../../sim/api/core.ts';
import type { ResourceClaim } from '../../sim/api/resource.ts';
import { sameJson } from '../../sim/apiserver/merge-patch.ts';
import { podClaims } from '../../sim/devices/pod-claims.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { ClusterEvent, EventRegistration } from '../../sim/scheduler/cluster-event.ts';
import type { DeviceObjects } from '../../sim/scheduler/framework.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';

/** What may help a pod that has no devices. Source: dynamicresources.go EventsToRegister. */
export function deviceEvents(devices: DeviceObjects): readonly EventRegistration[] {
  const claimsOf = (pod: Pod): readonly ResourceClaim[] | undefined => {
    const claims = podClaims(pod, (key) => devices.claim(key));
    return typeof claims === 'string' ? undefined : claims;
  };

  /** A claim was given back, which frees devices; or it is the pod's own, and new or in another state. */
  const afterClaimChange = ({ pod }: PodInfo, event: ClusterEvent): boolean => {
    const before = event.before as ResourceClaim | undefined;
    const after = event.after as ResourceClaim;
    const claims = claimsOf(pod);
    if (claims === undefined) return false;
    if (before?.status?.allocation !== undefined && after.status?.allocation === undefined) return true;
    if (!claims.some(({ metadata }) => metadata.uid === after.metadata.uid)) return false;
    return before === undefined || !sameJson(before.status, after.status);
  };

  /** The pod itself was told the names of the claims made for it. */
  const afterPodChange = ({ pod }: PodInfo, event: ClusterEvent): boolean => {
    const after = event.after as Pod;
    return after.metadata.uid === pod.metadata.uid && claimsOf(after) !== undefined;
  };

  return [
    { resource: 'Node', action: Action.add | Action.updateNodeLabel },
    { resource: 'ResourceClaim', action: Action.add | Action.updateOther, hint: afterClaimChange },
    { resource: 'UnscheduledPod', action: Action.updatePodGeneratedResourceClaim, hint: afterPodChange },
    { resource: 'DeviceClass', action: Action.add | Action.updateOther },
    { resource: 'ResourceSlice', action: Action.add | Action.updateOther },
  ];
}
