import { describe, expect, it } from 'vitest';

import { formatTimestamp, parseTimestamp } from '../../api/timestamps.ts';
import { dueSince } from './due.ts';
import { parseSchedule } from './schedule.ts';
import { timeZoneOffset } from './time-zone.ts';

function at(time: string): number {
  return parseTimestamp(time) as number;
}

describe('a schedule', () => {
  it.each([
    // schedule, after, next
    ['*/15 * * * *', '2024-01-01T00:00:00Z', '2024-01-01T00:15:00Z'],
    ['*/15 * * * *', '2024-01-01T00:14:59Z', '2024-01-01T00:15:00Z'],
    ['0 3 * * *', '2024-01-01T03:00:00Z', '2024-01-02T03:00:00Z'],
    ['30 22 * * 1-5', '2024-01-05T23:00:00Z', '2024-01-08T22:30:00Z'],
    ['0 0 29 2 *', '2024-03-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    // Both day fields: either will do.
    ['0 0 13 * FRI', '2024-01-01T00:00:00Z', '2024-01-05T00:00:00Z'],
    ['0 0 13 * FRI', '2024-01-12T00:00:00Z', '2024-01-13T00:00:00Z'],
    ['0 12 1 jan,jul ?', '2024-02-01T00:00:00Z', '2024-07-01T12:00:00Z'],
    ['5/20 1 * * *', '2024-01-01T01:06:00Z', '2024-01-01T01:25:00Z'],
    ['@weekly', '2024-01-01T00:00:00Z', '2024-01-07T00:00:00Z'],
    ['@every 1h30m', '2024-01-01T00:00:10Z', '2024-01-01T01:30:10Z'],
  ])('%s after %s comes at %s', (text, after, next) => {
    expect(formatTimestamp(parseSchedule(text).next(at(after)) ?? 0)).toBe(next);
  });

  it('keeps to its time zone', () => {
    const tokyo = parseSchedule('0 9 * * *', timeZoneOffset('Asia/Tokyo'));
    expect(formatTimestamp(tokyo.next(at('2024-01-01T00:00:00Z')) ?? 0)).toBe('2024-01-02T00:00:00Z');
    expect(timeZoneOffset('Etc/GMT+5')).toBe(-18_000);
    expect(timeZoneOffset('Europe/Berlin')).toBeUndefined();
  });

  it('never comes on the 31st of February', () => {
    expect(parseSchedule('0 0 31 2 *').next(at('2024-01-01T00:00:00Z'))).toBeUndefined();
  });

  it.each(['* * * *', '60 * * * *', '* 5-2 * * *', '* * 0 * *', '*/0 * * * *', '* * * * 7', 'often', '@every soon'])(
    'refuses %s',
    (text) => {
      expect(() => parseSchedule(text)).toThrow(RangeError);
    },
  );

  it('finds the latest of many missed times', () => {
    const schedule = parseSchedule('*/10 * * * *');
    const from = at('2023-01-01T00:00:00Z');
    const now = at('2024-01-01T00:09:00Z');
    expect(dueSince(schedule, from, now)).toEqual({ latest: at('2024-01-01T00:00:00Z'), tooMany: true });
    expect(dueSince(schedule, now, now)).toEqual({ latest: undefined, tooMany: false });
    const yearly = parseSchedule('0 0 1 6 *');
    expect(dueSince(yearly, at('2020-01-01T00:00:00Z'), now).latest).toBe(at('2023-06-01T00:00:00Z'));
  });
});
