import type { CronJob, Job } from '../../api/workloads.ts';
import { byController } from '../../apiserver/informer.ts';
import type { Index, Informer } from '../../apiserver/informer.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { keyOf, objectKey } from '../../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../../apiserver/request.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { finishOf } from '../job/conditions.ts';
import { controllerReference, deleteObject, updateStatus } from '../requests.ts';
import { dueSince } from './due.ts';
import { parseSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { SUPPORTED_TIME_ZONES, timeZone } from './time-zone.ts';

const COMPONENT = 'cronjob-controller';
const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** A sync is due a little after its time, lest it find nothing due yet. Source: nextScheduleDelta. */
const DELTA_SECONDS = 0.1;

/** The CronJob controller. */
export const cronJobController: ControllerFactory = {
  name: 'cronjob',
  create: (environment) => new CronJobs(environment),
};

type ActiveJob = NonNullable<CronJob['status']['active']>[number];

/** A CronJob's status as a sync changes it, and the requests that go with that. */
interface Draft {
  active: readonly ActiveJob[];
  lastScheduleTime: string | undefined;
  lastSuccessfulTime: string | undefined;
  readonly deletions: ApiRequest[];
  readonly creations: ApiRequest[];
  requeueAfterSeconds: number | undefined;
}

class CronJobs implements Controller {
  readonly name = 'cronjob';
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #cronJobs: Informer<CronJob>;
  readonly #jobs: Informer<Job>;
  readonly #children: Index<Job>;
  /** Parsed schedules by zone and text: a cache, not state. */
  readonly #schedules = new Map<string, Schedule>();

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentCronJobSyncs;
    this.#cronJobs = informers.informer<CronJob>('CronJob');
    this.#jobs = informers.informer<Job>('Job');
    this.#children = byController(this.#jobs);
    this.#cronJobs.on((_type, cronJob) => queue.add(keyOf(cronJob)));
    this.#jobs.on((_type, job) => {
      const owner = job.metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (owner?.kind === 'CronJob') queue.add(objectKey(job.metadata.namespace, owner.name));
    });
  }

  /** Source: cronjob/cronjob_controllerv2.go syncCronJob. */
  reconcile(key: string): Plan | undefined {
    const cronJob = this.#cronJobs.get(key);
    if (cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined) return undefined;
    const children = this.#children.get(cronJob.metadata.uid);
    const { active = [], lastScheduleTime, lastSuccessfulTime } = cronJob.status;
    const draft: Draft = {
      active,
      lastScheduleTime,
      lastSuccessfulTime,
      deletions: [],
      creations: [],
      requeueAfterSeconds: undefined,
    };
    this.#noteChildren(cronJob, children, draft);
    this.#startDue(cronJob, children, draft);
    const history = this.#beyondHistory(cronJob, children);
    const status: CronJob['status'] = {
      ...(draft.active.length > 0 ? { active: draft.active } : {}),
      ...(draft.lastScheduleTime === undefined ? {} : { lastScheduleTime: draft.lastScheduleTime }),
      ...(draft.lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime: draft.lastSuccessfulTime }),
    };
    const writes = sameJson(cronJob.status, status) ? [] : [updateStatus(cronJob, status)];
    const stages = [[...draft.deletions, ...history], draft.creations, writes];
    const { requeueAfterSeconds } = draft;
    if (stages.every((stage) => stage.length === 0) && requeueAfterSeconds === undefined) return undefined;
    return { stages, ...(requeueAfterSeconds === undefined ? {} : { requeueAfterSeconds }) };
  }

  /** Brings the list of active Jobs up to date. */
  #noteChildren(cronJob: CronJob, children: readonly Job[], draft: Draft): void {
    const names = new Set(children.map(({ metadata }) => metadata.name));
    for (const job of children) {
      const { name } = job.metadata;
      const finish = finishOf(job);
      const listed = draft.active.some((active) => active.name === name);
      if (!listed && finish === undefined && job.metadata.deletionTimestamp === undefined) {
        this.#say(
          cronJob,
          'Warning',
          'UnexpectedJob',
          `Saw a job that the controller did not create or forgot: ${name}`,
        );
      } else if (listed && finish !== undefined) {
        draft.active = draft.active.filter((active) => active.name !== name);
        const message = `Saw completed job: ${name}, condition: ${finish.type}`;
        this.#say(cronJob, 'Normal', 'SawCompletedJob', message);
      }
      const { completionTime } = job.status;
      if (finish?.type !== 'Complete' || completionTime === undefined) continue;
      // RFC 3339 in UTC orders as text.
      if (draft.lastSuccessfulTime === undefined || draft.lastSuccessfulTime < completionTime) {
        draft.lastSuccessfulTime = completionTime;
      }
    }
    for (const { name } of draft.active) {
      if (names.has(name)) continue;
      // One that was just created may not have been seen yet: the server is asked.
      if (this.#environment.server.get('Job', cronJob.metadata.namespace ?? '', name) !== undefined) continue;
      this.#say(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
      draft.active = draft.active.filter((active) => active.name !== name);
    }
  }

  #startDue(cronJob: CronJob, children: readonly Job[], draft: Draft): void {
    const { spec, metadata } = cronJob;
    const { calendar, kernel } = this.#environment;
    if (spec.suspend === true) return;
    const schedule = this.#schedule(cronJob);
    if (schedule === undefined) return;

    const now = calendar.startSeconds + Math.floor(kernel.now / SECOND);
    const exactNow = calendar.startSeconds + kernel.now / SECOND;
    const secondsOf = (time: string): number => calendar.startSeconds + calendar.micros(time) / SECOND;
    const since = secondsOf(draft.lastScheduleTime ?? metadata.creationTimestamp);
    const deadline = spec.startingDeadlineSeconds;
    const earliest = deadline === undefined ? since : Math.max(since, now - deadline);
    const { latest, tooMany } = dueSince(schedule, earliest, now);
    if (tooMany) {
      const advice = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      this.#say(cronJob, 'Warning', 'TooManyMissedTimes', `too many missed start times. ${advice}`);
    }
    const next = schedule.next(Math.max(now, latest ?? 0));
    if (next !== undefined) draft.requeueAfterSeconds = next - exactNow + DELTA_SECONDS;
    if (latest === undefined) return;

    const name = jobName(metadata.name, latest);
    const scheduledAt = calendar.timestamp((latest - calendar.startSeconds) * SECOND);
    if (deadline !== undefined && latest + deadline < exactNow) {
      this.#say(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${scheduledAt}`);
      return;
    }
    if (draft.lastScheduleTime === scheduledAt || draft.active.some((active) => active.name === name)) return;
    if (spec.concurrencyPolicy === 'Forbid' && draft.active.length > 0) {
      const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.#say(cronJob, 'Normal', 'JobAlreadyActive', message);
      return;
    }
    if (spec.concurrencyPolicy === 'Replace') {
      const replaced = new Set(draft.active.map((active) => active.name));
      for (const job of children) if (replaced.has(job.metadata.name)) draft.deletions.push(remove(job));
      draft.active = [];
    }
    draft.creations.push(createJob(cronJob, name, scheduledAt));
    const reference = { apiVersion: 'batch/v1', kind: 'Job', name, namespace: metadata.namespace ?? '' };
    draft.active = [...draft.active, reference];
    draft.lastScheduleTime = scheduledAt;
  }

  #schedule(cronJob: CronJob): Schedule | undefined {
    const { schedule: text, timeZone: name } = cronJob.spec;
    const zone = timeZone(name);
    if (zone === undefined) {
      const message = `invalid timeZone: "${name}": supported are ${SUPPORTED_TIME_ZONES}`;
      this.#say(cronJob, 'Warning', 'UnknownTimeZone', message);
      return undefined;
    }
    const key = `${name ?? ''} ${text}`;
    let schedule = this.#schedules.get(key);
    if (schedule !== undefined) return schedule;
    try {
      schedule = parseSchedule(text, zone);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#say(cronJob, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${error.message}`);
      return undefined;
    }
    this.#schedules.set(key, schedule);
    return schedule;
  }

  /** Finished Jobs beyond the history limits, those that began first. */
  #beyondHistory(cronJob: CronJob, children: readonly Job[]): ApiRequest[] {
    const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
    const excess = (type: string, limit: number): Job[] => {
      const finished = children.filter((job) => finishOf(job)?.type === type);
      finished.sort((a, b) => ((a.status.startTime ?? '') < (b.status.startTime ?? '') ? -1 : 1));
      return finished.slice(0, Math.max(0, finished.length - limit));
    };
    return [...excess('Complete', successfulJobsHistoryLimit), ...excess('Failed', failedJobsHistoryLimit)]
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map((job) => remove(job));
  }

  #say(cronJob: CronJob, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#environment.events.record(COMPONENT, cronJob, type, reason, message);
  }

  replied(key: string, { request, result }: ApiReply): void {
    const cronJob = this.#cronJobs.get(key);
    if (cronJob === undefined || request.kind !== 'Job') return;
    if (result.ok) {
      if (request.verb === 'create') this.#say(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${request.name}`);
      if (request.verb === 'delete') this.#say(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${request.name}`);
    } else if (request.verb === 'create' && result.status.reason !== 'AlreadyExists') {
      this.#say(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${result.status.message}`);
    }
  }

  save(): null {
    return null;
  }

  restore(): void {
    // All it knows is in the informers and the queue.
  }
}

/** Source: cronjob/utils.go getJobName: the minute of the scheduled time. */
function jobName(cronJob: string, scheduledSeconds: number): string {
  return `${cronJob}-${Math.floor(scheduledSeconds / 60)}`;
}

function remove(job: Job): ApiRequest {
  return deleteObject(job, { propagationPolicy: 'Background' });
}

function createJob(cronJob: CronJob, name: string, scheduledAt: string): ApiRequest {
  const namespace = cronJob.metadata.namespace ?? '';
  const { metadata = {}, spec } = cronJob.spec.jobTemplate;
  const body = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata.annotations, [SCHEDULED_AT]: scheduledAt },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec,
  };
  return { verb: 'create', kind: 'Job', namespace, name, body, ignore: ['AlreadyExists'] };
}
