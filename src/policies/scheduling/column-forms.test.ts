import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { KubeNode, Pod, PodSpec } from '../../sim/api/core.ts';
import { explain } from '../../sim/scheduler/explain.ts';
import type { Explanation } from '../../sim/scheduler/explain.ts';
import type { Profile } from '../../sim/scheduler/framework.ts';
import { NodeTable } from '../../sim/scheduler/node-table.ts';
import { PodClasses } from '../../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../../sim/scheduler/resource-names.ts';
import { SchedulingCycle } from '../../sim/scheduler/scheduling-cycle.ts';
import { firstOfTies } from '../../sim/scheduler/tie-breaker.ts';
import { propertyRuns } from '../../../test/property-runs.ts';
import { nodeOf, objects, podOf, someLabels, someNode, someSpec, specOf } from '../../../test/random-clusters.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';

const withoutPreemption: Profile = {
  plugins: DEFAULT_PROFILE.plugins.map(({ create, weight }) => ({
    create: (handle) => ({ ...create(handle), postFilter: () => undefined }),
    weight,
  })),
};

function cycleOf(table: NodeTable): SchedulingCycle {
  return new SchedulingCycle(withoutPreemption, { table, objects, draws: () => 0 }, firstOfTies, 100);
}

/** The plain forms' word in a table built from nothing but the nodes and pods as they are. */
function explainAnew(table: NodeTable, pod: Pod): Explanation {
  const classes = new PodClasses(new ResourceNames());
  const anew = new NodeTable(classes);
  for (const row of table.order) anew.setNode(table.nodes[row] as KubeNode);
  for (const [row, pods] of table.podsOn.entries()) {
    for (const other of pods) anew.addPod(classes.info(other.pod), table.names[row] as string);
  }
  return explain(cycleOf(anew), classes.info(pod));
}

/** What happens to a cluster: pods come by the number of their spec, go, and nodes change. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('pod' as const), spec: fc.nat(4), labels: someLabels }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('gone' as const), pod: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('node' as const), index: fc.nat(9), node: someNode }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('lost' as const), index: fc.nat(9) }) },
);

describe('the forms over many rows and the memory of rows', () => {
  it('decide as the plain forms do, in clusters that change', () => {
    const clusters = fc.record({
      nodes: fc.array(someNode, { minLength: 1, maxLength: 9 }),
      specs: fc.array(someSpec, { minLength: 5, maxLength: 5 }),
      steps: fc.array(step, { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(clusters, ({ nodes, specs, steps }) => {
        const classes = new PodClasses(new ResourceNames());
        const table = new NodeTable(classes);
        for (const [index, node] of nodes.entries()) table.setNode(nodeOf(node, index));
        const cycle = cycleOf(table);
        const podSpecs = specs.map((given) => specOf(given));
        for (const [number, now] of steps.entries()) {
          if (now.what === 'node') table.setNode(nodeOf(now.node, now.index));
          else if (now.what === 'lost') table.removeNode(`n${now.index}`);
          else if (now.what === 'gone') table.removePod(`default/p${now.pod}`);
          else {
            const pod = podOf(number, podSpecs[now.spec] as PodSpec, now.labels);
            const info = classes.info(pod);
            const told = explainAnew(table, pod);
            const result = cycle.run(info, 1);
            const feasible = [...told.verdicts.values()].filter((verdict) => verdict === undefined).length;
            expect(result.feasible).toBe(feasible);
            if (feasible > 1) {
              expect(told.best).toContain(result.nodeName);
              expect(result.score).toBe(told.scores.get(result.nodeName as string)?.total);
            }
            const refusing = [...told.verdicts.values()].flatMap((verdict) =>
              typeof verdict === 'object' ? [verdict.plugin] : [],
            );
            if (feasible === 0 && table.size > 0)
              expect(result.rejectingPlugins).toEqual([...new Set(refusing)].sort());
            if (result.nodeName !== undefined) table.addPod(info, result.nodeName);
          }
        }
      }),
      { numRuns: propertyRuns(200) },
    );
  });
});
