import type { QueueLoad } from '../sim/controllers/controller-runner.ts';
import type { RecorderSources } from './sources.ts';

/** How busy the control plane was at one time. */
export interface LoadSample {
  /** By controller: keys that wait, workers that are busy, and keys that have come so far. */
  readonly queues: readonly QueueLoad[];
  /** Requests a second since the sample before, in the order of the verbs' first use. */
  readonly requests: readonly number[];
}

/** Samples the controllers' queues, and requests by verb. */
export class LoadSampler {
  readonly #sources: Pick<RecorderSources, 'kernel' | 'controllers'>;
  readonly #counts = new Map<string, number>();
  #before: readonly number[] = [];
  #lastTime = 0;
  readonly samples: LoadSample[] = [];

  constructor(sources: Pick<RecorderSources, 'kernel' | 'controllers'>) {
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
    const { kernel, controllers } = this.#sources;
    const loads = [...controllers.queueLengths.values()];
    const counts = [...this.#counts.values()];
    const elapsed = (kernel.now - this.#lastTime) / 1e6;
    const rate = (count: number, i: number): number =>
      elapsed > 0 ? Math.round((1000 * (count - (this.#before[i] ?? 0))) / elapsed) / 1000 : 0;
    this.samples.push({
      queues: loads,
      requests: counts.map(rate),
    });
    this.#before = counts;
    this.#lastTime = kernel.now;
  }
}
