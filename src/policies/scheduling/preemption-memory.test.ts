/** What preemption remembers of the rows it tried, against trying them all anew. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeNode, Pod } from '../../sim/api/core.ts';
import { propertyRuns } from '../../../test/property-runs.ts';
import type { ClusterObjects } from '../../sim/scheduler/framework.ts';
import { NodeTable } from '../../sim/scheduler/node-table.ts';
import { PodClasses } from '../../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../../sim/scheduler/resource-names.ts';
import { SchedulingCycle } from '../../sim/scheduler/scheduling-cycle.ts';
import { firstOfTies } from '../../sim/scheduler/tie-breaker.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';

const OBJECTS: ClusterObjects = {
  namespaces: new Map(),
  services: () => [],
  disruptionBudgets: () => [],
  replicaSet: () => undefined,
  replicationController: () => undefined,
  statefulSet: () => undefined,
  workloadVersion: 1,
  namespaceVersion: 1,
  budgetVersion: 0,
};

const NODES = 6;

function node(index: number): KubeNode {
  const allocatable = { cpu: '4', memory: '16Gi', pods: '110' };
  const name = `n${index}`;
  const metadata = { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels: {} };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata,
    spec: {},
    status: { allocatable, capacity: allocatable },
  } as never;
}

function pod(name: string, cpu: number, priority: number, start?: number): Pod {
  const spec = { containers: [{ name: 'c', resources: { requests: { cpu: String(cpu) } } }], priority };
  const startTime = start === undefined ? {} : { startTime: `2025-01-01T00:00:${String(10 + start)}Z` };
  const metadata = { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: { phase: 'Pending', ...startTime } } as never;
}

/** What may happen between two attempts. */
const step = fc.oneof(
  fc.record({ do: fc.constant('run' as const), priority: fc.integer({ min: 5, max: 7 }), cpu: fc.constantFrom(2, 3) }),
  fc.record({ do: fc.constant('start' as const), which: fc.nat(), at: fc.nat(40) }),
  fc.record({ do: fc.constant('remove' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('add' as const), on: fc.nat(NODES - 1), priority: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ do: fc.constant('nominate' as const), on: fc.nat(NODES - 1), priority: fc.integer({ min: 5, max: 8 }) }),
);

describe('preemption', () => {
  it('comes to the same with and without a memory of earlier tries', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const classes = new PodClasses(new ResourceNames());
        const table = new NodeTable(classes);
        for (let i = 0; i < NODES; i++) table.setNode(node(i));
        for (let i = 0; i < 4 * NODES; i++) table.addPod(classes.info(pod(`low-${i}`, 1, i % 3)), `n${i % NODES}`);
        const handle = { table, objects: OBJECTS, draws: () => 0 };
        const cycleOf = (): SchedulingCycle => new SchedulingCycle(DEFAULT_PROFILE, handle, firstOfTies, 100);
        const lasting = cycleOf();
        for (const [i, act] of steps.entries()) {
          const keys = [...table.pods()].map(({ key }) => key);
          const chosen = 'which' in act ? keys[act.which % Math.max(1, keys.length)] : undefined;
          if (act.do === 'remove' && chosen !== undefined) table.removePod(chosen);
          if (act.do === 'add') table.addPod(classes.info(pod(`more-${i}`, 1, act.priority)), `n${act.on}`);
          if (act.do === 'nominate')
            lasting.nominations.set(classes.info(pod(`waits-${i}`, 2, act.priority)), `n${act.on}`);
          if (act.do === 'start' && chosen !== undefined) {
            const record = table.pod(chosen);
            if (record === undefined) continue;
            const { name } = record.pod.metadata as { name: string };
            const { priority } = record.podClass.spec as { priority: number };
            table.updatePod(record, pod(name, 1, priority, act.at));
          }
          if (act.do !== 'run') continue;
          const waiting = pod(`high-${i}`, act.cpu, act.priority);
          const fresh = cycleOf();
          for (const [info, where] of lasting.nominations.entries()) fresh.nominations.set(info, where);
          fresh.startIndex = lasting.startIndex;
          const without = fresh.run(classes.info(waiting), 1);
          expect(lasting.run(classes.info(waiting), 1)).toEqual(without);
        }
      }),
      { numRuns: propertyRuns(300), seed: 1 },
    );
  });
});
