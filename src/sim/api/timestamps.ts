import type { Timestamp } from './meta.ts';

/**
 * Calendar arithmetic without the host's clock or time zone: a run has a `startTime`, and API timestamps are that
 * plus the simulated time, cut to whole seconds (metav1.Time), or to microseconds (metav1.MicroTime).
 * Days from civil date and back: the era method of the proleptic Gregorian calendar.
 */

export interface CivilTime {
  readonly year: number;
  /** 1-12 */
  readonly month: number;
  /** 1-31 */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 = Sunday */
  readonly weekday: number;
}

/** Days since 1970-01-01 of a civil date. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The civil time of seconds since 1970-01-01T00:00:00Z. */
export function civilFromSeconds(epochSeconds: number): CivilTime {
  const days = Math.floor(epochSeconds / 86_400);
  const rest = epochSeconds - days * 86_400;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Seconds since 1970 of an RFC 3339 text (with fraction), or undefined where it is none. */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const month = part(2);
  const day = part(3);
  if (month < 1 || month > 12 || day < 1 || day > 31 || part(4) > 23 || part(5) > 59 || part(6) > 60) return undefined;
  const base = daysFromCivil(part(1), month, day) * 86_400 + part(4) * 3600 + part(5) * 60 + part(6);
  const fraction = match[7] === undefined ? 0 : Number(`0.${match[7]}`);
  const offset = match[8] === undefined ? 0 : (match[8] === '-' ? -1 : 1) * (part(9) * 3600 + part(10) * 60);
  return base + fraction - offset;
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Whole seconds since 1970 as RFC 3339. */
export function formatTimestamp(epochSeconds: number): Timestamp {
  const t = civilFromSeconds(epochSeconds);
  const year = String(t.year).padStart(4, '0');
  return `${year}-${pad(t.month)}-${pad(t.day)}T${pad(t.hour)}:${pad(t.minute)}:${pad(t.second)}Z`;
}

/** A power of two. */
const RECENT = 1024;

/** Translates between simulated time and the timestamps of API objects. */
export class Calendar {
  /** Seconds since 1970 at simulated time 0; whole. */
  readonly startSeconds: number;
  /** Texts of recent seconds, by their last bits: those of a pod's start and of now are asked for in turn. */
  readonly #seconds = new Float64Array(RECENT).fill(Number.NaN);
  readonly #texts: Timestamp[] = Array.from({ length: RECENT }, () => '');
  readonly #parsed = new Map<Timestamp, number>();

  constructor(startTime: Timestamp) {
    const start = parseTimestamp(startTime);
    if (start === undefined) throw new RangeError(`startTime "${startTime}" is not an RFC 3339 timestamp`);
    this.startSeconds = Math.floor(start);
  }

  /** `metav1.Time` of a simulated instant: cut to whole seconds. */
  timestamp(now: number): Timestamp {
    const second = Math.floor(now / 1_000_000);
    const place = second & (RECENT - 1);
    if (this.#seconds[place] !== second) {
      this.#seconds[place] = second;
      this.#texts[place] = formatTimestamp(this.startSeconds + second);
    }
    return this.#texts[place] as Timestamp;
  }

  /** `metav1.MicroTime` of a simulated instant. */
  microTimestamp(now: number): string {
    const micros = String(now % 1_000_000).padStart(6, '0');
    return this.timestamp(now).replace('Z', `.${micros}Z`);
  }

  /** Simulated time in microseconds of an API timestamp; may be negative for one before the start. */
  micros(timestamp: Timestamp): number {
    let value = this.#parsed.get(timestamp);
    if (value === undefined) {
      const epoch = parseTimestamp(timestamp);
      if (epoch === undefined) throw new RangeError(`"${timestamp}" is not an RFC 3339 timestamp`);
      value = Math.round((epoch - this.startSeconds) * 1e6);
      if (this.#parsed.size > 10_000) this.#parsed.clear();
      this.#parsed.set(timestamp, value);
    }
    return value;
  }
}
