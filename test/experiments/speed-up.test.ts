/** Two threads do a sweep in little more than half of the time, with the same bytes. Minutes: part of `npm run verify`. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../../src/workloads/data-files.ts';
import { ROOT, Workspace } from '../support/orrery.ts';

const POLICIES = [
  'default',
  'LeastAllocated',
  'MostAllocated',
  'NodeResourcesBalancedAllocation',
  'TaintToleration',
  'NodeAffinity',
  'PodTopologySpread',
  'ImageLocality',
];

const workspace = new Workspace();
afterAll(() => workspace.remove());

const canRun = process.env['VERIFY'] === '1' && availableParallelism() >= 2 && existsSync(dataFolder());

describe.runIf(canRun)('a sweep of eight policies on two threads', { timeout: 3_600_000 }, () => {
  it.each([
    ['openb-100', 30],
    ['openb-1000', 30],
  ])('%s, %i seeds: at least 1.7 times as fast as on one, and the same to the byte', (scenario, seeds) => {
    const sweep = (threads: number): number => {
      const begun = performance.now();
      const { exitCode, stderr } = workspace.orrery(
        'compare',
        join(ROOT, 'scenarios', `${scenario}.yaml`),
        '--vary',
        `policies.scoring=${POLICIES.join(',')}`,
        '--seeds',
        String(seeds),
        '--threads',
        String(threads),
        '--out',
        `${scenario}-${threads}`,
        '--quiet',
      );
      expect([exitCode, stderr]).toEqual([0, '']);
      return performance.now() - begun;
    };
    const [one, two] = [sweep(1), sweep(2)];
    for (const file of ['runs.csv', 'runs.parquet', 'comparison.csv']) {
      const [a, b] = [1, 2].map((threads) => readFileSync(workspace.path(`${scenario}-${threads}`, file)));
      expect([file, a?.equals(b ?? Buffer.alloc(0))]).toEqual([file, true]);
    }
    console.log(`${scenario}: ${(one / 1000).toFixed(1)} s on one thread, ${(two / 1000).toFixed(1)} s on two`);
    expect(one / two).toBeGreaterThanOrEqual(1.7);
  });
});
