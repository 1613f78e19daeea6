import type { Draft, KubeObject, ManagedFields, Timestamp } from '../api/meta.ts';
import { kindInfo } from '../api/kinds.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import {
  changedFields,
  difference,
  fieldsOf,
  intersection,
  isLeaf,
  leavesOf,
  union,
  withoutFields,
} from './field-sets.ts';
import type { FieldSet } from './field-sets.ts';
import { keysOf, mergingOf } from './list-keys.ts';
import { isObject, sameJson } from './merge-patch.ts';

/** Who applies. */
export interface Applier {
  /** `fieldManager` of the request. */
  readonly manager: string;
  /** Takes over what others own, instead of refusing to touch it. */
  readonly force: boolean;
  readonly time: Timestamp;
}

/** Owner of all that an object held before anything was applied to it. Source: managedfields/internal/lastappliedupdater.go. */
const BEFORE = 'before-first-apply';

/** Metadata that nobody owns. Source: managedfields/internal/stripmeta.go. */
const UNOWNED = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generateName',
  'managedFields',
];

/** The object as a configuration leaves it and who owns what of it then; or who stands against it. */
type Applied =
  { readonly object: Draft; readonly managedFields: readonly ManagedFields[] } | { readonly refusal: ApiStatus };

/**
 * Server-side apply: what the configuration says is set, what its manager said before and says no more is removed unless
 * somebody else owns it, and a value that another manager owns and wants otherwise is a conflict. Source:
 * sigs.k8s.io/structured-merge-diff merge/update.go.
 */
export function serverSideApply(live: KubeObject | undefined, config: Draft, applier: Applier): Applied {
  const said = ownable(config);
  const wanted = fieldsOf(said);
  const known = live === undefined ? [] : (live.metadata.managedFields ?? ownedBefore(live));
  const mine = known.find(isOf(applier.manager));
  const others = known.filter((entry) => entry !== mine);
  if (live === undefined) return { object: config, managedFields: [entryOf(wanted, config.apiVersion, applier)] };

  const standing = others.flatMap((entry) => {
    const both = intersection(entry.fieldsV1, wanted);
    const changed =
      both === undefined ? undefined : intersection(both, changedFields(ownable(live), merged(ownable(live), said)));
    return changed === undefined ? [] : [{ entry, changed }];
  });
  if (standing.length > 0 && !applier.force) return { refusal: conflict(standing) };
  const left = others.flatMap((entry) => {
    const lost = standing.find((one) => one.entry === entry)?.changed;
    const fieldsV1 = lost === undefined ? entry.fieldsV1 : difference(entry.fieldsV1, lost);
    return fieldsV1 === undefined ? [] : [lost === undefined ? entry : { ...entry, fieldsV1 }];
  });
  const dropped = mine === undefined ? undefined : difference(mine.fieldsV1, wanted);
  const orphaned = left.reduce<FieldSet | undefined>(
    (rest, { fieldsV1 }) => (rest === undefined ? undefined : difference(rest, fieldsV1)),
    dropped,
  );
  const pruned = orphaned === undefined ? live : (withoutFields(live, orphaned) as KubeObject);
  const { status: _status, ...content } = config as Draft & { readonly status?: unknown };
  const object = merged(pruned, kindInfo(live.kind)?.status === true ? content : config) as Draft;
  const unchanged = mine !== undefined && sameJson(mine.fieldsV1, wanted);
  const own = unchanged ? mine : entryOf(wanted, config.apiVersion, applier);
  return { object, managedFields: [...left, own] };
}

/**
 * Who owns what after a write that is no apply: what it changed is the writer's, and nobody else's any more. Only objects
 * that something was applied to are kept track of; all else belongs to nobody until then.
 */
