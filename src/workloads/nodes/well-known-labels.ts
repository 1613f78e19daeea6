import type { StringMap } from '../../sim/api/meta.ts';

/** Labels a kubelet or a cloud provider puts on nodes. Source: k8s.io/api/core/v1/well_known_labels.go. */
export const HOSTNAME = 'kubernetes.io/hostname';
export const ZONE = 'topology.kubernetes.io/zone';
export const REGION = 'topology.kubernetes.io/region';
export const INSTANCE_TYPE = 'node.kubernetes.io/instance-type';

/** What all simulated machines are alike in. */
export const PLAIN_LABELS: StringMap = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
