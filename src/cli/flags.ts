import { DURATION_FORMS, LONGEST_RUN, parseDuration, printDuration } from '../sim/durations.ts';
import type { Seconds } from '../sim/durations.ts';
import { InputError, printValue } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';

/** Reads a flag's text as a whole number from 0 to 2^53 - 1; gives nothing when the flag was not given. */
export function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InputError({
    path: `--${flag}`,
    message: 'not a whole number',
    found: printValue(text),
    allowed: `0 to ${Number.MAX_SAFE_INTEGER}`,
  });
}

/** Reads a flag's text as a span of time above zero; gives nothing when the flag was not given. */
export function duration(flag: string, text: string | undefined): Seconds | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds > 0 && seconds <= LONGEST_RUN) return seconds;
  if (seconds !== undefined && seconds > 0) {
    const allowed = `at most ${printDuration(LONGEST_RUN)}`;
    throw new InputError({
      path: `--${flag}`,
      message: 'longer than the clock goes',
      found: printValue(text),
      allowed,
    });
  }
  const message = seconds === 0 ? 'must be longer than zero' : 'not a duration';
  throw new InputError({ path: `--${flag}`, message, found: printValue(text), allowed: DURATION_FORMS });
}

/** Reads a flag's text as a share above zero, `2%` or `0.02`; gives nothing when the flag was not given. */
export function share(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  const value = Number(digits) / (percent === '%' ? 100 : 1);
  if (value > 0) return value;
  throw new InputError({ path: `--${flag}`, message: 'not a share', found: printValue(text), allowed: '2% or 0.02' });
}

/** Reads a flag's text as one of some words; gives nothing when the flag was not given. */
export function oneOf<T extends string>(flag: string, text: string | undefined, words: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const word = words.find((known) => known === text);
  if (word !== undefined) return word;
  throw new InputError({ path: `--${flag}`, ...unknownName('value', text, words), found: printValue(text) });
}

/** The values of a flag that may be repeated. */
export function listOf(texts: string | readonly string[] | undefined): readonly string[] {
  if (texts === undefined) return [];
  return typeof texts === 'string' ? [texts] : texts;
}

/** Reads a flag's text as a part of a whole, `0/4` to `3/4`; gives nothing when the flag was not given. */
export function shardOf(
  flag: string,
  text: string | undefined,
): { readonly index: number; readonly count: number } | undefined {
  if (text === undefined) return undefined;
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (Number(index) < Number(count)) return { index: Number(index), count: Number(count) };
  throw new InputError({
    path: `--${flag}`,
    message: 'not a part',
    found: printValue(text),
    allowed: '0/4 to 3/4, say',
  });
}
