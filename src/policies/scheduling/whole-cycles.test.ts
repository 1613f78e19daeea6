import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { propertyRuns } from '../../../test/property-runs.ts';
import { nodeOf, objects, podOf, someLabels, someNode, someSpec, specOf } from '../../../test/random-clusters.ts';
import type { Taint } from '../../sim/api/core.ts';
import { RandomSource } from '../../sim/kernel/random.ts';
import type { Plugin, PluginEntry, Profile } from '../../sim/scheduler/framework.ts';
import { NodeTable } from '../../sim/scheduler/node-table.ts';
import { PodClasses } from '../../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../../sim/scheduler/resource-names.ts';
import { SchedulingCycle, SearchState } from '../../sim/scheduler/scheduling-cycle.ts';
import type { CycleResult } from '../../sim/scheduler/scheduling-cycle.ts';
import { seededTieBreaker } from '../../sim/scheduler/tie-breaker.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';
import { imageLocality } from './image-locality.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { taintToleration } from './taint-toleration.ts';
import { WaitingPods } from '../../sim/scheduler/waiting-pods.ts';

const ties = seededTieBreaker(new RandomSource('ties').purpose('scheduler-tie'));

/** The default profile with some plugins in place of others, or at other weights. */
function profileWith(changes: Readonly<Record<string, Partial<PluginEntry>>>, percentage?: number): Profile {
  const plugins = DEFAULT_PROFILE.plugins.map((entry) => {
    const { name } = entry.create({
      table: new NodeTable(new PodClasses(new ResourceNames())),
      objects,
      draws: () => 0,
      waitingPods: new WaitingPods(),
    });
    return { ...entry, ...changes[name] };
  });
  return { plugins, percentageOfNodesToScore: percentage };
}

const most = (): Plugin => nodeResourcesFit({ scoringStrategy: { type: 'MostAllocated' } });
const memoryFirst = (): Plugin => {
  const resources = [
    { name: 'memory', weight: 3 },
    { name: 'cpu', weight: 1 },
  ];
  return nodeResourcesFit({ scoringStrategy: { type: 'LeastAllocated', resources } });
};

const PROFILES: readonly Profile[] = [
  profileWith({}),
  profileWith({}, 100),
  profileWith({ NodeResourcesFit: { weight: 7 }, NodeResourcesBalancedAllocation: { weight: 0 } }, 100),
  profileWith({ NodeResourcesFit: { create: most }, TaintToleration: { weight: 0 } }, 80),
  profileWith({ NodeResourcesFit: { create: memoryFirst, weight: 2 }, PodTopologySpread: { weight: 5 } }, 100),
];

/** What is there for speed alone. */
const FAST = [
  'scope',
  'filterRows',
  'scoreRows',
  'skipsScore',
  'levelScore',
  'passesAll',
  'onlyRows',
  'joint',
] as const;

/** A profile of which every plugin is asked about every node, one by one, in each cycle anew. */
function plain(profile: Profile): Profile {
  const slow = (plugin: Plugin): Plugin => {
    const kept = Object.entries(plugin).filter(([member]) => !(FAST as readonly string[]).includes(member));
    return Object.fromEntries(kept) as unknown as Plugin;
  };
  const plugins = profile.plugins.map(({ create, weight }): PluginEntry => {
    return { weight, create: (handle) => slow(create(handle)) };
  });
  return { ...profile, plugins };
}

/** A scheduler's cycles, one a profile, that have a table and a search in common. */
class Cycles {
  readonly classes = new PodClasses(new ResourceNames());
  readonly table = new NodeTable(this.classes);
  readonly search = new SearchState();
  readonly #cycles: readonly SchedulingCycle[];

  constructor(profiles: readonly Profile[]) {
    const handle = { table: this.table, objects, draws: () => 0, waitingPods: new WaitingPods() };
    this.#cycles = profiles.map((profile) => new SchedulingCycle(profile, handle, ties, 0, this.search));
  }

