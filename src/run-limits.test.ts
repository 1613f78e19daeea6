import { describe, expect, it } from 'vitest';
import { RunLimits } from './run-limits.ts';

const LIMIT = 1000 * 2 ** 20;

/** A heap of which `needed` megabytes stay when it is collected. */
function heapOf(
  used: number,
  needed: number,
): { limits: RunLimits; collections: () => number; set: (mb: number) => void } {
  let inUse = used;
  let collected = 0;
  const limits = new RunLimits(
    undefined,
    () => ({ used: inUse * 2 ** 20, limit: LIMIT }),
    () => {
      collected += 1;
      inUse = needed;
    },
  );
  return { limits, collections: () => collected, set: (mb) => (inUse = mb) };
}

describe('the limits of a run', () => {
  it('are not reached by a heap that is mostly empty, and nothing is collected for it', () => {
    const { limits, collections } = heapOf(700, 700);
    expect(limits.reached()).toBeUndefined();
    expect(collections()).toBe(0);
  });

  it('are not reached by a heap full of garbage, which is collected once', () => {
    const { limits, collections, set } = heapOf(850, 300);
    expect(limits.reached()).toBeUndefined();
    expect(limits.reached()).toBeUndefined();
    expect(collections()).toBe(1);
    set(649);
    expect(limits.reached()).toBeUndefined();
    expect(collections()).toBe(1);
    set(651);
    expect(limits.reached()).toBeUndefined();
    expect(collections()).toBe(2);
  });

  it('are reached by a heap that stays full', () => {
    const { limits } = heapOf(990, 900);
    expect(limits.reached()).toEqual({
      by: 'memory',
      reason: expect.stringContaining('memory ran out (900 of 1000 MB are in use)') as string,
    });
  });

  it('are reached when the real time is over', () => {
    expect(new RunLimits(0).reached()).toEqual({ by: 'time limit', reason: 'the time limit of 0 s was reached' });
    expect(new RunLimits(3600).reached()).toBeUndefined();
  });
});
