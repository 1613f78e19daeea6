import type { PodAffinityTerm } from '../../sim/api/core.ts';
import type { LabelSelector, StringMap } from '../../sim/api/meta.ts';
import { matchesSelector } from '../../sim/api/selectors.ts';
import { canonicalText } from '../../sim/scheduler/canonical.ts';
import type { ClusterObjects } from '../../sim/scheduler/framework.ts';
import type { PodClass } from '../../sim/scheduler/pod-class.ts';

const NO_LABELS: StringMap = {};

/** Pods as terms look at them. */
export type Matched = Pick<PodClass, 'namespace' | 'labels'>;

/** A pod affinity term of a pod in some namespace, ready to be asked. */
export interface AffinityTerm {
  readonly topologyKey: string;
  /** Tells which pods it matches from all others. */
  readonly selectionKey: string;
  readonly matches: (pod: Matched) => boolean;
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return matchExpressions.length === 0 && Object.keys(matchLabels).length === 0;
}

/** Compiled terms: classes keep theirs, and ask about them at every event. */
const compiled = new WeakMap<ClusterObjects, WeakMap<PodAffinityTerm, Map<string, AffinityTerm>>>();

/** A term of a pod in a namespace, compiled once; see compile. */
export function affinityTerm(
  term: PodAffinityTerm,
  namespace: string,
  objects: ClusterObjects,
  looseNamespaces = false,
): AffinityTerm {
  let byTerm = compiled.get(objects);
  if (byTerm === undefined) compiled.set(objects, (byTerm = new WeakMap()));
  let variants = byTerm.get(term);
  if (variants === undefined) byTerm.set(term, (variants = new Map()));
  const variant = looseNamespaces ? `${namespace} loose` : namespace;
  let result = variants.get(variant);
  if (result === undefined) variants.set(variant, (result = compile(term, namespace, objects, looseNamespaces)));
  return result;
}

/**
 * Compiles a term. Without namespaces and namespace selector it means the pod's own namespace; with both, either.
 * Namespaces' labels are those of the moment: counters built on a term are reset when they change.
 *
 * @param looseNamespaces v1.34 asks the namespace selector of an incoming pod's own terms about no labels at all, too:
 * one that is satisfied by that (NotIn, DoesNotExist) selects every namespace.
 */
function compile(
  term: PodAffinityTerm,
  namespace: string,
  objects: ClusterObjects,
  looseNamespaces: boolean,
): AffinityTerm {
  const { labelSelector, namespaces = [], namespaceSelector, topologyKey } = term;
  const named = new Set(namespaces.length === 0 && namespaceSelector === undefined ? [namespace] : namespaces);
  const inNamespace = (name: string): boolean => {
    if (named.has(name)) return true;
    if (namespaceSelector === undefined) return false;
    if (isEmpty(namespaceSelector) || (looseNamespaces && matchesSelector(namespaceSelector, NO_LABELS))) return true;
    return matchesSelector(namespaceSelector, objects.namespaces.get(name)?.metadata.labels ?? NO_LABELS);
  };
  return {
    topologyKey,
    selectionKey: canonicalText([[...named].sort(), namespaceSelector, labelSelector ?? null, looseNamespaces]),
    matches: (pod) => inNamespace(pod.namespace) && matchesSelector(labelSelector, pod.labels),
  };
}
