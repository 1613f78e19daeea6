import type { Pod, Volume } from '../../../sim/api/core.ts';
import type { PersistentVolumeClaim } from '../../../sim/api/storage.ts';
import type { StorageObjects } from '../../../sim/scheduler/framework.ts';

/** Set once a claim and its volume are bound to each other in full. */
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';

/** Takes the place of `storageClassName` where it is given. */
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** A claim that a pod's volume names. */
export interface ClaimUse {
  readonly name: string;
  /** Made for this pod alone, out of the volume's own template. */
  readonly ephemeral: boolean;
}

/** The claim behind a volume; undefined where there is none. */
export function claimUse(pod: Pod, volume: Volume): ClaimUse | undefined {
  const { persistentVolumeClaim, ephemeral } = volume;
  if (persistentVolumeClaim !== undefined) return { name: persistentVolumeClaim.claimName, ephemeral: false };
  if (ephemeral === undefined || ephemeral === null) return undefined;
  return { name: `${pod.metadata.name}-${volume.name}`, ephemeral: true };
}

/** Names of the claims that a pod's volumes refer to, those of generic ephemeral volumes left out. */
export function claimNames({ spec: { volumes } }: Pod): readonly string[] {
  if (volumes === undefined) return [];
  return volumes.flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim === undefined ? [] : [persistentVolumeClaim.claimName],
  );
}

export function claimOf(storage: StorageObjects, pod: Pod, name: string): PersistentVolumeClaim | undefined {
  return storage.claim(`${pod.metadata.namespace ?? ''}/${name}`);
}

/** The API server's words for an object that is not there. */
export function notFoundText(kind: string, name: string): string {
  return `${kind.toLowerCase()} "${name}" not found`;
}

/** Why the claim of a generic ephemeral volume is not the pod's; undefined where it is. */
export function foreignText(pod: Pod, claim: PersistentVolumeClaim): string | undefined {
  const owner = claim.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.uid === pod.metadata.uid) return undefined;
  const space = pod.metadata.namespace ?? '';
  const subject = `PVC ${claim.metadata.namespace ?? ''}/${claim.metadata.name}`;
  return `${subject} was not created for pod ${space}/${pod.metadata.name} (pod is not owner)`;
}

/** Name of the claim's StorageClass; '' for none. */
export function classOf({ metadata, spec }: Pick<PersistentVolumeClaim, 'metadata' | 'spec'>): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? '';
}

/** Whether claim and volume are bound to each other in full. */
export function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (spec.volumeName ?? '') !== '' && metadata.annotations?.[BIND_COMPLETED] !== undefined;
}
