import { createHash, randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { InputError } from '../../workloads/input-error.ts';
import type { Engine } from '../engine.ts';
import type { RunFailure, RunOutcome, RunTask } from '../run-task.ts';
import { connect } from './connection.ts';
import { aliveVersions, announce } from './presence.ts';
import { COORDINATORS, PREFIX, queueName, resultsKey, TRIES, WORKERS } from './protocol.ts';
import type { RunAnswer, RunJob } from './protocol.ts';

export interface RedisEngineOptions {
  readonly url: string;
  /** The program's version, with which workers must agree. */
  readonly version: string;
  /** Told of what the user may want to know: that there is no worker yet, that Redis is away. */
  readonly onNotice?: (text: string) => void;
  /** How long it is quiet before lost runs are looked for, in milliseconds. @defaultValue 3000 */
  readonly quietMilliseconds?: number;
}

type Outcome = RunOutcome | RunFailure;

interface Pending {
  readonly job: RunJob;
  readonly outcome: Promise<Outcome>;
  readonly resolve: (outcome: Outcome) => void;
}

/**
 * Runs on workers behind a Redis (`orrery worker`), with BullMQ. Delivery is at least once: a run whose worker dies is done
 * by another one, and of two answers to one run the second is dropped, as they are the same. What Redis itself loses (it
 * may be restarted, empty) is handed in again.
 */
export async function onRedis(options: RedisEngineOptions): Promise<Engine> {
  const redis = await connect(options.url);
  try {
    await refuseStrangers(redis, options);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return new Coordinator(redis, options);
}

async function refuseStrangers(redis: Redis, { version, onNotice }: RedisEngineOptions): Promise<void> {
  const versions = await aliveVersions(redis, WORKERS);
  const strangers = versions.filter((other) => other !== version);
  if (versions.length === 0) onNotice?.('no worker is there yet; start some with: orrery worker --redis URL');
  if (strangers.length === 0) return;
  const found = [...new Set(strangers)].join(', ');
  if (strangers.length === versions.length) {
    const message = 'the workers are of another version of the program, and would give other results';
    throw new InputError({ path: '--redis', message, found, allowed: version });
  }
  onNotice?.(`${strangers.length} workers are of another version (${found}) and stand idle`);
}

class Coordinator implements Engine {
  readonly capacity = Infinity;
  readonly #study = randomUUID().slice(0, 13);
  readonly #redis: Redis;
  /** For the command that waits. */
  readonly #answers: Redis;
  readonly #queue: Queue;
  readonly #options: RedisEngineOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #silence: () => Promise<void>;
  #unsent: RunJob[] = [];
  #closed = false;
  #lastAnswer = Date.now();
  readonly #loops: Promise<unknown>;

  constructor(redis: Redis, options: RedisEngineOptions) {
    this.#redis = redis;
    this.#answers = redis.duplicate();
    this.#answers.on('error', () => options.onNotice?.('Redis is away; waiting for it'));
    this.#options = options;
    this.#queue = new Queue(queueName(options.version), { connection: redis as never, prefix: PREFIX });
    this.#queue.on('error', () => undefined);
    this.#silence = announce(redis, COORDINATORS, options.version);
    this.#loops = Promise.all([this.#listen(), this.#watch()]);
  }

  run(task: RunTask): Promise<Outcome> {
    const id = createHash('sha256').update(JSON.stringify(task)).digest('hex').slice(0, 24);
    const known = this.#pending.get(id);
    if (known !== undefined) return known.outcome;
    const job: RunJob = { study: this.#study, id, task };
    let resolve: (outcome: Outcome) => void = () => undefined;
    const outcome = new Promise<Outcome>((settle) => {
      resolve = settle;
    });
    this.#pending.set(id, { job, outcome, resolve });
    if (this.#unsent.length === 0) setImmediate(() => this.#send());
    this.#unsent.push(job);
    return outcome;
  }

  #send(): void {
    const jobs = this.#unsent;
    this.#unsent = [];
    // Where it fails, the watch finds that the runs are not there.
    this.#add(jobs).catch(() => undefined);
  }

  async #add(jobs: readonly RunJob[]): Promise<void> {
    await this.#queue.addBulk(
      jobs.map((job) => ({
        name: 'run',
        data: job,
        opts: {
          jobId: `${job.study}-${job.id}`,
          attempts: TRIES,
          backoff: { type: 'fixed', delay: 200 },
          removeOnComplete: true,
        },
      })),
    );
  }

  /** Takes answers as they come. */
  async #listen(): Promise<void> {
    while (!this.#closed) {
      const taken = await this.#answers.blpop(resultsKey(this.#study), 1).catch(() => null);
      if (taken === null) continue;
      const { id, outcome } = JSON.parse(taken[1]) as RunAnswer;
      this.#lastAnswer = Date.now();
      this.#settle(id, outcome);
    }
  }

  #settle(id: string, outcome: Outcome): void {
    this.#pending.get(id)?.resolve(outcome);
    this.#pending.delete(id);
  }

  /** Looks after runs that failed for good, and after those that got lost. */
  async #watch(): Promise<void> {
    const quiet = this.#options.quietMilliseconds ?? 3_000;
    while (!this.#closed) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      try {
        await this.#collectFailed();
        if (Date.now() - this.#lastAnswer < quiet) continue;
        this.#lastAnswer = Date.now();
        await this.#resendLost();
      } catch {
        // Redis is away: the next look will tell.
      }
    }
  }

  async #collectFailed(): Promise<void> {
    for (const job of await this.#queue.getFailed(0, 200)) {
      const { study, id } = job.data as RunJob;
      if (study !== this.#study || !this.#pending.has(id)) continue;
      const [, code = '3', text = job.failedReason] = /^exit (\d+): (.*)$/s.exec(job.failedReason) ?? [];
      const tries = Math.max(job.attemptsMade, 1);
      this.#settle(id, { failure: `${text}\n  given up after ${tries} tries`, exitCode: Number(code) });
      await job.remove();
    }
  }

  async #resendLost(): Promise<void> {
    const lost: RunJob[] = [];
    for (const { job } of this.#pending.values()) {
      const state = await this.#queue.getJobState(`${job.study}-${job.id}`);
      // It may have been answered while we asked.
      if (state === 'unknown' && this.#pending.has(job.id)) lost.push(job);
    }
    const waiting = await this.#redis.llen(resultsKey(this.#study));
    if (lost.length > 0 && waiting === 0) await this.#add(lost);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const left = [...this.#pending.values()];
    try {
      for (const { job } of left) await this.#queue.remove(`${job.study}-${job.id}`).catch(() => 0);
      await this.#silence();
      await this.#loops;
      await this.#redis.del(resultsKey(this.#study));
    } finally {
      this.#answers.disconnect();
      await this.#queue.close().catch(() => undefined);
      this.#redis.disconnect();
    }
  }
}
