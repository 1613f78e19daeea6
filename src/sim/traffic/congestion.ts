import { blockedShare } from './erlang.ts';

/** How a pod stands that is offered a load. */
export interface Congestion {
  /** The share of requests that it refuses. */
  readonly blocked: number;
  /** The share of those it takes that have to wait. */
  readonly waits: number;
  /** How long those wait, in mean service times: on average, and the shape of the gamma distribution that is like it. */
  readonly meanWait: number;
  readonly waitShape: number;
}

/** Shares of requests that wait below this are taken for none. */
const NEGLIGIBLE = 1e-9;

/** A pod with room for all. */
export const AT_EASE: Congestion = { blocked: 0, waits: 0, meanWait: 0, waitShape: 1 };

/**
 * How a pod stands that works on `servers` requests at once, lets `queue` more of them wait, and is offered `load` (rate
 * times mean service time). With no queue by Erlang's formula, for any distribution of the service time; else as if it
 * was exponential (M/M/c/K). Place after place is put behind the servers; the cost is that of the places.
 */
export function congestionOf(load: number, servers: number, queue: number): Congestion {
  let blocked = blockedShare(load, servers);
  if (queue === 0 || blocked === 0) return blocked === 0 ? AT_EASE : { ...AT_EASE, blocked };
  const ratio = load / servers;
  // Of the states in which all servers are busy, n requests waiting: their share of the time, and the sums over them of
  // the mean and the mean square of the wait of a request that comes then, n + 1 services of all servers together.
  let busy = blocked;
  let sum = blocked;
  let squares = 2 * blocked;
  for (let place = 1; place <= queue; place++) {
    const more = ratio * blocked;
    busy = (busy + more) / (1 + more);
    sum = (sum + (place + 1) * more) / (1 + more);
    squares = (squares + (place + 1) * (place + 2) * more) / (1 + more);
    blocked = more / (1 + more);
  }
  // Who comes when the queue is full does not wait.
  const waiting = busy - blocked;
  const waits = waiting / (1 - blocked);
  if (!(waits > NEGLIGIBLE)) return { ...AT_EASE, blocked };
  const mean = (sum - (queue + 1) * blocked) / waiting;
  const variance = (squares - (queue + 1) * (queue + 2) * blocked) / waiting - mean * mean;
  return {
    blocked,
    waits,
    meanWait: mean / servers,
    waitShape: variance > 0 ? (mean * mean) / variance : 1,
  };
}
