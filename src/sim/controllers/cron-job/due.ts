import type { Schedule } from './schedule.ts';

const DAY = 86_400;
/** Spans to look back for the latest due time, in seconds: the shortest that holds one is enough. */
const LOOK_BACK = [3600, DAY, 32 * DAY, 366 * DAY, 5 * 366 * DAY];

export interface Due {
  /** The latest time that is due; undefined where none is. */
  readonly latest: number | undefined;
  /** More than a hundred were missed. */
  readonly tooMany: boolean;
}

/** What is due of a schedule after `earliest` and up to `now`. Source: cronjob/utils.go mostRecentScheduleTime. */
export function dueSince(schedule: Schedule, earliest: number, now: number): Due {
  const first = schedule.next(earliest);
  if (first === undefined || first > now) return { latest: undefined, tooMany: false };
  const second = schedule.next(first);
  if (second === undefined || second > now) return { latest: first, tooMany: false };
  const missed = Math.floor((now - first) / (second - first)) + 1;
  return { latest: latestUpTo(schedule, first, now), tooMany: missed > 100 };
}

function latestUpTo(schedule: Schedule, first: number, now: number): number {
  let latest = first;
  for (const span of LOOK_BACK) {
    if (now - span <= first) break;
    const found = schedule.next(now - span);
    if (found === undefined || found > now) continue;
    latest = found;
    break;
  }
  for (;;) {
    const next = schedule.next(latest);
    if (next === undefined || next > now) return latest;
    latest = next;
  }
}
