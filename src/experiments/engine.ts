import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import { programFile } from '../program-file.ts';
import { codeVersion } from '../code-version.ts';
import { THREAD_HEAP_FLAGS } from '../heap-flags.ts';
import { InputError } from '../workloads/input-error.ts';
import type { InputProblem } from '../workloads/input-error.ts';
import type { RunFailure, RunOutcome, RunTask } from './run-task.ts';
import { RunFailed } from './study/run-failed.ts';
import type { CheckedStudy, Study, StudyPlaces } from './study/study.ts';
import type * as ThreadTaskModule from '../thread-task.ts';
import type { CheckOutcome, CheckTask, ThreadTask } from '../thread-task.ts';

/** Looks at a study before anything runs; see `checkStudy`. */
export type CheckStudy = (study: Study, where: StudyPlaces) => Promise<CheckedStudy>;

/** Where runs are done. What they come to is the same everywhere. */
export interface Engine {
  /** How many runs it does at once; Infinity where others do them, who may come and go. */
  readonly capacity: number;
  /** For those that have the simulation loaded elsewhere on this machine. */
  readonly check?: CheckStudy;
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

/** How long what is under way is waited for when threads are closed, in milliseconds; longer ones are broken off. */
const GRACE = 1_000;

/** Room for young objects, in MiB: the three half-spaces of THREAD_HEAP_FLAGS. */
const YOUNG_GENERATION = 192;

/**
 * Bytecode that V8 may inline into one function, in bytes; its default is 920. Each thread compiles the program for
 * itself, which is a quarter of a sweep of short runs: that costs less so, and long runs lose 2 % at most.
 */
const INLINED = 300;

/**
 * On worker threads, which begin at once to load the simulation; one of them looks at the study, and what its files say is
 * handed to the others. Tells V8, for the whole process, to inline less, and how to lay out further heaps.
 */
export function onThreads(threads: number): Engine {
  for (const flag of [...THREAD_HEAP_FLAGS, `--max-inlined-bytecode-size-cumulative=${INLINED}`])
    setFlagsFromString(flag);
  const pool = new Piscina({
    filename: programFile('thread-task').href,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
  });
  // The first that is heard of a thread is that it has loaded, or that it is no more.
  const loaded = Promise.allSettled(
    pool.threads.map((thread) => Promise.race([once(thread, 'message'), once(thread, 'exit')])),
  );
  const running = new Set<Promise<unknown>>();
  const ask = async <R>(name: keyof typeof ThreadTaskModule, task: CheckTask | ThreadTask): Promise<R> => {
    const answer = pool.run(task, { name }) as Promise<R>;
    running.add(answer);
    try {
      return await answer;
    } finally {
      running.delete(answer);
    }
  };
  let yaml: SharedArrayBuffer | undefined;
  let closed = false;
  return {
    capacity: threads,
    check: async (study, where) => {
      const asked = ask<CheckOutcome | InputProblem | RunFailure>('checkOnThread', { study, where });
      codeVersion(); // while they load
      const outcome = await asked;
      if ('failure' in outcome) throw new RunFailed(outcome.failure, outcome.exitCode);
      if ('message' in outcome) throw new InputError(outcome);
      yaml = outcome.yaml;
      return outcome.study;
    },
    run: async (task) => {
      if (closed) throw new Error('no run begins on threads that are being closed');
      return ask<RunOutcome | RunFailure>('runOnThread', { task, codeVersion: codeVersion(), yaml });
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
