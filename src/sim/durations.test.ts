import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goDuration, parseDuration, printDuration } from './durations.ts';

describe('durations', () => {
  it.each([
    ['90s', 90],
    ['1h30m', 5400],
    ['250ms', 0.25],
    ['2d', 172_800],
    ['1w', 604_800],
    ['1.5h', 5400],
    ['7us', 0.000007],
    ['15', 15],
    [15, 15],
    [0, 0],
  ])('reads %s as %d s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', 'h', '5 m', '-5s', '5y', '1h 30m', '1e3s', 'soon', -1, Number.NaN])('refuses %s', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('reads back what it prints, to the microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 14 }), (micros) => {
        expect(parseDuration(printDuration(micros / 1e6))).toBe(micros / 1e6);
      }),
    );
  });

  it.each([
    [0, '0s'],
    [0.09, '90ms'],
    [93_600, '1d2h'],
    [61.5, '1m1.5s'],
  ])('prints %d s as %s', (seconds, text) => {
    expect(printDuration(seconds)).toBe(text);
  });
});

describe('goDuration', () => {
  it.each([
    [60, '1m0s'],
    [3600, '1h0m0s'],
    [0.5, '500ms'],
    [62.25, '1m2.25s'],
    [15, '15s'],
  ])('prints %d s as Go does', (seconds, text) => {
    expect(goDuration(seconds)).toBe(text);
  });
});
