/** How often a comparison is wrong: measured on runs, not on drawn numbers. Takes minutes: part of `npm run verify`. */
import { describe, expect, it } from 'vitest';
import { pairedDifference, pairsNeeded } from '../../src/experiments/statistics/paired.ts';
import { simulate } from '../../src/simulate.ts';
import { parseScenario } from '../../src/workloads/scenario.ts';

/** Tasks on a node that is just large enough for most of them: milliseconds a run. */
const SCENARIO = (lifetime: string): string => `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: tasks}
duration: 2h
cluster: {nodeGroups: [{name: n, count: 2, capacity: {cpu: 8, memory: 32Gi}}]}
measurement: {warmUp: 30m}
workloads:
  - name: tasks
    generator:
      arrivals: {poisson: {perHour: 60}}
      resources: {cpu: 1, memory: 1Gi}
      lifetime: {exponential: {mean: ${lifetime}}}
`;

const METRIC = 'cpu_requested_mean_ratio';

async function figure(lifetime: string, seed: number): Promise<number> {
  const { summary } = await simulate(parseScenario(SCENARIO(lifetime), 'tasks.yaml', { seed }), {});
  return summary.metrics[METRIC] as number;
}

async function figures(lifetime: string, from: number, count: number): Promise<number[]> {
  const values: number[] = [];
  for (let seed = from; seed < from + count; seed++) values.push(await figure(lifetime, seed));
  return values;
}

const TRIALS = 200;
const SEEDS = 10;

describe.runIf(process.env['VERIFY'] === '1')('a comparison', () => {
  it('finds something where there is nothing in one case of twenty', { timeout: 1_200_000 }, async () => {
    const values = await figures('5m', 1, 2 * TRIALS * SEEDS);
    let found = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      const at = 2 * trial * SEEDS;
      const { p } = pairedDifference(values.slice(at, at + SEEDS), values.slice(at + SEEDS, at + 2 * SEEDS));
      if (p < 0.05) found++;
    }
    // 95 % of all such experiments: binomial, 200 trials, 5 %.
    expect(found).toBeGreaterThanOrEqual(4);
    expect(found).toBeLessThanOrEqual(16);
  });

  it('finds a difference of 3 % with as many seeds as it says', { timeout: 1_200_000 }, async () => {
    const baseline = await figures('300s', 1, 20);
    const variant = await figures('309s', 100_001, 20);
    const { deviation, baselineMean } = pairedDifference(baseline, variant);
    const needed = pairsNeeded(0.03 * baselineMean, deviation, 0.05);
    const full = pairedDifference(await figures('300s', 1, needed), await figures('309s', 100_001, needed));
    expect(full.p).toBeLessThan(0.05);
    expect(full.difference / full.baselineMean).toBeGreaterThan(0);
  });
});

describe('two runs on one seed', () => {
  it('differ in nothing', async () => {
    expect(await figure('5m', 7)).toBe(await figure('5m', 7));
    expect(await figure('5m', 7)).not.toBe(await figure('5m', 8));
  });
});
