import { civilFromSeconds } from '../../api/timestamps.ts';
import type { TimeZone } from './time-zone.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
/** A schedule that has no time in five years has none at all. Source: robfig/cron. */
const HORIZON = 5 * 366 * DAY;

/** Times at which something is due. Times are whole seconds since 1970. */
export interface Schedule {
  /** The first time after `seconds`; undefined where none comes in five years. */
  next(seconds: number): number | undefined;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 0, max: 6, names: WEEKDAYS },
];

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** The values a field allows; `any` where it was `*` or `?`, which matters for the two day fields. */
interface Allowed {
  readonly values: ReadonlySet<number>;
  readonly any: boolean;
}

const UTC: TimeZone = () => 0;

/**
 * Reads a schedule in the five fields of cron, or a descriptor such as `@hourly` or `@every 90m`. Times of an hour that is
 * left out when summer begins do not come that day, those of one that comes twice when it ends come twice, as with
 * robfig/cron. Throws RangeError with what is wrong.
 */
export function parseSchedule(text: string, zone: TimeZone = UTC): Schedule {
  const trimmed = text.trim();
  if (trimmed.startsWith('@every ')) return every(trimmed.slice(7).trim());
  const fields = (DESCRIPTORS[trimmed] ?? trimmed).split(/\s+/);
  if (fields.length !== 5) {
    throw new RangeError(`"${text}" has ${fields.length} fields; a schedule has 5 (minute hour day month weekday)`);
  }
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
    parseField(fields[index] as string, field),
  ) as [Allowed, Allowed, Allowed, Allowed, Allowed];

  const onDay = (seconds: number): boolean => {
    const { month, day, weekday } = civilFromSeconds(seconds);
    if (!months.values.has(month)) return false;
    const byDay = days.values.has(day);
    const byWeekday = weekdays.values.has(weekday);
    // Where both day fields say something, either will do.
    return days.any || weekdays.any ? byDay && byWeekday : byDay || byWeekday;
  };
  /** Times of the local clock on a day, those of hours that end by `from` left out. */
  const onClock = function* (day: number, from: number): Generator<number> {
    for (let hour = 0; hour < 24; hour++) {
      if (!hours.values.has(hour) || day + (hour + 1) * HOUR <= from) continue;
      for (let minute = 0; minute < 60; minute++) {
        if (minutes.values.has(minute)) yield day + hour * HOUR + minute * MINUTE;
      }
    }
  };
  const firstOn = (day: number, seconds: number): number => {
    const before = zone(day - DAY);
    const after = zone(day + 2 * DAY);
    if (before === after) {
      for (const local of onClock(day, seconds + before)) if (local - before > seconds) return local - before;
      return Infinity;
    }
    // Clocks change hereabouts: a local time may come twice, or not at all.
    let first = Infinity;
    for (const local of onClock(day, 0)) {
      for (const offset of [before, after]) {
        const time = local - offset;
        if (time > seconds && time < first && zone(time) === offset) first = time;
      }
    }
    return first;
  };
  return {
    next(seconds) {
      const today = Math.floor((seconds + zone(seconds)) / DAY) * DAY;
      for (let day = today; day < today + HORIZON; day += DAY) {
        const first = onDay(day) ? firstOn(day, seconds) : Infinity;
        if (first < Infinity) return first;
      }
      return undefined;
    },
  };
}

function parseField(text: string, field: Field): Allowed {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',')) {
    const [range = '', stepText, ...more] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (more.length > 0 || !Number.isInteger(step) || step < 1) throw bad(part, field);
    const star = range === '*' || range === '?';
    // `5/10` is short for `5-max/10`.
    const [firstText = '', lastText] = star ? [] : range.split('-');
    const first = star ? field.min : value(firstText, field);
    const last = star
      ? field.max
      : lastText !== undefined
        ? value(lastText, field)
        : stepText !== undefined
          ? field.max
          : first;
    if (first > last) throw bad(part, field);
    for (let at = first; at <= last; at += step) values.add(at);
    if (star && step === 1) any = true;
  }
  return { values, any };
}

function value(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + field.min;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < field.min || number > field.max) throw bad(text, field);
  return number;
}

function bad(text: string, { name, min, max }: Field): RangeError {
  return new RangeError(`"${text}" is no ${name} of a schedule (${min} to ${max}, as in *, 5, 1-5, */15 or 1,3)`);
}

const UNITS: Readonly<Record<string, number>> = { h: HOUR, m: MINUTE, s: 1 };

function every(text: string): Schedule {
  if (!/^(\d+(\.\d+)?[hms])+$/.test(text)) throw new RangeError(`"@every ${text}" is no duration such as 90m or 1h30m`);
  let total = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)([hms])/g)) {
    total += Number(amount) * (UNITS[unit] as number);
  }
  const period = Math.max(1, Math.floor(total));
  return { next: (seconds) => Math.floor(seconds) + period };
}
