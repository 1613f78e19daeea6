import { describe, expect, it } from 'vitest';
import { fittingNumber, shortNumber } from './numbers.ts';

describe('numbers in tables', () => {
  it.each([
    [0, '0'],
    [12.344, '12.34'],
    [0.0052249, '0.005225'],
    [123_400.4, '123,400'],
    [1_234_000, '1.234M'],
    [0.0000123, '1.2e-5'],
  ])('prints %s as %s', (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });

  it.each([
    [0.0052249, '0.00522'],
    [-0.0052249, '-0.0052'],
    [0.00012349, '0.00012'],
    [12.344, '12.34'],
    [999_999.6, '1M'],
  ])('leaves off digits of %s for seven characters: %s', (value, text) => {
    expect(fittingNumber(value, 7)).toBe(text);
  });
});
