import { InputError, printValue } from '../workloads/input-error.ts';

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

/** The values of a flag that may be repeated. */
export function listOf(texts: string | readonly string[] | undefined): readonly string[] {
  if (texts === undefined) return [];
  return typeof texts === 'string' ? [texts] : texts;
}
