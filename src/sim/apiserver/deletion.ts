import type { Namespace, Pod } from '../api/core.ts';
import type { KubeObject, ObjectMeta } from '../api/meta.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Micros } from '../kernel/time.ts';
import type { DeleteOptions } from './request.ts';

/** Finalizers that stand for a propagation policy until the garbage collector has done its part. */
const PROPAGATION = { Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

/** core/v1 default of terminationGracePeriodSeconds. */
const DEFAULT_GRACE_SECONDS = 30;

/** How long the object may take to go; 0 for all but pods that run somewhere. Source: registry/core/pod/strategy.go. */
function gracePeriodOf(object: KubeObject, asked: number | undefined): number {
  if (object.kind !== 'Pod') return 0;
  const { spec, status } = object as Pod;
  if (spec.nodeName === undefined || spec.nodeName === '') return 0;
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return 0;
  return Math.max(0, asked ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
}

function finalizersAfter(metadata: ObjectMeta, options: DeleteOptions): readonly string[] {
  const others = (metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== PROPAGATION.Foreground && finalizer !== PROPAGATION.Orphan,
  );
  const policy = options.propagationPolicy;
  if (policy === undefined) return metadata.finalizers ?? [];
  return policy === 'Background' ? others : [...others, PROPAGATION[policy]];
}

/**
 * The object as a deletion leaves it: marked, if it may not go at once (see isGone). The same object where a deletion
 * that is under way is not hastened by it.
 */
export function deletionOf(object: KubeObject, options: DeleteOptions, calendar: Calendar, now: Micros): KubeObject {
  const { metadata } = object;
  const finalizers = finalizersAfter(metadata, options);
  let grace = gracePeriodOf(object, options.gracePeriodSeconds);
  const under = metadata.deletionTimestamp !== undefined;
  if (under) {
    const left = metadata.deletionGracePeriodSeconds ?? 0;
    // A second deletion may shorten the time that is left, never lengthen it.
    const shorter = options.gracePeriodSeconds !== undefined && grace < left;
    if (!shorter && gracePeriodOf(object, undefined) > 0) return object;
    if (left === 0 && grace === 0 && finalizers.length > 0) return object;
    grace = Math.min(grace, left);
  }
  const generation = metadata.generation === undefined || under ? {} : { generation: metadata.generation + 1 };
  const marked = {
    ...object,
    metadata: {
      ...metadata,
      ...generation,
      ...(finalizers.length > 0 || metadata.finalizers !== undefined ? { finalizers } : {}),
      deletionTimestamp: calendar.timestamp(now + grace * 1_000_000),
      deletionGracePeriodSeconds: grace,
    },
  };
  if (object.kind !== 'Namespace') return marked;
  return { ...marked, status: { phase: 'Terminating' } } as KubeObject;
}

/** Whether an object that is being deleted has nothing left that holds it. */
export function isGone(object: KubeObject): boolean {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  if ((metadata.finalizers?.length ?? 0) > 0) return false;
  return object.kind !== 'Namespace' || ((object as Namespace).spec?.finalizers?.length ?? 0) === 0;
}
