import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { propertyRuns } from '../../../test/property-runs.ts';
import { RandomSource, identityOf } from './random.ts';
import type { Purpose } from './random.ts';

const N = 100_000;
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** Draws of many identities: what a whole cluster sees. */
function sample(draw: (purpose: Purpose, identity: number, ordinal: number) => number, seed = 'sample'): Float64Array {
  const purpose = new RandomSource(seed).purpose('test');
  return Float64Array.from({ length: N }, (_, i) => draw(purpose, i >>> 4, i & 15));
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function correlation(one: Float64Array, other: Float64Array): number {
  const [m1, m2] = [mean(one), mean(other)];
  let [covariance, v1, v2] = [0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    const [d1, d2] = [(one[i] as number) - m1, (other[i] as number) - m2];
    covariance += d1 * d2;
    v1 += d1 * d1;
    v2 += d2 * d2;
  }
  return covariance / Math.sqrt(v1 * v2);
}

/** The largest distance between the sample's distribution function and the given one (Kolmogorov and Smirnov's). */
function distance(values: Float64Array, cdf: (x: number) => number): number {
  const sorted = values.toSorted();
  return sorted.reduce((worst, x, i) => {
    const expected = cdf(x);
    return Math.max(worst, Math.abs(expected - i / N), Math.abs(expected - (i + 1) / N));
  }, 0);
}

/** What that distance exceeds in one of 10^6 samples: sqrt(ln(2 / 10^-6) / (2 n)). */
const KS_LIMIT = Math.sqrt(Math.log(2e6) / (2 * N));

/** Five standard errors of a correlation of independent draws. */
const CORRELATION_LIMIT = 5 / Math.sqrt(N);

/** Abramowitz and Stegun's 7.1.26, exact to 1.5e-7. */
function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const half = 0.5 * poly * Math.exp(-z * z);
  return x < 0 ? half : 1 - half;
}

describe('a draw', () => {
  it('is a pure function of seed, purpose, identity and ordinal', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.tuple(uint32, uint32), { minLength: 1 }), (seed, name, at) => {
        const forward = new RandomSource(seed);
        const first = at.map(([identity, ordinal]) => forward.purpose(name).uniform(identity, ordinal));
        const backward = new RandomSource(seed);
        backward.purpose(`${name}?`).normal(1, 2);
        const second = at
          .toReversed()
          .map(([identity, ordinal]) => backward.purpose(name).uniform(identity, ordinal))
          .toReversed();
        expect(second).toEqual(first);
      }),
      { numRuns: propertyRuns(100) },
    );
  });

  it('stays what it is from version to version', () => {
    const purpose = new RandomSource(42).purpose('image-pull');
    expect([purpose.uniform(0, 0), purpose.uniform(7, 3), identityOf('default/web-0')]).toMatchInlineSnapshot(`
      [
        0.23547068115657088,
        0.7964820268010824,
        3179169230,
      ]
    `);
  });

  it('takes a seed that is a number as its text', () => {
    expect(new RandomSource(7).purpose('p').uniform(1, 1)).toBe(new RandomSource('7').purpose('p').uniform(1, 1));
    expect(() => new RandomSource(NaN)).toThrow(expect.objectContaining({ code: 'BAD_SEED' }));
  });

  it('shares no 64 bits with that of another identity or ordinal', () => {
    const draws = sample((purpose, identity, ordinal) => purpose.uniform(identity, ordinal));
    expect(new Set(draws).size).toBe(N);
  });
});

describe('independence', () => {
  const base = sample((purpose, identity, ordinal) => purpose.uniform(identity, ordinal));
  const other = (seed: string, name: string): Float64Array => {
    const purpose = new RandomSource(seed).purpose(name);
    return Float64Array.from({ length: N }, (_, i) => purpose.uniform(i >>> 4, i & 15));
  };

  it.each([
    ['another purpose', () => other('sample', 'test2')],
    ['another seed', () => other('sample2', 'test')],
    ['the next ordinal', () => sample((purpose, identity, ordinal) => purpose.uniform(identity, ordinal + 1))],
    ['the next identity', () => sample((purpose, identity, ordinal) => purpose.uniform(identity + 1, ordinal))],
    [
      'identity and ordinal exchanged',
      () => sample((purpose, identity, ordinal) => purpose.uniform(ordinal, identity)),
    ],
    [
      'the same identity a power of two further',
      () => sample((p, identity, n) => p.uniform(identity ^ 0x8000_0000, n)),
    ],
  ])('of the draws for %s', (_, draws) => {
    expect(Math.abs(correlation(base, draws()))).toBeLessThan(CORRELATION_LIMIT);
  });
});

