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

/**
 * What a watch from a revision on is told first: the changes of a kind since, if the server's watch cache still holds
 * them all, and otherwise that the revision is too old (410 Expired). The cache is not kept: how far back it would reach
 * follows from the history that etcd still has, at least as many events as fill the fresh duration and a power of two.
 *
 * @param history - the store's changes, oldest first
 * @param compacted - changes up to this revision are not in it
 */
export function watchedSince(
  history: readonly Change[],
  kind: Kind,
  revision: number,
  compacted: number,
  now: Micros,
): readonly Change[] | ApiStatus {
  const all = history.filter((change) => change.kind === kind);
  const fresh = all.filter(({ time }) => time >= now - FRESH).length;
  let capacity = LEAST;
  while (capacity < fresh && capacity < MOST) capacity *= 2;
  const held = all.slice(-capacity);
  const oldest = held.length < capacity ? compacted : (held[0] as Change).revision - 1;
  if (revision < oldest) return failure('Expired', `too old resource version: ${revision} (${oldest})`);
  return held.filter((change) => change.revision > revision);
}
