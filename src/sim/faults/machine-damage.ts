import type { Kernel } from '../kernel/kernel.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { Strain } from '../node/node-strain.ts';
import type { FaultDetail, MachineFault } from './timed-fault.ts';

/** What faults do to machines; the kubelets' component is one. */
export interface Machines {
  crash(node: string): void;
  powerOn(node: string): void;
  /** Switched off in good order; `powerOn` ends it. */
  shutDown(node: string): void;
  freeze(node: string): void;
  thaw(node: string): void;
  restartKubelet(node: string): void;
  /** Whether its container runtime answers. */
  runtime(node: string, answers: boolean): void;
  /** Whether the API server hears the node no more, and whether the node does not hear it. */
  partition(node: string, cut: boolean, deaf: boolean): void;
  /** The machine is gone. */
  remove(node: string): void;
  /** A new machine boots under the name of one that is gone. */
  replace(node: string): void;
  /** Image pulls take so many times as long; 1: as usual. */
  slowPulls(node: string, factor: number): void;
  /** Everything does. */
  slowDown(node: string, factor: number): void;
  /** What is taken of its memory and disk besides its pods. */
  strain(node: string, strains: readonly Strain[]): void;
}

interface Slowness {
  readonly fault: number;
  readonly factor: number;
}

/** Why a machine is not in order: each fault that has hold of it, by number. */
interface Holds {
  gone: boolean;
  off: readonly number[];
  frozen: readonly number[];
  runtime: readonly number[];
  cut: readonly number[];
  deaf: readonly number[];
  slowPulls: readonly Slowness[];
  slow: readonly Slowness[];
  strains: readonly Strain[];
}

const IN_ORDER: Holds = {
  gone: false,
  off: [],
  frozen: [],
  runtime: [],
  cut: [],
  deaf: [],
  slowPulls: [],
  slow: [],
  strains: [],
};

/** A filesystem that is called full has so much of it taken, where nothing else is said: less is left than 10 %. */
const FULL = 0.95;

/**
 * Adds faults up: a machine that two faults have struck is in order when both are over. Power comes back when nothing
 * holds it off.
 */
export class MachineDamage implements Saveable {
  readonly #kernel: Kernel;
  readonly #machines: Machines;
  #holds = new Map<string, Holds>();

  constructor(kernel: Kernel, machines: Machines) {
    this.#kernel = kernel;
    this.#machines = machines;
  }

