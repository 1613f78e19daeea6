import { describe, expect, it } from 'vitest';
import { blockedShare } from './erlang.ts';

/** The textbook's recursion. */
function byRecursion(load: number, servers: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

describe('the share of requests that a pod refuses', () => {
  it('is what published tables have', () => {
    // Erlang B tables: 10 servers block one in a hundred of 4.461 erlangs, 100 of 84.06.
    expect(blockedShare(4.461, 10)).toBeCloseTo(0.01, 4);
    expect(blockedShare(84.06, 100)).toBeCloseTo(0.01, 4);
    expect(blockedShare(1, 1)).toBe(0.5);
  });

  it.each([0.01, 0.5, 3, 20, 99.5, 100, 500, 4000])('is the recursion’s, of %d erlangs', (load) => {
    for (const servers of [1, 2, 5, 50, 100, 150, 1000]) {
      expect(blockedShare(load, servers)).toBeCloseTo(byRecursion(load, servers), 12);
    }
  });

  it('of ten million servers is found at once', () => {
    expect(blockedShare(2e7, 1e7)).toBeCloseTo(0.5, 6);
    expect(blockedShare(1e6, 1e7)).toBe(0);
  });
});
