/** Courses of events against the constants they follow from; means and percentiles under `npm run verify`. */
import { describe, expect, it } from 'vitest';
import { runTimeline, TIMELINES } from './run-timelines.ts';

const SEEDS = process.env['VERIFY'] === '1' ? 200 : 30;

describe('timelines', () => {
  it.each(TIMELINES.map((timeline) => [timeline.title, timeline] as const))('%s', async (_, timeline) => {
    const { rows } = await runTimeline(timeline, SEEDS);
    const wrong = rows.filter(({ faults }) => faults.length > 0);
    expect(wrong.map((row) => ({ ...row, expectation: row.expectation.name }))).toEqual([]);
  });
});
