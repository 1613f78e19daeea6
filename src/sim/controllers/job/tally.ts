import type { Pod } from '../../api/core.ts';
import type { Job } from '../../api/workloads.ts';
import { IndexSet } from './index-set.ts';
import { verdictOn } from './pod-failure-policy.ts';
import { completionIndex, isIndexed, isTracked } from './job-pods.ts';

/** Pods counted in one sync. Source: job/job_controller.go MaxUncountedPods. */
const MAX_UNCOUNTED = 500;

type Uncounted = Job['status']['uncountedTerminatedPods'];

/** Finished pods of a Job, and where their counting stands. */
export interface Tally {
  /** Done, counted or about to be. */
  readonly succeeded: number;
  readonly failed: number;
  readonly newlySucceeded: readonly Pod[];
  readonly newlyFailed: readonly Pod[];
  /** Counted pods of which some may still carry the finalizer: the status between seeing and counting. */
  readonly between: Pick<Job['status'], 'succeeded' | 'failed' | 'completedIndexes' | 'uncountedTerminatedPods'>;
  /** The status once the finalizers below are gone. */
  readonly after: Pick<Job['status'], 'succeeded' | 'failed' | 'completedIndexes' | 'uncountedTerminatedPods'>;
  /** Pods to be let go. */
  readonly release: readonly Pod[];
  readonly indexes: IndexSet;
  /** Why a pod failure policy ends the Job. */
  readonly fatal: string | undefined;
  /** There are more than one sync counts. */
  readonly more: boolean;
}

/** What is to be done with pods that have not ended. */
export interface Rest {
  /** The Job ends or goes: it holds none of them any more. */
  readonly releaseAll: boolean;
  /** The Job has failed: they count as failed. */
  readonly countAll: boolean;
  /** UIDs of failed pods that are not counted yet, as they hold the count of their index's failures. */
  readonly kept: ReadonlySet<string>;
}

/** Whether a pod is replaced only when it has ended, not while it is being deleted. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return (spec.podReplacementPolicy ?? (spec.podFailurePolicy === undefined ? '' : 'Failed')) === 'Failed';
}

/** Whether the Job counts the pod as a failure: with the default replacement policy also one that is being deleted. */
export function countsAsFailed(job: Job, pod: Pod): boolean {
  if (pod.status.phase === 'Failed') return true;
  if (replacesOnlyFailed(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded';
}

/**
 * Counts each finished pod once, whatever fails in between: its UID is written into the status, then its finalizer is
 * taken off, then it moves from the UIDs into the count. Source: job/job_controller.go trackJobStatusAndRemoveFinalizers.
 */
export function tally(
  job: Job,
  pods: readonly Pod[],
  released: ReadonlySet<string>,
  { releaseAll, countAll, kept }: Rest,
): Tally {
  const indexed = isIndexed(job);
  const completions = job.spec.completions ?? 0;
  const { status } = job;
  const indexes = new IndexSet(status.completedIndexes);
  const held = { succeeded: status.uncountedTerminatedPods?.succeeded, failed: status.uncountedTerminatedPods?.failed };
  const succeeded = new Set(held.succeeded);
  const failed = new Set(held.failed);
  const newlySucceeded: Pod[] = [];
  const newlyFailed: Pod[] = [];
  const release: Pod[] = [];
  const stillHeld = new Set<string>();
  let more = false;
  let fatal: string | undefined;
  for (const pod of pods) {
    const { uid } = pod.metadata;
    if (!isTracked(pod) || released.has(uid)) continue;
    const lost = countsAsFailed(job, pod);
    const done = pod.status.phase === 'Succeeded';
    if (!lost && !done && !releaseAll) continue;
    if (!releaseAll && !done && kept.has(uid)) continue;
    if (release.length >= MAX_UNCOUNTED) {
      more = true;
      stillHeld.add(uid);
      continue;
    }
    release.push(pod);
    const index = completionIndex(pod);
    if (done && !failed.has(uid)) {
      if (indexed) {
        if (index === undefined || index >= completions || indexes.has(index)) continue;
        indexes.add(index);
        newlySucceeded.push(pod);
      } else if (!succeeded.has(uid)) {
        succeeded.add(uid);
        newlySucceeded.push(pod);
      }
    } else if (!failed.has(uid) && (lost || countAll)) {
      if (indexed && (index === undefined || index >= completions)) continue;
      const verdict = verdictOn(job.spec.podFailurePolicy, pod);
      if (verdict?.action === 'FailJob') fatal ??= verdict.message;
      if (verdict?.action === 'Ignore') continue;
      failed.add(uid);
      newlyFailed.push(pod);
    }
  }
  const counted = (count: number | undefined, uids: ReadonlySet<string>): number =>
    (count ?? 0) + [...uids].filter((uid) => !stillHeld.has(uid)).length;
  const left = (uids: ReadonlySet<string>): string[] => [...uids].filter((uid) => stillHeld.has(uid));
  const withIndexes = indexed && indexes.size > 0 ? { completedIndexes: indexes.toString() } : {};
  const between = {
    ...(indexed ? count('succeeded', indexes.size) : count('succeeded', status.succeeded ?? 0)),
    ...count('failed', status.failed ?? 0),
    ...withIndexes,
    ...uncounted([...succeeded], [...failed]),
  };
  const after = {
    ...count('succeeded', indexed ? indexes.size : counted(status.succeeded, succeeded)),
    ...count('failed', counted(status.failed, failed)),
    ...withIndexes,
    ...uncounted(left(succeeded), left(failed)),
  };
  return {
    succeeded: indexed ? indexes.size : (status.succeeded ?? 0) + succeeded.size,
    failed: (status.failed ?? 0) + failed.size,
    newlySucceeded,
    newlyFailed,
    between,
    after,
    release,
    indexes,
    fatal,
    more,
  };
}

function count<K extends string>(field: K, value: number): { readonly [F in K]?: number } {
  return value === 0 ? {} : ({ [field]: value } as { readonly [F in K]?: number });
}

function uncounted(succeeded: readonly string[], failed: readonly string[]): { uncountedTerminatedPods: Uncounted } {
  const lists = { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
  return { uncountedTerminatedPods: lists };
}
