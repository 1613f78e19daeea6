import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { resourceLimits } from 'node:worker_threads';

/** Why a run ended before its time. */
export interface EarlyEnd {
  readonly by: 'interruption' | 'time limit' | 'memory';
  /** The same for a person, with the figures. */
  readonly reason: string;
}

/** Bytes on the heap now, and how many it may hold. */
export interface Heap {
  readonly used: number;
  readonly limit: number;
}

/** What a run may use of the machine, looked at between slices: a run that outgrows it stops with what was recorded. */
export class RunLimits {
  readonly #timeLimit: number | undefined;
  readonly #begun = performance.now();
  readonly #heap: () => Heap;
  readonly #collect: () => void;
  /** Bytes in use from which the heap is collected to see what of it is needed. */
  #alert: number | undefined;

  /** @param timeLimitSeconds of real time; none where absent. `heap` and `collect` are for tests. */
  constructor(timeLimitSeconds: number | undefined, heap = readHeap, collect = collectGarbage) {
    this.#timeLimit = timeLimitSeconds;
    this.#heap = heap;
    this.#collect = collect;
  }

  /** The limit that is reached, if one is. */
  reached(): EarlyEnd | undefined {
    if (this.#timeLimit !== undefined && performance.now() - this.#begun >= this.#timeLimit * 1000) {
      return { by: 'time limit', reason: `the time limit of ${this.#timeLimit} s was reached` };
    }
    const { used, limit } = this.#heap();
    this.#alert ??= ALERT * limit;
    if (used < this.#alert) return undefined;
    // Much of it may be garbage that nobody has looked at yet.
    this.#collect();
    const needed = this.#heap().used;
    if (needed > FULL * limit) {
      const reason =
        `memory ran out (${megabytes(needed)} of ${megabytes(limit)} MB are in use); ` +
        'NODE_OPTIONS=--max-old-space-size=MEGABYTES allows more';
      return { by: 'memory', reason };
    }
    // Half of the way to the limit may be filled before it is worth another look.
    this.#alert = (needed + limit) / 2;
    return undefined;
  }
}

/** Share of the heap's limit from which it is worth knowing how much is needed. */
const ALERT = 0.8;

/** Share from which a run stops: what is left is for writing the results. */
const FULL = 0.85;

function readHeap(): Heap {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return { used, limit: limit - YOUNG };
}

/**
 * Of the heap's limit, what only young objects may fill: a thread knows it; elsewhere three half-spaces, each of 16 MB
 * (V8's default) or as many as the flag says. The old ones run out of room before the whole limit is reached.
 */
const YOUNG =
  2 ** 20 *
  (resourceLimits.maxYoungGenerationSizeMb ?? 3 * Number(/--max-semi-space-size[= ](\d+)/.exec(flags())?.[1] ?? 16));

function flags(): string {
  return [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

function megabytes(bytes: number): string {
  return String(Math.round(bytes / 2 ** 20));
}
