import { sameJson } from '../apiserver/merge-patch.ts';
import { parseJq } from './jq-syntax.ts';
import type { Filter } from './jq-syntax.ts';

/** A jq filter, compiled: the values it gives for an input. Throws a `JqFailure` where it fails on one. */
export type Query = (input: unknown) => readonly unknown[];

/** A filter fails on its input: what jq tells as an error. */
export class JqFailure extends Error {
  override readonly name = 'JqFailure';
}

/**
 * Compiles the part of jq that selects values: paths, `.[]`, pipes, `select`, comparisons, `and`, `or`, `not`, `//`, `?`,
 * lists and the functions of `FUNCTION_ARITY`. Throws a `JqError` for all else.
 */
export function jq(text: string): Query {
  return compiled(parseJq(text));
}

/** Likewise, from the filter taken apart. */
export function compiled(filter: Filter): Query {
  switch (filter.kind) {
    case 'identity':
      return (input) => [input];
    case 'literal':
      return () => [filter.value];
    case 'index': {
      const [of, key] = [compiled(filter.of), compiled(filter.key)];
      return (input) => key(input).flatMap((name) => of(input).map((value) => indexed(value, name)));
    }
    case 'each': {
      const of = compiled(filter.of);
      return (input) => of(input).flatMap(elements);
    }
    case 'try': {
      const of = compiled(filter.of);
      return (input) => attempt(() => of(input)) ?? [];
    }
    case 'list': {
      const of = compiled(filter.of);
      return (input) => [of(input)];
    }
    case 'pipe': {
      const [left, right] = [compiled(filter.left), compiled(filter.right)];
      return (input) => left(input).flatMap((value) => right(value));
    }
    case 'comma': {
      const [left, right] = [compiled(filter.left), compiled(filter.right)];
      return (input) => [...left(input), ...right(input)];
    }
    case 'alternative': {
      const [left, right] = [compiled(filter.left), compiled(filter.right)];
      return (input) => {
        const given = (attempt(() => left(input)) ?? []).filter(isTrue);
        return given.length > 0 ? given : right(input);
      };
    }
    case 'and':
    case 'or': {
      const [left, right] = [compiled(filter.left), compiled(filter.right)];
      const decides = filter.kind === 'or';
      return (input) => left(input).flatMap((a) => (isTrue(a) === decides ? [decides] : right(input).map(isTrue)));
    }
    case 'operator': {
      const [left, right] = [compiled(filter.left), compiled(filter.right)];
      const { operator } = filter;
      return (input) => right(input).flatMap((b) => left(input).map((a) => operated(operator, a, b)));
    }
    case 'call':
      return called(filter.name, filter.args);
  }
}

function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

function attempt(run: () => readonly unknown[]): readonly unknown[] | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof JqFailure) return undefined;
    throw error;
  }
}

function typeOf(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function indexed(value: unknown, key: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value) && typeof key === 'number') return (value as unknown[]).at(key) ?? null;
  if (typeof value === 'object' && !Array.isArray(value) && typeof key === 'string') {
    return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null;
  }
  throw new JqFailure(`cannot index ${typeOf(value)} with ${JSON.stringify(key)}`);
}

function elements(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (typeof value === 'object' && value !== null) return Object.values(value).filter((one) => one !== undefined);
  throw new JqFailure(`cannot iterate over ${typeOf(value)}`);
}

const ORDER = ['null', 'boolean', 'number', 'string', 'array', 'object'];

/** jq's order of all values, as far as lists and objects are not compared with each other. */
function compare(a: unknown, b: unknown): number {
  const byType = ORDER.indexOf(typeOf(a)) - ORDER.indexOf(typeOf(b));
  if (byType !== 0) return byType;
  if (sameJson(a, b)) return 0;
  return (a as number | string) < (b as number | string) ? -1 : 1;
}

function operated(operator: string, a: unknown, b: unknown): unknown {
  const order = compare(a, b);
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return arithmetic(operator, a, b);
  }
}

function arithmetic(operator: string, a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return operator === '+' ? a + b : a - b;
  if (operator === '+') {
    if (a === null || a === undefined) return b;
    if (b === null || b === undefined) return a;
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    if (Array.isArray(a) && Array.isArray(b)) return [...(a as unknown[]), ...(b as unknown[])];
  }
  throw new JqFailure(`${typeOf(a)} and ${typeOf(b)} have no ${operator}`);
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new JqFailure(`${what} wants a string, not ${typeOf(value)}`);
}

