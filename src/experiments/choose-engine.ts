import { inProcess, onThreads } from './engine.ts';
import type { CheckStudy, Engine } from './engine.ts';
import type { CheckedStudy, Study, StudyPlaces } from './study/study.ts';

/** Where the runs of a study are done; what they come to is the same everywhere. */
export interface EngineChoice {
  /** Threads to run on; 1 is the caller's own [1]. */
  readonly threads?: number;
  /** Address of a Redis behind which workers wait (`orrery worker`), in place of threads. */
  readonly redis?: string;
  /** Told of what the user may want to know of the workers. */
  readonly onNotice?: (text: string) => void;
}

/**
 * Does something on the engine of choice with what `prepare` gives. Threads load the simulation while that is being
 * prepared; a Redis is not looked for before, so that bad input is told without one.
 */
export async function onEngine<S, R>(
  { threads = 1, redis, onNotice }: EngineChoice,
  prepare: (check: CheckStudy) => Promise<S>,
  work: (prepared: S, engine: Engine) => Promise<R>,
): Promise<R> {
  const here = redis === undefined ? (threads <= 1 ? inProcess() : onThreads(threads)) : undefined;
  let engine = here;
  try {
    const prepared = await prepare(here?.check ?? checkHere);
    engine ??= await onWorkers(redis as string, onNotice);
    return await work(prepared, engine);
  } finally {
    await engine?.close();
  }
}

/** Both are loaded where they are wanted: they are large. */
async function checkHere(study: Study, where: StudyPlaces): Promise<CheckedStudy> {
  const { checkStudy } = await import('./study/study.ts');
  return checkStudy(study, where);
}

async function onWorkers(url: string, onNotice: EngineChoice['onNotice']): Promise<Engine> {
  const { onRedis } = await import('./redis/coordinator.ts');
  const { codeVersion } = await import('../code-version.ts');
  return onRedis({ url, version: codeVersion(), ...(onNotice === undefined ? {} : { onNotice }) });
}