  run(profile: number, pod: ReturnType<typeof podOf>): CycleResult {
    return (this.#cycles[profile] as SchedulingCycle).run(this.classes.info(pod), 1);
  }
}

/** What happens: pods come, with a request of their own or one of many, and go; are nominated; nodes change and go. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constant('pod' as const),
      profile: fc.nat(PROFILES.length - 1),
      spec: fc.nat(3),
      labels: someLabels,
      cpu: fc.option(fc.integer({ min: 1, max: 3000 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('gone' as const), pod: fc.nat(60) }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('nominated' as const), node: fc.nat(150), priority: fc.nat(1) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('not nominated' as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('node' as const), index: fc.nat(150), node: someNode }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('lost' as const), index: fc.nat(150) }) },
);

/** Plain enough nodes and pods that most searches go by what is remembered, and others that take every way there is. */
const alike = {
  zone: 'x',
  disk: 'ssd',
  taints: [] as Taint[],
  unschedulable: undefined,
  image: false,
  device: '',
} as const;
const plainNode = fc
  .record({ cpu: fc.integer({ min: 2, max: 4 }), device: fc.constantFrom('', '', '', '', 'a' as const) })
  .map((drawn) => ({ ...alike, ...drawn }));
const simple = { port: 0, nodeSelector: undefined, tolerations: undefined } as const;
const simpler = {
  topologySpreadConstraints: undefined,
  required: undefined,
  requiredAnti: undefined,
  preferred: undefined,
  preferredAnti: undefined,
} as const;
const plainSpec = someSpec.map((spec) => ({ ...spec, ...simple, ...simpler }));

describe('whole cycles', () => {
  const clusters = fc.record({
    nodes: fc.oneof(
      fc.array(plainNode, { minLength: 100, maxLength: 150 }),
      fc.array(fc.oneof({ weight: 9, arbitrary: plainNode }, someNode), { minLength: 30, maxLength: 150 }),
    ),
    specs: fc.array(fc.oneof({ weight: 3, arbitrary: plainSpec }, someSpec), { minLength: 4, maxLength: 4 }),
    steps: fc.array(step, { minLength: 10, maxLength: 60 }),
  });

  it('come to the same from what was remembered as in a cluster that was never seen before, and as node by node', () => {
    fc.assert(
      fc.property(clusters, ({ nodes, specs, steps }) => {
        const lived = new Cycles(PROFILES);
        for (const [index, node] of nodes.entries()) lived.table.setNode(nodeOf(node, index));
        for (const [number, now] of steps.entries()) {
          const { table, search, classes } = lived;
          if (now.what === 'node') table.setNode(nodeOf(now.node, now.index));
          else if (now.what === 'lost') table.removeNode(`n${now.index}`);
          else if (now.what === 'gone') table.removePod(`default/p${now.pod}`);
          else if (now.what === 'not nominated') search.nominations.clear();
          else if (now.what === 'nominated') {
            const waiting = podOf(1000 + number, { ...specOf(specs[0] as never, '1'), priority: now.priority }, {});
            search.nominations.set(classes.info(waiting), `n${now.node}`);
          } else {
            const given = specs[now.spec] as (typeof specs)[number];
            const pod = podOf(number, specOf(given, now.cpu === undefined ? given.cpu : `${now.cpu}m`), now.labels);
            const anew = [PROFILES, PROFILES.map((profile) => plain(profile))].map((profiles) => {
              const cycles = new Cycles(profiles);
              cycles.table.restore(table.save());
              cycles.search.startIndex = search.startIndex;
              for (const [info, node] of search.nominations.entries()) {
                cycles.search.nominations.set(cycles.classes.info(info.pod), node);
              }
              return { result: cycles.run(now.profile, pod), next: cycles.search.startIndex };
            });
            const result = lived.run(now.profile, pod);
            for (const other of anew) expect(other).toEqual({ result, next: search.startIndex });
            if (result.nodeName !== undefined) table.addPod(classes.info(pod), result.nodeName);
          }
        }
      }),
      { numRuns: propertyRuns(12) },
    );
  });
});

describe('what plugins say of all nodes at once', () => {
  const makers = {
    taintToleration,
    nodeResourcesFit,
    most,
    memoryFirst,
    nodeResourcesBalancedAllocation,
    imageLocality,
  };
  const given = fc.record({
    nodes: fc.array(someNode, { minLength: 1, maxLength: 12 }),
    onNodes: fc.array(fc.record({ spec: someSpec, node: fc.nat(12) }), { maxLength: 20 }),
    spec: someSpec,
    labels: someLabels,
  });

  it('is what they say of each', () => {
    fc.assert(
      fc.property(given, ({ nodes, onNodes, spec, labels }) => {
        const plugins = [
          ...DEFAULT_PROFILE.plugins,
          ...[makers.most, makers.memoryFirst].map((create) => ({ create, weight: 1 })),
        ];
        const { classes, table } = new Cycles([]);
        for (const [index, node] of nodes.entries()) table.setNode(nodeOf(node, index));
        for (const [index, other] of onNodes.entries()) {
          const name = `n${other.node % nodes.length}`;
          table.addPod(classes.info(podOf(100 + index, specOf(other.spec), labels)), name);
        }
        const handle = { table, objects, draws: () => 0, waitingPods: new WaitingPods() };
        const scheduling = new SchedulingCycle({ plugins }, handle, ties, 100);
        const pod = classes.info(podOf(1, specOf(spec), labels));
        const cycle = scheduling.cycle();
        const { order: rows, views } = table;
        for (const { plugin } of scheduling.plugins) {
          const skips = plugin.preFilter?.(cycle, pod);
          if (skips !== undefined && 'code' in skips) continue;
          const refused = [...rows].map((row) => plugin.filter?.(cycle, pod, views[row] as never));
          if (plugin.filterRows !== undefined) {
            const verdicts = new Int32Array(rows.length);
            plugin.filterRows(cycle, pod, rows, rows.length, verdicts);
            const told = [...verdicts].map((verdict) => (verdict === 0 ? undefined : cycle.statuses.get(verdict)));
            expect(told.map((status) => status?.reasons)).toEqual(refused.map((status) => status?.reasons));
          }
          if (plugin.passesAll?.(cycle, pod) === true)
            expect(refused.every((status) => status === undefined)).toBe(true);
          const only = plugin.onlyRows?.(cycle, pod);
          if (only !== undefined) {
            const passing = [...rows].filter((_row, i) => refused[i] === undefined);
            expect([...only]).toEqual(expect.arrayContaining(passing));
          }
        }
        for (const { plugin } of scheduling.plugins) {
          const skips = plugin.preScore?.(cycle, pod, rows, rows.length)?.code === 'Skip';
          if (plugin.skipsScore !== undefined) expect(plugin.skipsScore(cycle, pod)).toBe(skips);
          if (skips || plugin.scoreRows === undefined) continue;
          const scores = new Float64Array(rows.length);
          plugin.scoreRows(cycle, pod, rows, rows.length, scores);
          const each = [...rows].map((row) => plugin.score?.(cycle, pod, views[row] as never));
          expect([...scores]).toEqual(each);
          const level = plugin.levelScore?.(cycle, pod);
          if (level !== undefined) expect(each.every((score) => score === level)).toBe(true);
        }
      }),
      { numRuns: propertyRuns(150) },
    );
  });
});
