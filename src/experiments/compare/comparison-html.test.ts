import { expect, it } from 'vitest';
import { compareRuns } from './comparison.ts';
import { comparisonHtml } from './comparison-html.ts';
import type { ComparedRun } from './comparison.ts';
import { parseAxis, variantsOf } from './variants.ts';

it('says what its plot of differences cannot show: what is beyond its edge, and what has no per cent', () => {
  const variants = variantsOf([parseAxis('x=1,2')]);
  const runs = [1, 2, 3, 4].flatMap((seed) =>
    variants.map(({ letter }, i): ComparedRun => {
      const metrics = { pods_pending_mean: 1 + i * 50 + seed / 100, pods_disrupted: i * seed, pods_ready: 10 };
      const outcome = { scenarioHash: '', eventStreamHash: '', version: '', simulatedSeconds: 1, metrics };
      return { variant: letter, seed: String(seed), outcome };
    }),
  );
  const metrics = ['pods_pending_mean', 'pods_disrupted', 'pods_ready'];
  const page = comparisonHtml({
    scenario: 'x',
    description: '',
    command: '',
    out: '',
    seeds: 4,
    confidence: 0.95,
    margin: 0.01,
    partial: false,
    warmUp: undefined,
    objectives: [],
    constraints: [],
    standings: [],
    metrics,
    variants,
    runs,
    compared: compareRuns(variants, runs, { metrics, margin: 0.01, confidence: 0.95 }),
  });
  expect(page).toMatch(/>\+4878 %<\/text>/);
  expect(page).toContain('Not drawn, as their baseline is 0: pods_disrupted.');
});
