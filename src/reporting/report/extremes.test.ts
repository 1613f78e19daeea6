import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../test/property-runs.ts';
import { keepExtremes } from './extremes.ts';

describe('thinning series out', () => {
  it('leaves short ones as they are', () => {
    const short = { time: [1, 2, 3], series: { a: [5, 6, 7] } };
    expect(keepExtremes(short.time, short.series, 3)).toEqual(short);
  });

  it('shows a spike of one sample among a hundred thousand, at its place', () => {
    const time = Array.from({ length: 100_000 }, (_, i) => i);
    const values = time.map((i) => (i === 71_234 ? 1000 : 1));
    const { time: kept, series } = keepExtremes(time, { values }, 1000);
    const at = series['values']?.indexOf(1000) ?? -1;
    expect(Math.abs((kept[at] ?? 0) - 71_234)).toBeLessThan(200);
  });

  it('keeps ends of time, order of time, lowest and highest of every series', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 2, max: 50 }),
        (a, limit) => {
          const b = a.map((value) => -value);
          const thin = keepExtremes(
            a.map((_, i) => i),
            { a, b },
            limit,
          );
          expect(thin.time.length).toBeLessThanOrEqual(Math.max(limit, 2));
          expect([thin.time[0], thin.time.at(-1)]).toEqual([0, a.length - 1]);
          expect(thin.time.toSorted((x, y) => x - y)).toEqual(thin.time);
          for (const [name, values] of Object.entries({ a, b })) {
            const kept = thin.series[name] ?? [];
            expect([Math.min(...kept), Math.max(...kept)]).toEqual([Math.min(...values), Math.max(...values)]);
          }
        },
      ),
      { numRuns: propertyRuns(100) },
    );
  });
});
