import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { KubeNode, Pod, PodSpec, Taint, TopologySpreadConstraint } from '../../sim/api/core.ts';
import type { StringMap } from '../../sim/api/meta.ts';
import { explain } from '../../sim/scheduler/explain.ts';
import type { Explanation } from '../../sim/scheduler/explain.ts';
import type { ClusterObjects, Profile } from '../../sim/scheduler/framework.ts';
import { NodeTable } from '../../sim/scheduler/node-table.ts';
import { PodClasses } from '../../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../../sim/scheduler/resource-names.ts';
import { SchedulingCycle } from '../../sim/scheduler/scheduling-cycle.ts';
import { firstOfTies } from '../../sim/scheduler/tie-breaker.ts';
import { propertyRuns } from '../../../test/property-runs.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';

const metadata = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

const app = fc.constantFrom('a', 'b', 'c');
const labels: fc.Arbitrary<StringMap> = fc.record({ app });
const taints: fc.Arbitrary<Taint[]> = fc.array(
  fc.record({ key: fc.constantFrom('gpu', 'old'), effect: fc.constantFrom('NoSchedule', 'PreferNoSchedule') }),
  { maxLength: 2 },
);

const someNode = fc.record({
  cpu: fc.integer({ min: 1, max: 8 }),
  zone: fc.constantFrom(undefined, 'x', 'y', 'z'),
  disk: fc.constantFrom(undefined, 'ssd'),
  taints,
  unschedulable: fc.constantFrom(undefined, undefined, true),
  image: fc.boolean(),
});

const term = fc.record({
  labelSelector: fc.record({ matchLabels: labels }),
  topologyKey: fc.constantFrom(HOSTNAME, ZONE),
});
const terms = fc.array(term, { maxLength: 1 });
const weighted = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), podAffinityTerm: term }), {
  maxLength: 2,
});
const constraint: fc.Arbitrary<TopologySpreadConstraint> = fc.record({
  maxSkew: fc.integer({ min: 1, max: 3 }),
  topologyKey: fc.constantFrom(HOSTNAME, ZONE),
  whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
  labelSelector: fc.record({ matchLabels: labels }),
});
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });

const spec = fc.record({
  cpu: fc.constantFrom('0', '100m', '500m', '1', '3'),
  port: fc.constantFrom(0, 0, 80, 81),
  nodeSelector: optional(fc.constant({ disk: 'ssd' })),
  tolerations: optional(fc.constant([{ key: 'gpu', operator: 'Exists' as const }])),
  topologySpreadConstraints: optional(fc.array(constraint, { minLength: 1, maxLength: 2 })),
  required: optional(terms),
  requiredAnti: optional(terms),
  preferred: optional(weighted),
  preferredAnti: optional(weighted),
});

type Spec = typeof spec extends fc.Arbitrary<infer T> ? T : never;
type Node = typeof someNode extends fc.Arbitrary<infer T> ? T : never;

function nodeOf({ cpu, zone, disk, taints: nodeTaints, unschedulable, image }: Node, index: number): KubeNode {
  const name = `n${index}`;
  const allocatable = { cpu: String(cpu), memory: '8Gi', pods: '5' };
  const nodeLabels = { [HOSTNAME]: name, ...(zone && { [ZONE]: zone }), ...(disk && { disk }) };
  const images = image ? [{ names: ['app:1'], sizeBytes: 900e6 }] : [];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...metadata, name, uid: name, labels: nodeLabels },
    spec: { taints: nodeTaints, ...(unschedulable && { unschedulable }) },
    status: { allocatable, capacity: allocatable, images },
  };
}

function specOf(given: Spec): PodSpec {
  const { cpu, port, nodeSelector, tolerations, topologySpreadConstraints } = given;
  const ports = port === 0 ? [] : [{ containerPort: port, hostPort: port, protocol: 'TCP' as const }];
  return {
    containers: [{ name: 'c', image: 'app:1', ports, resources: { requests: { cpu } } }],
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    ...(topologySpreadConstraints && { topologySpreadConstraints }),
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: given.required ?? [],
        preferredDuringSchedulingIgnoredDuringExecution: given.preferred ?? [],
      },
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: given.requiredAnti ?? [],
        preferredDuringSchedulingIgnoredDuringExecution: given.preferredAnti ?? [],
      },
    },
  };
}

const objects: ClusterObjects = {
  namespaces: new Map(),
  services: () => [{ spec: { selector: { app: 'a' } } }] as never,
  disruptionBudgets: () => [],
  budgetVersion: 0,
  replicaSet: () => undefined,
  replicationController: () => undefined,
  statefulSet: () => undefined,
  workloadVersion: 1,
  namespaceVersion: 1,
};

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
  { weight: 6, arbitrary: fc.record({ what: fc.constant('pod' as const), spec: fc.nat(4), labels }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('gone' as const), pod: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('node' as const), index: fc.nat(9), node: someNode }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('lost' as const), index: fc.nat(9) }) },
);

describe('the forms over many rows and the memory of rows', () => {
  it('decide as the plain forms do, in clusters that change', () => {
    const clusters = fc.record({
      nodes: fc.array(someNode, { minLength: 1, maxLength: 9 }),
      specs: fc.array(spec, { minLength: 5, maxLength: 5 }),
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
            const podMetadata = {
              ...metadata,
              name: `p${number}`,
              namespace: 'default',
              uid: 'abcdef01',
              labels: now.labels,
            };
            const podSpec = podSpecs[now.spec] as PodSpec;
            const pod: Pod = {
              apiVersion: 'v1',
              kind: 'Pod',
              metadata: podMetadata,
              spec: podSpec,
              status: { phase: 'Pending' },
            };
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
