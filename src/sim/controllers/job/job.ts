import type { Pod } from '../../api/core.ts';
import type { Condition } from '../../api/meta.ts';
import type { Job } from '../../api/workloads.ts';
import { byController } from '../../apiserver/informer.ts';
import type { Informer } from '../../apiserver/informer.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { keyOf, objectKey } from '../../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../../apiserver/request.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import { Claims } from '../claims.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { Expectations } from '../expectations.ts';
import { recordPodReply } from '../pod-replies.ts';
import { isActive, isFinished, isReady } from '../pod-state.ts';
import type { ReconcilePolicies } from '../policies.ts';
import { updateStatus } from '../requests.ts';
import { NO_FAILURES, backOffAfter, finishedAt, remaining } from './back-off.ts';
import type { BackOff } from './back-off.ts';
import { finishOf, jobCondition, knownEnding, withEnding, withJobCondition } from './conditions.ts';
import type { Ending } from './conditions.ts';
import { indexFailures, limitsPerIndex, remainingOfIndex } from './index-failures.ts';
import type { IndexSet } from './index-set.ts';
import { isTracked, jobSelector, removeFinalizer } from './job-pods.ts';
import { doublingRetry } from './job-retry-policy.ts';
import type { JobRetryPolicy } from './job-retry-policy.ts';
import { jobEnding, limitOf } from './job-ending.ts';
import { podChanges } from './pod-changes.ts';
import { tally } from './tally.ts';
import type { Tally } from './tally.ts';

const COMPONENT = 'job-controller';

/** Pod events wait so long, so that many become one sync. Source: job/job_controller.go SyncJobBatchPeriod. */
const BATCH: Micros = SECOND;

/** Marks a queue key as a pod whose Job is gone: its finalizer is to be taken off. Names never hold a colon. */
const ORPHAN = 'orphan:';

/** The Job controller. `jobRetry` absent: the wait is doubled with each failure, up to the Job's limit. */
export function jobController({ jobRetry = doublingRetry }: Partial<ReconcilePolicies> = {}): ControllerFactory {
  // job_controller.go DefaultJobApiBackOff, MaxJobApiBackOff
  const retries = { firstSeconds: 1, longestSeconds: 60 };
  return { name: 'job', retries, create: (environment) => new Jobs(environment, jobRetry) };
}

interface State {
  readonly claims: unknown;
  readonly expectations: unknown;
  readonly backOffs: readonly [string, BackOff][];
  readonly nextBackOffs: readonly [string, BackOff][];
  readonly released: readonly [string, readonly string[]][];
  readonly written: readonly [string, number][];
}

class Jobs implements Controller {
  readonly name = 'job';
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  readonly #claims: Claims<Job, Pod>;
  readonly #expectations = new Expectations();
  readonly #retry: JobRetryPolicy;
  #backOffs = new Map<string, BackOff>();
  /** What the records become when the status under way is written. */
  #nextBackOffs = new Map<string, BackOff>();
  /** UIDs of pods whose finalizer was taken off and still shows in the cache, by Job. */
  #released = new Map<string, Set<string>>();
  /** Revision of the latest status written, by Job: an older cache is not acted upon. */
  #written = new Map<string, number>();

