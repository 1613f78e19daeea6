import type { KubeNode } from '../api/core.ts';
import { quantityValue } from '../api/quantity.ts';
import { matchesSelector } from '../api/selectors.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../api/storage.ts';
import type { StorageObjects } from '../scheduler/framework.ts';
import { matchesTerm } from '../scheduler/node-selection.ts';
import { classOf } from './claims.ts';

/** The provisioner of classes whose volumes are made by hand. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/**
 * Whether a volume can be used on a node. `terms` are its node affinity's, or what a CSI driver makes of them (see
 * csi-translation.ts). Source: component-helpers storage/volume CheckNodeAffinity.
 */
export function reaches(
  { spec }: PersistentVolume,
  node: KubeNode,
  terms = spec.nodeAffinity?.required?.nodeSelectorTerms,
): boolean {
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

/** Bytes that a claim asks for. */
export function sizeAsked({ spec }: PersistentVolumeClaim): number {
  return quantityValue(spec.resources?.requests?.['storage'] ?? '0');
}

/** Bytes that a volume has. */
export function sizeOf({ spec }: PersistentVolume): number {
  return quantityValue(spec.capacity?.['storage'] ?? '0');
}

/** Whether the volume is promised to this claim, by a user or by whoever made it. */
export function isFor({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
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
 * The volume for a claim on a node, or without one anywhere: the one that is promised to it, or else the smallest that fits.
 * `delayed`: the claim waits for a node; without one only a promised volume will do.
 * Source: component-helpers storage/volume FindMatchingVolume.
 */
export function matchingVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  node: KubeNode | undefined,
  { taken, delayed = false }: { readonly taken?: ReadonlySet<string>; readonly delayed?: boolean } = {},
): PersistentVolume | undefined {
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (taken?.has(volume.metadata.name) === true) continue;
    const promised = isFor(volume, claim);
    if ((volume.spec.claimRef !== undefined && !promised) || !isAlike(volume, claim)) continue;
    if (promised) return node === undefined || reaches(volume, node) ? volume : undefined;
    if (node === undefined && delayed) continue;
    if (!isFree(volume, claim) || (node !== undefined && !reaches(volume, node))) continue;
    if (smallest === undefined || sizeOf(volume) < sizeOf(smallest)) smallest = volume;
  }
  return smallest;
}

/** Which volumes claims would get, and the claims for which there is none. */
export interface Matches {
  readonly found: readonly (readonly [PersistentVolumeClaim, PersistentVolume])[];
  readonly left: readonly PersistentVolumeClaim[];
}

/** Finds volumes for claims on a node, the smallest claim first. */
export function matchVolumes(
  storage: StorageObjects,
  claims: readonly PersistentVolumeClaim[],
  node: KubeNode,
): Matches {
  const taken = new Set<string>();
  const found: [PersistentVolumeClaim, PersistentVolume][] = [];
  const left: PersistentVolumeClaim[] = [];
  for (const claim of [...claims].sort((a, b) => sizeAsked(a) - sizeAsked(b))) {
    const volume = matchingVolume(claim, storage.volumesOfClass(classOf(claim)), node, { taken });
    if (volume === undefined) {
      left.push(claim);
    } else {
      taken.add(volume.metadata.name);
      found.push([claim, volume]);
    }
  }
  return { found, left };
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
