import { describe, expect, it } from 'vitest';
import { sharedSlowness } from './processor-queue.ts';

const of = (perSecond: number, cores: number, places: number, { work = 0.01, cpu = 0.01, queue = 0 } = {}): number =>
  sharedSlowness({ perSecond, work, cpu }, cores, places, queue);

describe('requests that share a processor', () => {
  it.each([
    // M/G/1 with processor sharing: 1 / (1 - rho).
    [50, 1, 2],
    [90, 1, 10],
    // M/M/2, which has the same states: 1 / (1 - rho^2).
    [100, 2, 1 / (1 - 0.25)],
    // A processor of half the speed: 1 / (0.5 - 25 * 0.01), in times of 10 ms.
    [25, 0.5, 4],
  ])('come %d times a second to %d cores, 10 ms each: %f times as long', (perSecond, cores, times) => {
    expect(of(perSecond, cores, 10_000)).toBeCloseTo(times, 6);
  });

  it('take nearly all places where more comes than the processor can do', () => {
    // 200 requests a second of 10 ms each to one core: all of K places are taken half of the time, one is free a quarter
    // of it, and so on: one on average. So K - 1 requests share what does one in 10 ms.
    expect(of(200, 1, 20)).toBeCloseTo(19, 3);
    expect(of(200, 1, 1000)).toBeCloseTo(999, 3);
    // With a queue before them, they are all taken as soon as a bit more comes.
    expect(of(110, 1, 20)).toBeLessThan(16);
    expect(of(110, 1, 20, { queue: 200 })).toBeCloseTo(20, 1);
  });

  it('are not slowed down while there are cores enough, or where a lone one gets all that it can use', () => {
    expect(of(10, 100, 100)).toBeCloseTo(1, 9);
    expect(of(0, 1, 100)).toBe(1);
    expect(of(0, 0.25, 100)).toBe(4);
  });

  it('are done as fast as the processor can, however little of their time is its', () => {
    // 150 a second of 10 ms to one core, 50 places that are always taken: each takes 50 / 100 s, of which 10 ms are not its.
    expect(of(150, 1, 50, { work: 0.02, queue: 1000 })).toBeCloseTo((0.5 - 0.01) / 0.01, 6);
  });

  it('slow down in their processor time alone', () => {
    // A fifth of 50 ms is processor time, of a tenth of a core: 40 + 100 ms for one alone, 200 ms for each of two. Ten a
    // second to two places: states by 1, 1.4, 1.4 * 2 / 2.
    const held = (1.4 + 2 * 1.4) / (10 * (1 + 1.4));
    expect(of(10, 0.1, 2, { work: 0.05, cpu: 0.01 })).toBeCloseTo((held / 0.05 - 0.8) / 0.2, 9);
  });
});
