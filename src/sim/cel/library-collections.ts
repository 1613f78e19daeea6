import type { Environment } from '@marcbachmann/cel-js';

type Comparable = string | number | bigint;

class SetsNamespace {}

/**
 * Lists, sets, regular expressions and what is missing of strings. Sources: k8s.io/apiserver/pkg/cel/library/{lists,
 * regex}.go, cel-go/ext/{sets,strings}.go.
 */
export function registerCollections(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (list: readonly Comparable[]) =>
      list.every((item, at) => at === 0 || (list[at - 1] as Comparable) <= item),
    )
    .registerFunction('list.sum(): dyn', (list: readonly (number | bigint)[]) => sum(list))
    .registerFunction('list.min(): dyn', (list: readonly Comparable[]) => extreme('min', list, (a, b) => a < b))
    .registerFunction('list.max(): dyn', (list: readonly Comparable[]) => extreme('max', list, (a, b) => a > b))
    .registerFunction('list.indexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.findIndex((other) => same(other, item))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.findLastIndex((other) => same(other, item))),
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(text, pattern))
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, most: bigint) =>
      findAll(text, pattern, most < 0n ? undefined : Number(most)),
    )
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => charAt(text, Number(at)))
    .registerFunction('string.replace(string, string): string', (text: string, old: string, by: string) =>
      text.replaceAll(old, () => by),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerType('SetsNamespace', SetsNamespace)
    .registerConstant('sets', 'SetsNamespace', new SetsNamespace())
    .registerFunction('SetsNamespace.contains(list, list): bool', (_: unknown, list: unknown[], sub: unknown[]) =>
      contains(list, sub),
    )
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_: unknown, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a),
    )
    .registerFunction('SetsNamespace.intersects(list, list): bool', (_: unknown, a: unknown[], b: unknown[]) =>
      a.some((item) => b.some((other) => same(item, other))),
    );
}

function contains(list: readonly unknown[], sub: readonly unknown[]): boolean {
  return sub.every((item) => list.some((other) => same(item, other)));
}

/** CEL's equality: numbers of different types are equal where they are the same number. */
function same(left: unknown, right: unknown): boolean {
  const [a, b] = [plainNumber(left), plainNumber(right)];
  if (typeof a === 'bigint' || typeof a === 'number') {
    // oxlint-disable-next-line eqeqeq -- a bigint and a number
    return (typeof b === 'bigint' || typeof b === 'number') && a == b;
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => same(item, b[at] as unknown));
  }
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b;
  const [ours, theirs] = [Object.entries(a), b as Record<string, unknown>];
  return ours.length === Object.keys(b).length && ours.every(([key, value]) => same(value, theirs[key]));
}

/** The library keeps a uint in an object of its own, which it does not export. */
function plainNumber(value: unknown): unknown {
  const number: unknown = typeof value === 'object' && value !== null ? value.valueOf() : value;
  return typeof number === 'bigint' ? number : value;
}

function sum(list: readonly (number | bigint)[]): number | bigint {
  if (list.every((item) => typeof item === 'bigint')) return list.reduce((total, item) => total + item, 0n);
  return list.reduce<number>((total, item) => total + Number(item), 0);
}

function extreme(
  name: string,
  list: readonly Comparable[],
  better: (a: Comparable, b: Comparable) => boolean,
): Comparable {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, item) => (better(item, best) ? item : best), first);
}

function findAll(text: string, pattern: string, most = Infinity): string[] {
  const found: string[] = [];
  for (const [match] of text.matchAll(regularExpression(pattern))) {
    if (found.length >= most) break;
    found.push(match);
  }
  return found;
}

function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'gu');
  } catch {
    throw new Error(`illegal regular expression: ${pattern}`);
  }
}

function charAt(text: string, at: number): string {
  const letters = [...text];
  if (at < 0 || at > letters.length) throw new Error(`index out of range: ${String(at)}`);
  return letters[at] ?? '';
}

function replaceSome(text: string, old: string, by: string, most: bigint): string {
  let left = most < 0n ? Infinity : Number(most);
  return text.replaceAll(old, () => (left-- > 0 ? by : old));
}
