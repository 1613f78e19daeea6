import type { KubeNode } from '../../../sim/api/core.ts';
import { quantityValue } from '../../../sim/api/quantity.ts';
import { matchesSelector } from '../../../sim/api/selectors.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../sim/api/storage.ts';
import type { StorageObjects } from '../../../sim/scheduler/framework.ts';
import { matchesTerm } from '../../../sim/scheduler/node-selection.ts';
import { classOf } from './claims.ts';

/** The provisioner of classes whose volumes are made by hand. */
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** Whether a volume can be used on a node. Source: component-helpers storage/volume CheckNodeAffinity. */
export function reaches({ spec }: PersistentVolume, node: KubeNode): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function sizeAsked({ spec }: PersistentVolumeClaim): number {
  return quantityValue(spec.resources?.requests?.['storage'] ?? '0');
}

function sizeOf({ spec }: PersistentVolume): number {
  return quantityValue(spec.capacity?.['storage'] ?? '0');
}

/** Whether the volume is promised to this claim, by a user or by whoever made it. */
function isFor({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined) return false;
  if (claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return (claimRef.uid ?? '') === '' || claimRef.uid === metadata.uid;
}

/** What the volume has to be like whoever it is for. */
function isAlike(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec } = volume;
  return (
    sizeOf(volume) >= sizeAsked(claim) &&
    (spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem') &&
    (spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '') &&
    volume.metadata.deletionTimestamp === undefined
  );
}

/** What it has to be like besides, if it is nobody's yet. */
function isFree(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { selector, accessModes = [] } = claim.spec;
  return (
    volume.status?.phase === 'Available' &&
    (selector === undefined || matchesSelector(selector, volume.metadata.labels)) &&
    classOf(volume) === classOf(claim) &&
    accessModes.every((mode) => volume.spec.accessModes?.includes(mode) === true)
  );
}

/**
 * The volume for a claim on a node: the one that is promised to it, or else the smallest that fits.
 * Source: component-helpers storage/volume FindMatchingVolume.
 */
function matching(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  node: KubeNode,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (taken.has(volume.metadata.name)) continue;
    const promised = isFor(volume, claim);
    if ((volume.spec.claimRef !== undefined && !promised) || !isAlike(volume, claim)) continue;
    if (promised) return reaches(volume, node) ? volume : undefined;
    if (!isFree(volume, claim) || !reaches(volume, node)) continue;
    if (smallest === undefined || sizeOf(volume) < sizeOf(smallest)) smallest = volume;
  }
  return smallest;
}

/** Finds volumes for claims, the smallest claim first. Answers the claims for which there is none. */
export function withoutVolume(
  storage: StorageObjects,
  claims: readonly PersistentVolumeClaim[],
  node: KubeNode,
): readonly PersistentVolumeClaim[] {
  const taken = new Set<string>();
  const left: PersistentVolumeClaim[] = [];
  for (const claim of [...claims].sort((a, b) => sizeAsked(a) - sizeAsked(b))) {
    const volume = matching(claim, storage.volumesOfClass(classOf(claim)), node, taken);
    if (volume === undefined) left.push(claim);
    else taken.add(volume.metadata.name);
  }
  return left;
}

/** What stands in the way of new volumes for claims on a node. */
export type Provisioning = 'possible' | 'unbindable' | 'full' | { readonly error: string };

/** Whether volumes could be made for claims on a node. Source: volumebinding/binder.go checkVolumeProvisions. */
export function provisioning(
  storage: StorageObjects,
  claims: readonly PersistentVolumeClaim[],
  node: KubeNode,
): Provisioning {
  for (const claim of claims) {
    const name = classOf(claim);
    const place = `${claim.metadata.namespace ?? ''}/${claim.metadata.name}`;
    if (name === '') return { error: `no class for claim "${place}"` };
    const storageClass = storage.storageClass(name);
    if (storageClass === undefined) return { error: `failed to find storage class "${name}"` };
    const { provisioner = '' } = storageClass;
    if (provisioner === '' || provisioner === NO_PROVISIONER) return 'unbindable';
    if (!allows(storageClass, node)) return 'unbindable';
    if (!hasCapacity(storage, provisioner, claim, name, node)) return 'full';
  }
  return 'possible';
}

function allows({ allowedTopologies = [] }: StorageClass, node: KubeNode): boolean {
  if (allowedTopologies.length === 0) return true;
  const labels = node.metadata.labels ?? {};
  return allowedTopologies.some(({ matchLabelExpressions = [] }) => {
    const met = matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] as string));
    return matchLabelExpressions.length > 0 && met;
  });
}

/** Only of drivers that publish their capacity it is known. */
function hasCapacity(
  storage: StorageObjects,
  provisioner: string,
  claim: PersistentVolumeClaim,
  storageClassName: string,
  node: KubeNode,
): boolean {
  if (claim.spec.resources?.requests?.['storage'] === undefined) return true;
  if (storage.csiDriver(provisioner)?.spec.storageCapacity !== true) return true;
  const size = sizeAsked(claim);
  return storage.storageCapacities().some((capacity) => {
    const most = capacity.maximumVolumeSize ?? capacity.capacity;
    if (capacity.storageClassName !== storageClassName || most === undefined || quantityValue(most) < size)
      return false;
    return capacity.nodeTopology !== undefined && matchesSelector(capacity.nodeTopology, node.metadata.labels);
  });
}
