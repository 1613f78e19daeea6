import type { Pod } from '../api/core.ts';
import type { PodInfo } from '../scheduler/pod-class.ts';

/** The order in which pods are given room: important ones first, then those that have waited longest. */
export function byUrgency(a: Pod, b: Pod): number {
  const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0);
  if (priority !== 0) return priority;
  return compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(keyOf(a), keyOf(b));
}

/** In the order of their names: the same whatever came before. */
export function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return compare(a.key, b.key);
}

/** What tells pods from others that need the same: what fits one of them fits all. */
export function likeness({ podClass, pinnedNode }: PodInfo): string {
  return `${podClass.id} ${pinnedNode ?? ''}`;
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function compare(a: string | undefined, b: string | undefined): number {
  const [one, other] = [a ?? '', b ?? ''];
  return one === other ? 0 : one < other ? -1 : 1;
}
