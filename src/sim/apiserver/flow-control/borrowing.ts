import { nominalSeats } from './levels.ts';
import type { Seats } from './seats.ts';

/** What a level has wanted lately; plain data. */
export interface Demand {
  smoothed: number;
}

/** How slowly what was wanted is forgotten, a period. Source: flowcontrol/apf_controller.go (seatDemandSmoothingCoefficient). */
const SMOOTHING = 0.977;

/**
 * Sets the limits of a server's levels anew: each has at least what it does not lend, and as much of the rest as it wanted
 * lately against the others. Source: apf_controller.go (updateBorrowing) and conc_alloc.go.
 */
export function lendSeats(levels: readonly Seats<unknown>[], demands: readonly Demand[], total: number): void {
  const items = levels.flatMap((seats, index) => {
    if (seats.level.exempt) return [];
    const demand = demands[index] as Demand;
    const peak = seats.takePeak();
    demand.smoothed = Math.max(peak, SMOOTHING * demand.smoothed + (1 - SMOOTHING) * peak);
    const nominal = nominalSeats(seats.level, total);
    const least = nominal - Math.round((nominal * seats.level.lendablePercent) / 100);
    return [{ seats, least, target: Math.max(least, demand.smoothed) }];
  });
  const sum = items.reduce((all, { seats }) => all + nominalSeats(seats.level, total), 0);
  // The share of what each wants at which all is given out; found by halving, as both sides grow with it.
  const given = (share: number): number =>
    items.reduce((all, { least, target }) => all + Math.max(least, share * target), 0);
  let [low, high] = [0, 1];
  while (given(high) < sum && high < 1e6) high *= 2;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (given(middle) < sum) low = middle;
    else high = middle;
  }
  for (const { seats, least, target } of items) seats.limit = Math.max(1, Math.round(Math.max(least, low * target)));
}
