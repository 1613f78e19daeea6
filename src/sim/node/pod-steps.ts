import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import { CONTAINERS } from './pod-containers.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** What happens next to a pod, or to one of its containers. */
export type Step = (record: PodRecord, container: number) => void;

/** Runs of a container that are told apart; the last number stands for whichever run it is. */
const RUNS = 4096;
const ANY_RUN = RUNS - 1;

/** A step's number: of which life of the pod it is, of which run, and of which container. */
function stamp(epoch: number, run: number, container: number): number {
  return (epoch * RUNS + run) * CONTAINERS + container;
}

/** Steps of pods' lives as events: void in a later life of the pod, put off while its kubelet hangs. */
export class PodSteps {
  readonly #kernel: Kernel;
  readonly #state: KubeletState;
  readonly #steps = new Map<string, Step>();

  constructor(kernel: Kernel, state: KubeletState) {
    this.#kernel = kernel;
    this.#state = state;
  }

  /** Registers a step; one that is not the kubelet's own (a process that ends) happens while it hangs, too. */
  register(name: string, step: Step, byKubelet = true): HandlerId {
    this.#steps.set(name, step);
    return this.#kernel.register(name, (id, b) => {
      const record = this.#standing(id, b);
      if (record === undefined) return;
      const node = this.#state.nodeOf(record);
      if (byKubelet && node.paused) node.deferred.push([name, id, b]);
      else step(record, b % CONTAINERS);
    });
  }

  /** The pod of an event, unless its life or the container's run is another by now. */
  #standing(id: number, b: number): PodRecord | undefined {
    const record = this.#state.pods.get(id);
    if (record === undefined) return undefined;
    const lives = Math.floor(b / CONTAINERS);
    if (Math.floor(lives / RUNS) !== record.epoch) return undefined;
    const run = lives % RUNS;
    return run === ANY_RUN || record.containers[b % CONTAINERS]?.runs === run ? record : undefined;
  }

  /** Has a step taken after a delay, unless the pod's life ends before. */
  after(delay: Micros, handler: HandlerId, record: PodRecord, container = 0): void {
    const b = stamp(record.epoch, ANY_RUN, container);
    this.#kernel.after(Math.max(0, Math.round(delay)), handler, record.id, b);
  }

  /** Likewise, unless the container runs anew before. */
  inRun(delay: Micros, handler: HandlerId, record: PodRecord, { runs, index }: ContainerRecord): void {
    const b = stamp(record.epoch, Math.min(runs, ANY_RUN), index);
    this.#kernel.after(Math.max(0, Math.round(delay)), handler, record.id, b);
  }

  /** The second number of an event of the pod as it lives now. */
  stampOf({ epoch }: PodRecord): number {
    return stamp(epoch, ANY_RUN, 0);
  }

  /** Comes to what was put off. */
  resume(node: NodeRecord): void {
    const { deferred } = node;
    node.deferred = [];
    for (const [name, id, b] of deferred) {
      const record = this.#standing(id, b);
      if (record !== undefined) (this.#steps.get(name) as Step)(record, b % CONTAINERS);
    }
  }
}
