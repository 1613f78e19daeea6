import type { Pod, PodResourceClaim } from '../api/core.ts';
import { MOST_CONSUMERS_OF_A_CLAIM } from '../api/resource.ts';
import type { ResourceClaim } from '../api/resource.ts';

/** A claim that a pod's spec names, as far as it is there. Source: dynamic-resource-allocation/resourceclaim. */
export interface ClaimName {
  /** Undefined where the controller found that none is needed. */
  readonly name: string | undefined;
  /** Made for this pod alone. */
  readonly generated: boolean;
}

/** Whether a pod uses claims at all. */
export function usesClaims({ spec }: Pod): boolean {
  return spec.resourceClaims !== undefined && spec.resourceClaims.length > 0;
}

/** The name of the claim behind an entry of the spec, or why it has none yet. */
export function claimNameOf(pod: Pod, entry: PodResourceClaim): ClaimName | string {
  if (entry.resourceClaimName !== undefined) return { name: entry.resourceClaimName, generated: false };
  const { namespace = '', name } = pod.metadata;
  if (entry.resourceClaimTemplateName === undefined) {
    return `pod "${namespace}/${name}", spec.resourceClaim "${entry.name}": none of the supported fields are set`;
  }
  const status = pod.status.resourceClaimStatuses?.find((one) => one.name === entry.name);
  if (status !== undefined) return { name: status.resourceClaimName, generated: true };
  return `pod "${namespace}/${name}": ResourceClaim not created yet`;
}

/** The claims of a pod, in the order of its spec, or why they are not all there. */
export function podClaims(
  pod: Pod,
  claimOf: (key: string) => ResourceClaim | undefined,
): readonly ResourceClaim[] | string {
  const claims: ResourceClaim[] = [];
  const { namespace = '', name: podName } = pod.metadata;
  for (const entry of pod.spec.resourceClaims ?? []) {
    const named = claimNameOf(pod, entry);
    if (typeof named === 'string') return named;
    const { name, generated } = named;
    if (name === undefined) continue;
    const claim = claimOf(`${namespace}/${name}`);
    if (claim === undefined) return `could not find ResourceClaim "${namespace}/${name}"`;
    if (claim.metadata.deletionTimestamp !== undefined) return `resourceclaim "${name}" is being deleted`;
    if (generated && !isForPod(claim, pod)) {
      return `ResourceClaim ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`;
    }
    claims.push(claim);
  }
  return claims;
}

/** Whether the claim was made for this very pod. */
export function isForPod(claim: ResourceClaim, pod: Pod): boolean {
  const owner = claim.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner?.uid === pod.metadata.uid && claim.metadata.namespace === pod.metadata.namespace;
}

export function isReservedFor({ status }: ResourceClaim, pod: Pod): boolean {
  return status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) === true;
}

/** Whether one more pod may use the claim. */
export function canBeReserved({ status }: ResourceClaim): boolean {
  return (status?.reservedFor?.length ?? 0) < MOST_CONSUMERS_OF_A_CLAIM;
}
