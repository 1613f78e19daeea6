/**
 * The order in which events are due. An entry is a key (lower first; equal keys first in, first out) and the slot of
 * the event slab where the event lies. A slot is in the queue at most once.
 */
export interface EventQueue {
  /** Entries in the queue, those of cancelled events included. */
  readonly size: number;
  /** Adds an entry behind all entries of the same key. */
  push(key: number, slot: number): void;
  /** The lowest key, `Infinity` when the queue is empty. */
  peekKey(): number;
  /** The slot of the first entry. The queue must not be empty. */
  peekSlot(): number;
  /** Removes the first entry and returns its slot. The queue must not be empty. */
  pop(): number;
  /** Drops the entries that `keep` refuses; the others stay in their order. `keep` is asked once for each entry. */
  retain(keep: (slot: number) => boolean): void;
  /** All entries in the order in which they would be popped. */
  save(): QueueState;
  /** Replaces the content by saved entries. Any implementation can restore what another one saved. */
  restore(state: QueueState): void;
}

/** A queue's entries in order: `keys[i]` belongs to `slots[i]`. */
export interface QueueState {
  readonly keys: Float64Array;
  readonly slots: Int32Array;
}

/** The implementations a kernel can be built with; `instants` is the default. */
export type QueueKind = 'instants' | 'fastpriorityqueue';