  strike(node: string, fault: number, kind: MachineFault, detail: FaultDetail = {}): void {
    const holds = this.#of(node);
    const { factor = 1 } = detail;
    switch (kind) {
      case 'node-crash':
      case 'node-shutdown':
      case 'zone-outage':
        holds.off = [...holds.off, fault];
        if (holds.off.length > 1 || holds.gone) return;
        if (kind === 'node-shutdown') this.#machines.shutDown(node);
        else this.#machines.crash(node);
        return;
      case 'node-freeze':
        holds.frozen = [...holds.frozen, fault];
        if (holds.frozen.length === 1 && !holds.gone) this.#machines.freeze(node);
        return;
      case 'partition':
      case 'partition-in':
      case 'partition-out':
        if (kind !== 'partition-in') holds.cut = [...holds.cut, fault];
        if (kind !== 'partition-out') holds.deaf = [...holds.deaf, fault];
        this.#part(node, holds);
        return;
      case 'slow-pulls':
        holds.slowPulls = [...holds.slowPulls, { fault, factor }];
        this.#slow(node, holds);
        return;
      case 'slow-node':
        holds.slow = [...holds.slow, { fault, factor }];
        this.#slow(node, holds);
        return;
      case 'memory-leak':
      case 'disk-full':
        holds.strains = [...holds.strains, this.#strainOf(fault, kind, detail)];
        this.#machines.strain(node, holds.strains);
        return;
      case 'kubelet-restart':
        if (!holds.gone) this.#machines.restartKubelet(node);
        return;
      case 'runtime-outage':
        holds.runtime = [...holds.runtime, fault];
        if (holds.runtime.length === 1 && !holds.gone) this.#machines.runtime(node, false);
        return;
      case 'instance-gone':
      case 'spot-reclaim':
        if (!holds.gone) this.#machines.remove(node);
        holds.gone = true;
    }
  }

  #strainOf(fault: number, kind: 'memory-leak' | 'disk-full', { perSecond, share }: FaultDetail): Strain {
    const resource = kind === 'disk-full' ? 'disk' : 'memory';
    const atOnce = share ?? (kind === 'disk-full' && perSecond === undefined ? FULL : 0);
    return { fault, resource, since: this.#kernel.now, share: atOnce, perSecond: perSecond ?? 0 };
  }

  /** A fault is over for the node. */
  release(node: string, fault: number): void {
    const holds = this.#holds.get(node);
    if (holds === undefined) return;
    const without = (list: readonly number[]): readonly number[] => list.filter((one) => one !== fault);
    const before = { ...holds };
    holds.frozen = without(holds.frozen);
    if (before.frozen.length > 0 && holds.frozen.length === 0 && !holds.gone) this.#machines.thaw(node);
    holds.runtime = without(holds.runtime);
    if (before.runtime.length > 0 && holds.runtime.length === 0 && !holds.gone) this.#machines.runtime(node, true);
    holds.off = without(holds.off);
    if (before.off.length > 0 && holds.off.length === 0 && !holds.gone) this.#machines.powerOn(node);
    holds.cut = without(holds.cut);
    holds.deaf = without(holds.deaf);
    if (holds.cut.length !== before.cut.length || holds.deaf.length !== before.deaf.length) this.#part(node, holds);
    holds.slowPulls = holds.slowPulls.filter((one) => one.fault !== fault);
    holds.slow = holds.slow.filter((one) => one.fault !== fault);
    if (holds.slowPulls.length !== before.slowPulls.length || holds.slow.length !== before.slow.length) {
      this.#slow(node, holds);
    }
    holds.strains = holds.strains.filter((one) => one.fault !== fault);
    if (holds.strains.length !== before.strains.length) this.#machines.strain(node, holds.strains);
    this.#tidy(node, holds);
  }

  /**
   * Power off and on by hand, which ends the given faults for the node. A machine whose place has no power stays off.
   * False where there is no machine: nothing is over then.
   */
  reboot(node: string, over: readonly number[]): boolean {
    const holds = this.#of(node);
    if (holds.gone) return false;
    this.#machines.crash(node);
    for (const fault of over) this.release(node, fault);
    if (holds.off.length === 0) this.#machines.powerOn(node);
    this.#tidy(node, holds);
    return true;
  }

  /** The machine is given back. */
  remove(node: string): void {
    this.strike(node, 0, 'instance-gone');
  }

  /**
   * A new machine under the name of one that is gone, which ends the given faults: it boots as soon as its place has
   * power, and is cut off as its place is. False where a machine stands there already: nothing is over then.
   */
  replace(node: string, over: readonly number[]): boolean {
    const holds = this.#of(node);
    if (!holds.gone) return false;
    for (const fault of over) this.release(node, fault);
    holds.gone = false;
    this.#machines.replace(node);
    if (holds.off.length > 0) this.#machines.crash(node);
    this.#part(node, holds);
    this.#slow(node, holds);
    this.#tidy(node, holds);
    return true;
  }

  /** The machine is gone, and will not come back. */
  forget(node: string): void {
    this.#holds.delete(node);
  }

  #part(node: string, { cut, deaf }: Holds): void {
    this.#machines.partition(node, cut.length > 0, deaf.length > 0);
  }

  #slow(node: string, { slowPulls, slow }: Holds): void {
    const product = (list: readonly Slowness[]): number => list.reduce((sum, { factor }) => sum * factor, 1);
    this.#machines.slowPulls(node, product(slowPulls));
    this.#machines.slowDown(node, product(slow));
  }

  #of(node: string): Holds {
    let holds = this.#holds.get(node);
    if (holds === undefined) {
      holds = { ...IN_ORDER };
      this.#holds.set(node, holds);
    }
    return holds;
  }

  #tidy(node: string, { gone, ...holds }: Holds): void {
    if (!gone && Object.values(holds).every((list) => list.length === 0)) this.#holds.delete(node);
  }

  save(): [string, Holds][] {
    return [...this.#holds].map(([node, holds]) => [node, { ...holds }]);
  }

  restore(saved: unknown): void {
    this.#holds = new Map((saved as [string, Holds][]).map(([node, holds]) => [node, { ...holds }]));
  }
}
