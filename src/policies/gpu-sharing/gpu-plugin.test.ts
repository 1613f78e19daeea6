import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../test/property-runs.ts';
import { Bench } from '../../../test/support/scheduler-bench.ts';
import type { Pod } from '../../sim/api/core.ts';
import type { StringMap } from '../../sim/api/meta.ts';
import { identityOf, RandomSource } from '../../sim/kernel/random.ts';
import type { Cycle, Plugin, PluginHandle } from '../../sim/scheduler/framework.ts';
import { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { NodeView } from '../../sim/scheduler/node-view.ts';
import { PodClasses } from '../../sim/scheduler/pod-class.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../../sim/scheduler/resource-names.ts';
import { DEFAULT_PROFILE } from '../scheduling/default-profile.ts';
import { DEFAULT_SETTINGS } from '../../sim/default-settings.ts';
import { GpuNode } from './gpu-node.ts';
import type { GpuTask } from './gpu-node.ts';
import { gpuPolicy, GPU_POLICIES } from './gpu-policies.ts';
import { gpuSharing } from './gpu-plugin.ts';
import type { GpuSharingParams } from './gpu-plugin.ts';
import { typicalTasks } from './fragmentation.ts';

const names = { count: 'gpu-count', milli: 'gpu-milli', model: 'model' };
const PARAMS: GpuSharingParams = {
  names,
  expected: [
    { cpu: 4, gpus: 1, milli: 500, models: [], count: 3 },
    { cpu: 8, gpus: 2, milli: 1000, models: [], count: 1 },
    { cpu: 2, gpus: 0, milli: 1000, models: [], count: 1 },
  ],
};
const DRAWS = new RandomSource(1).purpose('test');

function gpuRequests(gpus: number, milli: number): StringMap {
  if (gpus === 0) return {};
  const sum = { 'gpu-milli': String(gpus * milli) };
  return milli === 1000 ? { 'gpu-count': String(gpus), ...sum } : sum;
}

/** A table of nodes with GPUs, and a plugin over it. */
class World {
  readonly table: NodeTable;
  readonly plugin: Plugin;
  readonly #classes = new PodClasses(new ResourceNames());

  constructor(name: Parameters<typeof gpuSharing>[0], nodes: readonly { cpu: number; gpus: number }[]) {
    this.table = new NodeTable(this.#classes);
    for (const [i, { cpu, gpus }] of nodes.entries()) {
      const gpu: StringMap = gpus === 0 ? {} : { 'gpu-count': String(gpus), 'gpu-milli': String(gpus * 1000) };
      const allocatable = { cpu: String(cpu), memory: '1Ti', pods: '100', ...gpu };
      const metadata = { name: `n${i}`, uid: '', resourceVersion: '', creationTimestamp: '' };
      const node = { apiVersion: 'v1', kind: 'Node', metadata, spec: {}, status: { allocatable } } as const;
      this.table.setNode(node);
    }
    this.plugin = gpuSharing(name, PARAMS, { table: this.table } as PluginHandle, DRAWS);
  }

  pod(name: string, cpu: number, gpus: number, milli = 1000): PodInfo {
    const requests = { cpu: String(cpu), ...gpuRequests(gpus, milli) };
    const pod = {
      metadata: { name, namespace: 'd', uid: identityOf(name).toString(16).padStart(8, '0') },
      spec: { containers: [{ name: 'c', resources: { requests } }] },
      status: {},
    };
    return this.#classes.info(pod as unknown as Pod);
  }

  view(row: number): NodeView {
    return this.table.views[row] as NodeView;
  }

  fits(pod: PodInfo, row: number): boolean {
    return this.plugin.filter?.({} as Cycle, pod, this.view(row)) === undefined;
  }

  score(pod: PodInfo, row: number): number | undefined {
    return this.plugin.score?.({} as Cycle, pod, this.view(row));
  }

  place(pod: PodInfo, row: number): void {
    this.table.addPod(pod, `n${row}`);
    this.plugin.reserve?.({} as Cycle, pod, this.view(row));
  }
}

const NODES = [
  { cpu: 64, gpus: 2 },
  { cpu: 128, gpus: 8 },
  { cpu: 96, gpus: 4 },
];

describe('devices of nodes', () => {
  it('are kept apart: a share has to fit on one of them', () => {
    const world = new World('GpuDevices', [{ cpu: 64, gpus: 2 }]);
    world.place(world.pod('a', 1, 1, 700), 0);
    world.place(world.pod('b', 1, 1, 600), 0);
    // 300 and 400 thousandths are left, 700 together.
    expect(world.fits(world.pod('c', 1, 1, 500), 0)).toBe(false);
    expect(world.fits(world.pod('d', 1, 1, 400), 0)).toBe(true);
    expect(world.fits(world.pod('e', 1, 1), 0)).toBe(false);
    expect(world.fits(world.pod('f', 1, 0), 0)).toBe(true);
  });

  it('are given to the tightest share, and come back when its pod goes', () => {
    const world = new World('GpuDevices', [{ cpu: 64, gpus: 2 }]);
    world.place(world.pod('a', 1, 1, 700), 0);
    world.place(world.pod('b', 1, 1, 300), 0);
    // Both on the first device: the second is whole.
    expect(world.fits(world.pod('c', 1, 1), 0)).toBe(true);
    world.place(world.pod('c', 1, 1), 0);
    expect(world.fits(world.pod('d', 1, 1, 100), 0)).toBe(false);
    world.table.removePod('d/a');
    expect(world.fits(world.pod('d', 1, 1, 700), 0)).toBe(true);
    expect(world.fits(world.pod('e', 1, 1, 701), 0)).toBe(false);
  });

  it('of pods that are only tried are not remembered', () => {
    const world = new World('GpuDevices', [{ cpu: 64, gpus: 1 }]);
    world.place(world.pod('a', 1, 1, 800), 0);
    const other = world.pod('b', 1, 1, 500);
    const without = world.table.trial(0, () => {
      const record = world.table.removePod('d/a') as PodInfo;
      const fits = world.fits(other, 0);
      world.table.addPod(record, 'n0');
      return fits;
    });
    expect([without, world.fits(other, 0)]).toEqual([true, false]);
  });
});

describe('the policies of the FGD paper as plugins', () => {
  const task = fc.record({
    cpu: fc.integer({ min: 0, max: 16 }),
    gpus: fc.constantFrom(0, 1, 1, 1, 2, 4),
    milli: fc.constantFrom(100, 250, 500, 800),
    row: fc.nat({ max: NODES.length - 1 }),
  });

  it.each(GPU_POLICIES.filter((name) => name !== 'Random'))('%s scores as in the experiment', (name) => {
    const typical = typicalTasks(
      PARAMS.expected.flatMap(({ cpu, gpus, milli, count }) => {
        const one: GpuTask = {
          name: '',
          cpu: cpu * 1000,
          memory: 0,
          devices: gpus,
          share: gpus === 0 ? 0 : milli,
          models: undefined,
          sort: 0,
        };
        return Array.from({ length: count }, () => one);
      }),
    );
    const policy = gpuPolicy(name, { largest: { cpu: 128_000, gpu: 8000 }, typical });
    fc.assert(
      fc.property(fc.array(task, { maxLength: 25 }), (tasks) => {
        const world = new World(name, NODES);
        const nodes = NODES.map(({ cpu, gpus }, i) => new GpuNode(`n${i}`, '', cpu * 1000, Infinity, 100, gpus));
        for (const [i, { cpu, gpus, milli, row }] of tasks.entries()) {
          const share = gpus === 0 ? 0 : gpus === 1 ? milli : 1000;
          const wanted: GpuTask = {
            name: '',
            cpu: cpu * 1000,
            memory: 0,
            devices: gpus,
            share,
            models: undefined,
            sort: i,
          };
          const pod = world.pod(`p${i}`, cpu, gpus, share === 0 ? 1000 : share);
          for (const [r, node] of nodes.entries()) {
            // Which of them have the devices is the plugin's to say; cpu is other filters' business.
            const has = gpus === 0 || node.devicesWith(share) >= gpus;
            expect(world.fits(pod, r)).toBe(has);
            if (node.fits(wanted)) expect(world.score(pod, r)).toBe(policy.offer?.(node, wanted).score);
          }
          const chosen = nodes[row] as GpuNode;
          if (!chosen.fits(wanted)) continue;
          world.place(pod, row);
          chosen.place(wanted, policy.offer?.(chosen, wanted).device ?? -1);
        }
      }),
      { numRuns: propertyRuns(15) },
    );
  });

  it('Random gives one of the feasible nodes 100, another pod another', () => {
    const world = new World('Random', NODES);
    const chosen = new Set<number>();
    for (let i = 0; i < 30; i++) {
      const pod = world.pod(`p${i}`, 1, 1, 500);
      const cycle = { state: new Map() } as unknown as Cycle;
      const rows = Int32Array.of(0, 1, 2);
      expect(world.plugin.preScore?.(cycle, pod, rows, 3)).toBeUndefined();
      const scores = [0, 1, 2].map((row) => world.plugin.score?.(cycle, pod, world.view(row)));
      expect([...scores].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([0, 0, 100]);
      chosen.add(scores.indexOf(100));
    }
    expect(chosen.size).toBe(3);
  });

  it('learn what to expect from the pods that come, and go on so from a saved run', () => {
    const entry = {
      create: (handle: PluginHandle) => gpuSharing('FGD', { names, expected: [] }, handle, DRAWS),
      weight: 1,
    };
    const make = (): Bench => {
      const plugins = [...DEFAULT_PROFILE.plugins.map(({ create }) => ({ create, weight: 0 })), entry];
      const bench = new Bench(DEFAULT_SETTINGS, [{ ...DEFAULT_PROFILE, plugins }]);
      return bench;
    };
    const bench = make();
    for (let i = 0; i < 4; i++) {
      const allocatable = { cpu: '64', memory: '64Gi', pods: '100', 'gpu-count': '4', 'gpu-milli': '4000' };
      bench.node(`n${i}`, '64', {
        status: { allocatable, capacity: allocatable, conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
    bench.scheduler.start();
    const pods = (from: number, to: number, of: Bench): void => {
      for (let i = from; i < to; i++) {
        const requests = { cpu: '1', ...gpuRequests(1, i % 3 === 0 ? 1000 : 400) };
        of.pod(`p${i}`, '1', { containers: [{ name: 'c', image: 'x', resources: { requests } }] });
      }
    };
    pods(0, 12, bench);
    bench.run(5);
    const branch = make();
    branch.restore(bench.save());
    for (const one of [bench, branch]) {
      pods(12, 24, one);
      one.run(30);
    }
    expect(branch.server.hash).toBe(bench.server.hash);
    expect(bench.decisions.filter(({ result }) => result === 'scheduled').length).toBeGreaterThanOrEqual(20);
  });
});
