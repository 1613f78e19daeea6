import { expect, it } from 'vitest';
import { soak } from './soak.ts';

it.each([1, 2, 3])(
  'recovers from everything at once, and keeps every invariant (seed %d)',
  { timeout: 120_000 },
  async (seed) => {
    const result = await soak({ nodes: 100, pods: 600, deployments: 6, hours: 4, seed });
    expect(result.wrong).toEqual([]);
    expect(result.recovered).toBeLessThanOrEqual(1200);
    // Two a day for each node.
    expect(result.faults).toBeGreaterThan(20);
  },
);
