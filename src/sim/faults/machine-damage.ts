import type { Saveable } from '../kernel/saveable.ts';
import type { MachineFault } from './timed-fault.ts';

/** What faults do to machines; the kubelets' component is one. */
export interface Machines {
  crash(node: string): void;
  powerOn(node: string): void;
  freeze(node: string): void;
  thaw(node: string): void;
  partition(node: string, cut: boolean): void;
  /** The machine is gone. */
  remove(node: string): void;
  /** A new machine boots under the name of one that is gone. */
  replace(node: string): void;
  /** Image pulls take so many times as long; 1: as usual. */
  slowPulls(node: string, factor: number): void;
}

/** Why a machine is not in order: each fault that has hold of it, by number. */
interface Holds {
  gone: boolean;
  off: number[];
  frozen: number[];
  cut: number[];
  slow: { readonly fault: number; readonly factor: number }[];
}

/**
 * Adds faults up: a machine that two faults have struck is in order when both are over. Power comes back when nothing
 * holds it off.
 */
export class MachineDamage implements Saveable {
  readonly #machines: Machines;
  #holds = new Map<string, Holds>();

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  isGone(node: string): boolean {
    return this.#holds.get(node)?.gone === true;
  }

  /** Whether a fault has hold of the node. */
  holds(node: string, fault: number): boolean {
    const holds = this.#holds.get(node);
    if (holds === undefined) return false;
    const slow = holds.slow.some((one) => one.fault === fault);
    return slow || holds.off.includes(fault) || holds.frozen.includes(fault) || holds.cut.includes(fault);
  }

  strike(node: string, fault: number, kind: MachineFault, factor = 1): void {
    const holds = this.#of(node);
    switch (kind) {
      case 'node-crash':
      case 'zone-outage':
        if (holds.off.push(fault) === 1 && !holds.gone) this.#machines.crash(node);
        return;
      case 'node-freeze':
        if (holds.frozen.push(fault) === 1 && !holds.gone) this.#machines.freeze(node);
        return;
      case 'partition':
        if (holds.cut.push(fault) === 1) this.#machines.partition(node, true);
        return;
      case 'slow-pulls':
        holds.slow.push({ fault, factor });
        this.#slow(node, holds);
        return;
      case 'instance-gone':
        if (!holds.gone) this.#machines.remove(node);
        holds.gone = true;
    }
  }

  /** A fault is over for the node. */
  release(node: string, fault: number): void {
    const holds = this.#holds.get(node);
    if (holds === undefined) return;
    const drop = (list: number[]): boolean => {
      const at = list.indexOf(fault);
      if (at >= 0) list.splice(at, 1);
      return at >= 0 && list.length === 0;
    };
    if (drop(holds.frozen) && !holds.gone) this.#machines.thaw(node);
    if (drop(holds.off) && !holds.gone) this.#machines.powerOn(node);
    if (drop(holds.cut)) this.#machines.partition(node, false);
    if (holds.slow.some((one) => one.fault === fault)) {
      holds.slow = holds.slow.filter((one) => one.fault !== fault);
      this.#slow(node, holds);
    }
    this.#tidy(node, holds);
  }

  /** Power off and on by hand. Without effect where the machine is gone or has no power. */
  reboot(node: string): void {
    const holds = this.#holds.get(node);
    if (holds !== undefined && (holds.gone || holds.off.length > 0)) return;
    this.#machines.crash(node);
    this.#machines.powerOn(node);
    // A machine that hangs for a while yet hangs again.
    if (holds !== undefined && holds.frozen.length > 0) this.#machines.freeze(node);
  }

  /** The machine is given back. */
  remove(node: string): void {
    this.strike(node, 0, 'instance-gone');
  }

  /** A new machine under the name of one that is gone: it boots as soon as its place has power. */
  replace(node: string): void {
    const holds = this.#of(node);
    if (!holds.gone) return;
    holds.gone = false;
    this.#machines.replace(node);
    if (holds.off.length > 0) this.#machines.crash(node);
    this.#slow(node, holds);
    this.#tidy(node, holds);
  }

  #slow(node: string, { slow }: Holds): void {
    this.#machines.slowPulls(
      node,
      slow.reduce((product, { factor }) => product * factor, 1),
    );
  }

  #of(node: string): Holds {
    let holds = this.#holds.get(node);
    if (holds === undefined) {
      holds = { gone: false, off: [], frozen: [], cut: [], slow: [] };
      this.#holds.set(node, holds);
    }
    return holds;
  }

  #tidy(node: string, { gone, off, frozen, cut, slow }: Holds): void {
    if (!gone && off.length + frozen.length + cut.length + slow.length === 0) this.#holds.delete(node);
  }

  save(): [string, Holds][] {
    return [...this.#holds].map(([node, holds]) => [node, copy(holds)]);
  }

  restore(saved: unknown): void {
    this.#holds = new Map((saved as [string, Holds][]).map(([node, holds]) => [node, copy(holds)]));
  }
}

function copy({ gone, off, frozen, cut, slow }: Holds): Holds {
  return { gone, off: [...off], frozen: [...frozen], cut: [...cut], slow: [...slow] };
}
