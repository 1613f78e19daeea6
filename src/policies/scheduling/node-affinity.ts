import type { Affinity, KubeNode, NodeAffinity, NodeSelectorTerm } from '../../sim/api/core.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import { matchesRequired, matchesTerm, requiresNode } from '../../sim/scheduler/node-selection.ts';
import { SKIP, unresolvable } from '../../sim/scheduler/status.ts';
import { normalizeByMaximum } from './normalize.ts';

const REFUSED = unresolvable("node(s) didn't match Pod's node affinity/selector");
const REFUSED_BY_PROFILE = unresolvable("node(s) didn't match scheduler-enforced node affinity");

/** NodeAffinityArgs. */
export interface NodeAffinityArgs {
  /** Affinity added to that of all pods. */
  readonly addedAffinity?: NodeAffinity;
}

function namesOf(term: NodeSelectorTerm): ReadonlySet<string> | undefined {
  let names: ReadonlySet<string> | undefined;
  for (const { key, operator, values = [] } of term.matchFields ?? []) {
    if (key !== 'metadata.name' || operator !== 'In') continue;
    const former: ReadonlySet<string> | undefined = names;
    names = former === undefined ? new Set(values) : new Set(values.filter((name) => former.has(name)));
  }
  return names;
}

/** The nodes that the terms ask for by name; undefined where a term is open to any. */
function requiredNames(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const term of terms) {
    const names = namesOf(term);
    if (names === undefined) return undefined;
    for (const name of names) all.add(name);
  }
  return terms.length === 0 ? undefined : all;
}

/** Holds pods to the nodes that their selector and affinity ask for, and prefers those they prefer. */
export function nodeAffinity(args: NodeAffinityArgs = {}): Plugin {
  const { addedAffinity } = args;
  const added: { affinity: Affinity } | undefined =
    addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined
      ? undefined
      : { affinity: { nodeAffinity: addedAffinity } };
  const addedPreferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];

  const preferredOf = ({ podClass }: PodInfo): typeof addedPreferred =>
    podClass.spec.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const prefersNone = (pod: PodInfo): boolean => preferredOf(pod).length + addedPreferred.length === 0;
  const fits = (pod: PodInfo, node: KubeNode): boolean =>
    (added === undefined || matchesRequired(added, node)) && matchesRequired(pod.podClass.spec.spec, node);

  return {
    name: 'NodeAffinity',
    scope: 'row',
    repeatable: true,
    events: [
      {
        resource: 'Node',
        action: Action.add | Action.updateNodeLabel,
        hint: (pod, { before, after }) =>
          fits(pod, after as KubeNode) && (before === undefined || !fits(pod, before as KubeNode)),
      },
    ],
    preFilter(_cycle, { podClass, pinnedNode }) {
      if (pinnedNode !== undefined) return { nodeNames: new Set([pinnedNode]) };
      const { spec } = podClass.spec;
      if (!requiresNode(spec) && added === undefined) return SKIP;
      const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
      const nodeNames = required === undefined ? undefined : requiredNames(required.nodeSelectorTerms);
      if (nodeNames === undefined) return undefined;
      return nodeNames.size === 0 ? unresolvable('pod affinity terms conflict') : { nodeNames };
    },
    filter(_cycle, pod, { node }) {
      if (added !== undefined && !matchesRequired(added, node)) return REFUSED_BY_PROFILE;
      return matchesRequired(pod.podClass.spec.spec, node) ? undefined : REFUSED;
    },
    preScore(_cycle, pod) {
      return prefersNone(pod) ? SKIP : undefined;
    },
    skipsScore(_cycle, pod) {
      return prefersNone(pod);
    },
    score(_cycle, pod, { node }) {
      let sum = 0;
      for (const { weight, preference } of addedPreferred) if (matchesTerm(preference, node)) sum += weight;
      for (const { weight, preference } of preferredOf(pod)) if (matchesTerm(preference, node)) sum += weight;
      return sum;
    },
    normalizeScore(_cycle, _pod, scores, count) {
      normalizeByMaximum(scores, count, false);
    },
  };
}
