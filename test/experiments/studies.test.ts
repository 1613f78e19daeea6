/** The committed studies, each with its answer: what they say is asserted here, and nowhere else. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from 'simple-statistics';
import { afterAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/experiments/compare/compare.ts';
import type { MetricVerdict } from '../../src/experiments/compare/comparison.ts';
import { sweep } from '../../src/experiments/sweep/sweep.ts';
import { dataFolder } from '../../src/workloads/data-files.ts';
import { ROOT, Workspace } from '../support/orrery.ts';

const workspace = new Workspace();
afterAll(() => workspace.remove());

interface Answer {
  readonly study: string;
  readonly answer: string;
  /** Of the variant B, or another one, against A. */
  readonly verdicts: Readonly<Record<string, MetricVerdict>>;
  readonly variant?: string;
  readonly needsData?: boolean;
  /** Takes so long that it is looked at by `npm run verify` alone. */
  readonly isLong?: boolean;
  /** What else the answer says, of means and of single runs. */
  readonly holds?: (
    mean: (variant: string, metric: string) => number,
    values: (variant: string, metric: string) => readonly number[],
  ) => void;
}

const ANSWERS: readonly Answer[] = [
  {
    study: 'packing',
    answer: 'MostAllocated places more of a GPU cluster’s pods than LeastAllocated, and strands more of the free cores',
    needsData: true,
    verdicts: { pods_never_scheduled: 'better', cpu_fragmentation_mean_ratio: 'worse' },
  },
  {
    study: 'room-for-large-pods',
    answer: 'packing small pods leaves room for a third more of the large ones that find none where they are spread',
    verdicts: { pods_never_scheduled: 'better', pods_pending_mean: 'better', cpu_requested_mean_ratio: 'better' },
    holds: (mean) => {
      const share = mean('B', 'pods_never_scheduled') / mean('A', 'pods_never_scheduled');
      expect(share).toBeGreaterThan(0.5);
      expect(share).toBeLessThan(0.7);
    },
  },
  {
    study: 'fragmentation',
    answer: 'FGD fills 98 % of the GPUs where the default scoring leaves a tenth of them in pieces nobody can use',
    verdicts: { gpu_requested_peak_ratio: 'better' },
    holds: (mean) => {
      expect(mean('A', 'gpu_requested_peak_ratio')).toBeLessThan(0.93);
      expect(mean('B', 'gpu_requested_peak_ratio')).toBeGreaterThan(0.97);
    },
  },
  {
    study: 'sampling',
    answer:
      'looking at 5 % of 240 nodes (100 at least) costs nothing of the utilisation, and saves some 1 % of a pod’s wait',
    verdicts: { cpu_requested_mean_ratio: 'no difference', create_to_scheduled_p50_seconds: 'better' },
    holds: (mean) => {
      const share = mean('B', 'create_to_scheduled_p50_seconds') / mean('A', 'create_to_scheduled_p50_seconds');
      expect(share).toBeGreaterThan(0.98);
      expect(share).toBeLessThan(1);
    },
  },
  {
    study: 'blast-radius',
    answer:
      'two crashing nodes take two of the spread pods in every run; of packed ones mostly none, and else four or more',
    verdicts: { services_unavailable_seconds: 'no difference' },
    holds: (_mean, values) => {
      expect(new Set(values('A', 'pods_disrupted'))).toEqual(new Set([2]));
      const packed = values('B', 'pods_disrupted');
      expect(packed.filter((pods) => pods === 0).length).toBeGreaterThan(packed.length / 2);
      expect(packed.every((pods) => pods === 0 || pods >= 4)).toBe(true);
    },
  },
  {
    study: 'flapping-network',
    answer: 'evicting after 30 s moves a third of the pods, once, and keeps more endpoints ready: a trade-off',
    verdicts: { pods_disrupted: 'worse', service_endpoints_ready_mean_ratio: 'better' },
    // Eight of 24 pods are in the zone; their successors are elsewhere when it goes away again.
    holds: (mean) => {
      expect(mean('A', 'pods_disrupted')).toBe(0);
      expect(mean('B', 'pods_disrupted')).toBe(8);
    },
  },
  {
    study: 'surge',
    answer: 'recreating takes a service away for 25 s, seven times an hour’s budget of 99.9 %; half at a time nothing',
    verdicts: { services_unavailable_seconds: 'better' },
    holds: (mean) => {
      expect(mean('A', 'services_unavailable_seconds') / 3.6).toBeGreaterThan(6);
      expect(mean('A', 'services_unavailable_seconds') / 3.6).toBeLessThan(8);
      expect(mean('B', 'services_unavailable_seconds')).toBe(0);
      expect(mean('C', 'services_unavailable_seconds')).toBe(0);
    },
  },
  {
    study: 'zone-outage',
    answer: 'with all pods in the zone the service is away as long as the zone; over the zones it is never away',
    verdicts: { services_unavailable_seconds: 'better', service_availability_min_ratio: 'better' },
    // 15 minutes, less the 50 s until the nodes count as dead, and some seconds until containers are back.
    holds: (mean) => {
      expect(mean('A', 'services_unavailable_seconds')).toBeGreaterThan(15 * 60 - 50);
      expect(mean('A', 'services_unavailable_seconds')).toBeLessThan(15 * 60 - 20);
      expect(mean('B', 'services_unavailable_seconds')).toBe(0);
    },
  },
  {
    study: 'grace-period',
    answer: 'nodes given up after 20 s count as dead 30 s longer each; as many pods are hit',
    verdicts: { nodes_not_ready_seconds: 'worse', pods_disrupted: 'no difference' },
    // Four nodes.
    holds: (mean) =>
      expect(mean('B', 'nodes_not_ready_seconds') - mean('A', 'nodes_not_ready_seconds')).toBeCloseTo(4 * 30, -1),
  },
  {
    study: 'image-pulls',
    answer: 'pulling side by side shares a node’s bandwidth: the median pod starts later, not sooner',
    verdicts: { create_to_running_p50_seconds: 'worse', create_to_running_p99_seconds: 'worse' },
  },
  {
    study: 'replacing-nodes',
    answer: 'replacing three dead machines after five minutes saves nearly nine tenths of the time without them',
    verdicts: { nodes_ready: 'better', nodes_not_ready_seconds: 'better', repairs: 'higher' },
    holds: (mean) => {
      const left = mean('B', 'nodes_not_ready_seconds') / mean('A', 'nodes_not_ready_seconds');
      expect(left).toBeGreaterThan(0.1);
      expect(left).toBeLessThan(0.16);
    },
  },
  {
    study: 'spot',
    answer:
      'spot instances save two fifths; taken back every four hours they cost the budget several times, half with a drain',
    isLong: true,
    verdicts: { cloud_cost: 'better', traffic_error_budget_burnt_max_ratio: 'worse', pods_disrupted: 'worse' },
    holds: (mean) => {
      const saved = 1 - mean('B', 'cloud_cost') / mean('A', 'cloud_cost');
      expect(saved).toBeGreaterThan(0.4);
      expect(saved).toBeLessThan(0.5);
      const burnt = (letter: string): number => mean(letter, 'traffic_error_budget_burnt_max_ratio');
      expect(burnt('A')).toBeLessThan(0.5);
      expect(burnt('B')).toBeGreaterThan(2);
      expect(burnt('C') / burnt('B')).toBeLessThan(0.6);
    },
  },
];

function valuesOf({ runs }: Comparison, variant: string, metric: string): number[] {
  return runs.filter((run) => run.variant === variant).map(({ outcome }) => outcome.metrics[metric] ?? NaN);
}

describe('studies', { timeout: 300_000 }, () => {
  for (const { study, answer, verdicts, variant = 'B', needsData = false, isLong = false, holds } of ANSWERS) {
    const isLeftOut = isLong && process.env['VERIFY'] !== '1';
    it.skipIf(isLeftOut || (needsData && !existsSync(dataFolder())))(`${study}: ${answer}`, async () => {
      const file = join(ROOT, 'scenarios', 'studies', `${study}.yaml`);
      const comparison = await sweep({ file, out: workspace.path(study) });
      const compared = comparison.compared.find((one) => one.variant.letter === variant);
      const found = (compared?.metrics ?? []).filter(({ metric }) => Object.hasOwn(verdicts, metric));
      expect(Object.fromEntries(found.map(({ metric, verdict }) => [metric, verdict]))).toEqual(verdicts);
      const values = (letter: string, metric: string): number[] => valuesOf(comparison, letter, metric);
      holds?.((letter, metric) => mean(values(letter, metric)), values);
    });
  }
});
