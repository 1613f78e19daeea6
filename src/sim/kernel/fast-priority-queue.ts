import FastPriorityQueue from 'fastpriorityqueue';

import type { EventQueue, QueueState } from './event-queue.ts';

interface Entry {
  readonly key: number;
  readonly sequence: number;
  readonly slot: number;
}

/**
 * The plain event queue: one object per event in a `fastpriorityqueue`, compared by key and then by sequence number.
 * It is the reference that the faster queue is tested against, and can be chosen for a run.
 */
export class FastPriorityEventQueue implements EventQueue {
  #heap = new FastPriorityQueue<Entry>(isBefore);
  #sequence = 0;

  get size(): number {
    return this.#heap.size;
  }

  push(key: number, slot: number): void {
    this.#heap.add({ key, sequence: this.#sequence++, slot });
  }

  peekKey(): number {
    return this.#heap.peek()?.key ?? Infinity;
  }

  peekSlot(): number {
    return present(this.#heap.peek()).slot;
  }

  pop(): number {
    return present(this.#heap.poll()).slot;
  }

  retain(keep: (slot: number) => boolean): void {
    this.#fill(this.#drain().filter((entry) => keep(entry.slot)));
  }

  save(): QueueState {
    const entries = this.#drain();
    this.#fill(entries);
    return {
      keys: Float64Array.from(entries, (entry) => entry.key),
      slots: Int32Array.from(entries, (entry) => entry.slot),
    };
  }

  restore(state: QueueState): void {
    this.#heap = new FastPriorityQueue<Entry>(isBefore);
    for (let i = 0; i < state.slots.length; i++) this.push(state.keys[i] as number, state.slots[i] as number);
  }

  #drain(): Entry[] {
    const entries: Entry[] = [];
    for (let entry = this.#heap.poll(); entry !== undefined; entry = this.#heap.poll()) entries.push(entry);
    return entries;
  }

  /** Takes entries that are in order, which makes them a heap as they stand. */
  #fill(entries: readonly Entry[]): void {
    this.#heap = new FastPriorityQueue<Entry>(isBefore);
    this.#heap.heapify([...entries]);
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.key < other.key || (one.key === other.key && one.sequence < other.sequence);
}

function present(entry: Entry | undefined): Entry {
  if (entry === undefined) throw new RangeError('the event queue is empty');
  return entry;
}
