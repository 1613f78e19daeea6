import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { Purpose } from '../kernel/random.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';

/** How often a kubelet asks its runtime how it is. Source: pkg/kubelet/kubelet.go (updateRuntimeUp, every 5 s). */
const CHECK: Micros = 5 * SECOND;

/** How long ago it may have answered last before it counts as down. Source: pkg/kubelet/kubelet.go, 30 s. */
const THRESHOLD: Micros = 30 * SECOND;

const DOWN = 'container runtime is down';

/** What becomes of a kubelet whose runtime is gone, or back. */
interface Listeners {
  /** It takes in nothing new of its pods; it does again, and comes to what it put off. */
  readonly stalls: (node: NodeRecord) => void;
  readonly goesOn: (node: NodeRecord) => void;
  /** Its node's condition is another, to be told at its next look. */
  readonly changed: (node: NodeRecord) => void;
}

/**
 * Container runtimes that answer nothing: containers run on, and end, but their kubelet cannot see, start or stop any; its
 * lease goes on, and its node is not Ready once the runtime has been silent for 30 s. When it is back, the kubelet finds the
 * containers as they are. Source: pkg/kubelet/runtime.go, syncLoop.
 */
export class RuntimeOutages {
  readonly #kernel: Kernel;
  readonly #on: Listeners;
  readonly #checks: Purpose;
  readonly #noticed: HandlerId;
  readonly #answers: HandlerId;

  constructor(kernel: Kernel, state: KubeletState, on: Listeners) {
    this.#kernel = kernel;
    this.#on = on;
    this.#checks = kernel.random.purpose('runtime-check');
    const inTurn = (index: number, turn: number): NodeRecord | undefined => {
      const node = state.nodes[index] as NodeRecord;
      return node.runtimeTurn === turn ? node : undefined;
    };
    this.#noticed = kernel.register('kubelet/runtime-down', (index, turn) => {
      const node = inTurn(index, turn);
      if (node?.stalled !== true || node.state !== 'running') return;
      node.notReady = DOWN;
      this.#on.changed(node);
    });
    this.#answers = kernel.register('kubelet/runtime-up', (index, turn) => {
      const node = inTurn(index, turn);
      if (node !== undefined) this.#over(node);
    });
  }

  begin(node: NodeRecord): void {
    if (node.state !== 'running' || node.paused) return;
    node.stalled = true;
    node.paused = true;
    this.#on.stalls(node);
    // Its last answer lies up to one period back.
    this.#after(THRESHOLD - this.#phase(node), this.#noticed, node);
  }

  end(node: NodeRecord): void {
    if (node.stalled) this.#after(this.#phase(node), this.#answers, node);
  }

  /** The machine's power is gone, and with it the runtime's trouble. */
  forget(node: NodeRecord): void {
    node.stalled = false;
    node.runtimeTurn++;
  }

  #over(node: NodeRecord): void {
    node.stalled = false;
    if (node.notReady === DOWN) node.notReady = undefined;
    // It hangs for another reason: its own end takes care of the rest.
    if (node.state !== 'running') return;
    node.paused = false;
    this.#on.goesOn(node);
    this.#on.changed(node);
  }

  #phase(node: NodeRecord): Micros {
    return Math.round(this.#checks.uniform(node.identity, node.runtimeTurn) * CHECK);
  }

  #after(delay: Micros, handler: HandlerId, node: NodeRecord): void {
    node.runtimeTurn++;
    this.#kernel.after(delay, handler, node.index, node.runtimeTurn);
  }
}
