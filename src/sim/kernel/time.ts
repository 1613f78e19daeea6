/**
 * A point in virtual time or a span of it: an integer count of microseconds. Points count from the start of the run.
 * Exact in a double; the clock accepts points up to `MAX_TIME`.
 */
export type Micros = number;

export const MILLISECOND: Micros = 1_000;
export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;

/**
 * The last instant the clock can reach, 2^50 - 1 µs or some 35 years: an event's order key is time * 8 + priority and
 * has to stay an exact integer in a double.
 */
export const MAX_TIME: Micros = 2 ** 50 - 1;

/** A span given in seconds, rounded to whole microseconds. */
export function seconds(n: number): Micros {
  return Math.round(n * SECOND);
}

/** A span given in milliseconds, rounded to whole microseconds. */
export function millis(n: number): Micros {
  return Math.round(n * MILLISECOND);
}
