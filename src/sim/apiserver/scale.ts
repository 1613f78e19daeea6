import type { KubeObject } from '../api/meta.ts';
import { printSelector } from '../api/selectors.ts';
import type { LabelSelector } from '../api/meta.ts';

/** Kinds with a scale sub-resource. */
export const SCALED = new Set(['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet']);

/** `autoscaling/v1` Scale: how many replicas a workload is to have, apart from all else about it. */
export interface Scale extends KubeObject {
  readonly kind: 'Scale';
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number; readonly selector: string };
}

type Workload = KubeObject & {
  readonly spec?: { readonly replicas?: number; readonly selector?: LabelSelector };
  readonly status?: { readonly replicas?: number };
};

/** The scale of a workload. */
export function scaleOf(object: KubeObject): Scale {
  const { metadata, spec, status } = object as Workload;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = spec?.selector ?? {};
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec?.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, selector: printSelector(selector) },
  };
}

/** The workload under another scale; of the scale's metadata its UID and resourceVersion count, as preconditions. */
export function rescaled(object: KubeObject, scale: Partial<Scale>): KubeObject {
  const { resourceVersion, uid } = scale.metadata ?? {};
  return {
    ...object,
    metadata: { ...object.metadata, ...(uid === undefined ? {} : { uid }), resourceVersion: resourceVersion ?? '' },
    spec: { ...(object as Workload).spec, replicas: scale.spec?.replicas ?? 0 },
  } as KubeObject;
}
