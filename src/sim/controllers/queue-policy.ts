/** Decides in which order a controller works on what waits, and how long it collects before it begins. */
export interface QueuePolicy {
  readonly name: string;
  /**
   * Which of the waiting keys (`namespace/name`) is worked on next; `waiting` is in order of arrival and not empty, `last`
   * is the key taken before. Absent: the one that came first.
   */
  next?(waiting: readonly string[], last: string | undefined, controller: string): string;
  /** Seconds for which events of one key are collected into one sync. Absent: 0. */
  batchSeconds?(controller: string): number;
}

/** client-go's: first come, first served, at once. */
export const FIRST_COME: QueuePolicy = { name: 'default' };
