import { InputError } from '../../workloads/input-error.ts';

/** One path of a scenario and the values it is to have. */
export interface Axis {
  readonly path: string;
  /** As written; each is YAML. */
  readonly values: readonly string[];
}

/** A scenario with its settings: one point of the grid. */
export interface Variant {
  /** `A` for the baseline, then `B`, … `Z`, `AA`. */
  readonly letter: string;
  /** `path=value` texts, as `--set` takes them. */
  readonly settings: readonly string[];
  /** What tables call its point on each axis. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads `path=value,value,…`; commas in brackets, braces and quotes belong to their value. */
export function parseAxis(text: string): Axis {
  const at = text.indexOf('=');
  const values = at < 0 ? [] : split(text.slice(at + 1));
  const refuse = (message: string): InputError =>
    new InputError({
      path: `--vary ${text}`,
      message,
      allowed: 'path=value,value,…, e.g. policies.scoring=least,most',
    });
  if (at <= 0) throw refuse('not an axis');
  if (values.some((value) => value === '')) throw refuse('a value is empty');
  if (values.length < 2) throw refuse('one value alone is nothing to compare');
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw refuse(`the value ${twice} is given twice`);
  return { path: text.slice(0, at), values };
}

const OPENING = '[{(';
const CLOSING = ']})';

function split(text: string): string[] {
  const parts = [''];
  let depth = 0;
  let quote = '';
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (OPENING.includes(character)) depth++;
    else if (CLOSING.includes(character)) depth--;
    if (character === ',' && depth === 0 && quote === '') parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}

/** All combinations of the axes' values; the first of each makes the baseline. */
export function variantsOf(axes: readonly Axis[]): readonly Variant[] {
  let combinations: (readonly (readonly [path: string, value: string])[])[] = [[]];
  for (const { path, values } of axes) {
    combinations = combinations.flatMap((point) => values.map((value) => [...point, [path, value] as const]));
  }
  return combinations.map((point, index) => ({
    letter: letterOf(index),
    settings: point.map(([path, value]) => `${path}=${value}`),
    parameters: Object.fromEntries(point),
  }));
}

/** `A`, `B`, … `Z`, `AA`, … */
export function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}
