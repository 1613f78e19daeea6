/** A function that templates can call. */
export type TemplateFunction = (...args: unknown[]) => unknown;

export type TemplateFunctions = Readonly<Record<string, TemplateFunction>>;

/** Whether a value counts as true: what is empty does not. Source: text/template/exec.go IsTrue. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** A value as it is printed: maps and lists in Go's way, what is not there as `<no value>`. */
export function printed(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, inner]) => `${key}:${printed(inner)}`).join(' ')}]`;
  }
  return String(value as string | number | boolean);
}

function compared(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [printed(a), printed(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function same(a: unknown, b: unknown): boolean {
  return typeof a === typeof b ? a === b : (a ?? undefined) === (b ?? undefined);
}

function indexed(value: unknown, ...keys: unknown[]): unknown {
  let found = value;
  for (const key of keys) {
    if (found === undefined || found === null) return undefined;
    if (Array.isArray(found)) {
      const index = Number(key);
      if (!(index >= 0 && index < found.length)) throw new RangeError(`index out of range: ${printed(key)}`);
      found = found[index];
    } else if (typeof found === 'object') {
      found = Object.hasOwn(found, printed(key)) ? (found as Record<string, unknown>)[printed(key)] : undefined;
    } else throw new RangeError(`cannot index ${printed(found)}`);
  }
  return found;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw new RangeError(`len of ${printed(value)}`);
}

/** The verbs of fmt.Sprintf that templates use: %s, %v, %d, %q, %t, %% with a width. */
function formatted(format: unknown, ...args: unknown[]): string {
  let next = 0;
  return String(format).replace(/%(-?0?\d*)([svdqt%])/g, (_all, width: string, verb: string) => {
    if (verb === '%') return '%';
    const value = args[next++];
    const text = verb === 'q' ? JSON.stringify(printed(value)) : printed(value);
    const columns = Math.abs(Number(width));
    if (width.startsWith('-')) return text.padEnd(columns);
    return text.padStart(columns, width.startsWith('0') ? '0' : ' ');
  });
}

const numeric =
  (apply: (a: number, b: number) => number): TemplateFunction =>
  (...args) =>
    args.map(Number).reduce(apply);

function dict(...args: unknown[]): object {
  const made: Record<string, unknown> = {};
  for (let i = 0; i < args.length; i += 2) made[printed(args[i])] = args[i + 1];
  return made;
}

/**
 * What text/template brings itself (`and`, `or` and `not` apart, which do not evaluate all they are given), and of sprig's
 * functions, which KWOK's templates may use, those that change values and draw nothing.
 */
export const BUILT_IN: TemplateFunctions = {
  not: (value) => !isTrue(value),
  eq: (first, ...rest) => rest.some((other) => same(first, other)),
  ne: (a, b) => !same(a, b),
  lt: (a, b) => compared(a, b) < 0,
  le: (a, b) => compared(a, b) <= 0,
  gt: (a, b) => compared(a, b) > 0,
  ge: (a, b) => compared(a, b) >= 0,
  len: lengthOf,
  index: indexed,
  slice: (value, from, to) =>
    (value as string | unknown[]).slice(Number(from ?? 0), to === undefined ? undefined : Number(to)),
  print: (...args) => args.map(printed).join(''),
  println: (...args) => `${args.map(printed).join(' ')}\n`,
  printf: formatted,
  default: (fallback, value) => (isTrue(value) ? value : fallback),
  empty: (value) => !isTrue(value),
  coalesce: (...args) => args.find(isTrue),
  ternary: (yes, no, test) => (isTrue(test) ? yes : no),
  dict,
  list: (...args) => args,
  get: (map, key) => indexed(map, key) ?? '',
  hasKey: (map, key) => typeof map === 'object' && map !== null && Object.hasOwn(map, printed(key)),
  has: (item, list) => Array.isArray(list) && list.some((one) => same(one, item)),
  add: numeric((a, b) => a + b),
  add1: (value) => Number(value) + 1,
  sub: numeric((a, b) => a - b),
  mul: numeric((a, b) => a * b),
  div: numeric((a, b) => Math.trunc(a / b)),
  mod: numeric((a, b) => a % b),
  max: numeric(Math.max),
  min: numeric(Math.min),
  int: (value) => Math.trunc(Number(value ?? 0)),
  int64: (value) => Math.trunc(Number(value ?? 0)),
  toString: printed,
  upper: (text) => printed(text).toUpperCase(),
  lower: (text) => printed(text).toLowerCase(),
  trim: (text) => printed(text).trim(),
  trimPrefix: (prefix, text) =>
    printed(text).startsWith(printed(prefix)) ? printed(text).slice(printed(prefix).length) : text,
  trimSuffix: (suffix, text) =>
    printed(text).endsWith(printed(suffix)) ? printed(text).slice(0, -printed(suffix).length) : text,
  hasPrefix: (prefix, text) => printed(text).startsWith(printed(prefix)),
  hasSuffix: (suffix, text) => printed(text).endsWith(printed(suffix)),
  contains: (part, text) => printed(text).includes(printed(part)),
  replace: (old, by, text) => printed(text).replaceAll(printed(old), printed(by)),
  join: (separator, list) => (list as readonly unknown[]).map(printed).join(printed(separator)),
  quote: (...args) => args.map((value) => JSON.stringify(printed(value))).join(' '),
  squote: (...args) => args.map((value) => `'${printed(value)}'`).join(' '),
  toJson: (value) => JSON.stringify(value),
};
