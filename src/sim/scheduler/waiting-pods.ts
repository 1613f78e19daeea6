import type { PodInfo } from './pod-class.ts';

/** A pod that Permit holds back. */
export interface WaitingPod {
  readonly pod: PodInfo;
  readonly nodeName: string;
  /** The plugins it waits for. */
  readonly plugins: readonly string[];
}

/** Who holds the pods back. */
interface Holder {
  list(): Iterable<WaitingPod>;
  allow(key: string, plugin: string): void;
  reject(key: string, plugin: string, reason: string): void;
}

/** The pods that wait in Permit, for the plugins that made them wait. Source: framework.Handle's waiting pods. */
export class WaitingPods {
  #holder: Holder | undefined;

  /** Called once, by the binding cycles. */
  attach(holder: Holder): void {
    this.#holder = holder;
  }

  /** In the order in which they were given their nodes. */
  list(): readonly WaitingPod[] {
    return [...(this.#holder?.list() ?? [])];
  }

  /** The plugin lets the pod go; it is bound when all that it waits for have. `key` is `namespace/name`. */
  allow(key: string, plugin: string): void {
    this.#holder?.allow(key, plugin);
  }

  /** The pod goes back to the queue. */
  reject(key: string, plugin: string, reason: string): void {
    this.#holder?.reject(key, plugin, reason);
  }
}
