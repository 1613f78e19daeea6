import type { Compare, KeyValue, RangeRequest } from './kv-messages.ts';

/** The fields that a request may sort by, or compare. */
const TARGETS = {
  KEY: 'key',
  VERSION: 'version',
  CREATE: 'createRevision',
  MOD: 'modRevision',
  VALUE: 'value',
} as const;

/** Whether a request has neither an order nor bounds of revisions. */
export function isPlain(request: RangeRequest): boolean {
  const { sortOrder = 'NONE', minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  const bounds = [minModRevision, maxModRevision, minCreateRevision, maxCreateRevision];
  return sortOrder === 'NONE' && bounds.every((bound) => bound === undefined || bound === 0);
}

/** Whether a key's revisions lie within a request's bounds. */
export function isWanted(request: RangeRequest): (kv: KeyValue) => boolean {
  const within = (value: number, min = 0, max = 0): boolean =>
    (min === 0 || value >= min) && (max === 0 || value <= max);
  return ({ modRevision, createRevision }) =>
    within(modRevision, request.minModRevision, request.maxModRevision) &&
    within(createRevision, request.minCreateRevision, request.maxCreateRevision);
}

/** Keys in the order that a request asks for; the list itself is sorted. */
export function sorted(kvs: KeyValue[], { sortOrder = 'NONE', sortTarget = 'KEY' }: RangeRequest): KeyValue[] {
  if (sortOrder === 'NONE' && sortTarget === 'KEY') return kvs;
  const field = TARGETS[sortTarget];
  const sign = sortOrder === 'DESCEND' ? -1 : 1;
  return kvs.sort((a, b) => (a[field] < b[field] ? -sign : a[field] > b[field] ? sign : 0));
}

/** Whether a condition holds of a key; undefined: of one that is not there, all of whose numbers are zero. */
export function compareHolds({ target, operand, result }: Compare, kv: KeyValue | undefined): boolean {
  const field = target === 'LEASE' ? 'lease' : TARGETS[target];
  const actual = kv?.[field] ?? 0;
  if (result === 'EQUAL') return actual === operand;
  if (result === 'NOT_EQUAL') return actual !== operand;
  return result === 'GREATER' ? actual > operand : actual < operand;
}
