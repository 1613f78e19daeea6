import type { ObjectMeta, ObjectMetaInput } from '../api/meta.ts';

/**
 * The metadata of a stored object under its new revision. Written out field by field so that all metadata in the store
 * has one shape, which makes copying and reading it several times as fast; fields that are undefined count as absent.
 */
export function numberedMeta(meta: ObjectMeta, resourceVersion: string): ObjectMeta {
  const numbered: Record<keyof ObjectMeta, unknown> = {
    name: meta.name,
    namespace: meta.namespace,
    generateName: meta.generateName,
    uid: meta.uid,
    resourceVersion,
    generation: meta.generation,
    creationTimestamp: meta.creationTimestamp,
    deletionTimestamp: meta.deletionTimestamp,
    deletionGracePeriodSeconds: meta.deletionGracePeriodSeconds,
    labels: meta.labels,
    annotations: meta.annotations,
    ownerReferences: meta.ownerReferences,
    finalizers: meta.finalizers,
    managedFields: meta.managedFields,
  };
  return numbered as unknown as ObjectMeta;
}

/** Metadata in which some fields stand instead of what there was; of that shape as well. */
function changedMeta(meta: ObjectMetaInput, changes: Partial<Record<keyof ObjectMeta, unknown>>): ObjectMeta {
  return Object.assign(numberedMeta(meta as ObjectMeta, meta.resourceVersion ?? ''), changes);
}

/** The metadata of a new object: what its client says of it, and what only the server may say. */
export function firstMeta(
  given: ObjectMetaInput,
  own: { readonly [F in 'name' | 'namespace' | 'uid' | 'creationTimestamp' | 'generation']: ObjectMeta[F] | undefined },
): ObjectMeta {
  return changedMeta(given, own);
}

/** A client's metadata with what only the server may set as it stands. */
export function revisedMeta(current: ObjectMeta, given: Partial<ObjectMeta>, specChanged: boolean): ObjectMeta {
  const { generation } = current;
  return changedMeta(current, {
    generation: generation === undefined || !specChanged ? generation : generation + 1,
    labels: given.labels,
    annotations: given.annotations,
    ownerReferences: given.ownerReferences,
    finalizers: given.finalizers,
  });
}
