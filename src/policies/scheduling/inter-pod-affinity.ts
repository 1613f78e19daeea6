import type { KubeNode, Pod, PodAffinityTerm } from '../../sim/api/core.ts';
import { MAX_NODE_SCORE } from '../../sim/scheduler/framework.ts';
import type { Plugin, PluginHandle } from '../../sim/scheduler/framework.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { ClusterEvent, EventRegistration } from '../../sim/scheduler/cluster-event.ts';
import type { DomainSums } from '../../sim/scheduler/domain-sums.ts';
import { NO_VALUE } from '../../sim/scheduler/label-columns.ts';
import type { ClusterObjects } from '../../sim/scheduler/framework.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import { PASSES, SKIP, unresolvable, unschedulable } from '../../sim/scheduler/status.ts';
import type { Status } from '../../sim/scheduler/status.ts';
import { AffinityCounts } from './affinity-counts.ts';
import type { WeightedSums } from './affinity-counts.ts';
import { affinityTerm } from './affinity-terms.ts';
import type { Matched } from './affinity-terms.ts';

const NAME = 'InterPodAffinity';
const AFFINITY = unresolvable("node(s) didn't match pod affinity rules");
const ANTI_AFFINITY = unschedulable("node(s) didn't match pod anti-affinity rules");
const EXISTING_ANTI_AFFINITY = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");

const NO_TERMS: readonly WeightedSums[] = [];

/** InterPodAffinityArgs. */
export interface InterPodAffinityArgs {
  /** What existing pods' required affinity counts for in scores; 1 unless said otherwise. */
  readonly hardPodAffinityWeight?: number;
  readonly ignorePreferredTermsOfExistingPods?: boolean;
}

/** What Filter goes by in one cycle. */
interface FilterState {
  readonly affinity: readonly DomainSums[];
  /** No pod anywhere matches, and the pod matches itself: the first of its kind goes where it likes. */
  readonly firstOfKind: boolean;
  readonly antiAffinity: readonly DomainSums[];
  readonly existing: readonly DomainSums[];
}

/** Places pods near those they require or prefer, and away from those they or the others do not want near. */
export function interPodAffinity(args: InterPodAffinityArgs, { table, objects }: PluginHandle): Plugin {
  const counts = new AffinityCounts(table, objects, args.hardPodAffinityWeight ?? 1);

  const filterState = ({ podClass }: PodInfo): FilterState => {
    const { affinity, antiAffinity, matchesOwnAffinity } = counts.incoming(podClass);
    for (const sums of affinity) sums.refresh();
    for (const sums of antiAffinity) sums.refresh();
    const existing = counts.existingAntiAffinity(podClass).filter((sums) => sums.refresh().total > 0);
    const firstOfKind = matchesOwnAffinity && affinity.every(({ total }) => total === 0);
    return { affinity, firstOfKind, antiAffinity, existing };
  };

  const verdict = ({ affinity, firstOfKind, antiAffinity, existing }: FilterState, row: number): Status | undefined => {
    let podsExist = true;
    for (const sums of affinity) {
      const value = sums.column.values[row] as number;
      if (value === NO_VALUE) return AFFINITY;
      if ((sums.sums[value] as number) <= 0) podsExist = false;
    }
    if (!podsExist && !firstOfKind) return AFFINITY;
    for (const sums of antiAffinity) if (sums.at(row) > 0) return ANTI_AFFINITY;
    for (const sums of existing) if (sums.at(row) > 0) return EXISTING_ANTI_AFFINITY;
    return undefined;
  };

  /** Terms that any pod counts for; none where the plugin has nothing to say. */
  const scoringTerms = ({ podClass }: PodInfo): readonly WeightedSums[] => {
    const { preferred } = counts.incoming(podClass);
    if (args.ignorePreferredTermsOfExistingPods === true && preferred.length === 0) return NO_TERMS;
    const existing = counts.existingScores(podClass);
    if (preferred.length + existing.length === 0) return NO_TERMS;
    return [...preferred, ...existing].filter(({ sums }) => sums.refresh().total > 0);
  };

  const scoreAt = (terms: readonly WeightedSums[], row: number): number => {
    let score = 0;
    for (const { sums, weight } of terms) score += weight * sums.at(row);
    return score;
  };

  return {
    name: NAME,
    repeatable: true,
    events: eventsOf(objects),
    concerns({ podClass }, other) {
      return podClass.spec.affinity.required.some((term) =>
        affinityTerm(term, podClass.namespace, objects).matches(matched(other)),
      );
    },
    preFilter({ state }, pod) {
      const { required, requiredAnti } = pod.podClass.spec.affinity;
      if (required.length + requiredAnti.length === 0) {
        const existing = counts.existingAntiAffinity(pod.podClass);
        if (existing.every((sums) => sums.refresh().total === 0)) return SKIP;
      }
      state.set(NAME, filterState(pod));
      return undefined;
    },
    filter(_cycle, pod, { row }) {
      // Counted anew: pods may have been put on nodes for a trial since PreFilter.
      return verdict(filterState(pod), row);
    },
    filterRows({ state, statuses }, _pod, rows, count, verdicts) {
      const filter = state.get(NAME) as FilterState;
      for (let i = 0; i < count; i++) {
        if (verdicts[i] !== PASSES) continue;
        const status = verdict(filter, rows[i] as number);
        if (status !== undefined) verdicts[i] = statuses.id(NAME, status);
      }
    },
    preScore({ state }, pod) {
      const terms = scoringTerms(pod);
      if (terms.length === 0) return SKIP;
      state.set(NAME, terms);
      return undefined;
    },
    skipsScore(_cycle, pod) {
      return scoringTerms(pod).length === 0;
    },
    score({ state }, _pod, { row }) {
      return scoreAt(state.get(NAME) as WeightedSums[], row);
    },
    scoreRows({ state }, _pod, rows, count, scores) {
      const terms = state.get(NAME) as WeightedSums[];
      for (let i = 0; i < count; i++) scores[i] = scoreAt(terms, rows[i] as number);
    },
    normalizeScore(_cycle, _pod, scores, count) {
      normalizeByRange(scores, count);
    },
  };
}

