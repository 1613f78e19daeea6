import type { Pod } from '../../api/core.ts';
import type { Calendar } from '../../api/timestamps.ts';
import type { Job } from '../../api/workloads.ts';
import { keyOf } from '../../apiserver/request.ts';
import type { ApiRequest } from '../../apiserver/request.ts';
import type { Micros } from '../../kernel/time.ts';
import { isFinished } from '../pod-state.ts';
import { deleteObject } from '../requests.ts';
import { scaleDownOrder } from '../scale-down-order.ts';
import { failuresTakenOver } from './index-failures.ts';
import type { IndexFailures } from './index-failures.ts';
import type { IndexSet } from './index-set.ts';
import { completionIndex, createJobPod, isIndexed, jobTemplate } from './job-pods.ts';
import { replacesOnlyFailed } from './tally.ts';

/** Pods created or deleted in one sync. Source: job/job_controller.go MaxPodCreateDeletePerSync. */
const BURST = 500;

/** What a Job's pods look like to a sync. */
export interface Situation {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly succeeded: number;
  readonly doneIndexes: IndexSet;
  readonly ending: boolean;
  /** The cache can be trusted to show all that was asked for. */
  readonly satisfied: boolean;
  /** No new pod may be created before this time has passed. */
  readonly backOff: Micros;
  /** With a limit for each index: how each stands, and how long each waits. */
  readonly perIndex?: IndexFailures & { readonly waitOf: (index: number) => Micros };
  readonly calendar: Calendar;
  readonly now: Micros;
}

export interface PodChanges {
  readonly requests: readonly ApiRequest[];
  readonly creations: number;
  /** Keys of the pods that are deleted. */
  readonly deletions: readonly string[];
  /** Active pods as the status is to say. */
  readonly active: number;
  /** Pods are missing and have to wait so long for the back-off; 0: none has. */
  readonly wait: Micros;
}

/** Creates missing pods or deletes superfluous ones. Source: job/job_controller.go manageJob. */
export function podChanges(situation: Situation): PodChanges {
  const { job, pods, active, ending, satisfied, backOff } = situation;
  if (ending) return deletion(active, active.length);
  if (!satisfied) return deletion([], active.length);
  if (job.spec.suspend === true) return deletion(active, active.length);

  const wanted = wantedActive(situation);
  const superfluous = toDelete(situation, Math.max(0, active.length - wanted)).slice(0, BURST);
  if (superfluous.length > 0) return deletion(superfluous, active.length);

  const held = replacesOnlyFailed(job) ? terminating(pods).length : 0;
  const missing = wanted - held - active.length;
  if (missing <= 0) return deletion([], active.length);
  if (situation.perIndex === undefined && backOff > 0) return { ...deletion([], 0), wait: backOff };
  const { requests, wait } = creations(situation, Math.min(missing, BURST));
  return { requests, creations: requests.length, deletions: [], active: active.length + requests.length, wait };
}

function deletion(pods: readonly Pod[], active: number): PodChanges {
  return {
    requests: pods.map((pod) => deleteObject(pod)),
    creations: 0,
    deletions: pods.map((pod) => keyOf(pod)),
    active: active - pods.length,
    wait: 0,
  };
}

function terminating(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isFinished(pod));
}

function wantedActive({ job, active, succeeded, perIndex }: Situation): number {
  const { parallelism = 1, completions } = job.spec;
  // A work queue without a number of completions: one success says that the queue is empty.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded - (perIndex?.failed.size ?? 0), parallelism));
}

/** Pods of an index that another one works on or that is no more wanted go first. */
function toDelete({ job, active, calendar, now }: Situation, excess: number): readonly Pod[] {
  const surplus = isIndexed(job) ? strays(job, active) : [];
  if (excess <= surplus.length) return surplus;
  const others = surplus.length === 0 ? active : active.filter((pod) => !surplus.includes(pod));
  return [...surplus, ...scaleDownOrder(others, calendar, now).slice(0, excess - surplus.length)];
}

function strays(job: Job, active: readonly Pod[]): readonly Pod[] {
  const seen = new Set<number>();
  return active.filter((pod) => {
    const index = completionIndex(pod);
    if (index === undefined || index >= (job.spec.completions ?? 0) || seen.has(index)) return true;
    seen.add(index);
    return false;
  });
}

function creations(
  { job, pods, active, doneIndexes, perIndex }: Situation,
  count: number,
): { readonly requests: readonly ApiRequest[]; readonly wait: Micros } {
  const template = jobTemplate(job);
  if (!isIndexed(job)) {
    const request = createJobPod(job, template, undefined);
    return { requests: Array.from({ length: count }, () => request), wait: 0 };
  }
  const busy = replacesOnlyFailed(job) ? [...active, ...terminating(pods)] : active;
  const taken = new Set(busy.map((pod) => completionIndex(pod)));
  const requests: ApiRequest[] = [];
  let wait = Infinity;
  let found = 0;
  for (let index = 0; index < (job.spec.completions ?? 0) && found < count; index++) {
    if (taken.has(index) || doneIndexes.has(index) || perIndex?.failed.has(index) === true) continue;
    found++;
    const left = perIndex?.waitOf(index) ?? 0;
    if (left > 0) wait = Math.min(wait, left);
    else requests.push(createJobPod(job, template, index, failuresTakenOver(job, perIndex?.last.get(index))));
  }
  return { requests, wait: requests.length > 0 || wait === Infinity ? 0 : wait };
}
