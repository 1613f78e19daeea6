import type { Saveable } from './kernel/saveable.ts';

/**
 * A part of the cluster with a life of its own. Its constructor registers event handlers and watches, always in the same
 * order, and schedules nothing; `start` schedules its first events. A restored run is never started: its events are in
 * the kernel's saved state.
 */
export interface Component extends Saveable {
  readonly name: string;
  start(): void;
}
