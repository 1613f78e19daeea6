import type { KubeNode, Pod } from '../../api/core.ts';
import type { PersistentVolume } from '../../api/storage.ts';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Whether the volume can be attached to several nodes. Source: pkg/volume/util IsMultiAttachAllowed. */
export function mayBeAttachedTwice({ spec: { accessModes = [] } }: PersistentVolume): boolean {
  return accessModes.length === 0 || accessModes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
}

/**
 * Whether a pod's volumes have to be on its node: until it has ended, or is being deleted and nothing of it runs.
 * Source: pkg/volume/util IsPodTerminated.
 */
export function needsVolumes({ metadata, status }: Pod): boolean {
  if (status.phase === 'Failed' || status.phase === 'Succeeded') return false;
  if (metadata.deletionTimestamp === undefined) return true;
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  return containers.some(({ state }) => state?.running !== undefined);
}

export function isHealthy({ status }: KubeNode): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

export function hasOutOfServiceTaint({ spec }: KubeNode): boolean {
  return spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true;
}
