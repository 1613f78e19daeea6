import type { Purpose } from '../kernel/random.ts';
import { SECOND, millis } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

/**
 * From one bookmark of a watch to the next: a minute, and then the server's timer, which ticks every 1 to 1.25 s, has to
 * come round: half a tick on average. Source: apiserver storage/cacher/cacher.go (defaultBookmarkFrequency, dispatchEvents).
 */
export const BOOKMARK_PERIOD: Micros = 60 * SECOND + millis(563);

/** The last one comes so long before the watch's time is out. Source: storage/cacher/cache_watcher.go (nextBookmarkTime). */
const BEFORE_TIMEOUT: Micros = 2 * SECOND;

/** How long a client lets a watch run before it opens it anew. Source: client-go tools/cache/reflector.go (minWatchTimeout). */
const LEAST_TIMEOUT: Micros = 300 * SECOND;

/**
 * When a reflector's watch got its latest bookmark. Nothing is sent for it: reflectors close their watches after 5 to 10
 * minutes and go on where they were, and all bookmarks of such a chain follow from when it began.
 *
 * @param opened - when the watch began to run without a break
 * @param identity - whose watch it is, for the draws of its time-outs
 * @returns undefined where none has come yet
 */
export function latestBookmark(opened: Micros, now: Micros, timeouts: Purpose, identity: number): Micros | undefined {
  let began = opened;
  let latest: Micros | undefined;
  for (let connection = 0; began < now; connection++) {
    const ends = began + Math.round(timeouts.between(identity, connection, LEAST_TIMEOUT, 2 * LEAST_TIMEOUT));
    const last = lastWithin(began, ends, now);
    if (last !== undefined) latest = last;
    began = ends;
  }
  return latest;
}

/** The latest bookmark of one watch up to a time: one every period, and one just before the watch is closed. */
function lastWithin(began: Micros, ends: Micros, now: Micros): Micros | undefined {
  if (now >= ends - BEFORE_TIMEOUT) return ends - BEFORE_TIMEOUT;
  const periods = Math.floor((now - began) / BOOKMARK_PERIOD);
  return periods > 0 ? began + periods * BOOKMARK_PERIOD : undefined;
}

/** When the next bookmark of a watch is due, that was opened or had its last one at `since`. */
export function nextBookmark(since: Micros, ends: Micros): Micros {
  const late = ends - BEFORE_TIMEOUT;
  return since < late ? Math.min(since + BOOKMARK_PERIOD, late) : Infinity;
}
