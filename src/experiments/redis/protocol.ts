import type { RunFailure, RunOutcome, RunTask } from '../run-task.ts';

/** What coordinator and workers agree upon. Another program version has another queue, so that no run goes astray. */

/** The queue's name in Redis. BullMQ forbids colons in it. */
export function queueName(version: string): string {
  return `orrery-runs-${version.replaceAll(/[^\w.+-]/g, '_')}`;
}

/** Where all of Orrery's keys begin. */
export const PREFIX = 'orrery';

/** The list into which the outcomes of one study go. */
export function resultsKey(study: string): string {
  return `${PREFIX}:results:${study}`;
}

/** Each worker keeps a key of this beginning, with its version, alive. */
export const WORKERS = `${PREFIX}:workers:`;
/** So does each coordinator. */
export const COORDINATORS = `${PREFIX}:coordinators:`;

/** Seconds after which a worker or coordinator that says nothing counts as gone. */
export const ALIVE_SECONDS = 15;

/** A run to be done. */
export interface RunJob {
  readonly study: string;
  readonly id: string;
  readonly task: RunTask;
  /** The scenario's hash on the coordinator's machine, with the variant's settings; a worker must find the same. */
  readonly scenarioHash?: string;
}

/** A run that is done. */
export interface RunAnswer {
  readonly id: string;
  readonly outcome: RunOutcome | RunFailure;
}

/** How often a run that fails is tried. */
export const TRIES = 3;

/** How many of its workers may die under a run before it is taken for their killer. */
export const DEATHS = 5;
