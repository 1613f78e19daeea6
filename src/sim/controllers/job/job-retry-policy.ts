import type { Job } from '../../api/workloads.ts';

/** A Job whose pods fail, as a retry policy sees it. */
export interface JobFailures {
  readonly job: Job;
  /** Pods that failed since the latest success; for an index with a limit of its own, that index's failures. */
  readonly failures: number;
  /** The Job's backoffLimit, or its backoffLimitPerIndex. */
  readonly limit: number;
}

/** Decides how long a Job waits after a failure before it makes the next pod, and how many it makes at all. */
export interface JobRetryPolicy {
  readonly name: string;
  /** Seconds from the end of the latest failed pod. */
  waitSeconds(failures: JobFailures): number;
  /** Whether the Job is given up, though it may still retry by its limit. Beyond the limit it is given up anyway. */
  givesUp?(failures: JobFailures): boolean;
}

/** Wait before the pod that follows a failure: the first, and the longest. Source: job/job_controller.go. */
const FIRST_SECONDS = 10;
const LONGEST_SECONDS = 600;

/** The real controller's: doubled with each failure. Source: job/backoff_utils.go. */
export const doublingRetry: JobRetryPolicy = {
  name: 'default',
  waitSeconds: ({ failures }) => Math.min(FIRST_SECONDS * 2 ** (failures - 1), LONGEST_SECONDS),
};
