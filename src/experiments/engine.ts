import { once } from 'node:events';
import { extname } from 'node:path';
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
  return {
    capacity: threads,
    run: (task) => pool.run(task) as Promise<RunOutcome | RunFailure>,
    close: async () => {
      // A thread that is ended amid its loading takes the whole process with it (Node 20).
      for (const thread of pool.threads) thread.ref();
      await loaded;
      await pool.destroy();
    },
  };
}
