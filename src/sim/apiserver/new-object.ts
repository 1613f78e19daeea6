import type { Pod, PodSpec } from '../api/core.ts';
import type { Condition } from '../api/meta.ts';

/** What the server puts into `status` of an object that is created; a client's own status counts for Nodes only. */
const FIRST_STATUS: Readonly<Record<string, object>> = {
  Namespace: { phase: 'Active' },
  Deployment: {},
  ReplicaSet: { replicas: 0 },
  ReplicationController: { replicas: 0 },
  StatefulSet: { replicas: 0 },
  DaemonSet: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
  Job: {},
  CronJob: {},
  PersistentVolumeClaim: { phase: 'Pending' },
  PersistentVolume: { phase: 'Pending' },
  VolumeAttachment: { attached: false },
};

/** Kinds whose `metadata.generation` counts changes of the spec. */
const COUNTED = new Set([
  'Pod',
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
]);

/** Whether objects of the kind carry a generation. */
export function hasGeneration(kind: string): boolean {
  return COUNTED.has(kind);
}

/**
 * A pod's status with other conditions, in the one shape that all of them have; fields that are undefined count as absent,
 * see `numberedMeta`.
 */
export function shapedStatus(status: Pod['status'], conditions: readonly Condition[] | undefined): Pod['status'] {
  const shaped: Record<keyof Pod['status'], unknown> = {
    phase: status.phase,
    reason: status.reason,
    message: status.message,
    conditions,
    qosClass: status.qosClass,
    nominatedNodeName: status.nominatedNodeName,
    resourceClaimStatuses: status.resourceClaimStatuses,
    hostIP: status.hostIP,
    startTime: status.startTime,
    podIP: status.podIP,
    podIPs: status.podIPs,
    initContainerStatuses: status.initContainerStatuses,
    containerStatuses: status.containerStatuses,
  };
  return shaped as unknown as Pod['status'];
}

const podStatuses = new WeakMap<PodSpec, Pod['status']>();

/** The status an object of the kind is born with. */
export function firstStatus(kind: string, spec: unknown, given: unknown): unknown {
  if (kind === 'Node') return given ?? {};
  if (kind !== 'Pod') return FIRST_STATUS[kind];
  const podSpec = spec as PodSpec;
  let status = podStatuses.get(podSpec);
  if (status === undefined) {
    status = Object.freeze(shapedStatus({ phase: 'Pending', qosClass: qosClassOf(podSpec) }, undefined));
    podStatuses.set(podSpec, status);
  }
  return status;
}

/** Guaranteed: cpu and memory limits everywhere, equal to the requests; BestEffort: none of either. Source: qos.go. */
function qosClassOf(spec: PodSpec): NonNullable<Pod['status']['qosClass']> {
  let guaranteed = true;
  let some = false;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const resource of ['cpu', 'memory']) {
      const request = container.resources?.requests?.[resource];
      const limit = container.resources?.limits?.[resource];
      if (request !== undefined || limit !== undefined) some = true;
      if (limit === undefined || (request ?? limit) !== limit) guaranteed = false;
    }
  }
  if (!some) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
