import type { FieldSetJson } from '../api/meta.ts';
import { keysOf, mergingOf } from './list-keys.ts';
import { isObject } from './merge-patch.ts';

/**
 * A set of an object's fields, as `managedFields` keeps it (FieldsV1): `f:name` a field, `k:{…}` an item of a list by its
 * keys, `v:…` a value of a set, `.` the thing itself. A branch without any more in it is a leaf.
 */
export type FieldSet = FieldSetJson;

type JsonObject = Readonly<Record<string, unknown>>;

const LEAF: FieldSet = {};

/** All fields of a value. */
export function fieldsOf(value: unknown, field = ''): FieldSet {
  if (isObject(value)) {
    const set: Record<string, FieldSet> = {};
    for (const [key, inner] of Object.entries(value)) if (inner !== undefined) set[`f:${key}`] = fieldsOf(inner, key);
    return set;
  }
  if (!Array.isArray(value)) return LEAF;
  const items = value as readonly unknown[];
  const merging = mergingOf(field, items);
  if (merging === undefined || items.length === 0) return LEAF;
  const elements = items.map((item): [string, FieldSet] => {
    if (merging === 'set') return [`v:${JSON.stringify(item)}`, LEAF];
    return [`k:${JSON.stringify(keysOf(item, merging))}`, { '.': LEAF, ...fieldsOf(item) }];
  });
  return Object.fromEntries(elements);
}

/** Fields of either. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = { ...left };
  for (const [element, inner] of Object.entries(right)) result[element] = union(result[element] ?? LEAF, inner);
  return result;
}

/** Leaves of the one that are not in the other; undefined where nothing is left. */
export function difference(left: FieldSet, right: FieldSet | undefined): FieldSet | undefined {
  if (right === undefined) return left;
  if (isLeaf(left)) return undefined;
  const result: Record<string, FieldSet> = {};
  for (const [element, inner] of Object.entries(left)) {
    const rest = difference(inner, right[element]);
    if (rest !== undefined) result[element] = rest;
  }
  return isLeaf(result) ? undefined : result;
}

/** Leaves of both; undefined where there are none. */
export function intersection(left: FieldSet, right: FieldSet | undefined): FieldSet | undefined {
  if (right === undefined) return undefined;
  if (isLeaf(left) || isLeaf(right)) return isLeaf(left) && isLeaf(right) ? LEAF : undefined;
  const result: Record<string, FieldSet> = {};
  for (const [element, inner] of Object.entries(left)) {
    const both = intersection(inner, right[element]);
    if (both !== undefined) result[element] = both;
  }
  return isLeaf(result) ? undefined : result;
}

export function isLeaf(set: FieldSet): boolean {
  for (const _element in set) return false;
  return true;
}

/** The leaves as people read them: `.spec.replicas`, `.spec.containers[name="main"].image`. */
export function leavesOf(set: FieldSet, path = ''): readonly string[] {
  if (isLeaf(set)) return [path];
  return Object.entries(set).flatMap(([element, inner]) => {
    if (element === '.') return [];
    return leavesOf(inner, path + printed(element));
  });
}

function printed(element: string): string {
  if (element.startsWith('f:')) return `.${element.slice(2)}`;
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  const keys = JSON.parse(element.slice(2)) as JsonObject;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

/** Fields whose value in one object is not the one they have in the other: changed, new, or gone. */
export function changedFields(before: unknown, after: unknown, field = ''): FieldSet | undefined {
  if (before === after) return undefined;
  if (isObject(before) && isObject(after)) {
    const set: Record<string, FieldSet> = {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = changedFields(before[key], after[key], key);
      if (inner !== undefined) set[`f:${key}`] = inner;
    }
    return isLeaf(set) ? undefined : set;
  }
  const merging = Array.isArray(after) ? mergingOf(field, after as unknown[]) : undefined;
  if (Array.isArray(before) && Array.isArray(after) && merging !== undefined) {
    return changedItems(before as unknown[], after as unknown[], merging);
  }
  if (before === undefined) return fieldsOf(after, field);
  if (after === undefined) return fieldsOf(before, field);
  return JSON.stringify(before) === JSON.stringify(after) ? undefined : LEAF;
}

function changedItems(
  before: readonly unknown[],
  after: readonly unknown[],
  merging: readonly string[] | 'set',
): FieldSet | undefined {
  const nameOf = (item: unknown): string =>
    merging === 'set' ? `v:${JSON.stringify(item)}` : `k:${JSON.stringify(keysOf(item, merging))}`;
  const set: Record<string, FieldSet> = {};
  const old = new Map(before.map((item) => [nameOf(item), item]));
  for (const item of after) {
    const name = nameOf(item);
    const known = old.has(name);
    const inner = changedFields(old.get(name), item);
    if (inner !== undefined || !known) set[name] = known ? (inner as FieldSet) : wholeItem(item);
    old.delete(name);
  }
  for (const [name, item] of old) set[name] = wholeItem(item);
  return isLeaf(set) ? undefined : set;
}

function wholeItem(item: unknown): FieldSet {
  return isObject(item) ? { '.': LEAF, ...fieldsOf(item) } : LEAF;
}

/** The value without the fields of a set: what has nothing left in it goes too. */
export function withoutFields(value: unknown, set: FieldSet, field = ''): unknown {
  if (isLeaf(set)) return undefined;
  if (Array.isArray(value)) {
    const items = value as unknown[];
    const merging = mergingOf(field, items);
    if (merging === undefined) return value;
    const left = items.flatMap((item) => {
      const name = merging === 'set' ? `v:${JSON.stringify(item)}` : `k:${JSON.stringify(keysOf(item, merging))}`;
      const inner = set[name];
      if (inner === undefined) return [item];
      if (merging === 'set' || inner['.'] !== undefined) return [];
      return [withoutFields(item, inner)];
    });
    return left.length === 0 ? undefined : left;
  }
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [element, inner] of Object.entries(set)) {
    const key = element.slice(2);
    const left = withoutFields(result[key], inner, key);
    if (left === undefined) delete result[key];
    else result[key] = left;
  }
  return Object.keys(result).length === 0 && Object.keys(value).length > 0 ? undefined : result;
}
