import type { PriorityLevel } from './levels.ts';
import type { Seats } from './seats.ts';

/** What a level has wanted lately; plain data. */
export interface Demand {
  smoothed: number;
}

/** How slowly what was wanted is forgotten, a period. Source: flowcontrol/apf_controller.go (seatDemandSmoothingCoefficient). */
const SMOOTHING = 0.977;

/**
 * Sets the limits of a server's levels anew: each keeps what it does not lend and what of its own it has just used, and
 * gets as much of the rest as it wanted lately against the others, up to its borrowing limit. Source: apf_controller.go
 * (updateBorrowing) and conc_alloc.go.
 */
export function lendSeats(levels: readonly Seats<unknown>[], demands: readonly Demand[]): void {
  // What an exempt level does not lend is nobody else's; it has no limit itself.
  const sum = levels.reduce((all, { level, nominal }) => all + (level.exempt ? lent(level, nominal) : nominal), 0);
  const items = levels.flatMap((seats, index) => {
    const { level, nominal } = seats;
    if (level.exempt) return [];
    const demand = demands[index] as Demand;
    const peak = seats.takePeak();
    demand.smoothed = Math.max(peak, SMOOTHING * demand.smoothed + (1 - SMOOTHING) * peak);
    const kept = nominal - lent(level, nominal);
    const least = Math.max(kept, Math.min(nominal, peak));
    const { borrowingLimitPercent: borrows } = level;
    const most = borrows === undefined ? sum : nominal + Math.round((nominal * borrows) / 100);
    return [{ seats, least, most, target: Math.max(least, demand.smoothed) }];
  });
  // The share of what each wants at which all is given out; found by halving, as both sides grow with it.
  const given = (share: number): number => items.reduce((all, item) => all + partOf(item, share), 0);
  let [low, high] = [0, 1];
  while (given(high) < sum && high < 1e6) high *= 2;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (given(middle) < sum) low = middle;
    else high = middle;
  }
  for (const item of items) item.seats.limit = Math.max(1, Math.round(partOf(item, low)));
}

/** Seats that a level may lend at most. */
function lent({ lendablePercent }: PriorityLevel, nominal: number): number {
  return Math.round((nominal * lendablePercent) / 100);
}

function partOf(
  item: { readonly least: number; readonly most: number; readonly target: number },
  share: number,
): number {
  return Math.min(item.most, Math.max(item.least, share * item.target));
}
