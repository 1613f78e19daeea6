import { millis } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';

/** Bytes of a list that one seat stands for. Source: flowcontrol/request/list_work_estimator.go (100 kB). */
const BYTES_A_SEAT = 100_000;

/** Most seats of a list from the watch cache, and of a write's aftermath. Source: flowcontrol/request/config.go. */
const MOST_SEATS = 10;

/** Watchers that one seat of a write's aftermath stands for, and how long it is held. Source: mutating_work_estimator.go. */
const WATCHERS_A_SEAT = 10;
const HELD: Micros = millis(5);

/** Seats of a list of so many objects. */
export function listSeats(objects: number, bytesEach: number, most: number): number {
  return Math.max(1, Math.min(MOST_SEATS, most, Math.ceil((objects * bytesEach) / BYTES_A_SEAT)));
}

/** How much longer a write holds its seat while its watchers are told: all its seats' time, on one. */
export function watchersTold(watchers: number): Micros {
  return Math.min(MOST_SEATS, Math.ceil(watchers / WATCHERS_A_SEAT)) * HELD;
}

/** Most seats of one request: 15 % of its level's, and no more than a hand of its queues can bear. Source: max_seats.go. */
export function mostSeats(nominal: number, handSize: number): number {
  return Math.max(1, Math.min(Math.ceil(0.15 * nominal), Math.floor(nominal / Math.max(1, handSize))));
}