/** Functions of one value. */
const OF_ONE: Readonly<Record<string, (value: unknown) => unknown>> = {
  not: (value) => !isTrue(value),
  type: typeOf,
  tostring: (value) => (typeof value === 'string' ? value : JSON.stringify(value ?? null)),
  tonumber: (value) => {
    const number = typeof value === 'number' ? value : Number(text(value, 'tonumber'));
    if (Number.isNaN(number)) throw new JqFailure('not a number');
    return number;
  },
  length: (value) => {
    if (value === null || value === undefined) return 0;
    if (typeof value === 'number') return Math.abs(value);
    return typeof value === 'string' ? value.length : elements(value).length;
  },
  keys: (value) => (Array.isArray(value) ? [...value.keys()] : Object.keys(value as object).sort()),
  last: (value) => indexed(value, -1),
  ascii_downcase: (value) => text(value, 'ascii_downcase').toLowerCase(),
  ascii_upcase: (value) => text(value, 'ascii_upcase').toUpperCase(),
};

/** Functions of a value and an argument. */
const OF_TWO: Readonly<Record<string, (value: unknown, argument: unknown) => unknown>> = {
  has: (value, key) => {
    if (Array.isArray(value)) return typeof key === 'number' && key >= 0 && key < value.length;
    if (typeof value !== 'object' || value === null) throw new JqFailure(`${typeOf(value)} has no keys`);
    return Object.hasOwn(value, String(key)) && (value as Record<string, unknown>)[String(key)] !== undefined;
  },
  startswith: (value, part) => text(value, 'startswith').startsWith(text(part, 'startswith')),
  endswith: (value, part) => text(value, 'endswith').endsWith(text(part, 'endswith')),
  contains: (value, part) => contains(value, part),
  test: (value, pattern) => new RegExp(text(pattern, 'test')).test(text(value, 'test')),
  split: (value, by) => text(value, 'split').split(text(by, 'split')),
  join: (value, by) =>
    elements(value)
      .map((one) => (one === null ? '' : String(one as string)))
      .join(text(by, 'join')),
  ltrimstr: (value, part) =>
    typeof value === 'string' && typeof part === 'string' && value.startsWith(part) ? value.slice(part.length) : value,
  rtrimstr: (value, part) =>
    typeof value === 'string' && typeof part === 'string' && part !== '' && value.endsWith(part)
      ? value.slice(0, -part.length)
      : value,
};

function contains(value: unknown, part: unknown): boolean {
  if (typeof value === 'string' && typeof part === 'string') return value.includes(part);
  if (Array.isArray(value) && Array.isArray(part)) {
    return part.every((wanted) => value.some((one) => contains(one, wanted)));
  }
  if (typeof value === 'object' && typeof part === 'object' && value !== null && part !== null) {
    return Object.entries(part).every(([key, wanted]) => contains((value as Record<string, unknown>)[key], wanted));
  }
  return sameJson(value, part);
}

function called(name: string, args: readonly Filter[]): Query {
  const [argument] = args.map(compiled);
  const ofOne = Object.hasOwn(OF_ONE, name) ? OF_ONE[name] : undefined;
  if (ofOne !== undefined) return (input) => [ofOne(input)];
  const ofTwo = Object.hasOwn(OF_TWO, name) ? OF_TWO[name] : undefined;
  if (ofTwo !== undefined && argument !== undefined) return (input) => argument(input).map((one) => ofTwo(input, one));
  const each: Query = argument ?? ((input) => [input]);
  switch (name) {
    case 'select':
      return (input) => each(input).flatMap((test) => (isTrue(test) ? [input] : []));
    case 'map':
      return (input) => [elements(input).flatMap((one) => each(one))];
    case 'any':
      return (input) => [elements(input).some((one) => each(one).some(isTrue))];
    case 'all':
      return (input) => [elements(input).every((one) => each(one).every(isTrue))];
    case 'first':
      return (input) => (argument === undefined ? [indexed(input, 0)] : argument(input).slice(0, 1));
    default:
      // empty
      return () => [];
  }
}
