import { millis } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { ReadRequest } from '../request.ts';
import type { Stored } from './list-cost.ts';
import type { ListSource } from './list-source.ts';

/** Bytes of a list that one seat stands for. Source: flowcontrol/request/list_work_estimator.go (100 kB). */
const BYTES_A_SEAT = 100_000;

/** Bytes of a list from the watch cache that count. Source: the same (cacheWithStreamingMaxMemoryUsage). */
const MOST_CACHED_BYTES = 1_000_000;

/** Most seats of a list, and of a write's aftermath. Source: flowcontrol/request/config.go (SizeBasedListCostEstimate). */
const MOST_LIST_SEATS = 100;
const MOST_SEATS = 10;

/** Watchers that one seat of a write's aftermath stands for, and how long it is held. Source: mutating_work_estimator.go. */
const WATCHERS_A_SEAT = 10;
const HELD: Micros = millis(5);

/** Seats of a list: for what it holds in memory at once, by estimate (seatsBasedOnObjectSize). */
export function listSeats(
  { limit = 0, selects }: ReadRequest,
  source: ListSource,
  { objects, bytesEach }: Stored,
  most: number,
): number {
  const limited = limit > 0 ? Math.min(limit, objects) : objects;
  const loaded = source === 'etcd' && selects === 'none' ? Math.max(limited, Math.floor(objects / 2)) : limited;
  const bytes = source === 'etcd' ? loaded * bytesEach : Math.min(loaded * bytesEach, MOST_CACHED_BYTES);
  return Math.max(1, Math.min(MOST_LIST_SEATS, most, Math.ceil(bytes / BYTES_A_SEAT)));
}

/** How much longer a write holds its seat while its watchers are told: all its seats' time, on one. */
export function watchersTold(watchers: number): Micros {
  return Math.min(MOST_SEATS, Math.ceil(watchers / WATCHERS_A_SEAT)) * HELD;
}

/** Most seats of one request: 15 % of its level's, and no more than a hand of its queues can bear. Source: max_seats.go. */
export function mostSeats(nominal: number, handSize: number): number {
  return Math.max(1, Math.min(Math.ceil(0.15 * nominal), Math.floor(nominal / Math.max(1, handSize))));
}
