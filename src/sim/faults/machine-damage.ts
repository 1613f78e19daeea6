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

  /** Power off and on by hand, which ends the given faults for the node. A machine whose place has no power stays off. */
  reboot(node: string, over: readonly number[]): void {
    const holds = this.#of(node);
    if (holds.gone) return;
    this.#machines.crash(node);
    for (const fault of over) this.release(node, fault);
    if (holds.off.length === 0) this.#machines.powerOn(node);
    this.#tidy(node, holds);
  }

  /** The machine is given back. */
  remove(node: string): void {
    this.strike(node, 0, 'instance-gone');
  }

  /**
   * A new machine under the name of one that is gone, which ends the given faults: it boots as soon as its place has
   * power, and is cut off as its place is.
   */
  replace(node: string, over: readonly number[]): void {
    const holds = this.#of(node);
    if (!holds.gone) return;
    for (const fault of over) this.release(node, fault);
    holds.gone = false;
    this.#machines.replace(node);
    if (holds.off.length > 0) this.#machines.crash(node);
    this.#machines.partition(node, holds.cut.length > 0);
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
