import type { Pod } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { PersistentVolumeClaim } from '../api/storage.ts';
import type { EtcdStore } from '../etcd/store.ts';
import { sameJson } from './merge-patch.ts';
import { claimRefusal } from './storage-admission.ts';
import { revisedMeta } from './metadata.ts';

/** Fields of a spec that may never change. Source: the kinds' ValidateUpdate functions. */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['selector'],
  ReplicaSet: ['selector'],
  DaemonSet: ['selector'],
  StatefulSet: ['selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates'],
  Job: ['selector', 'template', 'completionMode'],
  ResourceClaim: ['devices'],
  ResourceClaimTemplate: ['metadata', 'spec'],
  ResourceSlice: ['driver', 'nodeName', 'nodeSelector', 'allNodes'],
};

/** Why a change of the spec is refused, or undefined where it is allowed. */
export function specRefusal(current: KubeObject, spec: unknown, store: EtcdStore): ApiStatus | undefined {
  if (current.kind === 'Pod') return podRefusal(current as Pod, spec as Pod['spec']);
  if (current.kind === 'PersistentVolumeClaim') {
    return claimRefusal(current as PersistentVolumeClaim, spec as PersistentVolumeClaim['spec'], store);
  }
  const before = (current as KubeObject & { spec?: Record<string, unknown> }).spec ?? {};
  const after = (spec ?? {}) as Record<string, unknown>;
  for (const field of IMMUTABLE[current.kind] ?? []) {
    const suspended = current.kind === 'Job' && field === 'template' && before['suspend'] === true;
    if (suspended || sameJson(before[field], after[field])) continue;
    return failure(
      'Invalid',
      `${current.kind} "${current.metadata.name}" is invalid: spec.${field}: Invalid value: field is immutable`,
    );
  }
  return undefined;
}

/** Of a pod only images, the deadline, added tolerations and removed gates may change. Source: validation.go. */
function podRefusal(pod: Pod, spec: Pod['spec']): ApiStatus | undefined {
  const fixed = (of: Pod['spec']): object => ({
    ...of,
    containers: of.containers.map((container) => ({ ...container, image: undefined })),
    initContainers: (of.initContainers ?? []).map((container) => ({ ...container, image: undefined })),
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
    schedulingGates: undefined,
    // While gated, a pod may be narrowed to fewer nodes.
    ...((pod.spec.schedulingGates?.length ?? 0) > 0 ? { nodeSelector: undefined, affinity: undefined } : {}),
  });
  if (sameJson(fixed(pod.spec), fixed(spec))) return undefined;
  return failure(
    'Forbidden',
    `Pod "${pod.metadata.name}" is invalid: spec: Forbidden: pod updates may not change fields other than ` +
      '`spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or ' +
      '`spec.tolerations` (only additions to existing tolerations)',
  );
}

/** The pod with the resources that another state of it has, and nothing else of that. Source: pods/resize. */
export function resized(pod: Pod, asked: Pod): Pod {
  const wanted = new Map(asked.spec.containers.map(({ name, resources }) => [name, resources]));
  const containers = pod.spec.containers.map((container) => {
    const resources = wanted.get(container.name);
    return resources === undefined ? container : { ...container, resources };
  });
  const metadata = revisedMeta(pod.metadata, pod.metadata, true);
  return { ...pod, metadata, spec: { ...pod.spec, containers } };
}
