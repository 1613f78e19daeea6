import type { Saveable } from '../../kernel/saveable.ts';

/** What one node adds to a DaemonSet's status, each 0 or 1. */
export interface NodeEntry {
  readonly desired: number;
  readonly current: number;
  readonly misscheduled: number;
  readonly ready: number;
  readonly available: number;
  readonly updated: number;
  /** It has pods of an older template. */
  readonly outdated: number;
}

const FIELDS = ['desired', 'current', 'misscheduled', 'ready', 'available', 'updated', 'outdated'] as const;
const NOTHING: NodeEntry = {
  desired: 0,
  current: 0,
  misscheduled: 0,
  ready: 0,
  available: 0,
  updated: 0,
  outdated: 0,
};

interface LedgerState {
  readonly entries: readonly [string, NodeEntry][];
  readonly due: readonly string[];
  readonly all: boolean;
}

/**
 * A DaemonSet's nodes with what each adds up to, so that a sync looks only at the nodes where something has changed:
 * with thousands of nodes a pod that gets ready must not cost a look at them all.
 */
export class NodeLedger implements Saveable {
  #entries = new Map<string, NodeEntry>();
  #sums: Record<keyof NodeEntry, number> = { ...NOTHING };
  /** Nodes to be looked at. */
  #due = new Set<string>();
  #all = true;

  get sums(): NodeEntry {
    return this.#sums;
  }

  /** Whether every node is to be looked at, as after a change of the template. */
  get all(): boolean {
    return this.#all;
  }

  get due(): ReadonlySet<string> {
    return this.#due;
  }

  /** Nodes with an entry. */
  get nodes(): IterableIterator<string> {
    return this.#entries.keys();
  }

  markAll(): void {
    this.#all = true;
  }

  mark(node: string): void {
    this.#due.add(node);
  }

  /** All that was due is being looked at. */
  clear(): void {
    this.#all = false;
    this.#due = new Set();
  }

  /** Replaces a node's entry; undefined where the node is no more. */
  set(node: string, entry: NodeEntry | undefined): void {
    const before = this.#entries.get(node) ?? NOTHING;
    const after = entry ?? NOTHING;
    for (const field of FIELDS) this.#sums[field] += after[field] - before[field];
    if (entry === undefined) this.#entries.delete(node);
    else this.#entries.set(node, entry);
  }

  save(): LedgerState {
    return { entries: [...this.#entries], due: [...this.#due], all: this.#all };
  }

  restore(saved: unknown): void {
    const state = saved as LedgerState;
    this.#entries = new Map();
    this.#sums = { ...NOTHING };
    for (const [node, entry] of state.entries) this.set(node, entry);
    this.#due = new Set(state.due);
    this.#all = state.all;
  }
}
