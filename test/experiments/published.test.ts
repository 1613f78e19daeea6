import { describe, expect, it } from 'vitest';
import { publicationText } from '../../src/cli/publications-text.ts';
import { isWithinBand, percentilesOf } from '../../src/experiments/published/publication.ts';
import type { PublishedRow } from '../../src/experiments/published/publication.ts';
import { histogramPercentiles } from '../../src/experiments/published/prometheus-quantile.ts';
import { PUBLICATIONS } from '../../src/experiments/published/publications.ts';

const row = (found: readonly [number, number, number], more: Partial<PublishedRow> = {}): PublishedRow => ({
  what: 'row',
  published: [1, 2, 4],
  found,
  ...more,
});

describe('published figures', () => {
  it('are met within 0.65 to 3.36, where they were not given', () => {
    expect(isWithinBand(row([0.7, 1.4, 13]))).toBe(true);
    expect(isWithinBand(row([0.7, 1.2, 4]))).toBe(false);
    expect(isWithinBand(row([0.7, 2, 13.5]))).toBe(false);
    expect(isWithinBand(row([9, 2, 4]))).toBe(false);
    expect(isWithinBand(row([9, 2, 4], { given: ['p50'] }))).toBe(true);
    expect(isWithinBand(row([1, 2, Number.NaN]))).toBe(false);
  });

  it('are percentiles of what was seen', () => {
    expect(percentilesOf(Array.from({ length: 101 }, (_, i) => 100 - i))).toEqual([50, 90, 99]);
    expect(percentilesOf([])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('are told as Prometheus tells them of a histogram, where that is what was published', () => {
    const quick = histogramPercentiles([0.001, 0.002]);
    for (const [i, value] of [0.025, 0.045, 0.0495].entries()) expect(quick[i]).toBeCloseTo(value);
    const [p50, p90, p99] = histogramPercentiles([0.3, 0.5, 0.5, 0.5, 100]);
    expect(p50).toBeCloseTo(0.5);
    expect([p90, p99]).toEqual([60, 60]);
    expect(histogramPercentiles([])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('are printed with what was found, and why that is off', () => {
    const publication = { id: 'p', title: 't', source: 's', run: () => Promise.resolve([]) };
    const text = publicationText(publication, [row([0.1, 2, 4], { outside: 'no reason' })]);
    expect(text).toContain('0.10 x 1 s');
    expect(text).toContain('^ no reason');
  });

  // Two minutes of a processor for all of them.
  it.skipIf(process.env['VERIFY'] === undefined).each(PUBLICATIONS)(
    'of $id lie within the band, or are known not to',
    async (publication) => {
      const rows = await publication.run();
      for (const one of rows)
        expect([one.what, one.outside !== undefined || isWithinBand(one)]).toEqual([one.what, true]);
    },
    240_000,
  );
});
