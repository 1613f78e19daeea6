import type { Pod } from '../../api/core.ts';
import type { Job } from '../../api/workloads.ts';
import type { Ending } from './conditions.ts';
import type { IndexSet } from './index-set.ts';
import { isIndexed } from './job-pods.ts';
import type { JobRetryPolicy } from './job-retry-policy.ts';
import { metRule } from './success-policy.ts';
import type { Tally } from './tally.ts';

/** What a sync has found out about a Job. */
interface Course {
  readonly active: readonly Pod[];
  readonly counted: Tally;
  /** Whether its deadline has passed. */
  readonly late: boolean;
  /** Pods that have failed in a row. */
  readonly failures: number;
  /** Where each index has a limit of its own: those that have reached it. */
  readonly failedIndexes: IndexSet | undefined;
}

/**
 * How a Job ends with what has become of its pods; undefined: it goes on. Source: job/job_controller.go syncJob, in its
 * order.
 */
export function jobEnding(job: Job, course: Course, retry: JobRetryPolicy): Ending | undefined {
  return failure(job, course, retry) ?? success(job, course);
}

function failure(
  job: Job,
  { active, counted, late, failures, failedIndexes }: Course,
  retry: JobRetryPolicy,
): Ending | undefined {
  const fails = (reason: string, message: string): Ending => ({ failed: true, reason, message });
  if (counted.fatal !== undefined) return fails('PodFailurePolicy', counted.fatal);
  const limit = limitOf(job);
  const givenUp = failures > 0 && retry.givesUp?.({ job, failures, limit }) === true;
  if (counted.failed > limit || givenUp || exceedsRestarts(job, active, limit)) {
    return fails('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if (late) return fails('DeadlineExceeded', 'Job was active longer than specified deadline');
  const { completions, maxFailedIndexes } = job.spec;
  if (failedIndexes === undefined || completions === undefined) return undefined;
  if (failedIndexes.size > (maxFailedIndexes ?? Infinity)) {
    return fails('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  if (failedIndexes.size > 0 && failedIndexes.size + counted.succeeded >= completions) {
    return fails('FailedIndexes', 'Job has failed indexes');
  }
  return undefined;
}

function success(job: Job, { active, counted }: Course): Ending | undefined {
  const { completions, suspend } = job.spec;
  const rule = isIndexed(job) ? metRule(job, counted.indexes) : undefined;
  if (rule !== undefined) {
    return { failed: false, reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  }
  const complete =
    completions === undefined ? counted.succeeded > 0 && active.length === 0 : counted.succeeded >= completions;
  if (!complete || (suspend === true && completions === undefined)) return undefined;
  return { failed: false, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
}

/** Failures that a Job takes; where each index has a limit of its own, the Job as a whole has none. */
export function limitOf({ spec }: Job): number {
  return spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : Infinity);
}

/** With OnFailure it is restarts, not pods, that count. Source: pastBackoffLimitOnFailure. */
function exceedsRestarts(job: Job, active: readonly Pod[], limit: number): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of active) {
    for (const { restartCount } of status.initContainerStatuses ?? []) restarts += restartCount;
    for (const { restartCount } of status.containerStatuses ?? []) restarts += restartCount;
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}
