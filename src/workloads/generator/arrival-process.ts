import type { Purpose } from '../../sim/kernel/random.ts';
import type { GeneratorSpec } from '../scenario-schema.ts';

/**
 * When arrivals come: the time of arrival `ordinal` (from 0) after one at `previous`, in seconds from the process's start;
 * undefined where no more come. A pure function, so that what a source has to remember is the two.
 */
export type ArrivalProcess = (previous: number, ordinal: number) => number | undefined;

const HOUR = 3600;

/** Who draws: a process is alone in its purpose. */
const SELF = 0;

/** A rate for each hour of the day, in arrivals per second, and where in the day (s) the process starts. */
export interface DailyRate {
  readonly perSecond: readonly number[];
  readonly startOfDay: number;
}

/** Rates for each hour whose mean is `perHour`. */
export function dailyRate(perHour: number, byHour: readonly number[], startOfDay: number): DailyRate {
  const mean = byHour.reduce((sum, rate) => sum + rate, 0) / byHour.length;
  return { perSecond: byHour.map((rate) => ((rate / mean) * perHour) / HOUR), startOfDay };
}

/** The time after `previous` at which so many arrivals are to be expected since then. */
export function afterExpected(rate: DailyRate, previous: number, expected: number): number {
  const { perSecond, startOfDay } = rate;
  const hours = perSecond.length;
  let clock = startOfDay + previous;
  let left = expected;
  for (;;) {
    const hour = Math.floor(clock / HOUR);
    const now = perSecond[hour % hours] ?? 0;
    const end = (hour + 1) * HOUR;
    if (now * (end - clock) >= left && now > 0) return clock + left / now - startOfDay;
    left -= now * (end - clock);
    clock = end;
  }
}

/** Arrivals at a rate that changes by the hour, `gap` drawing the distances in units of the mean one. */
export function modulated(rate: DailyRate, gap: (ordinal: number) => number): ArrivalProcess {
  return (previous, ordinal) => afterExpected(rate, previous, gap(ordinal));
}

/** Bursts spread evenly at random: the next of the sorted uniforms, given the one before. */
function bursts(every: number, size: number, over: number, purpose: Purpose): ArrivalProcess {
  return (previous, ordinal) => {
    const burst = Math.floor(ordinal / size);
    const place = ordinal % size;
    const start = burst * every;
    if (over === 0) return start;
    const before = place === 0 ? 0 : Math.min(1, (previous - start) / over);
    const remaining = size - place;
    const share = 1 - (1 - before) * (1 - purpose.uniform(SELF, ordinal)) ** (1 / remaining);
    return start + share * over;
  };
}

/** Does a process's bursts overlap? Then arrivals would not come in order. */
export function overlaps(arrivals: NonNullable<GeneratorSpec['arrivals']>): boolean {
  return arrivals.bursts !== undefined && arrivals.bursts.over > arrivals.bursts.every;
}

/** The process a scenario asks for. `times` are those of a CSV file, sorted. */
export function arrivalProcess(
  arrivals: NonNullable<GeneratorSpec['arrivals']>,
  purpose: Purpose,
  startOfDay: number,
  times: readonly number[],
): ArrivalProcess {
  const { poisson, constant, diurnal, allAt } = arrivals;
  if (poisson !== undefined) {
    const mean = HOUR / poisson.perHour;
    return (previous, ordinal) => previous + purpose.exponential(SELF, ordinal, mean);
  }
  if (constant !== undefined) return (_previous, ordinal) => ordinal * constant.every;
  if (diurnal !== undefined) {
    const rate = dailyRate(diurnal.perHour, diurnal.byHour, startOfDay);
    return modulated(rate, (ordinal) => purpose.exponential(SELF, ordinal, 1));
  }
  if (arrivals.bursts !== undefined) {
    const { every, size, over } = arrivals.bursts;
    return bursts(every, size, over, purpose);
  }
  if (allAt !== undefined) return () => allAt;
  return (_previous, ordinal) => times[ordinal];
}
