import type { KubeNode, Taint } from '../../sim/api/core.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { EventRegistration } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import { PASSES, unresolvable } from '../../sim/scheduler/status.ts';
import { toleratedBy } from '../../sim/scheduler/tolerations.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';

const NAME = 'NodeUnschedulable';
const REFUSED = unresolvable('node(s) were unschedulable');

/** A cordoned node counts as one with this taint. */
const CORDONED: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

function toleratesCordon({ podClass }: PodInfo): boolean {
  return toleratedBy(podClass.spec.spec.tolerations ?? [], CORDONED);
}

const EVENTS: readonly EventRegistration[] = [
  {
    resource: 'Node',
    action: Action.add | Action.updateNodeTaint,
    hint: (_pod, { before, after }) =>
      (after as KubeNode).spec.unschedulable !== true &&
      (before === undefined || (before as KubeNode).spec.unschedulable === true),
  },
  { resource: 'UnscheduledPod', action: Action.updatePodToleration, hint: toleratesCordon },
];

/** Keeps pods off cordoned nodes, unless they tolerate it. */
export function nodeUnschedulable(): Plugin {
  return {
    name: NAME,
    scope: 'row',
    repeatable: true,
    events: EVENTS,
    filter(_cycle, pod, { node }) {
      return node.spec.unschedulable === true && !toleratesCordon(pod) ? REFUSED : undefined;
    },
    passesAll: ({ table }) => table.cordonedNodes === 0,
    filterRows({ table, statuses }, pod, rows, count, verdicts) {
      const { unschedulable } = table;
      if (table.cordonedNodes === 0) return;
      for (let i = 0; i < count; i++) {
        if (unschedulable[rows[i] as number] === 0 || verdicts[i] !== PASSES || toleratesCordon(pod)) continue;
        verdicts[i] = statuses.id(NAME, REFUSED);
      }
    },
  };
}
