import type { KubeNode, Taint, Toleration } from '../../sim/api/core.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { EventRegistration } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import type { PodInfo, SpecClass } from '../../sim/scheduler/pod-class.ts';
import { PASSES, unresolvable } from '../../sim/scheduler/status.ts';
import type { Status } from '../../sim/scheduler/status.ts';
import { toleratedBy, untoleratedTaint } from '../../sim/scheduler/tolerations.ts';
import { normalizeByMaximum } from './normalize.ts';

const NAME = 'TaintToleration';

function tolerationsOf({ podClass }: PodInfo): readonly Toleration[] {
  return podClass.spec.spec.tolerations ?? [];
}

function taintsOf(node: KubeNode): readonly Taint[] {
  return node.spec.taints ?? [];
}

const EVENTS: readonly EventRegistration[] = [
  {
    resource: 'Node',
    action: Action.add | Action.updateNodeTaint,
    hint: (pod, { before, after }) => {
      const tolerations = tolerationsOf(pod);
      const stood = before === undefined || untoleratedTaint(tolerations, taintsOf(before as KubeNode)) !== undefined;
      return stood && untoleratedTaint(tolerations, taintsOf(after as KubeNode)) === undefined;
    },
  },
  { resource: 'UnscheduledPod', action: Action.updatePodToleration },
];

function refusal({ key, value = '' }: Taint): Status {
  return unresolvable(`node(s) had untolerated taint {${key}: ${value}}`);
}

/** Tolerations that count against PreferNoSchedule taints: those for that effect or for all. */
function preferring(tolerations: readonly Toleration[]): readonly Toleration[] {
  return tolerations.filter(({ effect }) => effect === undefined || effect === 'PreferNoSchedule');
}

function unpreferred(tolerations: readonly Toleration[], taints: readonly Taint[]): number {
  let count = 0;
  for (const taint of taints) if (taint.effect === 'PreferNoSchedule' && !toleratedBy(tolerations, taint)) count++;
  return count;
}

/** What one spec makes of each set of taints, by the set's number: computed once a set. */
interface BySet {
  readonly refusals: (Status | null | undefined)[];
  readonly scores: (number | undefined)[];
}

/** Keeps pods off nodes with taints they do not tolerate, and prefers nodes without PreferNoSchedule taints. */
export function taintToleration(): Plugin {
  const memory = new WeakMap<SpecClass, BySet>();
  const memoryOf = (pod: PodInfo): BySet => {
    let bySet = memory.get(pod.podClass.spec);
    if (bySet === undefined) memory.set(pod.podClass.spec, (bySet = { refusals: [], scores: [] }));
    return bySet;
  };
  return {
    name: NAME,
    scope: 'row',
    repeatable: true,
    events: EVENTS,
    filter(_cycle, pod, { node }) {
      const taint = untoleratedTaint(tolerationsOf(pod), taintsOf(node));
      return taint === undefined ? undefined : refusal(taint);
    },
    filterRows({ table, statuses }, pod, rows, count, verdicts) {
      if (table.taintedNodes === 0) return;
      const { refusals } = memoryOf(pod);
      for (let i = 0; i < count; i++) {
        const set = table.taintSet[rows[i] as number] as number;
        if (set === 0 || verdicts[i] !== PASSES) continue;
        let status = refusals[set];
        if (status === undefined) {
          const taint = untoleratedTaint(tolerationsOf(pod), table.taintSets[set] as readonly Taint[]);
          refusals[set] = status = taint === undefined ? null : refusal(taint);
        }
        if (status !== null) verdicts[i] = statuses.id(NAME, status);
      }
    },
    passesAll: ({ table }) => table.taintedNodes === 0,
    score(_cycle, pod, { node }) {
      return unpreferred(preferring(tolerationsOf(pod)), taintsOf(node));
    },
    scoreRows({ table }, pod, rows, count, scores) {
      if (table.taintedNodes === 0) {
        scores.fill(0, 0, count);
        return;
      }
      const { scores: known } = memoryOf(pod);
      for (let i = 0; i < count; i++) {
        const set = table.taintSet[rows[i] as number] as number;
        if (set === 0) {
          scores[i] = 0;
          continue;
        }
        scores[i] = known[set] ??= unpreferred(
          preferring(tolerationsOf(pod)),
          table.taintSets[set] as readonly Taint[],
        );
      }
    },
    levelScore({ table }) {
      return table.taintedNodes === 0 ? 0 : undefined;
    },
    normalizeScore(_cycle, _pod, scores, count) {
      normalizeByMaximum(scores, count, true);
    },
  };
}
