import type { Purpose } from '../kernel/random.ts';
import { identityOfObject } from '../api/uid.ts';
import type { PodInfo } from './pod-class.ts';

/** Chooses among nodes of equal total: `rows` holds `count` of them, in the order in which they were looked at. */
export type TieBreaker = (pod: PodInfo, attempt: number, rows: Int32Array, count: number) => number;

/**
 * Each as likely, as the original's reservoir sampling has it: one seeded draw over all ties gives the same
 * distribution as one for each tie in turn. The draw is the pod's own, counted by its attempts.
 */
export function seededTieBreaker(draws: Purpose): TieBreaker {
  return (pod, attempt, rows, count) =>
    rows[count === 1 ? 0 : draws.integer(identityOfObject(pod.pod), attempt, count)] as number;
}
