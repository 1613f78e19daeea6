import { describe, expect, it } from 'vitest';
import { distributionOf, quantile, thinned } from './survival.ts';

describe('a distribution of times', () => {
  it('is the plain one where everything happened', () => {
    const distribution = distributionOf([3, 1, 2, 4]);
    expect(distribution.steps.map(({ seconds, share }) => [seconds, Number(share.toFixed(9))])).toEqual([
      [1, 0.25],
      [2, 0.5],
      [3, 0.75],
      [4, 1],
    ]);
    expect(quantile(distribution, 0.5)).toBe(2);
    expect(quantile(distribution, 0.99)).toBe(4);
  });

  it('keeps those who waited in vain among those at risk, by hand: 1 - 4/5 · 2/3 · 1/2', () => {
    const distribution = distributionOf([1, 3, 4], [2, 5]);
    expect(distribution).toMatchObject({ count: 5, censored: 2 });
    expect(distribution.steps.at(-1)?.share).toBeCloseTo(1 - (4 / 5) * (2 / 3) * (1 / 2), 12);
  });

  it('says nothing of a share that was never reached', () => {
    const distribution = distributionOf([1], [100, 100]);
    expect(quantile(distribution, 0.3)).toBe(1);
    expect(quantile(distribution, 0.5)).toBeUndefined();
    expect(quantile(distributionOf([]), 0.5)).toBeUndefined();
  });

  it('counts what happened at an instant before what was given up at it', () => {
    expect(distributionOf([1], [1]).steps).toEqual([{ seconds: 1, share: 0.5 }]);
  });

  it('thins out to so many steps and keeps the last', () => {
    const distribution = distributionOf(Array.from({ length: 1000 }, (_, i) => i));
    const steps = thinned(distribution, 10);
    expect(steps).toHaveLength(10);
    expect(steps.at(-1)).toEqual(distribution.steps.at(-1));
  });
});
