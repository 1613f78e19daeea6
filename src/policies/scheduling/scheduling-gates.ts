import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import { unresolvable } from '../../sim/scheduler/status.ts';

/** Keeps a pod out of the queue while it has scheduling gates. */
export function schedulingGates(): Plugin {
  return {
    name: 'SchedulingGates',
    scope: 'row',
    repeatable: true,
    events: [{ resource: 'UnscheduledPod', action: Action.updatePodSchedulingGatesEliminated }],
    preEnqueue({ pod }) {
      const gates = pod.spec.schedulingGates ?? [];
      if (gates.length === 0) return undefined;
      return unresolvable(`waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`);
    },
  };
}
