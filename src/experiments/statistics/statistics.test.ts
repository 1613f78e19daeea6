/** The statistics of comparisons, against published tables and worked examples. */
import { describe, expect, it } from 'vitest';
import { holm, pairedDifference, pairsNeeded } from './paired.ts';
import { signedRank } from './signed-rank.ts';
import { incompleteBeta, normalQuantile, studentQuantile, studentTwoSided } from './student.ts';

describe("Student's t", () => {
  // Two-sided critical values, as every textbook prints them.
  it.each([
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 4, 2.776],
    [0.95, 9, 2.262],
    [0.95, 29, 2.045],
    [0.95, 120, 1.98],
    [0.99, 5, 4.032],
    [0.99, 29, 2.756],
    [0.9, 10, 1.812],
  ])('at %d with %d degrees of freedom is exceeded at %d', (confidence, degrees, value) => {
    expect(studentQuantile(confidence, degrees)).toBeCloseTo(value, 3);
    expect(studentTwoSided(value, degrees)).toBeCloseTo(1 - confidence, 3);
  });

  it('is the normal distribution at last', () => {
    expect(normalQuantile(0.95)).toBeCloseTo(1.959964, 5);
    expect(normalQuantile(0.8)).toBeCloseTo(1.281552, 5);
  });

  it('rests on a beta function that is symmetrical', () => {
    expect(incompleteBeta(0.3, 2, 5)).toBeCloseTo(1 - incompleteBeta(0.7, 5, 2), 14);
    // I_x(1, b) = 1 - (1 - x)^b.
    expect(incompleteBeta(0.25, 1, 3)).toBeCloseTo(1 - 0.75 ** 3, 14);
    expect([incompleteBeta(0, 2, 2), incompleteBeta(1, 2, 2)]).toEqual([0, 1]);
  });
});

describe("Wilcoxon's signed ranks", () => {
  it('gives the published figures of the depression scores', () => {
    // Hollander, Wolfe and Chicken, example 3.1: Hamilton scale factor IV of nine patients before and after treatment.
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const { p, estimate, low, high } = signedRank(
      after.map((value, i) => value - (before[i] as number)),
      0.95,
    );
    // One-sided 0.020 in the book, which also gives the estimate and its interval (96 %, the next that can be had).
    expect(p).toBeCloseTo(0.039, 3);
    expect(estimate).toBeCloseTo(-0.46, 3);
    expect(low).toBeCloseTo(-0.786, 3);
    expect(high).toBeCloseTo(-0.01, 3);
  });

  it('leaves zeros out and shares ranks among equals', () => {
    const { p } = signedRank([0, 0, 2, 2, 2, 2, 2, 2, -2, 2], 0.95);
    expect(p).toBeGreaterThan(0.01);
    expect(p).toBeLessThan(0.1);
    expect(signedRank([0, 0, 0], 0.95).p).toBe(1);
  });

  it('goes over to the normal distribution without a jump', () => {
    const differences = (count: number): number[] =>
      Array.from({ length: count }, (_, i) => (((i * 37) % 101) - 42 + i / 1000) * 0.1);
    const exact = signedRank(differences(50), 0.95);
    const near = signedRank([...differences(50), 0.001], 0.95);
    expect(Math.abs(exact.p - near.p)).toBeLessThan(0.03);
    expect(Math.abs(exact.low - near.low)).toBeLessThan(0.3);
  });
});

describe('paired differences', () => {
  it("are compared by Student's t where they are well-behaved", () => {
    // Student, 1908: additional hours of sleep by two drugs in ten patients; t = 4.06 with 9 degrees of freedom.
    const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const skewed = pairedDifference(first, second);
    expect(skewed.method).toBe('signed rank');
    const tame = pairedDifference([1, 2, 3, 4, 5], [2.1, 2.9, 4.2, 5, 5.8]);
    expect(tame.method).toBe('paired t');
    expect(tame.difference).toBeCloseTo(1, 12);
    // Differences 1.1, 0.9, 1.2, 1, 0.8: standard deviation 0.158114, t(0.975, 4) = 2.776445.
    expect(tame.low).toBeCloseTo(1 - (2.776445 * 0.158114) / Math.sqrt(5), 5);
    expect(tame.effectSize).toBeCloseTo(6.3246, 3);
  });

  it('that are all zero are none, and that are all one number are beyond doubt', () => {
    expect(pairedDifference([1, 2, 3], [1, 2, 3])).toMatchObject({ difference: 0, p: 1, method: 'equal' });
    expect(pairedDifference([1, 2, 3], [3, 4, 5])).toMatchObject({ difference: 2, low: 2, high: 2, p: 0 });
  });

  it('of half a standard deviation need 42 to 46 pairs for a power of 90 %', () => {
    // Cohen's tables give 44.
    expect(pairsNeeded(0.5, 1, 0.05)).toBeGreaterThanOrEqual(42);
    expect(pairsNeeded(0.5, 1, 0.05)).toBeLessThanOrEqual(46);
  });
});

describe("Holm's correction", () => {
  it('multiplies the smallest by all, the next by one less, and never falls', () => {
    const corrected = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, value] of [0.03, 0.06, 0.06, 0.02].entries()) expect(corrected[i]).toBeCloseTo(value, 12);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
