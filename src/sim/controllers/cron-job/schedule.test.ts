import { describe, expect, it } from 'vitest';

import { formatTimestamp, parseTimestamp } from '../../api/timestamps.ts';
import { dueSince } from './due.ts';
import { parseSchedule } from './schedule.ts';
import { timeZone } from './time-zone.ts';

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

  it.each([
    ['Asia/Tokyo', '0 9 * * *', '2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z'],
    ['Etc/GMT+5', '0 9 * * *', '2024-01-01T00:00:00Z', '2024-01-01T14:00:00Z'],
    ['Europe/Berlin', '0 9 * * *', '2026-01-10T12:00:00Z', '2026-01-11T08:00:00Z'],
    ['Europe/Berlin', '0 9 * * *', '2026-07-10T12:00:00Z', '2026-07-11T07:00:00Z'],
    // Half past two is left out on 29 March 2026, and comes twice on 25 October.
    ['Europe/Berlin', '30 2 * * *', '2026-03-28T12:00:00Z', '2026-03-30T00:30:00Z'],
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00Z'],
    ['Europe/Berlin', '30 2 * * *', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
    ['Europe/Berlin', '30 2 * * *', '2026-10-25T01:30:00Z', '2026-10-26T01:30:00Z'],
    ['America/New_York', '0 9 * * *', '2026-03-06T15:00:00Z', '2026-03-07T14:00:00Z'],
    ['America/New_York', '0 9 * * *', '2026-03-07T15:00:00Z', '2026-03-08T13:00:00Z'],
    ['America/New_York', '*/30 * * * *', '2026-11-01T05:30:00Z', '2026-11-01T06:00:00Z'],
    ['Australia/Sydney', '0 9 * * *', '2026-01-09T00:00:00Z', '2026-01-09T22:00:00Z'],
    ['Australia/Sydney', '0 9 * * *', '2026-07-09T00:00:00Z', '2026-07-09T23:00:00Z'],
    ['Pacific/Auckland', '0 9 * * *', '2026-01-09T00:00:00Z', '2026-01-09T20:00:00Z'],
  ])('in %s, %s after %s comes at %s', (name, text, after, next) => {
    expect(formatTimestamp(parseSchedule(text, timeZone(name)).next(at(after)) ?? 0)).toBe(next);
  });

  it('agrees with the zone data of the machine, in every zone with summer time, through a year and a half', () => {
    for (const name of [
      'Europe/Berlin',
      'Europe/London',
      'Europe/Athens',
      'America/New_York',
      'America/Los_Angeles',
      'Australia/Sydney',
      'Pacific/Auckland',
    ]) {
      const format = new Intl.DateTimeFormat('en-GB', { timeZone: name, hour: '2-digit', hourCycle: 'h23' });
      const zone = timeZone(name);
      for (let time = at('2025-12-01T00:30:00Z'); time < at('2027-06-01T00:00:00Z'); time += 3600) {
        const hour = Math.floor((time + (zone?.(time) ?? Number.NaN)) / 3600) % 24;
        if (hour !== Number(format.format(time * 1000))) throw new Error(`${name} at ${formatTimestamp(time)}`);
      }
    }
  });

  it('knows no other zones', () => {
    expect(timeZone('Mars/Olympus')).toBeUndefined();
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
