/** A span of simulated time in seconds; fractions down to a microsecond count. */
export type Seconds = number;

const UNITS: Readonly<Record<string, number>> = {
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

const PART = /(\d+(?:\.\d*)?|\.\d+)(us|µs|ms|s|m|h|d|w)/g;
const WHOLE = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:us|µs|ms|s|m|h|d|w))+$/;
const NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)$/;

/** What a message says is allowed where a duration belongs. */
export const DURATION_FORMS = 'a duration such as 90s, 1h30m, 250ms or 2d, or a number of seconds';

/** The longest that a run can be: a little less than what the clock can reach (MAX_TIME). */
export const LONGEST_RUN: Seconds = 35 * 365 * 86_400;

function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

/**
 * Seconds of a duration: Go's form ("1h30m", "250ms") with days and weeks besides, or a plain number of seconds.
 * Rounded to the clock's microsecond. Undefined where the text is no duration; negative ones are none.
 */
export function parseDuration(value: string | number): Seconds | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? toMicroseconds(value) : undefined;
  const text = value.trim();
  if (NUMBER.test(text)) return toMicroseconds(Number(text));
  if (!WHOLE.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(PART)) seconds += Number(amount) * (UNITS[unit ?? 's'] ?? 1);
  return Number.isFinite(seconds) ? toMicroseconds(seconds) : undefined;
}

const PRINTED: readonly (readonly [string, number])[] = [
  ['d', 86_400_000_000],
  ['h', 3_600_000_000],
  ['m', 60_000_000],
];

/** The shortest text that parseDuration reads back as the same time: "1d2h", "90ms", "0s". */
export function printDuration(seconds: Seconds): string {
  let micros = Math.round(seconds * 1e6);
  if (micros === 0) return '0s';
  if (micros < 1000) return `${micros}us`;
  if (micros < 1_000_000) return `${micros / 1000}ms`;
  let text = '';
  for (const [unit, size] of PRINTED) {
    const count = Math.floor(micros / size);
    if (count > 0) text += `${count}${unit}`;
    micros -= count * size;
  }
  return micros > 0 ? `${text}${micros / 1e6}s` : text;
}

/** As the real components print a span in their messages: "1m0s", "1h0m0s", "500ms". Source: Go's time.Duration. */
export function goDuration(seconds: Seconds): string {
  if (seconds < 1) return printDuration(seconds);
  const rest = `${toMicroseconds(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return rest;
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`;
}
