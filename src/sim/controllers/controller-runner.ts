import type { ApiClient } from '../apiserver/api-client.ts';
import type { Informers } from '../apiserver/informer.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { LatencySettings } from '../settings.ts';
import type { Controller, ControllerFactory, Plan } from './controller.ts';
import type { QueuePolicy } from './queue-policy.ts';
import { KeyQueue } from './work-queue.ts';

/** A worker at a key: which requests of its plan went out and are not answered yet. */
interface Sync {
  readonly key: string;
  /** Absent while the sync itself is being computed. */
  plan: Plan | undefined;
  /** Index of the stage under way; the number of stages stands for `always`. */
  stage: number;
  /** Requests of the stage that went out. */
  sent: number;
  /** Size of the next slow-start batch. */
  batch: number;
  /** Requests that are not answered yet. */
  waiting: number;
  failed: boolean;
}

/** How much a controller has to do. */
export interface QueueLoad {
  readonly depth: number;
  readonly busy: number;
  readonly adds: number;
}

interface RunnerState {
  readonly queue: unknown;
  readonly syncs: readonly Sync[];
  readonly controller: unknown;
  readonly started: boolean;
}

/** Runs a keyed controller: its work queue, its worker slots, and the requests of its plans. */
export class ControllerRunner implements Saveable {
  readonly name: string;
  readonly #kernel: Kernel;
  readonly #controller: Controller;
  readonly #queue: KeyQueue;
  readonly #client: ApiClient;
  readonly #latency: LatencySettings;
  readonly #latencies: Purpose;
  readonly #identity: number;
  readonly #computed: HandlerId;
  readonly #replied: HandlerId;
  /** By key, in the order in which they began. */
  #syncs = new Map<string, Sync>();
  /** Workers wait until the caches are filled. */
  #started = false;

  constructor(environment: Environment, informers: Informers, factory: ControllerFactory, order?: QueuePolicy) {
    const { kernel, clients, settings } = environment;
    const { controllerManager } = settings;
    this.name = factory.name;
    this.#kernel = kernel;
    this.#latency = controllerManager.syncLatency;
    this.#latencies = kernel.random.purpose('controller-sync');
    this.#identity = identityOf(factory.name);
    this.#queue = new KeyQueue(kernel, factory.name, () => this.#pump(), order, factory.retries);
    this.#computed = kernel.register(`${factory.name}/sync`, (_a, _b, key) => this.#sync(key as string));
    this.#replied = kernel.register(`${factory.name}/reply`, (_a, _b, reply) => this.#onReply(reply as ApiReply));
    this.#client = clients.client(factory.name, controllerManager);
    this.#controller = factory.create({ ...environment, informers, queue: this.#queue });
  }

  /** Keys that wait for a worker, workers at work, and how many keys have come so far. */
  get load(): QueueLoad {
    return { depth: this.#queue.depth, busy: this.#syncs.size, adds: this.#queue.adds };
  }

  /** Lets the workers begin; the process calls it when its caches are filled. */
  start(): void {
    this.#started = true;
    this.#pump();
  }

  #pump(): void {
    if (!this.#started) return;
    while (this.#syncs.size < this.#controller.workers) {
      const key = this.#queue.take();
      if (key === undefined) return;
      this.#syncs.set(key, { key, plan: undefined, stage: 0, sent: 0, batch: 1, waiting: 0, failed: false });
      this.#kernel.after(this.#syncTime(key), this.#computed, 0, 0, key, Priority.component);
    }
  }

  #syncTime(key: string): Micros {
    const { medianMilliseconds, p99Milliseconds } = this.#latency;
    if (medianMilliseconds <= 0) return 0;
    if (p99Milliseconds <= medianMilliseconds) return Math.round(medianMilliseconds * 1000);
    // Syncs of one key never share an instant, so the time numbers them.
    const identity = (this.#identity ^ identityOf(key)) >>> 0;
    const ordinal = this.#kernel.now >>> 0;
    return Math.round(1000 * this.#latencies.lognormal(identity, ordinal, medianMilliseconds, p99Milliseconds));
  }

  #sync(key: string): void {
    const sync = this.#syncs.get(key) as Sync;
    sync.plan = this.#controller.reconcile(key);
    if (sync.plan?.failed === true) sync.failed = true;
    this.#advance(sync);
  }

  #onReply(reply: ApiReply): void {
    const sync = this.#syncs.get(reply.context as string) as Sync;
    sync.waiting--;
    const { result, request } = reply;
    if (!result.ok && request.ignore?.includes(result.status.reason) !== true) sync.failed = true;
    this.#controller.replied?.(sync.key, reply);
    if (sync.waiting === 0) this.#advance(sync);
  }

  /** Sends what comes next; ends the sync where nothing does. */
  #advance(sync: Sync): void {
    const { plan } = sync;
    if (plan !== undefined) {
      const last = plan.stages.length;
      if (sync.failed && sync.stage < last) this.#skipRest(sync, plan);
      while (sync.stage <= last) {
        const requests = (sync.stage < last ? plan.stages[sync.stage] : plan.always) ?? [];
        if (sync.sent < requests.length) {
          this.#send(sync, requests, plan.slowStart === true && requests[0]?.verb === 'create');
          return;
        }
        sync.stage++;
        sync.sent = 0;
        sync.batch = 1;
      }
    }
    this.#finish(sync);
  }

  #send(sync: Sync, requests: readonly ApiRequest[], slowStart: boolean): void {
    const end = slowStart ? Math.min(requests.length, sync.sent + sync.batch) : requests.length;
    sync.batch *= 2;
    sync.waiting = end - sync.sent;
    for (let i = sync.sent; i < end; i++) {
      this.#client.request(requests[i] as ApiRequest, this.#replied, sync.key);
    }
    sync.sent = end;
  }

  #skipRest(sync: Sync, plan: Plan): void {
    if (this.#controller.skipped !== undefined) {
      for (let stage = sync.stage; stage < plan.stages.length; stage++) {
        const requests = plan.stages[stage] as readonly ApiRequest[];
        for (const request of requests.slice(stage === sync.stage ? sync.sent : 0)) {
          this.#controller.skipped(sync.key, request);
        }
      }
    }
    sync.stage = plan.stages.length;
    sync.sent = 0;
  }

  #finish(sync: Sync): void {
    const { key, plan, failed } = sync;
    this.#syncs.delete(key);
    const queue = this.#queue;
    const maxRetries = this.#controller.maxRetries ?? Infinity;
    if (failed && queue.failuresOf(key) < maxRetries) queue.addRateLimited(key);
    else queue.forget(key);
    if (!failed && plan?.requeueAfterSeconds !== undefined) queue.addAfter(key, seconds(plan.requeueAfterSeconds));
    queue.done(key);
    this.#pump();
  }

  save(): RunnerState {
    return {
      queue: this.#queue.save(),
      syncs: [...this.#syncs.values()].map((sync) => ({ ...sync })),
      controller: this.#controller.save(),
      started: this.#started,
    };
  }

  restore(saved: unknown): void {
    const state = saved as RunnerState;
    this.#queue.restore(state.queue);
    this.#syncs = new Map(state.syncs.map((sync) => [sync.key, { ...sync }]));
    this.#controller.restore(state.controller);
    this.#started = state.started;
  }
}
