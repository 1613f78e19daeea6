import type { QueueLoad } from '../sim/controllers/controller-runner.ts';
import type { RecorderSources } from './sources.ts';

/** How busy the control plane was at one time. */
export interface LoadSample {
  /** By controller: keys that wait, workers that are busy, and keys that have come so far. */
  readonly queues: readonly QueueLoad[];
  /** Requests so far, in the order of the verbs' first use. */
  readonly requests: readonly number[];
}

/** Samples the controllers' queues, and requests by verb. */
export class LoadSampler {
  readonly #sources: Pick<RecorderSources, 'controllers'>;
  readonly #counts = new Map<string, number>();
  readonly samples: LoadSample[] = [];

  constructor(sources: Pick<RecorderSources, 'controllers'>) {
    this.#sources = sources;
  }

  get controllers(): readonly string[] {
    return [...this.#sources.controllers.queueLengths.keys()];
  }

  get verbs(): readonly string[] {
    return [...this.#counts.keys()];
  }

  requested(verb: string): void {
    this.#counts.set(verb, (this.#counts.get(verb) ?? 0) + 1);
  }

  take(): void {
    const queues = [...this.#sources.controllers.queueLengths.values()];
    this.samples.push({ queues, requests: [...this.#counts.values()] });
  }
}
