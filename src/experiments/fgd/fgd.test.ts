import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fragmentation, typicalTasks } from '../../policies/gpu-sharing/fragmentation.ts';
import { GpuNode } from '../../policies/gpu-sharing/gpu-node.ts';
import type { GpuTask } from '../../policies/gpu-sharing/gpu-node.ts';
import { GPU_POLICIES, gpuPolicy, LARGEST_PUBLISHED } from '../../policies/gpu-sharing/gpu-policies.ts';
import type { GpuPolicyName } from '../../policies/gpu-sharing/gpu-policies.ts';
import { curveOf } from './curve.ts';
import type { CurvePoint } from './curve.ts';
import { FgdExperiment } from './fgd.ts';
import { fill } from './filling.ts';
import type { Measured, NodeShape } from './filling.ts';

function task(devices: number, share: number, more: Partial<GpuTask> = {}): GpuTask {
  const sort = devices * 10_000 + share;
  return { name: 't', cpu: 1000, memory: 1, devices, share, models: undefined, sort, ...more };
}

function node(left: readonly number[], cpu = 64_000, model = 'T4'): GpuNode {
  const made = new GpuNode('n', model, cpu, 1000, 1001, left.length);
  made.devices.set(left);
  made.left = left.reduce((sum, it) => sum + it, 0);
  return made;
}

const offer = (name: GpuPolicyName, to: GpuNode, wanted: GpuTask): { score: number; device: number } | undefined =>
  gpuPolicy(name, { largest: LARGEST_PUBLISHED, typical: typicalTasks([task(1, 500), task(1, 1000)]) }).offer?.(
    to,
    wanted,
  );

describe('fragmentation', () => {
  const expected = typicalTasks([task(1, 500), task(2, 1000)]);

  it('is what is left on devices too small for a task that fits elsewhere on the node', () => {
    // The share leaves 400 unused; the pair finds no two whole devices, so nothing is of use to it.
    expect(fragmentation(node([1000, 400]), expected)).toBe(0.5 * 400 + 0.5 * 1400);
  });

  it('is all that is left where cores or the model do not suit', () => {
    expect(fragmentation(node([1000, 1000], 500), expected)).toBe(2000);
    const picky = typicalTasks([task(1, 500, { models: new Set(['P100']) })]);
    expect(fragmentation(node([1000]), picky)).toBe(1000);
    expect(fragmentation(node([1000], 64_000, 'P100'), picky)).toBe(0);
  });

  it('counts tasks without GPUs as users of none', () => {
    expect(fragmentation(node([1000]), typicalTasks([task(0, 0)]))).toBe(1000);
  });

  it('expects the most frequent sorts, down to 95 % of all', () => {
    const many = [...Array.from({ length: 96 }, () => task(1, 1000)), ...Array.from({ length: 4 }, () => task(1, 200))];
    expect(typicalTasks(many)).toEqual([{ task: many[0], frequency: 1 }]);
    const even = [...Array.from({ length: 94 }, () => task(1, 1000)), ...Array.from({ length: 6 }, () => task(1, 200))];
    expect(typicalTasks(even).map(({ frequency }) => frequency)).toEqual([0.94, 0.06]);
  });
});

describe('policies', () => {
  it('put shares onto the tightest device that fits', () => {
    for (const name of ['DotProd', 'GpuClustering', 'GpuPacking', 'BestFit'] as const) {
      expect(offer(name, node([1000, 300, 600, 600]), task(1, 500))?.device).toBe(2);
    }
  });

  it('DotProd: the smaller the product of what is left and what is wanted, the better', () => {
    // 1 - (1/2 · 1/2 + 1/2 · 1/4) / 2 = 0.8125
    const wanted = task(2, 1000, { cpu: 64_000 });
    expect(offer('DotProd', node([1000, 1000, 1000, 1000]), wanted)?.score).toBe(81);
  });

  it('GpuClustering: among its like, then on an empty node, then in mixed company', () => {
    const like = node([1000, 1000]);
    like.place(task(1, 500), 0);
    const mixed = node([1000, 1000, 1000]);
    mixed.place(task(1, 500), 0);
    mixed.place(task(1, 1000), -1);
    const strange = node([1000, 1000]);
    strange.place(task(1, 1000), -1);
    const scores = [like, mixed, node([1000, 1000]), strange].map(
      (it) => offer('GpuClustering', it, task(1, 300))?.score,
    );
    expect(scores).toEqual([75 + 20, 50 + 20, 25 + 18, 21]);
  });

  it('GpuPacking: devices in use, then free ones of nodes in use, then the smallest free node', () => {
    expect(offer('GpuPacking', node([400, 1000]), task(1, 300))?.score).toBe(96);
    expect(offer('GpuPacking', node([200, 1000]), task(1, 300))?.score).toBe(49);
    expect(offer('GpuPacking', node([1000, 1000]), task(1, 300))?.score).toBe(31);
  });

  it('BestFit: the less is left, the better, stretched over the nodes that fit', () => {
    expect(offer('BestFit', node([1000, 1000], 65_000), task(1, 1000))?.score).toBe(68);
    expect(gpuPolicy('BestFit', { largest: LARGEST_PUBLISHED, typical: [] }).stretched).toBe(true);
  });

  it('FGD: the device on which least becomes useless', () => {
    // Before: 350, as whole devices have no use for the 700. On the first device 600, as they have none for the node; on
    // the second 200, which neither has any use for.
    expect(offer('FGD', node([1000, 700]), task(1, 500))).toEqual({ score: 53, device: 1 });
  });
});

