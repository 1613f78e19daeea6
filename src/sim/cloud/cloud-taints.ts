import type { KubeNode, Taint } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import type { ApiRequest } from '../apiserver/request.ts';

/** A kubelet with an external cloud provider registers its node with this. Source: cloud-provider api/well_known_taints.go. */
export const UNINITIALIZED: Taint = {
  key: 'node.cloudprovider.kubernetes.io/uninitialized',
  value: 'true',
  effect: 'NoSchedule',
};

/** The node's instance is there, but switched off. Source: the same file. */
export const SHUTDOWN: Taint = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' };

/** The cluster autoscaler is about to remove the node. Source: autoscaler utils/taints/taints.go. */
export const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

export function hasTaint({ spec }: KubeNode, { key }: Pick<Taint, 'key'>): boolean {
  return spec.taints?.some((taint) => taint.key === key) === true;
}

/** Writes a node's taints anew (and more), refused with Conflict if the node has changed since it was read. */
export function taintsRequest(
  { metadata }: KubeNode,
  taints: readonly Taint[],
  more: { readonly labels?: StringMap; readonly providerID?: string } = {},
): ApiRequest {
  const { name, resourceVersion } = metadata;
  const { labels, providerID } = more;
  const patch = {
    metadata: { resourceVersion, ...(labels === undefined ? {} : { labels }) },
    spec: { taints: taints.length === 0 ? null : taints, ...(providerID === undefined ? {} : { providerID }) },
  };
  return { verb: 'patch', kind: 'Node', namespace: '', name, patch, ignore: ['NotFound'] };
}