describe('the marginals', () => {
  const exponentialCdf = (x: number): number => 1 - Math.exp(-x / 3);
  it.each<[string, Float64Array, (x: number) => number]>([
    ['uniform', sample((p, i, n) => p.uniform(i, n)), (x) => x],
    ['between', sample((p, i, n) => p.between(i, n, -2, 6)), (x) => (x + 2) / 8],
    ['exponential', sample((p, i, n) => p.exponential(i, n, 3)), exponentialCdf],
    ['normal', sample((p, i, n) => p.normal(i, n, 1, 2)), (x) => normalCdf((x - 1) / 2)],
    [
      'lognormal by median and 0.99 quantile',
      sample((p, i, n) => p.lognormal(i, n, 2, 20)),
      (x) => normalCdf((2.3263478740408408 * Math.log(x / 2)) / Math.log(10)),
    ],
    ['weibull', sample((p, i, n) => p.weibull(i, n, 0.7, 5)), (x) => 1 - Math.exp(-((x / 5) ** 0.7))],
    ['pareto', sample((p, i, n) => p.pareto(i, n, 1.5, 2)), (x) => 1 - (2 / x) ** 1.5],
  ])('%s', (_, values, cdf) => {
    expect(distance(values, cdf)).toBeLessThan(KS_LIMIT);
  });

  it('integer: every number as often', () => {
    const counts = Array.from({ length: 7 }, () => 0);
    for (const value of sample((p, i, n) => p.integer(i, n, 7))) counts[value] = (counts[value] as number) + 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - N / 7) ** 2 / (N / 7), 0);
    // The 1 - 10^-6 quantile of chi square with 6 degrees of freedom.
    expect(chiSquare).toBeLessThan(38.26);
  });

  it('chance: as often as the probability says, never at 0, always at 1', () => {
    const share = (probability: number): number => mean(sample((p, i, n) => Number(p.chance(i, n, probability))));
    expect(Math.abs(share(0.2) - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / N));
    expect([share(0), share(1)]).toEqual([0, 1]);
  });

  it('bits: each of the upper 53 is as often 1 as 0, and so is each changed by each bit of identity and ordinal', () => {
    const purpose = new RandomSource('bits').purpose('test');
    const high = (identity: number, ordinal: number): number => (purpose.uniform(identity, ordinal) * 2 ** 32) >>> 0;
    const rounds = 2_000;
    for (let input = 0; input < 64; input++) {
      const flips = Array.from({ length: 32 }, () => 0);
      for (let i = 0; i < rounds; i++) {
        const changed =
          input < 32
            ? high((i ^ (1 << input)) >>> 0, 5) ^ high(i, 5)
            : high(5, (i ^ (1 << (input - 32))) >>> 0) ^ high(5, i);
        for (let bit = 0; bit < 32; bit++) flips[bit] = (flips[bit] as number) + ((changed >>> bit) & 1);
      }
      // Six standard deviations of a fair coin, for 2,048 of them.
      const worst = Math.max(...flips.map((count) => Math.abs(count - rounds / 2)));
      expect(worst, `input bit ${input}`).toBeLessThan(6 * Math.sqrt(rounds / 4));
    }
  });
});

describe('identityOf', () => {
  it('gives near names identities that share hardly any', () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `default/web-${i}`);
    const identities = new Set(names.map(identityOf));
    // 20,000 of 2^32: 0.05 pairs are expected.
    expect(identities.size).toBeGreaterThanOrEqual(names.length - 2);
    expect([...identities].every((identity) => Number.isInteger(identity) && identity >= 0 && identity < 2 ** 32)).toBe(
      true,
    );
  });
});
