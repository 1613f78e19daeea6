import type { KubeObject } from '../api/meta.ts';
import { quantityValue } from '../api/quantity.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { PersistentVolumeClaim, StorageClass } from '../api/storage.ts';
import type { EtcdStore } from '../etcd/store.ts';
import { CLAIM_PROTECTION, classOf, DEFAULT_CLASS, VOLUME_PROTECTION } from '../storage/claims.ts';
import { sameJson } from './merge-patch.ts';

/** StorageObjectInUseProtection: the object cannot go before its protection controller lets it. */
export function protectedObject<T extends KubeObject>(object: T): T {
  const finalizer = object.kind === 'PersistentVolume' ? VOLUME_PROTECTION : CLAIM_PROTECTION;
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(finalizer)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } };
}

/**
 * DefaultStorageClass: a claim that names no class gets the default one, of several the newest.
 * Source: plugin/pkg/admission/storage/storageclass/setdefault.
 */
export function withDefaultClass(claim: PersistentVolumeClaim, store: EtcdStore): PersistentVolumeClaim {
  if (claim.spec.storageClassName !== undefined || classOf(claim) !== '') return claim;
  let newest: StorageClass | undefined;
  for (const { object } of store.list('StorageClass')) {
    const candidate = object as StorageClass;
    if (candidate.metadata.annotations?.[DEFAULT_CLASS] !== 'true') continue;
    if (newest === undefined || candidate.metadata.creationTimestamp >= newest.metadata.creationTimestamp) {
      newest = candidate;
    }
  }
  return newest === undefined ? claim : { ...claim, spec: { ...claim.spec, storageClassName: newest.metadata.name } };
}

/**
 * Why a change of a claim is refused: but for a volume's name where there was none, and more room for a bound claim whose
 * class allows it (PersistentVolumeClaimResize), nothing of it may change. Source: ValidatePersistentVolumeClaimUpdate.
 */
export function claimRefusal(
  current: PersistentVolumeClaim,
  next: PersistentVolumeClaim['spec'],
  store: EtcdStore,
): ApiStatus | undefined {
  const { spec } = current;
  const unnamed = (spec.volumeName ?? '') === '';
  const fixed = (of: PersistentVolumeClaim['spec']): object => ({
    ...of,
    resources: { ...of.resources, requests: undefined },
    volumeAttributesClassName: undefined,
    volumeName: unnamed ? undefined : of.volumeName,
  });
  const name = `PersistentVolumeClaim "${current.metadata.name}" is invalid`;
  if (!sameJson(fixed(spec), fixed(next))) {
    const what =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    return failure('Invalid', `${name}: spec: Forbidden: ${what}`);
  }
  const [before, after] = [sizeOf(spec), sizeOf(next)];
  if (after < before) {
    const what = 'field can not be less than status.capacity';
    return failure('Invalid', `${name}: spec.resources.requests.storage: Forbidden: ${what}`);
  }
  if (after === before) return undefined;
  const storageClass = store.get('StorageClass', classOf(current))?.object as StorageClass | undefined;
  if (current.status?.phase === 'Bound' && storageClass?.allowVolumeExpansion === true) return undefined;
  const why =
    current.status?.phase === 'Bound'
      ? 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
      : 'only bound persistent volume claims can be expanded';
  return failure('Forbidden', `persistentvolumeclaims "${current.metadata.name}" is forbidden: ${why}`);
}

function sizeOf({ resources }: PersistentVolumeClaim['spec']): number {
  return quantityValue(resources?.requests?.['storage'] ?? '0');
}
