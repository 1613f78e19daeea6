import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import { unresolvable } from '../../sim/scheduler/status.ts';

const REFUSED = unresolvable("node(s) didn't match the requested node name");

/** Holds a pod that names a node in its spec to that node. Such pods are rare: most never meet the scheduler. */
export function nodeName(): Plugin {
  const versions = new Map<string, number>();
  const versionOf = (name: string | undefined): number => {
    if (name === undefined || name === '') return 0;
    let version = versions.get(name);
    if (version === undefined) versions.set(name, (version = versions.size + 1));
    return version;
  };
  return {
    name: 'NodeName',
    scope: 'row',
    repeatable: true,
    events: [{ resource: 'Node', action: Action.add }],
    // Classes leave the name out, so it is a version of its own.
    version: ({ pod }) => versionOf(pod.spec.nodeName),
    filter(_cycle, { pod }, { name }) {
      const wanted = pod.spec.nodeName;
      return wanted === undefined || wanted === '' || wanted === name ? undefined : REFUSED;
    },
    passesAll: (_cycle, { pod }) => (pod.spec.nodeName ?? '') === '',
    filterRows(cycle, { pod }, rows, count, verdicts) {
      const wanted = pod.spec.nodeName;
      if (wanted === undefined || wanted === '') return;
      for (let i = 0; i < count; i++) {
        if (verdicts[i] === 0 && cycle.table.names[rows[i] as number] !== wanted) {
          verdicts[i] = cycle.statuses.id('NodeName', REFUSED);
        }
      }
    },
  };
}
