import type { Pod, Volume } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../api/storage.ts';
import type { StorageObjects } from '../scheduler/framework.ts';

/** Set once a claim and its volume are bound to each other in full. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';

/** Set where a controller, and not a user, has bound the one to the other. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';

/** The node that was chosen for a claim whose volume is yet to be made. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** Finalizers of claims and volumes: their protection controllers take them away. */
export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

/** Marks the StorageClass of claims that name none. */
export const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

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

/** Whether a pod's volumes have claims behind them, which change of themselves. */
export function usesVolumeClaims({ spec }: Pod): boolean {
  const { volumes } = spec;
  if (volumes === undefined) return false;
  return volumes.some((volume) => volume.persistentVolumeClaim !== undefined || volume['ephemeral'] !== undefined);
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

/** Whether claims of the class wait for a node before they are bound. */
export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** The node that was chosen for the claim. */
export function selectedNodeOf({ metadata }: PersistentVolumeClaim): string | undefined {
  return metadata.annotations?.[SELECTED_NODE];
}

/** The volume as it is when it is the claim's; the same object where it is so already. Source: GetBindVolumeToClaim. */
export function volumeBoundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { claimRef } = volume.spec;
  const { namespace = '', name, uid, resourceVersion } = claim.metadata;
  const named = claimRef?.namespace === namespace && claimRef.name === name;
  if (named && claimRef?.uid === uid) return volume;
  const reference = { kind: claim.kind, apiVersion: claim.apiVersion, namespace, name, uid, resourceVersion };
  const bound = { ...volume, spec: { ...volume.spec, claimRef: reference } };
  return named ? bound : annotated(bound, BOUND_BY_CONTROLLER, 'yes');
}

/** The object with an annotation more. */
export function annotated<T extends KubeObject>(object: T, name: string, value: string): T {
  const annotations = { ...object.metadata.annotations, [name]: value };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
