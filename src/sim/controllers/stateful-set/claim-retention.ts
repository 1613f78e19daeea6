import type { Pod } from '../../api/core.ts';
import type { KubeObject, OwnerReference } from '../../api/meta.ts';
import type { StatefulSet } from '../../api/workloads.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { objectKey } from '../../apiserver/request.ts';
import type { ApiRequest } from '../../apiserver/request.ts';
import { controllerReference } from '../requests.ts';
import { claimNames } from './members.ts';

/**
 * Gives the claims of members the owners by which the garbage collector takes them away with the set, or with a member that
 * is scaled away, as persistentVolumeClaimRetentionPolicy says; and takes those owners back where it says otherwise.
 * Source: statefulset/stateful_set_utils.go updateClaimOwnerRefForSetAndPod.
 */
export function retainClaims(
  set: StatefulSet,
  members: readonly { readonly pod: Pod; readonly ordinal: number; readonly condemned: boolean }[],
  claimOf: (key: string) => KubeObject | undefined,
): ApiRequest[] {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const namespace = set.metadata.namespace ?? '';
  const requests: ApiRequest[] = [];
  for (const { pod, ordinal, condemned } of members) {
    for (const name of claimNames(set, ordinal)) {
      const claim = claimOf(objectKey(namespace, name));
      if (claim === undefined) continue;
      const byPod = whenScaled === 'Delete' && condemned;
      const bySet = whenDeleted === 'Delete' && !byPod;
      const before = claim.metadata.ownerReferences ?? [];
      const others = before.filter(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid);
      const owners = [...others, ...(bySet ? [controllerReference(set)] : []), ...(byPod ? [podReference(pod)] : [])];
      if (sameJson(before, owners)) continue;
      const { uid } = claim.metadata;
      const patch = { metadata: { uid, ownerReferences: owners.length === 0 ? null : owners } };
      requests.push({ verb: 'patch', kind: claim.kind, namespace, name, patch, ignore: ['NotFound'] });
    }
  }
  return requests;
}

function podReference({ apiVersion, kind, metadata }: Pod): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid };
}