  constructor(environment: ControllerEnvironment, retry: JobRetryPolicy) {
    this.#retry = retry;
    const { informers, queue, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentJobSyncs;
    this.#jobs = informers.informer<Job>('Job');
    this.#pods = informers.informer<Pod>('Pod');
    this.#claims = new Claims('Job', this.#jobs, this.#pods, jobSelector, (job, type, pod) =>
      this.#podChanged(job, type, pod),
    );
    this.#jobs.on((type, job, previous) => {
      const key = keyOf(job);
      if (type === 'deleted') this.#forget(key);
      // Only changes of the spec are urgent: most others are this controller's own.
      const sameSpec = type === 'modified' && previous?.metadata.generation === job.metadata.generation;
      if (sameSpec) queue.addAfter(key, BATCH);
      else queue.add(key);
    });
    const children = byController(this.#pods);
    this.#jobs.on((type, job) => {
      if (type !== 'deleted') return;
      for (const pod of children.get(job.metadata.uid)) if (isTracked(pod)) queue.add(ORPHAN + keyOf(pod));
    });
    this.#pods.on((type, pod) => {
      if (type === 'deleted' || !isTracked(pod)) return;
      const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (owner === undefined || (owner.kind === 'Job' && this.#claims.ownerOf(pod) === undefined)) {
        queue.add(ORPHAN + keyOf(pod));
      }
    });
  }

  #forget(key: string): void {
    this.#expectations.forget(key);
    this.#backOffs.delete(key);
    this.#nextBackOffs.delete(key);
    this.#released.delete(key);
    this.#written.delete(key);
  }

  #podChanged(job: Job, type: 'added' | 'modified' | 'deleted', pod: Pod): void {
    const key = keyOf(job);
    this.#expectations.observed(key, type, pod, keyOf(pod));
    if (type === 'deleted' || !isTracked(pod)) this.#released.get(key)?.delete(pod.metadata.uid);
    this.#environment.queue.addAfter(key, BATCH);
  }

  reconcile(key: string): Plan | undefined {
    if (key.startsWith(ORPHAN)) return this.#releaseOrphan(key.slice(ORPHAN.length));
    const job = this.#jobs.get(key);
    if (job === undefined || finishOf(job) !== undefined) {
      this.#backOffs.delete(key);
      return undefined;
    }
    if (Number(job.metadata.resourceVersion) < (this.#written.get(key) ?? 0)) {
      return { stages: [], requeueAfterSeconds: 0.02 };
    }
    const { owned, requests } = this.#claims.claim(job);
    const plan = this.#plan(key, job, owned);
    return requests.length === 0 ? plan : { ...plan, stages: [requests, ...plan.stages] };
  }

  /** Source: job/job_controller.go syncJob. */
  #plan(key: string, job: Job, pods: readonly Pod[]): Plan {
    const { now } = this.#environment.kernel;
    const { spec, status } = job;
    const going = job.metadata.deletionTimestamp !== undefined;
    const suspended = spec.suspend === true;
    const active = pods.filter((pod) => isActive(pod));
    const released = this.#released.get(key) ?? new Set<string>();
    const { calendar } = this.#environment;
    const indexes = limitsPerIndex(job) ? indexFailures(job, pods, released, calendar, now) : undefined;
    const kept = new Set(indexes === undefined ? [] : [...indexes.last.values()].map(({ metadata }) => metadata.uid));
    let counted = tally(job, pods, released, { releaseAll: going, countAll: false, kept });
    const backOff = this.#recordBackOff(key, counted);
    const startTime = status.startTime ?? (suspended ? undefined : this.#time());
    const deadline = this.#deadline(job, startTime);

    const known = knownEnding(job);
    const late = deadline !== undefined && deadline <= now;
    const { failures } = backOff;
    const ending =
      known ?? jobEnding(job, { active, counted, late, failures, failedIndexes: indexes?.failed }, this.#retry);
    if (ending !== undefined) counted = tally(job, pods, released, { releaseAll: true, countAll: ending.failed, kept });
    const satisfied = !going && this.#expectations.satisfied(key, now);
    const waitOf = (index: number): Micros =>
      remainingOfIndex(job, indexes?.last.get(index), this.#retry, calendar, now);
    const changes = podChanges({
      job,
      pods,
      active,
      succeeded: counted.succeeded,
      doneIndexes: counted.indexes,
      ending: ending !== undefined,
      satisfied,
      backOff: remaining(backOff, now, this.#retry, job, limitOf(job)),
      ...(indexes === undefined ? {} : { perIndex: { ...indexes, waitOf } }),
      calendar,
      now,
    });
    if (changes.creations + changes.deletions.length > 0) {
      this.#expectations.expect(key, changes.creations, changes.deletions, now);
    }

    const terminating = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isFinished(pod)).length;
    const final = ending !== undefined && active.length === 0 && terminating === 0 && !counted.more;
    const conditions = this.#conditions(job, ending, final, satisfied);
    // The deadline counts from the latest resumption.
    const begun = isResumed(status.conditions, conditions) ? this.#time() : startTime;
    const base = {
      ...(changes.active > 0 ? { active: changes.active } : {}),
      ...nonZero('ready', active.filter((pod) => isReady(pod)).length),
      ...nonZero('terminating', terminating),
      ...(begun === undefined ? {} : { startTime: begun }),
      ...failedIndexes(indexes?.failed),
    };
    const succeeded = final && !ending.failed;
    const between: Job['status'] = {
      ...base,
      ...counted.between,
      ...withConditions(ending === undefined ? conditions : this.#conditions(job, ending, false, satisfied)),
    };
    const after: Job['status'] = {
      ...base,
      ...counted.after,
      ...withConditions(conditions),
      ...(succeeded ? { completionTime: this.#time() } : {}),
    };
    const fresh = counted.release.length > 0 && !sameJson(between, status);
    const stages: ApiRequest[][] = [
      fresh ? [updateStatus(job, between)] : [],
      counted.release.map((pod) => removeFinalizer(pod)),
      sameJson(after, fresh ? between : status) ? [] : [updateStatus(job, after)],
      [...changes.requests],
    ];
    const next = this.#nextLook(changes.wait > 0 ? changes.wait : undefined, deadline, counted.more, now);
    return { stages, slowStart: true, ...(next === undefined ? {} : { requeueAfterSeconds: next / SECOND }) };
  }

  #recordBackOff(key: string, { newlySucceeded, newlyFailed }: Tally): BackOff {
    const { calendar, kernel } = this.#environment;
    const before = this.#backOffs.get(key) ?? NO_FAILURES;
    if (newlySucceeded.length + newlyFailed.length === 0) return before;
    const times = (pods: readonly Pod[]): Micros[] => pods.map((pod) => finishedAt(pod, calendar, kernel.now));
    const after = backOffAfter(before, times(newlySucceeded), times(newlyFailed));
    this.#nextBackOffs.set(key, after);
    return after;
  }

  #deadline(job: Job, startTime: string | undefined): Micros | undefined {
    const { activeDeadlineSeconds, suspend } = job.spec;
    if (activeDeadlineSeconds === undefined || startTime === undefined || suspend === true) return undefined;
    return this.#environment.calendar.micros(startTime) + activeDeadlineSeconds * SECOND;
  }

  #conditions(job: Job, ending: Ending | undefined, final: boolean, satisfied: boolean): readonly Condition[] {
    const conditions = job.status.conditions ?? [];
    const time = this.#time();
    if (ending !== undefined) return withEnding(conditions, ending, final, time);
    if (!satisfied) return conditions;
    if (job.spec.suspend === true) {
      return withJobCondition(conditions, 'Suspended', 'True', 'JobSuspended', 'Job suspended', time);
    }
    if (jobCondition(conditions, 'Suspended') === undefined) return conditions;
    return withJobCondition(conditions, 'Suspended', 'False', 'JobResumed', 'Job resumed', time);
  }

  #nextLook(wait: Micros | undefined, deadline: Micros | undefined, more: boolean, now: Micros): Micros | undefined {
    if (more) return SECOND;
    const looks: Micros[] = [];
    if (wait !== undefined) looks.push(wait);
    if (deadline !== undefined && deadline > now) looks.push(deadline - now);
    return looks.length === 0 ? undefined : Math.min(...looks);
  }

  #time(): string {
    return this.#environment.calendar.timestamp(this.#environment.kernel.now);
  }

  #releaseOrphan(podKey: string): Plan | undefined {
    const pod = this.#pods.get(podKey);
    if (pod === undefined || !isTracked(pod) || this.#claims.ownerOf(pod) !== undefined) return undefined;
    return { stages: [[removeFinalizer(pod)]] };
  }

  replied(key: string, reply: ApiReply): void {
    const { request, result } = reply;
    if (!result.ok) this.skipped(key, request);
    if (request.kind === 'Job') {
      if (!result.ok) return;
      this.#written.set(key, Number(result.object.metadata.resourceVersion));
      const next = this.#nextBackOffs.get(key);
      if (next !== undefined) this.#backOffs.set(key, next);
      this.#nextBackOffs.delete(key);
      this.#announce(key, result.object as Job);
      return;
    }
    if (request.verb === 'patch') {
      this.#noteReleased(key, objectKey(request.namespace, request.name));
      return;
    }
    const job = this.#jobs.get(key);
    if (job !== undefined && request.kind === 'Pod') recordPodReply(this.#environment.events, COMPONENT, job, reply);
  }

  /** The pod is counted; its cached copy carries the finalizer until the watch tells. */
  #noteReleased(key: string, podKey: string): void {
    const pod = this.#pods.get(podKey);
    if (pod === undefined || !isTracked(pod) || key.startsWith(ORPHAN)) return;
    const released = this.#released.get(key);
    if (released === undefined) this.#released.set(key, new Set([pod.metadata.uid]));
    else released.add(pod.metadata.uid);
  }

  /** Events for what a written status says for the first time. */
  #announce(key: string, job: Job): void {
    const { events } = this.#environment;
    const before = this.#jobs.get(key)?.status.conditions ?? [];
    for (const { type, status, reason = '', message = '' } of job.status.conditions ?? []) {
      const old = jobCondition(before, type);
      if (old?.status === status) continue;
      if (type === 'Complete') events.record(COMPONENT, job, 'Normal', 'Completed', 'Job completed');
      if (type === 'Failed') events.record(COMPONENT, job, 'Warning', reason, message);
      if (type !== 'Suspended') continue;
      events.record(COMPONENT, job, 'Normal', status === 'True' ? 'Suspended' : 'Resumed', message);
    }
  }

  skipped(key: string, request: ApiRequest): void {
    if (request.kind === 'Pod') this.#expectations.notAsked(key, request);
  }

  save(): State {
    return {
      claims: this.#claims.save(),
      expectations: this.#expectations.save(),
      backOffs: [...this.#backOffs],
      nextBackOffs: [...this.#nextBackOffs],
      released: [...this.#released].map(([key, uids]) => [key, [...uids]]),
      written: [...this.#written],
    };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#claims.restore(state.claims);
    this.#expectations.restore(state.expectations);
    this.#backOffs = new Map(state.backOffs);
    this.#nextBackOffs = new Map(state.nextBackOffs);
    this.#released = new Map(state.released.map(([key, uids]) => [key, new Set(uids)]));
    this.#written = new Map(state.written);
  }
}

function failedIndexes(failed: IndexSet | undefined): { readonly failedIndexes?: string } {
  // An empty text says that the Job has limits of its indexes, and that none has failed.
  return failed === undefined ? {} : { failedIndexes: failed.toString() };
}

function isResumed(before: readonly Condition[] | undefined, after: readonly Condition[]): boolean {
  const was = jobCondition(before, 'Suspended')?.status;
  return was === 'True' && jobCondition(after, 'Suspended')?.status === 'False';
}

function nonZero(field: 'ready' | 'terminating', value: number): object {
  return value === 0 ? {} : { [field]: value };
}

function withConditions(conditions: readonly Condition[]): { conditions?: readonly Condition[] } {
  return conditions.length === 0 ? {} : { conditions };
}
