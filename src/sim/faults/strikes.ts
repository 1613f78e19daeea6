import type { Saveable } from '../kernel/saveable.ts';
import type { WatchingProcess } from './component-damage.ts';
import type { ModelFailure } from './model-failures.ts';
import type { FaultDetail, FaultKind } from './timed-fault.ts';

/** A fault under way; plain data. */
export interface Strike {
  readonly kind: FaultKind;
  readonly zone: string | undefined;
  readonly source: string;
  /** Nodes that it still has hold of. */
  readonly nodes: readonly string[];
  /** Those that it struck, for the record. */
  readonly struck: readonly string[];
  /** Whether its end is planned. */
  readonly ends: boolean;
  /** The model's failure that it is; undefined for a timed one. */
  readonly from: ModelFailure | undefined;
  readonly detail: FaultDetail;
  /** Drains that it began. */
  readonly drains: readonly number[];
  /** The process that it is about. */
  readonly process?: WatchingProcess;
}

interface StrikesState {
  readonly underWay: readonly [number, Strike][];
  readonly next: number;
}

/** The faults under way, numbered as they began. */
export class Strikes implements Saveable {
  #underWay = new Map<number, Strike>();
  #next = 1;

  /** The number that the next fault gets. */
  get next(): number {
    return this.#next;
  }

  begin(strike: Strike): number {
    const id = this.#next++;
    this.#underWay.set(id, strike);
    return id;
  }

  get(id: number): Strike | undefined {
    return this.#underWay.get(id);
  }

  all(): Iterable<[number, Strike]> {
    return this.#underWay;
  }

  /** The numbers of those that have hold of a node. */
  of(node: string, which: (strike: Strike) => boolean): readonly number[] {
    const found: number[] = [];
    for (const [id, strike] of this.#underWay) if (strike.nodes.includes(node) && which(strike)) found.push(id);
    return found;
  }

  /** A node that came where a fault is has it as well. */
  reach(id: number, node: string, isStruck: boolean): void {
    const strike = this.#underWay.get(id) as Strike;
    const { nodes, struck } = strike;
    this.#underWay.set(id, { ...strike, nodes: [...nodes, node], struck: isStruck ? [...struck, node] : struck });
  }

  /** A fault has no hold of a node any more; what is left of it. */
  letGo(id: number, node: string): Strike {
    const strike = this.#underWay.get(id) as Strike;
    const left = { ...strike, nodes: strike.nodes.filter((name) => name !== node) };
    this.#underWay.set(id, left);
    return left;
  }

  end(id: number): void {
    this.#underWay.delete(id);
  }

  save(): StrikesState {
    return { underWay: [...this.#underWay], next: this.#next };
  }

  restore(saved: unknown): void {
    const state = saved as StrikesState;
    this.#underWay = new Map(state.underWay);
    this.#next = state.next;
  }
}
