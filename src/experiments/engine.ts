import { once } from 'node:events';
import { extname } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import type * as RunTaskModule from './run-task.ts';
import type { RunFailure, RunOutcome, RunTask } from './run-task.ts';

/** Where runs are done. What they come to is the same everywhere. */
export interface Engine {
  /** How many runs it does at once; Infinity where others do them, who may come and go. */
  readonly capacity: number;
  run(task: RunTask): Promise<RunOutcome | RunFailure>;
  close(): Promise<void>;
}

/** One run after the other, on the thread of the caller. */
export function inProcess(): Engine {
  let last: Promise<unknown> = Promise.resolve();
  return {
    capacity: 1,
    run: (task) => {
      const next = last.then(async () => {
        const { runTask } = await import('./run-task.ts');
        return runTask(task);
      });
      last = next.catch(() => undefined);
      return next;
    },
    close: async () => undefined,
  };
}

/** How long runs under way are waited for when threads are closed, in milliseconds; longer ones are broken off. */
const GRACE = 1_000;

/** Room for young objects, in MiB: the three half-spaces of HEAP_FLAGS. */
const YOUNG_GENERATION = 192;

/**
 * Bytecode that V8 may inline into one function, in bytes; its default is 920. Each thread compiles the program for
 * itself, which is a quarter of a sweep of short runs: that costs less so, and long runs lose 2 % at most.
 */
const INLINED = 300;

/**
 * On worker threads, which begin at once to load the simulation. Tells V8, for the whole process, to inline less.
 */
export function onThreads(threads: number): Engine {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED}`);
  // Of this file's own kind: compiled, or as it stands in the source tree.
  const file = new URL(`./run-task${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  const pool = new Piscina({
    filename: file.href,
    name: 'runTask' satisfies keyof typeof RunTaskModule,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
  });
  // The first that is heard of a thread is that it has loaded, or that it is no more.
  const loaded = Promise.allSettled(
    pool.threads.map((thread) => Promise.race([once(thread, 'message'), once(thread, 'exit')])),
  );
  const running = new Set<Promise<RunOutcome | RunFailure>>();
  let closed = false;
  return {
    capacity: threads,
    run: async (task) => {
      if (closed) throw new Error('no run begins on threads that are being closed');
      const outcome = pool.run(task) as Promise<RunOutcome | RunFailure>;
      running.add(outcome);
      try {
        return await outcome;
      } finally {
        running.delete(outcome);
      }
    },
    close: async () => {
      closed = true;
      // A thread that is ended amid its loading, or a run amid that of a policy's module, may take the whole process with
      // it (Node 20), and the pool takes an answer that was on its way for a defect.
      for (const thread of pool.threads) thread.ref();
      await loaded;
      await Promise.race([Promise.allSettled(running), after(GRACE, undefined, { ref: false })]);
      await pool.destroy();
    },
  };
}