/** The least becomes 0, the most 100; all equal: 0. */
function normalizeByRange(scores: Float64Array, count: number): void {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < count; i++) {
    const score = scores[i] as number;
    if (score < minimum) minimum = score;
    if (score > maximum) maximum = score;
  }
  const range = maximum - minimum;
  for (let i = 0; i < count; i++) {
    scores[i] = range > 0 ? Math.trunc(MAX_NODE_SCORE * (((scores[i] as number) - minimum) / range)) : 0;
  }
}

function matched(pod: Pod): Matched {
  return { namespace: pod.metadata.namespace ?? '', labels: pod.metadata.labels ?? {} };
}

function eventsOf(objects: ClusterObjects): readonly EventRegistration[] {
  const matcher =
    ({ podClass }: PodInfo) =>
    (term: PodAffinityTerm, other: Pod): boolean =>
      affinityTerm(term, podClass.namespace, objects).matches(matched(other));
  const podMatters = (pod: PodInfo, event: ClusterEvent): boolean => {
    const { required, requiredAnti } = pod.podClass.spec.affinity;
    const matches = matcher(pod);
    const near = (other: Pod): boolean => required.length > 0 && required.every((term) => matches(term, other));
    const unwanted = (other: Pod): boolean => requiredAnti.some((term) => matches(term, other));
    const before = event.before as Pod | undefined;
    const after = event.after as Pod | undefined;
    if (before !== undefined && after !== undefined) {
      return (!near(before) && near(after)) || (unwanted(before) && !unwanted(after));
    }
    if (after !== undefined) return near(after);
    return before !== undefined && (unwanted(before) || refuses(before, pod, objects));
  };
  return [
    { resource: 'AssignedPod', action: Action.add | Action.delete | Action.updatePodLabel, hint: podMatters },
    { resource: 'UnscheduledPod', action: Action.updatePodLabel },
    {
      resource: 'Node',
      action: Action.add | Action.updateNodeLabel,
      hint: ({ podClass }, { before, after }) => {
        const { required, requiredAnti } = podClass.spec.affinity;
        const label = (node: KubeNode, { topologyKey }: PodAffinityTerm): string | undefined =>
          node.metadata.labels?.[topologyKey];
        const node = after as KubeNode;
        const former = before as KubeNode | undefined;
        if (required.some((term) => label(node, term) === undefined)) return false;
        if (former === undefined) return true;
        return [...required, ...requiredAnti].some((term) => label(node, term) !== label(former, term));
      },
    },
  ];
}

/** Whether the other pod's required anti-affinity is against this one. */
function refuses(other: Pod, { podClass }: PodInfo, objects: ClusterObjects): boolean {
  const terms = other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const namespace = other.metadata.namespace ?? '';
  return terms.some((term) => affinityTerm(term, namespace, objects).matches(podClass));
}
