import type { Micros } from '../kernel/time.ts';

/** Something that is used, as it changes over time: evenly between corners, with jumps at them. */
export interface Load {
  /** The amount at an instant. */
  at(time: Micros): number;
  /** How fast it changes just after an instant, a microsecond, and when that changes next (Infinity: never). */
  trend(time: Micros): { readonly slope: number; readonly until: Micros };
  /** The largest amount that it ever comes to. */
  readonly most: number;
}

/** What is always used. */
export function constantLoad(amount: number): Load {
  return { at: () => amount, trend: () => ({ slope: 0, until: Infinity }), most: amount };
}

/** What grows evenly from nothing. */
export function growingLoad(since: Micros, perMicro: number): Load {
  return {
    at: (time) => Math.max(0, time - since) * perMicro,
    trend: () => ({ slope: perMicro, until: Infinity }),
    most: Infinity,
  };
}

/** All of them together. */
export function totalLoad(loads: readonly Load[], time: Micros): number {
  let sum = 0;
  for (const load of loads) sum += load.at(time);
  return sum;
}

/** More than which they never come to together. */
export function mostOf(loads: readonly Load[]): number {
  return loads.reduce((sum, { most }) => sum + most, 0);
}

/** Corners that are looked at ahead. */
const CORNERS_AHEAD = 10_000;

/** The first instant from `from` on at which loads together reach a level, a microsecond late at most; Infinity: never. */
export function reaches(loads: readonly Load[], level: number, from: Micros): Micros {
  let time = from;
  for (let corners = 0; corners < CORNERS_AHEAD; corners++) {
    let amount = 0;
    let slope = 0;
    let until = Infinity;
    for (const load of loads) {
      amount += load.at(time);
      const trend = load.trend(time);
      slope += trend.slope;
      until = Math.min(until, trend.until);
    }
    if (amount >= level) return time;
    const crossing = slope > 0 ? Math.ceil(time + (level - amount) / slope) : Infinity;
    if (crossing <= until) return crossing;
    if (until === Infinity) return Infinity;
    time = until;
  }
  return time;
}
