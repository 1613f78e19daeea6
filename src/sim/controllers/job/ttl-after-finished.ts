import type { Job } from '../../api/workloads.ts';
import type { Informer } from '../../apiserver/informer.ts';
import { keyOf } from '../../apiserver/request.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { deleteObject } from '../requests.ts';
import { finishOf } from './conditions.ts';

/** Deletes Jobs ttlSecondsAfterFinished after they finished, with their pods. */
export const ttlAfterFinishedController: ControllerFactory = {
  name: 'ttl-after-finished',
  create: (environment) => new FinishedJobs(environment),
};

class FinishedJobs implements Controller {
  readonly name = 'ttl-after-finished';
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #jobs: Informer<Job>;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
    this.workers = environment.settings.controllerManager.concurrentTtlAfterFinishedSyncs;
    this.#jobs = environment.informers.informer<Job>('Job');
    this.#jobs.on((type, job) => {
      if (type !== 'deleted' && this.#expiry(job) !== undefined) environment.queue.add(keyOf(job));
    });
  }

  #expiry(job: Job): Micros | undefined {
    const { ttlSecondsAfterFinished } = job.spec;
    const finished = finishOf(job)?.lastTransitionTime;
    if (ttlSecondsAfterFinished === undefined || finished === undefined) return undefined;
    if (job.metadata.deletionTimestamp !== undefined) return undefined;
    return this.#environment.calendar.micros(finished) + ttlSecondsAfterFinished * SECOND;
  }

  reconcile(key: string): Plan | undefined {
    const job = this.#jobs.get(key);
    const expiry = job === undefined ? undefined : this.#expiry(job);
    if (job === undefined || expiry === undefined) return undefined;
    const left = expiry - this.#environment.kernel.now;
    if (left > 0) return { stages: [], requeueAfterSeconds: left / SECOND };
    const preconditions = { uid: job.metadata.uid };
    return { stages: [[deleteObject(job, { propagationPolicy: 'Foreground', preconditions })]] };
  }

  save(): null {
    return null;
  }

  restore(): void {
    // All it knows is in the informer and the queue.
  }
}