export function ownersAfter(
  before: KubeObject,
  after: KubeObject,
  writer: { readonly manager: string; readonly time: Timestamp; readonly subresource?: string | undefined },
): readonly ManagedFields[] {
  const known = before.metadata.managedFields ?? [];
  const changed = changedFields(ownable(before), ownable(after));
  if (changed === undefined) return known;
  const there = fieldsOf(ownable(after));
  const taken = intersection(changed, there);
  const isMine = ({ manager, operation, subresource }: ManagedFields): boolean =>
    manager === writer.manager && operation === 'Update' && subresource === writer.subresource;
  const mine = known.find(isMine);
  const left = known.flatMap((entry) => {
    if (entry === mine) return [];
    const fieldsV1 = difference(entry.fieldsV1, changed);
    return fieldsV1 === undefined ? [] : [{ ...entry, fieldsV1 }];
  });
  const kept = mine === undefined ? undefined : intersection(mine.fieldsV1, there);
  const owned = kept === undefined ? taken : taken === undefined ? kept : union(kept, taken);
  if (owned === undefined) return left;
  const own: ManagedFields = {
    manager: writer.manager,
    operation: 'Update',
    apiVersion: after.apiVersion,
    time: writer.time,
    fieldsType: 'FieldsV1',
    fieldsV1: owned,
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  };
  return [...left, own];
}

function isOf(name: string): (entry: ManagedFields) => boolean {
  return ({ manager, operation }) => manager === name && operation === 'Apply';
}

function entryOf(fieldsV1: FieldSet, apiVersion: string, { manager, time }: Applier): ManagedFields {
  return { manager, operation: 'Apply', apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 };
}

function ownedBefore(live: KubeObject): readonly ManagedFields[] {
  const { status: _status, ...content } = ownable(live);
  const fieldsV1 = fieldsOf(content);
  if (isLeaf(fieldsV1)) return [];
  const { apiVersion, metadata } = live;
  return [
    {
      manager: BEFORE,
      operation: 'Update',
      apiVersion,
      time: metadata.creationTimestamp,
      fieldsType: 'FieldsV1',
      fieldsV1,
    },
  ];
}

/** What of an object can belong to somebody. */
function ownable(object: object): Readonly<Record<string, unknown>> {
  const { apiVersion: _version, kind: _kind, metadata, ...content } = object as Record<string, unknown>;
  const rest = Object.entries((metadata ?? {}) as object).filter(
    ([key, value]) => !UNOWNED.includes(key) && value !== undefined,
  );
  return rest.length === 0 ? content : { ...content, metadata: Object.fromEntries(rest) };
}

/** The one value with the other over it: objects and keyed lists merge, all else is replaced. */
function merged(under: unknown, over: unknown, field = ''): unknown {
  if (isObject(under) && isObject(over)) {
    const result: Record<string, unknown> = { ...under };
    for (const [key, value] of Object.entries(over)) {
      if (value !== undefined && value !== null) result[key] = merged(under[key], value, key);
    }
    return result;
  }
  if (!Array.isArray(over) || !Array.isArray(under)) return over;
  const merging = mergingOf(field, [...(over as unknown[]), ...(under as unknown[])]);
  if (merging === undefined) return over;
  const result = [...(under as unknown[])];
  for (const item of over as unknown[]) {
    const at = result.findIndex((other) =>
      merging === 'set' ? sameJson(other, item) : sameJson(keysOf(other, merging), keysOf(item, merging)),
    );
    if (at < 0) result.push(item);
    else if (merging !== 'set') result[at] = merged(result[at], item);
  }
  return result;
}

/** Source: managedfields/internal/conflict.go and merge/conflict.go. */
function conflict(standing: readonly { readonly entry: ManagedFields; readonly changed: FieldSet }[]): ApiStatus {
  const causes = standing.flatMap(({ entry, changed }) => {
    const subresource = entry.subresource === undefined ? '' : ` with subresource "${entry.subresource}"`;
    const time = entry.operation === 'Update' ? ` at ${entry.time}` : '';
    const message = `conflict with "${entry.manager}"${subresource} using ${entry.apiVersion}${time}`;
    return leavesOf(changed).map((field) => ({ reason: 'FieldManagerConflict', message, field }));
  });
  const [first] = causes;
  const count = causes.length;
  const one = `Apply failed with 1 conflict: ${first?.message ?? ''}: ${first?.field ?? ''}`;
  const byManager = new Map<string, string[]>();
  for (const { message, field } of causes) byManager.set(message, [...(byManager.get(message) ?? []), `- ${field}`]);
  const many = [...byManager].map(
    ([message, fields]) => `${message.replace('conflict', 'conflicts')}:\n${fields.join('\n')}`,
  );
  const text = count === 1 ? one : `Apply failed with ${count} conflicts: ${many.join('\n')}`;
  return failure('Conflict', text, { causes });
}
