import type { Pod } from '../../api/core.ts';
import type { Calendar } from '../../api/timestamps.ts';
import type { Job } from '../../api/workloads.ts';
import { seconds } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import { isActive } from '../pod-state.ts';
import { finishedAt } from './back-off.ts';
import { IndexSet } from './index-set.ts';
import { completionIndex, isTracked } from './job-pods.ts';
import type { JobRetryPolicy } from './job-retry-policy.ts';
import { verdictOn } from './pod-failure-policy.ts';
import { countsAsFailed } from './tally.ts';

/** Failures of its index before a pod: those that count, and those that a failure policy ignored. */
const COUNT = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** Whether each index has a limit of its own. */
export function limitsPerIndex(job: Job): boolean {
  return job.spec.backoffLimitPerIndex !== undefined;
}

/** How the indexes of a Job with backoffLimitPerIndex stand. */
export interface IndexFailures {
  /** Given up. */
  readonly failed: IndexSet;
  /** Failed pods by index that hold the count of failures until a new pod takes it over. */
  readonly last: ReadonlyMap<number, Pod>;
}

/** Source: job/indexed_job_utils.go calculateFailedIndexes, getPodsWithDelayedDeletionPerIndex. */
export function indexFailures(
  job: Job,
  pods: readonly Pod[],
  released: ReadonlySet<string>,
  calendar: Calendar,
  now: Micros,
): IndexFailures {
  const failed = new IndexSet(job.status.failedIndexes);
  const succeeded = new IndexSet(job.status.completedIndexes);
  const last = new Map<number, Pod>();
  const ended: (readonly [index: number, pod: Pod])[] = [];
  const active = new Set<number>();
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (index === undefined || index >= (job.spec.completions ?? 0)) continue;
    if (isActive(pod)) active.add(index);
    if (pod.status.phase === 'Succeeded') succeeded.add(index);
    if (!isTracked(pod) || released.has(pod.metadata.uid) || !countsAsFailed(job, pod)) continue;
    ended.push([index, pod]);
    if (endsIndex(job, pod)) failed.add(index);
  }
  for (const [index, pod] of ended) {
    if (succeeded.has(index) || failed.has(index) || active.has(index)) continue;
    const other = last.get(index);
    const later =
      other === undefined ||
      (allFailures(other) <= allFailures(pod) && finishedAt(other, calendar, now) <= finishedAt(pod, calendar, now));
    if (later) last.set(index, pod);
  }
  return { failed, last };
}

/** Whether this failure is the index's last. */
function endsIndex(job: Job, pod: Pod): boolean {
  const verdict = verdictOn(job.spec.podFailurePolicy, pod);
  if (verdict?.action === 'FailIndex') return true;
  return verdict?.action !== 'Ignore' && numberIn(pod, COUNT) >= (job.spec.backoffLimitPerIndex ?? 0);
}

/** Annotations by which the pod that replaces one takes its failures over. Source: getNewIndexFailureCounts. */
export function failuresTakenOver(job: Job, replaced: Pod | undefined): Readonly<Record<string, string>> {
  if (!limitsPerIndex(job)) return {};
  if (replaced === undefined) return { [COUNT]: '0' };
  const ignored = verdictOn(job.spec.podFailurePolicy, replaced)?.action === 'Ignore';
  const counted = numberIn(replaced, COUNT) + (ignored ? 0 : 1);
  const without = numberIn(replaced, IGNORED) + (ignored ? 1 : 0);
  return { [COUNT]: String(counted), ...(without > 0 ? { [IGNORED]: String(without) } : {}) };
}

/** How long an index has to wait before its next pod. Source: job/backoff_utils.go getRemainingTimePerIndex. */
export function remainingOfIndex(
  job: Job,
  last: Pod | undefined,
  policy: JobRetryPolicy,
  calendar: Calendar,
  now: Micros,
): Micros {
  if (last === undefined) return 0;
  const failures = allFailures(last) + 1;
  const limit = job.spec.backoffLimitPerIndex ?? 0;
  const wait = seconds(policy.waitSeconds({ job, failures, limit }));
  return Math.max(0, finishedAt(last, calendar, now) + wait - now);
}

function allFailures(pod: Pod): number {
  return numberIn(pod, COUNT) + numberIn(pod, IGNORED);
}

function numberIn({ metadata }: Pod, annotation: string): number {
  return Number(metadata.annotations?.[annotation] ?? 0) || 0;
}
