import type { Kind } from '../api/kinds.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Change } from '../etcd/store.ts';

/** Events that the watch cache of a resource holds at least and at most. Source: apiserver storage/cacher/watch_cache.go. */
const LEAST = 100;
const MOST = 102_400;

/** It grows while it holds less than this much of the past. Source: storage/cacher/cacher.go (eventFreshDuration). */
const FRESH: Micros = 75 * SECOND;

/** What a watch cache knows of the past of its kind. */
export interface WatchWindow {
  /** Watches can begin at this revision or later. */
  readonly oldest: number;
  /** All changes of the kind after it, oldest first. */
  readonly changes: readonly Change[];
}

/**
 * The window of a kind's watch cache: the ring of the latest events, as many as fill the fresh duration and a power of
 * two. It is not kept but follows from etcd's history. A ring that has never been full reaches back to the server's start,
 * whatever etcd has compacted; here it does as long as no event of the kind itself is among what is forgotten.
 *
 * @param history - the store's changes, oldest first
 * @param forgotten - changes of the kind up to this revision are not in it
 */
export function watchWindow(history: readonly Change[], kind: Kind, forgotten: number, now: Micros): WatchWindow {
  const all = history.filter((change) => change.kind === kind);
  const fresh = all.filter(({ time }) => time >= now - FRESH).length;
  let capacity = LEAST;
  while (capacity < fresh && capacity < MOST) capacity *= 2;
  const changes = all.slice(-capacity);
  return { oldest: changes.length < capacity ? forgotten : (changes[0] as Change).revision - 1, changes };
}

/** The changes after a revision, or that it is too old (410 Expired). */
export function changesSince({ oldest, changes }: WatchWindow, revision: number): readonly Change[] | ApiStatus {
  if (revision < oldest) return failure('Expired', `too old resource version: ${revision} (${oldest})`);
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle] as Change).revision > revision) high = middle;
    else low = middle + 1;
  }
  return changes.slice(low);
}
