import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { runTask } from './run-task.ts';
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
      const next = last.then(() => runTask(task));
      last = next.catch(() => undefined);
      return next;
    },
    close: async () => undefined,
  };
}

/** Room for young objects, in MiB: see main.ts. */
const YOUNG_GENERATION = 192;

/** On worker threads. */
export function onThreads(threads: number): Engine {
  // Of this file's own kind: compiled, or as it stands in the source tree.
  const file = new URL(`./run-task${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  const pool = new Piscina({
    filename: file.href,
    name: runTask.name,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
  });
  return {
    capacity: threads,
    run: (task) => pool.run(task) as Promise<RunOutcome | RunFailure>,
    close: () => pool.destroy(),
  };
}
