import type { Pod } from '../api/core.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import { conflict } from './answers.ts';
import { shapedStatus } from './new-object.ts';

/** Why a pod cannot be bound; `uid` is the one that the client means. Source: registry/core/pod/storage (setPodHostAndAnnotations). */
export function bindingRefusal(pod: Pod, uid: string): ApiStatus | undefined {
  const { metadata, spec } = pod;
  if (metadata.uid !== uid) return conflict(pod);
  if (metadata.deletionTimestamp !== undefined) {
    return failure('Conflict', `pod ${metadata.name} is being deleted, cannot be assigned to a host`);
  }
  if (spec.nodeName === undefined || spec.nodeName === '') return undefined;
  return failure('Conflict', `pod ${metadata.name} is already assigned to node "${spec.nodeName}"`);
}

/** What changes of a pod when it is bound. */
export function boundTo(pod: Pod, nodeName: string, time: string): Pick<Pod, 'spec' | 'status'> {
  const others = (pod.status.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: time } as const;
  // Not spread, see storedObject: a spec has what fields it has, and one more is added.
  const spec = Object.assign({}, pod.spec, { nodeName });
  return { spec, status: shapedStatus(pod.status, [...others, scheduled]) };
}
