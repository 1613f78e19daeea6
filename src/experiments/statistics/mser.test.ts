import { describe, expect, it } from 'vitest';
import { RandomSource } from '../../sim/kernel/random.ts';
import { mser } from './mser.ts';

const noise = new RandomSource('mser').purpose('noise');

describe('MSER-5', () => {
  it('leaves out a rise from nothing to a steady state', () => {
    // An exponential approach with a time constant of 20 samples: 5 % are missing after 60, 1 % after 92.
    const series = Array.from({ length: 1000 }, (_, i) => 100 * (1 - Math.exp(-i / 20)) + noise.normal(0, i, 0, 3));
    const { samples } = mser(series);
    expect(samples).toBeGreaterThanOrEqual(40);
    expect(samples).toBeLessThanOrEqual(120);
  });

  it('leaves nothing out where nothing changes', () => {
    expect(mser(Array.from({ length: 200 }, () => 7)).samples).toBe(0);
  });

  it('finds no steady state in what rises to the end', () => {
    expect(mser(Array.from({ length: 200 }, (_, i) => i)).samples).toBeUndefined();
  });

  it('agrees with the definition, computed as it stands', () => {
    const series = Array.from({ length: 300 }, (_, i) => (i < 50 ? 30 : 0) + noise.normal(1, i, 50, 4));
    const batches = Array.from({ length: 60 }, (_, b) => series.slice(5 * b, 5 * b + 5).reduce((a, v) => a + v, 0) / 5);
    const statistic = (from: number): number => {
      const kept = batches.slice(from);
      const average = kept.reduce((a, v) => a + v, 0) / kept.length;
      return kept.reduce((a, v) => a + (v - average) ** 2, 0) / kept.length ** 2;
    };
    const best = Array.from({ length: 56 }, (_, d) => d).reduce((a, d) => (statistic(d) < statistic(a) ? d : a), 0);
    expect(mser(series).samples).toBe(5 * best);
    expect(5 * best).toBeGreaterThanOrEqual(50);
  });
});