describe('a filling', () => {
  const shape = (name: string, devices: number): NodeShape => ({
    name,
    model: 'T4',
    cpu: 64_000,
    memory: 1000,
    pods: 1001,
    devices,
  });
  const filled = (tasks: readonly GpuTask[], name: GpuPolicyName = 'BestFit'): readonly Measured[] => {
    const typical = typicalTasks(tasks);
    return [
      ...fill(
        [shape('a', 1), shape('b', 1)],
        tasks,
        gpuPolicy(name, { largest: LARGEST_PUBLISHED, typical }),
        typical,
        1,
      ),
    ];
  };

  it('places each task at once, or fails it for good', () => {
    const run = filled([task(1, 600), task(1, 600), task(1, 600), task(1, 400)]);
    expect(run.map(({ arrived }) => arrived)).toEqual([30, 60, 90, 110]);
    expect(run.map(({ allocation }) => allocation)).toEqual([30, 60, 60, 80]);
    expect(run.at(-1)?.fragmentationRatio).toBeCloseTo((run.at(-1)?.fragmentation as number) / 0.2, 9);
  });

  it.each(GPU_POLICIES)('%s: gives out no more than there is, the same in every run', (name) => {
    const tasks = Array.from({ length: 40 }, (_, i) => task(1, 100 + (i % 7) * 130));
    const run = filled(tasks, name);
    expect(Math.max(...run.map(({ allocation }) => allocation))).toBeLessThanOrEqual(100);
    expect(run).toEqual(filled(tasks, name));
  });

  it('is summed up by whole per cent, halves to the even one', () => {
    const measured = (arrived: number, allocation: number): Measured => ({
      arrived,
      allocation,
      fragmentation: 0,
      fragmentationRatio: 0,
    });
    const curve = curveOf([measured(0.5, 1), measured(1.5, 2), measured(2.4, 4), measured(131, 9)]);
    expect(curve.map(({ percent, allocation }) => [percent, allocation])).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});

const DATA = process.env['ORRERY_DATA'] ?? join(import.meta.dirname, '../../../../shared');
/** The published orders of arrival; two of them are tried under `npm test`, all under `npm run verify`. */
const ORDERS = [42, 43, 44, 45, 46];
const WHOLE = process.env['VERIFY'] === '1';
const COLUMNS = { allo: 'allocation', frag: 'fragmentation', frag_ratio: 'fragmentationRatio' } as const;

/** Published curves of the default trace: `column/policy/seed` to the values from 0 to 130 %. */
function published(): ReadonlyMap<string, readonly number[]> {
  const curves = new Map<string, readonly number[]>();
  for (const [file, column] of Object.entries(COLUMNS)) {
    const [heading = '', ...rows] = readFileSync(join(DATA, `fgd/published_${file}_default.csv`), 'utf8')
      .trim()
      .split('\n');
    const first = heading.split(',').indexOf('0');
    for (const row of rows) {
      const cells = row.split(',');
      curves.set(`${column}/${cells[1]?.slice(3)}/${cells[3]}`, cells.slice(first).map(Number));
    }
  }
  return curves;
}

describe.skipIf(!existsSync(join(DATA, 'fgd')))('the published experiment', () => {
  const inputs = (seed: number): FgdExperiment =>
    new FgdExperiment({
      nodes: join(DATA, 'traces/openb/openb_node_list_gpu_node.csv'),
      pods: join(DATA, 'traces/openb/openb_pod_list_default.csv'),
      order: join(DATA, `fgd/order/order_default_seed${seed}.txt`),
    });

  it.each(WHOLE ? ORDERS : ORDERS.slice(0, 2))(
    'order %i: five policies agree within 0.01 points at every per cent',
    (seed) => {
      const experiment = inputs(seed);
      const curves = published();
      for (const policy of GPU_POLICIES.filter((name) => name !== 'Random')) {
        const points: readonly CurvePoint[] = experiment.run(policy, 1);
        expect(points).toHaveLength(131);
        for (const column of Object.values(COLUMNS)) {
          const wanted = curves.get(`${column}/${policy}/${seed}`) as readonly number[];
          const worst = Math.max(...points.map((point) => Math.abs(point[column] - (wanted[point.percent] as number))));
          expect(worst, `${policy} ${column}`).toBeLessThanOrEqual(0.01 + 1e-9);
        }
      }
    },
  );

  it('Random lies where the published runs do, on average', () => {
    const runs = ORDERS.flatMap((order) => (WHOLE ? [1, 2] : [1]).map((seed) => inputs(order).run('Random', seed)));
    const mean = (percent: number): number =>
      runs.reduce((sum, run) => sum + (run.find((point) => point.percent === percent)?.allocation ?? 0), 0) /
      runs.length;
    expect(Math.abs(mean(100) - 86.3)).toBeLessThanOrEqual(0.3);
    expect(Math.abs(mean(130) - 87.47)).toBeLessThanOrEqual(0.3);
  });
});
