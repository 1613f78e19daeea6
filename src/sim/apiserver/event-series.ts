import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

/** Equal events of one object: one v1.Event with a count. */
export interface Series {
  readonly component: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly first: Micros;
  count: number;
  last: Micros;
}

/** What a component has left to say of an object: when its bucket would be full again. */
interface Allowance {
  readonly component: string;
  full: Micros;
}

/** All that is said of one object; plain data. */
export interface ObjectEvents {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  series: Series[];
  readonly allowances: Allowance[];
}

/** So many different messages for one reason are one in the end. Source: client-go tools/record/events_cache.go. */
const DISTINCT = 10;

/** Longer ago than this they are not similar any more. Source: same (defaultAggregateIntervalInSeconds). */
const SIMILAR_WITHIN: Micros = 600 * SECOND;

/** A source may say so much of an object at once, and then one thing in 300 s. Source: same (defaultSpamBurst, defaultSpamQPS). */
const BURST = 25;
const REFILL: Micros = 300 * SECOND;

const COMBINED = '(combined from similar events): ';

/**
 * Notes an event of an object as client-go's correlator does: equal ones are counted, many similar ones are combined.
 * Answers the series as it stands.
 */
export function correlated(
  events: ObjectEvents,
  component: string,
  type: Series['type'],
  reason: string,
  message: string,
  now: Micros,
  expired: Micros,
): Series {
  let same: Series | undefined;
  let similar = 0;
  let latest = 0;
  let combined: Series | undefined;
  for (const series of events.series) {
    if (series.reason !== reason || series.component !== component || series.type !== type) continue;
    if (series.message === message) same = series;
    if (series.message.startsWith(COMBINED)) combined = series;
    else similar++;
    if (series.last > latest) latest = series.last;
  }
  if (same === undefined && similar >= DISTINCT - 1 && latest >= now - SIMILAR_WITHIN) {
    if (combined === undefined) {
      combined = { component, type, reason, message: COMBINED + message, first: now, count: 0, last: now };
      events.series.push(combined);
    }
    same = combined;
  }
  if (same === undefined) {
    same = { component, type, reason, message, first: now, count: 0, last: now };
    events.series.push(same);
  }
  same.count = same.last < expired ? 1 : same.count + 1;
  same.last = now;
  return same;
}

/**
 * Whether a component may write one more event of an object: of a flood nothing more is written. A token bucket, kept as
 * the one time at which it would be full again.
 */
export function isAllowed({ allowances }: ObjectEvents, component: string, now: Micros): boolean {
  let allowance: Allowance | undefined;
  for (const one of allowances) if (one.component === component) allowance = one;
  if (allowance === undefined) allowances.push((allowance = { component, full: now }));
  const full = Math.max(allowance.full, now) + REFILL;
  if (full - now > BURST * REFILL) return false;
  allowance.full = full;
  return true;
}
