import type { WatchHub } from '../apiserver/watch-hub.ts';
import type { ControllerManager } from '../controllers/controller-manager.ts';
import type { Micros } from '../kernel/time.ts';

/** Faults of the control plane's processes and of their connections to the API server. */
export const COMPONENT_FAULTS = ['controller-manager-crash', 'watch-lag', 'watch-cut'] as const;

export type ComponentFault = (typeof COMPONENT_FAULTS)[number];

/** Processes whose watches can lag or be cut. */
export const WATCHING = ['kube-controller-manager', 'kube-scheduler', 'cloud-controller-manager'] as const;

export type WatchingProcess = (typeof WATCHING)[number];

export function isComponentFault(kind: string): kind is ComponentFault {
  return (COMPONENT_FAULTS as readonly string[]).includes(kind);
}

/** Does to the control plane's processes what a timed fault says. */
export class ComponentDamage {
  readonly #hub: WatchHub;
  readonly #manager: ControllerManager;
  /** Which process of the manager each fault has killed. */
  #killed = new Map<number, number>();

  constructor(hub: WatchHub, manager: ControllerManager) {
    this.#hub = hub;
    this.#manager = manager;
  }

  strike(fault: number, kind: ComponentFault, process: WatchingProcess, until: Micros): void {
    if (kind === 'watch-lag') this.#hub.delay(process, until);
    else if (kind === 'watch-cut') this.#hub.cut(process);
    else {
      const killed = this.#manager.kill();
      if (killed !== undefined) this.#killed.set(fault, killed);
    }
  }

  release(fault: number, kind: ComponentFault, process: WatchingProcess): void {
    if (kind === 'watch-cut') this.#hub.resume(process);
    const killed = this.#killed.get(fault);
    if (killed === undefined) return;
    this.#killed.delete(fault);
    this.#manager.revive(killed);
  }

  save(): readonly (readonly [number, number])[] {
    return [...this.#killed];
  }

  restore(saved: unknown): void {
    this.#killed = new Map(saved as readonly [number, number][]);
  }
}
