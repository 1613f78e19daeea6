/** Requests that come to a pod, all traffics together. */
export interface Offered {
  /** Requests a second. */
  readonly perSecond: number;
  /** How long the pod works on one if nothing is in its way, and how much processor time that takes; seconds. */
  readonly work: number;
  readonly cpu: number;
}

/** Terms beyond this are scaled down before they leave the range of numbers. */
const HUGE = 1e200;

/** Terms that are below this part of the sum, and fall, count for nothing. */
const NEGLIGIBLE = 1e-15;

/**
 * How many times as long requests take at a processor, on average, because they share it: requests come at random to
 * `places` at once, and `queue` wait behind them. Of n that are worked on, each takes as long as a lone one, or n times its
 * processor time where `cores` do no more: the two asymptotes of a closed system (P. J. Denning, J. P. Buzen, The Operational
 * Analysis of Queueing Network Models, 1978). States follow each other as in a queue whose servers get slower the more of
 * them are busy, of which the mean depends on the mean of the work alone (processor sharing). Returned is how much longer
 * processor time gets: `work` beyond `cpu` is spent waiting for others. At least 1.
 */
export function sharedSlowness(
  { perSecond, work, cpu }: Offered,
  cores: number,
  places: number,
  queue: number,
): number {
  // A request whose processor time exceeds its time uses several cores at once.
  const part = Math.min(1, cpu / work);
  const lone = Math.max(1, Math.max(1, cpu / work) / cores);
  if (perSecond === 0) return lone;
  const hold = (busy: number): number => Math.max(work * (1 - part + part * lone), (busy * cpu) / cores);
  let term = 1;
  let sum = 1;
  let busySum = 0;
  const last = places + queue;
  for (let n = 1; n <= last; n++) {
    const busy = Math.min(n, places);
    const before = term;
    term *= (perSecond * hold(busy)) / busy;
    sum += term;
    busySum += busy * term;
    if (term < before && term < NEGLIGIBLE * sum) {
      term = 0;
      break;
    }
    if (sum > HUGE) {
      term /= HUGE;
      sum /= HUGE;
      busySum /= HUGE;
    }
  }
  // Little's law: those who are worked on, by the rate of those who are taken in.
  const held = busySum / (perSecond * (sum - term));
  return Math.max(1, (held / work - 1 + part) / part);
}
