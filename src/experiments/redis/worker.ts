import { Worker } from 'bullmq';
import type { Job } from 'bullmq';
import { InputError } from '../../workloads/input-error.ts';
import { onThreads } from '../engine.ts';
import { connect } from './connection.ts';
import { aliveVersions, announce } from './presence.ts';
import { COORDINATORS, DEATHS, PREFIX, queueName, resultsKey, WORKERS } from './protocol.ts';
import type { RunAnswer, RunJob } from './protocol.ts';

export interface WorkerOptions {
  readonly url: string;
  readonly version: string;
  readonly threads: number;
  /** After how long without a sign of life its runs are given to others, in milliseconds. @defaultValue 10000 */
  readonly lockMilliseconds?: number;
  readonly onRun?: (done: number) => void;
  readonly onNotice?: (text: string) => void;
  /** Ends it after the runs under way. */
  readonly signal: AbortSignal;
}

/**
 * Takes runs from a Redis and does them, until it is told to stop. This thread only talks to Redis: a simulation on it
 * would keep it from saying that it is alive, and the run would be given to another worker as well.
 */
export async function serveRuns(options: WorkerOptions): Promise<void> {
  const { url, version, threads, signal, lockMilliseconds = 10_000 } = options;
  const redis = await connect(url);
  const engine = onThreads(threads);
  let done = 0;
  const work = async (job: Job): Promise<void> => {
    const { study, id, task } = job.data as RunJob;
    const outcome = await engine.run(task);
    if ('failure' in outcome) throw new Error(`exit ${outcome.exitCode}: ${outcome.failure}`);
    // Before the job counts as done: a worker that dies in between leaves an answer too many, never one too few.
    await redis.rpush(resultsKey(study), JSON.stringify({ id, outcome } satisfies RunAnswer));
    options.onRun?.(++done);
  };
  try {
    refuseStrangers(await aliveVersions(redis, COORDINATORS), version);
    const silence = announce(redis, WORKERS, version);
    const worker = new Worker(queueName(version), work, {
      connection: redis as never,
      prefix: PREFIX,
      concurrency: threads,
      lockDuration: lockMilliseconds,
      stalledInterval: lockMilliseconds / 2,
      maxStalledCount: DEATHS,
    });
    worker.on('error', (error) => options.onNotice?.(`Redis: ${error.message}`));
    worker.on('failed', (job, error) => {
      const text = error.message.replace(/^exit \d+: /, '');
      options.onNotice?.(`run ${job?.id ?? ''}, try ${job?.attemptsMade ?? 0}: ${text}`);
    });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
    await worker.close();
    await silence();
  } finally {
    await engine.close();
    redis.disconnect();
  }
}

function refuseStrangers(versions: readonly string[], version: string): void {
  if (versions.length === 0 || versions.includes(version)) return;
  throw new InputError({
    path: '--redis',
    message: 'a sweep of another version of the program waits there; results of this one would not be its own',
    found: [...new Set(versions)].join(', '),
    allowed: version,
  });
}
