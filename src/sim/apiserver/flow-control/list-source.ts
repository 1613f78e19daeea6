import type { ListSettings } from '../../list-settings.ts';
import type { ReadRequest } from '../request.ts';

/** Where a list is read. */
export type ListSource = 'cache' | 'etcd';

/** Whether and how far lists may come from the watch cache. */
type CacheSettings = Pick<ListSettings, 'consistentListFromCache' | 'listFromCacheSnapshot'>;

/**
 * The one revision that a list is of: a later page's, which its token names, or what `resourceVersionMatch: Exact` asks for;
 * so does a limit with a revision and no match. Undefined where the list is as of now, or not older than something.
 */
export function exactRevision(request: ReadRequest): number | undefined {
  const { continues, resourceVersion = '', resourceVersionMatch, limit = 0 } = request;
  if (continues !== undefined) return continues.revision;
  if (resourceVersionMatch === 'Exact') return Number(resourceVersion);
  const isLegacy = resourceVersionMatch === undefined && limit > 0 && resourceVersion !== '' && resourceVersion !== '0';
  return isLegacy ? Number(resourceVersion) : undefined;
}

/**
 * Where the server reads a list. The latest comes from the watch cache once that has caught up with etcd, and an exact
 * revision from its snapshots, which reach back as far as its window. Source: apiserver storage/cacher/delegator.go.
 *
 * @param oldest - asked where it matters: the oldest revision that the watch cache of the kind still knows
 */
export function sourceOf(request: ReadRequest, settings: CacheSettings, oldest: () => number): ListSource {
  if (request.streamed === true) return 'cache';
  const exact = exactRevision(request);
  if (exact !== undefined) return settings.listFromCacheSnapshot && exact >= oldest() ? 'cache' : 'etcd';
  const isConsistent = (request.resourceVersion ?? '') === '';
  return isConsistent && !settings.consistentListFromCache ? 'etcd' : 'cache';
}
