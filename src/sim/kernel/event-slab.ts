import { KernelError } from './kernel-error.ts';

/** A scheduled event as a plain number, so that it can stand in saved state. Opaque: never compare, order or print it. */
export type EventRef = number;

/** The reference that stands for no event. */
export const NO_EVENT: EventRef = 0;

/** A reference is generation * 2^26 + slot: up to 67 million events at once, 134 million lives of a slot. */
const SLOT_BITS = 26;
const MAX_SLOTS = 2 ** SLOT_BITS;
const SLOT_MASK = MAX_SLOTS - 1;
const LAST_GENERATION = 2 ** 27 - 1;

/** A record is 32 bytes, half a cache line: four integers, then the two numbers the handler is given. */
const INTS = 8;
const HANDLER = 0;
const GENERATION = 1;
const FLAGS = 2;
const NEXT_FREE = 3;
const DOUBLES = 4;
const A = 2;
const B = 3;

/** `FLAGS` holds the priority class in its three low bits. */
const PRIORITY_MASK = 7;
const HAS_PAYLOAD = 8;

/** What `HANDLER` holds while the record is not a live event. */
const CANCELLED = -1;
const FREE = -2;

const NONE = -1;
const FIRST_CAPACITY = 256;

/** A slab written out: the records as they lie, payloads by slot (`undefined` where there is none). */
export interface SlabState {
  readonly records: Int32Array;
  readonly payloads: readonly unknown[];
  readonly firstFree: number;
}

/**
 * Where pending events lie: fixed-size records in one buffer, reused through a free list. A record is live from
 * `insert` until `release` or `cancel`; a cancelled one keeps its slot until the queue has dropped its entry (`free`).
 */
export class EventSlab {
  #ints = new Int32Array(FIRST_CAPACITY * INTS);
  #doubles = new Float64Array(this.#ints.buffer);
  readonly #payloads: unknown[] = [];
  #firstFree = NONE;

  /** Fills a free record and returns its slot. */
  insert(handler: number, a: number, b: number, payload: unknown, priority: number): number {
    let slot = this.#firstFree;
    if (slot === NONE) slot = this.#extend();
    else this.#firstFree = this.#ints[slot * INTS + NEXT_FREE] as number;
    const ints = this.#ints;
    const at = slot * INTS;
    ints[at + HANDLER] = handler;
    if (payload === undefined) {
      ints[at + FLAGS] = priority;
    } else {
      ints[at + FLAGS] = priority | HAS_PAYLOAD;
      this.#payloads[slot] = payload;
    }
    const doubles = this.#doubles;
    doubles[slot * DOUBLES + A] = a;
    doubles[slot * DOUBLES + B] = b;
    return slot;
  }

  /** Slots that were ever used, live or not. */
  get slots(): number {
    return this.#payloads.length;
  }

  /** The reference to the event in a slot. */
  refOf(slot: number): EventRef {
    return (this.#ints[slot * INTS + GENERATION] as number) * MAX_SLOTS + slot;
  }

  /** The slot of a live event, -1 when the reference is to none. */
  slotOf(ref: EventRef): number {
    const slot = ref & SLOT_MASK;
    if (ref <= 0 || slot >= this.#payloads.length) return NONE;
    const at = slot * INTS;
    return (this.#ints[at + HANDLER] as number) >= 0 && this.refOf(slot) === ref ? slot : NONE;
  }

  handlerOf(slot: number): number {
    return this.#ints[slot * INTS + HANDLER] as number;
  }

  aOf(slot: number): number {
    return this.#doubles[slot * DOUBLES + A] as number;
  }

  bOf(slot: number): number {
    return this.#doubles[slot * DOUBLES + B] as number;
  }

  payloadOf(slot: number): unknown {
    const hasPayload = ((this.#ints[slot * INTS + FLAGS] as number) & HAS_PAYLOAD) !== 0;
    return hasPayload ? this.#payloads[slot] : undefined;
  }

  priorityOf(slot: number): number {
    return (this.#ints[slot * INTS + FLAGS] as number) & PRIORITY_MASK;
  }

  isCancelled(slot: number): boolean {
    return this.handlerOf(slot) === CANCELLED;
  }

  /** Ends a live event whose entry the queue has dropped. */
  release(slot: number): void {
    this.#retire(slot);
    this.free(slot);
  }

  /** Marks a live event as cancelled and lets go of its payload. */
  cancel(slot: number): void {
    this.#retire(slot);
    this.#ints[slot * INTS + HANDLER] = CANCELLED;
  }

  /** Gives back a slot that is in the queue no longer. */
  free(slot: number): void {
    const at = slot * INTS;
    this.#ints[at + HANDLER] = FREE;
    this.#ints[at + NEXT_FREE] = this.#firstFree;
    this.#firstFree = slot;
  }

  save(): SlabState {
    return {
      records: this.#ints.slice(0, this.#payloads.length * INTS),
      payloads: this.#payloads.slice(),
      firstFree: this.#firstFree,
    };
  }

  /** Replaces the content; `handlerOf` turns a saved handler's id into the one it has here. */
  restore(state: SlabState, handlerOf: (saved: number) => number): void {
    const slots = state.payloads.length;
    const ints = new Int32Array(Math.max(slots, FIRST_CAPACITY) * INTS);
    ints.set(state.records);
    for (let at = HANDLER; at < slots * INTS; at += INTS) {
      const handler = ints[at] as number;
      if (handler >= 0) ints[at] = handlerOf(handler);
    }
    this.#ints = ints;
    this.#doubles = new Float64Array(ints.buffer);
    this.#payloads.length = 0;
    for (const payload of state.payloads) this.#payloads.push(payload);
    this.#firstFree = state.firstFree;
  }

  /** Ends a life of the slot: references to it are void from here on. */
  #retire(slot: number): void {
    const at = slot * INTS;
    if (((this.#ints[at + FLAGS] as number) & HAS_PAYLOAD) !== 0) this.#payloads[slot] = undefined;
    this.#ints[at + GENERATION] = nextGeneration(this.#ints[at + GENERATION] as number);
  }

  /** A slot that was never used. The payload array grows by `push`, which keeps it packed. */
  #extend(): number {
    const slot = this.#payloads.length;
    if (slot === MAX_SLOTS) {
      throw new KernelError('TOO_MANY_EVENTS', `more than ${MAX_SLOTS} events are pending at once`);
    }
    this.#payloads.push(undefined);
    if (slot * INTS === this.#ints.length) {
      const ints = new Int32Array(Math.min(Math.ceil(slot * 1.5), MAX_SLOTS) * INTS);
      ints.set(this.#ints);
      this.#ints = ints;
      this.#doubles = new Float64Array(ints.buffer);
    }
    this.#ints[slot * INTS + GENERATION] = 1;
    return slot;
  }
}

/** Generations run from 1, so that no reference is `NO_EVENT`. */
function nextGeneration(generation: number): number {
  return generation === LAST_GENERATION ? 1 : generation + 1;
}
