import type { Kind } from '../api/kinds.ts';
import { kindInfo } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import { CompactedError } from '../etcd/store.ts';
import type { EtcdStore } from '../etcd/store.ts';
import { selection } from './selection.ts';
import type { ListOptions } from './selection.ts';

/** A list as a client may ask for it (metav1.ListOptions). */
export interface ListQuery extends ListOptions {
  /** At most so many objects; the answer then says how to go on. */
  readonly limit?: number;
  /** Where an earlier answer said to go on. */
  readonly continue?: string;
  /** ''  the latest; '0': any; a number: not older, or as the match says. */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

/** `kind: …List`. */
export interface KubeList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly KubeObject[];
}

/** A place in a list: after a key, as of a revision; -1: as of now, whatever came between. */
interface Place {
  readonly rv: number;
  readonly start: string;
}

/** Source: apiserver storage/errors.go and etcd3/errors.go. */
const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';
/** Source: apiserver storage/etcd3/errors.go. */
export const VERSION_EXPIRED: ApiStatus = failure('Expired', 'The resourceVersion for the provided list is too old.');

/**
 * Answers a list with its limit, its continuation and its revision: all pages of one list are of one revision, which
 * stands in the token. Objects come in the order of their keys. `computed` are objects that are not stored.
 */
export function listed(
  store: EtcdStore,
  kind: Kind,
  query: ListQuery,
  computed: readonly KubeObject[] = [],
): KubeList | ApiStatus {
  const { limit = 0, resourceVersion = '', resourceVersionMatch: match } = query;
  const wrong = refusal(query, store.revision);
  if (wrong !== undefined) return wrong;
  const place = query.continue === undefined || query.continue === '' ? undefined : placeOf(query.continue);
  if (place !== undefined && 'kind' in place) return place;
  const exact = match === 'Exact' ? Number(resourceVersion) : undefined;
  const asOf = place === undefined ? (exact ?? store.revision) : place.rv < 0 ? store.revision : place.rv;
  let state: ReadonlyMap<string, { readonly object: KubeObject }>;
  try {
    state = store.at(kind, asOf);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    if (place === undefined) return VERSION_EXPIRED;
    return { ...failure('Expired', CONTINUE_EXPIRED), metadata: { continue: tokenOf({ rv: -1, start: place.start }) } };
  }
  const selected = selection(query);
  const keys = [...state.keys()].filter((key) => place === undefined || key > place.start).sort();
  const items: KubeObject[] = [];
  let next: string | undefined;
  let seen = 0;
  for (const key of keys) {
    const { object } = state.get(key) as { readonly object: KubeObject };
    if (selected(object)) {
      if (limit > 0 && items.length === limit) {
        next = keys[seen - 1];
        break;
      }
      items.push(object);
    }
    seen++;
  }
  for (const object of place === undefined ? computed : []) if (selected(object)) items.push(object);
  return {
    apiVersion: kindInfo(kind)?.apiVersion ?? 'v1',
    kind: `${kind}List`,
    metadata: {
      resourceVersion: String(asOf),
      ...(next === undefined ? {} : { continue: tokenOf({ rv: asOf, start: next }) }),
      ...(next === undefined || isSelective(query) ? {} : { remainingItemCount: keys.length - seen }),
    },
    items,
  };
}

/** With a selector the server does not know how many are left. */
function isSelective({ namespace, labelSelector, fieldSelector }: ListQuery): boolean {
  return namespace !== undefined || labelSelector !== undefined || (fieldSelector ?? '') !== '';
}

/** What can be wrong with the options themselves. Source: apimachinery internalversion/validation (ValidateListOptions). */
function refusal(query: ListQuery, present: number): ApiStatus | undefined {
  const { resourceVersion = '', resourceVersionMatch: match = '' } = query;
  const continues = (query.continue ?? '') !== '';
  const forbidden = (what: string): ApiStatus => {
    return failure('Invalid', `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${what}`);
  };
  if (match !== '') {
    if (resourceVersion === '') {
      return forbidden('Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if (continues) return forbidden('Forbidden: resourceVersionMatch is forbidden when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      return forbidden(`Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`);
    }
    if (match === 'Exact' && resourceVersion === '0') {
      return forbidden('Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (continues && resourceVersion !== '' && resourceVersion !== '0') {
    return failure('BadRequest', 'specifying resource version is not allowed when using continue');
  }
  if (resourceVersion === '') return undefined;
  if (!/^\d+$/.test(resourceVersion)) {
    const why = `strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`;
    return failure('BadRequest', `resourceVersion: Invalid value: "${resourceVersion}": ${why}`);
  }
  if (Number(resourceVersion) <= present) return undefined;
  return tooLarge(resourceVersion, present);
}

/** The server waited for a revision that nobody has written. Source: apiserver storage/errors.go. */
export function tooLarge(asked: string, present: number): ApiStatus {
  return failure('Timeout', `Timeout: Too large resource version: ${asked}, current: ${present}`, {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  });
}

const VERSION = 'meta.k8s.io/v1';

/** Source: apiserver storage/continue.go. */
function tokenOf({ rv, start }: Place): string {
  const json = JSON.stringify({ v: VERSION, rv, start: `${start}\0` });
  return btoa(json).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function placeOf(token: string): Place | ApiStatus {
  const bad = (why: string): ApiStatus => failure('BadRequest', `continue key is not valid: ${why}`);
  try {
    const json = JSON.parse(atob(token.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>;
    const { v, rv, start } = json;
    if (v !== VERSION) return bad(`server does not recognize this encoded version "${String(v as string)}"`);
    if (typeof rv !== 'number' || rv === 0)
      return bad('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
    if (typeof start !== 'string' || start === '') return bad('encoded start key empty (version meta.k8s.io/v1)');
    return { rv, start: start.replace(/\0$/, '') };
  } catch {
    return bad('it is not what this server gave out');
  }
}
