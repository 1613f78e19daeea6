import { identityOfObject } from '../api/uid.ts';
import type { Purpose } from '../kernel/random.ts';
import type { PodInfo } from './pod-class.ts';

/** The nodes of equal total, in the order in which they were looked at. */
export interface Ties {
  readonly count: number;
  /** The row of one of them, from 0. */
  row(index: number): number;
}

/** Chooses among nodes of equal total: answers which, from 0. */
export type TieBreaker = (pod: PodInfo, attempt: number, ties: Ties) => number;

/**
 * Each as likely, as the original's reservoir sampling has it: one seeded draw over all ties gives the same
 * distribution as one for each tie in turn. The draw is the pod's own, counted by its attempts.
 */
export function seededTieBreaker(draws: Purpose): TieBreaker {
  return (pod, attempt, { count }) => (count === 1 ? 0 : draws.integer(identityOfObject(pod.pod), attempt, count));
}

/** The node that was looked at first: no luck at all. */
export const firstOfTies: TieBreaker = () => 0;
