import type { LabelSelector, StringMap } from '../api/meta.ts';
import { matchesPairs } from '../api/selectors.ts';
import type { ClusterObjects } from './framework.ts';
import type { PodClass } from './pod-class.ts';

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return matchExpressions.length === 0 && Object.keys(matchLabels).length === 0;
}

/**
 * The selector by which a pod's kin are found: that of all Services which select it, together with that of the
 * controller that owns it. Undefined where there is nothing to go by. Source: plugins/helper `DefaultSelector`.
 */
export function defaultSelector(objects: ClusterObjects, pod: PodClass): LabelSelector | undefined {
  const matchLabels: Record<string, string> = {};
  for (const { spec } of objects.services(pod.namespace)) {
    // A Service without a selector selects nothing.
    if (spec.selector === undefined || Object.keys(spec.selector).length === 0) continue;
    if (matchesPairs(spec.selector, pod.labels)) Object.assign(matchLabels, spec.selector);
  }
  const owned = ownerSelector(objects, pod);
  Object.assign(matchLabels, owned.pairs);
  const { selector } = owned;
  const merged: LabelSelector = {
    matchLabels,
    matchExpressions: [
      ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
        key,
        operator: 'In' as const,
        values: [value],
      })),
      ...(selector.matchExpressions ?? []),
    ],
  };
  return isEmpty(merged) ? undefined : merged;
}

/** A ReplicationController's selector is a map that joins those of the Services; the others' stand beside them. */
function ownerSelector(
  objects: ClusterObjects,
  { namespace, controller }: PodClass,
): { readonly pairs: StringMap; readonly selector: LabelSelector } {
  const nothing = { pairs: {}, selector: {} };
  if (controller === undefined) return nothing;
  const key = `${namespace}/${controller.name}`;
  switch (`${controller.apiVersion} ${controller.kind}`) {
    case 'v1 ReplicationController':
      return { pairs: objects.replicationController(key)?.spec.selector ?? {}, selector: {} };
    case 'apps/v1 ReplicaSet':
      return { pairs: {}, selector: objects.replicaSet(key)?.spec.selector ?? {} };
    case 'apps/v1 StatefulSet':
      return { pairs: {}, selector: objects.statefulSet(key)?.spec.selector ?? {} };
    default:
      return nothing;
  }
}
