import { keysOf, mergingOf } from './list-keys.ts';
import { isObject, sameJson } from './merge-patch.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const ORDER = '$setElementOrder/';
const REMOVED = '$deleteFromPrimitiveList/';
const DIRECTIVE = '$patch';
const RETAIN = '$retainKeys';

/**
 * Kubernetes' strategic merge patch: as a merge patch, but lists with a merge key merge item by item, and directives
 * ($patch, $retainKeys, $deleteFromPrimitiveList, $setElementOrder) say what else is meant. Source: apimachinery
 * pkg/util/strategicpatch.
 */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  if (patch[DIRECTIVE] === 'replace') return withoutDirectives(patch);
  const live = isObject(target) ? target : {};
  const retained = patch[RETAIN];
  const result: Record<string, unknown> = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(live).filter(([key]) => retained.includes(key)))
    : { ...live };
  for (const [key, value] of Object.entries(patch)) {
    if (key === DIRECTIVE || key === RETAIN || key.startsWith(ORDER)) continue;
    if (key.startsWith(REMOVED)) {
      const field = key.slice(REMOVED.length);
      result[field] = without(result[field], value as readonly unknown[]);
    } else if (value === null || isDeletion(value)) delete result[key];
    else if (Array.isArray(value)) {
      result[key] = mergedList(key, result[key], value, patch[`${ORDER}${key}`]);
    } else result[key] = strategicMerge(result[key], value);
  }
  return result;
}

function isDeletion(value: unknown): boolean {
  return isObject(value) && value[DIRECTIVE] === 'delete';
}

function without(list: unknown, values: readonly unknown[]): readonly unknown[] {
  return (Array.isArray(list) ? (list as unknown[]) : []).filter(
    (item) => !values.some((value) => sameJson(item, value)),
  );
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}

function mergedList(field: string, live: unknown, patch: readonly unknown[], order: unknown): readonly unknown[] {
  const items = Array.isArray(live) ? (live as unknown[]) : [];
  const merging = mergingOf(field, [...patch, ...items]);
  if (merging === undefined) return patch.map(cleaned);
  if (merging === 'set') return [...items, ...patch.filter((value) => !items.includes(value))];
  const [key] = merging as readonly [string];
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === 'replace' && item[key] === undefined)) {
    return patch.filter((item) => isObject(item) && item[DIRECTIVE] !== 'replace');
  }
  let result = [...items];
  for (const item of patch) {
    const matches = (other: unknown): boolean => sameJson(keysOf(other, [key]), keysOf(item, [key]));
    const at = result.findIndex(matches);
    if (isDeletion(item)) result = result.filter((other) => !matches(other));
    else if (at < 0) result.push(cleaned(item));
    else result[at] = strategicMerge(result[at], item);
  }
  return Array.isArray(order) ? ordered(result, order as readonly unknown[], key) : result;
}

function cleaned(item: unknown): unknown {
  return isObject(item) ? withoutDirectives(item) : item;
}

/** The items that the order names, as it names them; those that it does not know stay where they are among them. */
function ordered(items: readonly unknown[], order: readonly unknown[], key: string): readonly unknown[] {
  const placeOf = (item: unknown): number =>
    order.findIndex((named) => sameJson(keysOf(named, [key]), keysOf(item, [key])));
  const named = items.filter((item) => placeOf(item) >= 0).sort((a, b) => placeOf(a) - placeOf(b));
  return items.map((item) => (placeOf(item) >= 0 ? named.shift() : item));
}
