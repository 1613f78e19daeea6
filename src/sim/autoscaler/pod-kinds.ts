import type { Pod } from '../api/core.ts';

/** A pod of a DaemonSet comes and goes with its node. */
export function isOfDaemonSet({ metadata }: Pod): boolean {
  return metadata.ownerReferences?.some(({ kind, controller }) => kind === 'DaemonSet' && controller === true) === true;
}

/** Pods that are their node's own: those of DaemonSets, and what stands for a file in its kubelet's folder. */
export function staysWithNode(pod: Pod): boolean {
  return isOfDaemonSet(pod) || pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
}

/** Whether a pod would be made anew elsewhere if its node went. */
export function movesElsewhere(pod: Pod): boolean {
  const { metadata, status } = pod;
  if (staysWithNode(pod)) return false;
  return status.phase !== 'Succeeded' && status.phase !== 'Failed' && metadata.deletionTimestamp === undefined;
}
