/**
 * The kinds the simulated API server serves: one row each, from which paths, discovery, admission and the store's
 * indexes are derived. Order is the order of bootstrapping and of listing "all".
 */
export interface KindInfo {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** A `status` that only writes to the sub-resource change. */
  readonly status: boolean;
}

function row(kind: string, apiVersion: string, plural: string, namespaced: boolean, status = false): KindInfo {
  return { kind, apiVersion, plural, namespaced, status };
}

export const KINDS = [
  row('Namespace', 'v1', 'namespaces', false, true),
  row('Node', 'v1', 'nodes', false, true),
  row('Lease', 'coordination.k8s.io/v1', 'leases', true),
  row('PriorityClass', 'scheduling.k8s.io/v1', 'priorityclasses', false),
  row('StorageClass', 'storage.k8s.io/v1', 'storageclasses', false),
  row('CSIDriver', 'storage.k8s.io/v1', 'csidrivers', false),
  row('CSINode', 'storage.k8s.io/v1', 'csinodes', false),
  row('CSIStorageCapacity', 'storage.k8s.io/v1', 'csistoragecapacities', true),
  row('VolumeAttachment', 'storage.k8s.io/v1', 'volumeattachments', false, true),
  row('PersistentVolume', 'v1', 'persistentvolumes', false, true),
  row('PersistentVolumeClaim', 'v1', 'persistentvolumeclaims', true, true),
  row('DeviceClass', 'resource.k8s.io/v1', 'deviceclasses', false),
  row('ResourceSlice', 'resource.k8s.io/v1', 'resourceslices', false),
  row('ResourceClaimTemplate', 'resource.k8s.io/v1', 'resourceclaimtemplates', true),
  row('ResourceClaim', 'resource.k8s.io/v1', 'resourceclaims', true, true),
  row('ConfigMap', 'v1', 'configmaps', true),
  row('Secret', 'v1', 'secrets', true),
  row('ServiceAccount', 'v1', 'serviceaccounts', true),
  row('Service', 'v1', 'services', true, true),
  row('EndpointSlice', 'discovery.k8s.io/v1', 'endpointslices', true),
  row('Endpoints', 'v1', 'endpoints', true),
  row('PodDisruptionBudget', 'policy/v1', 'poddisruptionbudgets', true, true),
  row('ValidatingAdmissionPolicy', 'admissionregistration.k8s.io/v1', 'validatingadmissionpolicies', false, true),
  row(
    'ValidatingAdmissionPolicyBinding',
    'admissionregistration.k8s.io/v1',
    'validatingadmissionpolicybindings',
    false,
  ),
  row('PriorityLevelConfiguration', 'flowcontrol.apiserver.k8s.io/v1', 'prioritylevelconfigurations', false, true),
  row('FlowSchema', 'flowcontrol.apiserver.k8s.io/v1', 'flowschemas', false, true),
  row('LimitRange', 'v1', 'limitranges', true),
  row('ResourceQuota', 'v1', 'resourcequotas', true, true),
  row('Deployment', 'apps/v1', 'deployments', true, true),
  row('ReplicaSet', 'apps/v1', 'replicasets', true, true),
  row('ReplicationController', 'v1', 'replicationcontrollers', true, true),
  row('StatefulSet', 'apps/v1', 'statefulsets', true, true),
  row('DaemonSet', 'apps/v1', 'daemonsets', true, true),
  row('ControllerRevision', 'apps/v1', 'controllerrevisions', true),
  row('CronJob', 'batch/v1', 'cronjobs', true, true),
  row('Job', 'batch/v1', 'jobs', true, true),
  row('HorizontalPodAutoscaler', 'autoscaling/v2', 'horizontalpodautoscalers', true, true),
  row('Pod', 'v1', 'pods', true, true),
  row('Event', 'v1', 'events', true),
] as const satisfies readonly KindInfo[];

export type Kind = string;

const byKind = new Map<string, KindInfo>(KINDS.map((info) => [info.kind, info]));

/** The row of a kind, or undefined where the server does not serve it. */
export function kindInfo(kind: string): KindInfo | undefined {
  return byKind.get(kind);
}

/** The kind's API group; '' for the core one. */
export function groupOf(kind: string): string {
  const apiVersion = kindInfo(kind)?.apiVersion ?? '';
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : '';
}

/** `pods`, `deployments.apps`: how the server's errors name a kind. */
export function groupResource(kind: string): string {
  const plural = kindInfo(kind)?.plural ?? kind;
  const group = groupOf(kind);
  return group === '' ? plural : `${plural}.${group}`;
}

/** The kind that the paths of an API version call by this plural. */
export function kindOf(apiVersion: string, plural: string): KindInfo | undefined {
  return KINDS.find((info) => info.apiVersion === apiVersion && info.plural === plural);
}
