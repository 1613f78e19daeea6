import { describe, expect, it } from 'vitest';
import { gammaTail } from './gamma-tail.ts';

describe('the tail of a gamma variate', () => {
  it('of shape 1 is the exponential’s', () => {
    for (const x of [0.01, 0.5, 1, 3, 20]) expect(gammaTail(1, x)).toBeCloseTo(Math.exp(-x), 12);
  });

  it.each([2, 5, 11, 40])('of shape %d is that of so many exponential times on end', (shape) => {
    for (const x of [0.1, 1, shape / 2, shape, 2 * shape, 60]) {
      // Fewer than `shape` events of a Poisson process within x.
      let term = Math.exp(-x);
      let sum = 0;
      for (let n = 0; n < shape; n++) {
        sum += term;
        term *= x / (n + 1);
      }
      expect(gammaTail(shape, x)).toBeCloseTo(sum, 11);
    }
  });

  it('of shape a half is the normal distribution’s', () => {
    // P(Z^2 > 2x): the error function's tables have 0.157299 at 1.
    expect(gammaTail(0.5, 1)).toBeCloseTo(0.157299207, 8);
  });
});
