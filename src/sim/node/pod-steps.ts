import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import type { PodRecord } from './pod-record.ts';
import { CONTAINERS } from './pod-times.ts';

/** What happens next to a pod, or to one of its containers. */
export type Step = (record: PodRecord, container: number) => void;

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
      const record = this.#state.pods.get(id);
      if (record === undefined || Math.floor(b / CONTAINERS) !== record.epoch) return;
      const node = this.#state.nodeOf(record);
      if (byKubelet && node.state === 'frozen') node.deferred.push([name, id, b]);
      else step(record, b % CONTAINERS);
    });
  }

  /** Has a step taken after a delay, unless the pod's life ends before. */
  after(delay: Micros, handler: HandlerId, record: PodRecord, container = 0): void {
    const b = record.epoch * CONTAINERS + container;
    this.#kernel.after(Math.max(0, Math.round(delay)), handler, record.id, b);
  }

  /** Comes to what was put off. */
  resume(node: NodeRecord): void {
    const { deferred } = node;
    node.deferred = [];
    for (const [name, id, b] of deferred) {
      const record = this.#state.pods.get(id);
      if (record === undefined || Math.floor(b / CONTAINERS) !== record.epoch) continue;
      (this.#steps.get(name) as Step)(record, b % CONTAINERS);
    }
  }
}
