import type { KubeObject } from '../api/meta.ts';
import type { PodInfo } from './pod-class.ts';

/** What happened in the cluster, as bits. Source: kube-scheduler framework `ActionType`. */
export const Action = {
  add: 1 << 0,
  delete: 1 << 1,
  updateNodeAllocatable: 1 << 2,
  updateNodeLabel: 1 << 3,
  updateNodeTaint: 1 << 4,
  updatePodLabel: 1 << 5,
  updatePodScaleDown: 1 << 6,
  updatePodToleration: 1 << 7,
  updatePodSchedulingGatesEliminated: 1 << 8,
  updateOther: 1 << 9,
  updatePodGeneratedResourceClaim: 1 << 10,
  all: (1 << 11) - 1,
} as const;

/** `AssignedPod`: a pod on a node. `UnscheduledPod`: the waiting pod itself. `*`: anything, such as the time limit. */
export type EventResource = 'AssignedPod' | 'UnscheduledPod' | 'Node' | DeviceKind | StorageKind | '*';

/** Kinds that decide about devices; `updateOther` is any change of theirs. */
type DeviceKind = 'ResourceClaim' | 'DeviceClass' | 'ResourceSlice';

/** Kinds that decide where volumes can be; `updateOther` is any change of theirs. */
type StorageKind =
  | 'StorageClass'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'VolumeAttachment';

export interface ClusterEvent {
  readonly resource: EventResource;
  /** One or several of `Action`. */
  readonly action: number;
  readonly before?: KubeObject | undefined;
  /** Of an event about anything (`*`): the one pod that it is for. */
  readonly after?: KubeObject | undefined;
}

/** A plugin's interest in an event. Without a hint every such event is worth another try. */
export interface EventRegistration {
  readonly resource: EventResource;
  readonly action: number;
  /** Whether the event may make the pod schedulable. Depends on the pod's class and the event alone. */
  readonly hint?: (pod: PodInfo, event: ClusterEvent) => boolean;
}

/** Everything there is: for plugins that do not say. */
export const ANY_EVENT: readonly EventRegistration[] = [{ resource: '*', action: Action.all }];

/** Whether a registration is for an event. */
export function isFor(registration: EventRegistration, event: ClusterEvent): boolean {
  if (event.resource === '*' || registration.resource === '*') return true;
  return registration.resource === event.resource && (registration.action & event.action) !== 0;
}
