import { codeVersion } from '../code-version.ts';
import { inProcess, onThreads } from './engine.ts';
import type { Engine } from './engine.ts';

/** Where the runs of a study are done; what they come to is the same everywhere. */
export interface EngineChoice {
  /** Threads to run on; 1 is the caller's own [1]. */
  readonly threads?: number;
  /** Address of a Redis behind which workers wait (`orrery worker`), in place of threads. */
  readonly redis?: string;
  /** Told of what the user may want to know of the workers. */
  readonly onNotice?: (text: string) => void;
}

export async function chooseEngine({ threads = 1, redis, onNotice }: EngineChoice): Promise<Engine> {
  if (redis === undefined) return threads <= 1 ? inProcess() : onThreads(threads);
  // Loaded where it is wanted: it is large.
  const { onRedis } = await import('./redis/coordinator.ts');
  return onRedis({ url: redis, version: codeVersion(), ...(onNotice === undefined ? {} : { onNotice }) });
}
