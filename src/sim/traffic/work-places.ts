import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { EventRef } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { Micros } from '../kernel/time.ts';

/** A request at a pod, as the pod sees it; plain data. */
export interface Job {
  readonly traffic: number;
  readonly request: number;
  /** How long the pod works on it. */
  readonly takes: Micros;
}

/** A pod's places and those who wait for one. */
interface Places {
  /** Ends of the jobs that are under way, by job. */
  readonly busy: Map<string, EventRef>;
  readonly waiting: Job[];
}

type SavedPlaces = readonly (readonly [string, readonly (readonly [string, EventRef])[], readonly Job[]])[];

/**
 * What pods are working on, one request after the other: each has so many places, and those who find none wait in the order
 * in which they came, if there is room. A pod does not notice that a client has given up.
 */
export class WorkPlaces implements Saveable {
  readonly #kernel: Kernel;
  readonly #free: HandlerId;
  readonly #started: (job: Job) => void;
  #pods = new Map<string, Places>();

  /** `started` is told of a job that is begun after a wait. */
  constructor(kernel: Kernel, started: (job: Job) => void) {
    this.#kernel = kernel;
    this.#started = started;
    this.#free = kernel.register('traffic/free', (traffic, request, pod) =>
      this.#onFree(pod as string, traffic, request),
    );
  }

  /** A request comes to a pod: it is begun at once, it waits, or it is refused. */
  enter(pod: string, job: Job, concurrency: number, queue: number): 'begun' | 'waits' | 'refused' {
    let places = this.#pods.get(pod);
    if (places === undefined) {
      places = { busy: new Map(), waiting: [] };
      this.#pods.set(pod, places);
    }
    if (places.busy.size < concurrency) {
      this.#begin(pod, places, job);
      return 'begun';
    }
    if (places.waiting.length >= queue) return 'refused';
    places.waiting.push(job);
    return 'waits';
  }

  /** The pod has ended: all that it was working on is gone. */
  drop(pod: string): void {
    for (const event of this.#pods.get(pod)?.busy.values() ?? []) this.#kernel.cancel(event);
    this.#pods.delete(pod);
  }

  #begin(pod: string, { busy }: Places, { traffic, request, takes }: Job): void {
    // Before its client hears of the answer: whoever comes at that moment finds the place free.
    const event = this.#kernel.after(takes, this.#free, traffic, request, pod, Priority.delivery);
    busy.set(`${traffic} ${request}`, event);
  }

  #onFree(pod: string, traffic: number, request: number): void {
    const places = this.#pods.get(pod);
    if (places === undefined) return;
    places.busy.delete(`${traffic} ${request}`);
    const next = places.waiting.shift();
    if (next !== undefined) {
      this.#begin(pod, places, next);
      this.#started(next);
    } else if (places.busy.size === 0) this.#pods.delete(pod);
  }

  save(): SavedPlaces {
    return [...this.#pods].map(([pod, { busy, waiting }]) => [pod, [...busy], [...waiting]]);
  }

  restore(saved: unknown): void {
    this.#pods = new Map(
      (saved as SavedPlaces).map(([pod, busy, waiting]) => [pod, { busy: new Map(busy), waiting: [...waiting] }]),
    );
  }
}
