/**
 * The classes of events within one instant, lower first. Events of one instant and one class run in the order in which
 * they were scheduled.
 *
 * What comes from outside the simulation is seen by everything at that instant; the store moves before its watchers
 * hear of it, and they hear of it before they act; measuring sees the instant when all of it has happened.
 */
export const Priority = {
  external: 0,
  store: 1,
  delivery: 2,
  component: 3,
  timer: 4,
  measure: 6,
  end: 7,
} as const;

/** How many priority classes there are; an event's order key is time * PRIORITIES + priority. */
export const PRIORITIES = 8;
