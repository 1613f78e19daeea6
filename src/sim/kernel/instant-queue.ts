import type { EventQueue, QueueState } from './event-queue.ts';

const NONE = -1;
const NO_KEY = -1;
const FIRST_CAPACITY = 256;

/** The recent-instants table has 2^12 places: it stays in the processor's cache however many events are pending. */
const RECENT_BITS = 12;

/**
 * The default event queue: a 4-ary heap of *instants* in typed arrays. The events of one instant stand behind its first
 * one in a linked list, so ten thousand heartbeats on one tick cost one heap operation.
 *
 * A new event finds the list of its key through a small table of recent instants that forgets: two keys that fall on one
 * place displace each other. Forgetting an instant costs only time. The next event of its key opens a second instant,
 * ordered behind the first by the sequence numbers of their events, and the table then knows only the younger one, so
 * no event is ever put before an older one of its key.
 *
 * Removing the first instant leaves a hole at the root which the next new instant takes: the common "handle one event,
 * schedule the next" sifts once instead of twice.
 */
export class InstantQueue implements EventQueue {
  #keys = new Float64Array(FIRST_CAPACITY).fill(Infinity);
  #heads = new Int32Array(FIRST_CAPACITY);
  /** Heap entries, the hole included. `#keys` is `Infinity` beyond them, so a node's four children can always be read. */
  #instants = 0;
  #hole = false;
  #size = 0;

  /** By slot: the event behind it in its instant. */
  #next = new Int32Array(FIRST_CAPACITY);
  /** By slot: the number of the push, which orders two instants of one key. */
  #sequences = new Float64Array(FIRST_CAPACITY);
  #sequence = 0;

  readonly #recentKeys = new Float64Array(1 << RECENT_BITS).fill(NO_KEY);
  readonly #recentTails = new Int32Array(1 << RECENT_BITS);

  get size(): number {
    return this.#size;
  }

  push(key: number, slot: number): void {
    if (slot >= this.#next.length) this.#growSlots(slot);
    this.#next[slot] = NONE;
    this.#size++;
    const place = placeOf(key);
    if (this.#recentKeys[place] === key) {
      this.#next[this.#recentTails[place] as number] = slot;
      this.#recentTails[place] = slot;
      return;
    }
    this.#recentKeys[place] = key;
    this.#recentTails[place] = slot;
    this.#sequences[slot] = this.#sequence++;
    if (this.#hole) {
      this.#hole = false;
      this.#keys[0] = key;
      this.#heads[0] = slot;
      this.#siftDown(0);
    } else {
      this.#siftUp(key, slot);
    }
  }

  peekKey(): number {
    if (this.#hole) this.#fillHole();
    return this.#keys[0] as number;
  }

  peekSlot(): number {
    if (this.#hole) this.#fillHole();
    return this.#heads[0] as number;
  }

  pop(): number {
    if (this.#hole) this.#fillHole();
    const slot = this.#heads[0] as number;
    const next = this.#next[slot] as number;
    this.#size--;
    if (next === NONE) {
      const key = this.#keys[0] as number;
      const place = placeOf(key);
      if (this.#recentKeys[place] === key) this.#recentKeys[place] = NO_KEY;
      this.#hole = true;
    } else {
      this.#sequences[next] = this.#sequences[slot] as number;
      this.#heads[0] = next;
    }
    return slot;
  }

  retain(keep: (slot: number) => boolean): void {
    if (this.#hole) this.#fillHole();
    const before = this.#instants;
    let kept = 0;
    for (let i = 0; i < before; i++) {
      const key = this.#keys[i] as number;
      const head = this.#filterInstant(key, this.#heads[i] as number, keep);
      if (head === NONE) continue;
      this.#keys[kept] = key;
      this.#heads[kept++] = head;
    }
    this.#keys.fill(Infinity, kept, before);
    this.#instants = kept;
    for (let i = (kept - 2) >> 2; i >= 0; i--) this.#siftDown(i);
  }

  save(): QueueState {
    const state = this.#drain();
    this.restore(state);
    return state;
  }

  restore(state: QueueState): void {
    this.#keys.fill(Infinity, 0, this.#instants);
    this.#instants = 0;
    this.#hole = false;
    this.#size = 0;
    this.#sequence = 0;
    this.#recentKeys.fill(NO_KEY);
    for (let i = 0; i < state.slots.length; i++) this.push(state.keys[i] as number, state.slots[i] as number);
  }

  #drain(): QueueState {
    const size = this.#size;
    const keys = new Float64Array(size);
    const slots = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      keys[i] = this.peekKey();
      slots[i] = this.pop();
    }
    return { keys, slots };
  }

  /** Drops the entries of one instant that `keep` refuses. Returns its first one, -1 when none is left. */
  #filterInstant(key: number, oldHead: number, keep: (slot: number) => boolean): number {
    const next = this.#next;
    let head = NONE;
    let tail = NONE;
    let oldTail = oldHead;
    for (let slot = oldHead; slot !== NONE; slot = next[slot] as number) {
      oldTail = slot;
      if (!keep(slot)) {
        this.#size--;
      } else {
        if (head === NONE) head = slot;
        else next[tail] = slot;
        tail = slot;
      }
    }
    if (tail !== NONE) {
      next[tail] = NONE;
      this.#sequences[head] = this.#sequences[oldHead] as number;
    }
    const place = placeOf(key);
    if (this.#recentKeys[place] === key && this.#recentTails[place] === oldTail) {
      if (tail === NONE) this.#recentKeys[place] = NO_KEY;
      else this.#recentTails[place] = tail;
    }
    return head;
  }

  #fillHole(): void {
    this.#hole = false;
    const last = --this.#instants;
    const key = this.#keys[last] as number;
    this.#keys[last] = Infinity;
    if (last === 0) return;
    this.#keys[0] = key;
    this.#heads[0] = this.#heads[last] as number;
    this.#siftDown(0);
  }

  /**
   * Moves the instant at `i` down to where it belongs. Which of four children is the lowest is as good as random, so it
   * is computed without branches: mispredicted ones took a third of the time (`bench/kernel.bench.ts`).
   */
  #siftDown(i: number): void {
    const keys = this.#keys;
    const heads = this.#heads;
    const key = keys[i] as number;
    const head = heads[i] as number;
    const count = this.#instants;
    for (;;) {
      const child = 4 * i + 1;
      if (child >= count) break;
      const key0 = keys[child] as number;
      const key1 = keys[child + 1] as number;
      const key2 = keys[child + 2] as number;
      const key3 = keys[child + 3] as number;
      const one = child + (Number(key1 < key0) | 0);
      const two = child + 2 + (Number(key3 < key2) | 0);
      const oneKey = keys[one] as number;
      const twoKey = keys[two] as number;
      let best = one + (-Number(twoKey < oneKey) & (two - one));
      const bestKey = keys[best] as number;
      if (key0 === key1 || key2 === key3 || oneKey === twoKey) best = this.#oldestOf(child, bestKey);
      if (bestKey >= key && (bestKey > key || this.#isOlder(head, heads[best] as number))) break;
      keys[i] = bestKey;
      heads[i] = heads[best] as number;
      i = best;
    }
    keys[i] = key;
    heads[i] = head;
  }

  #siftUp(key: number, head: number): void {
    if (this.#instants + 5 > this.#keys.length) this.#growHeap();
    const keys = this.#keys;
    const heads = this.#heads;
    let i = this.#instants++;
    while (i > 0) {
      const parent = (i - 1) >> 2;
      const parentKey = keys[parent] as number;
      // The new instant is the youngest, so among equal keys it stays below.
      if (parentKey <= key) break;
      keys[i] = parentKey;
      heads[i] = heads[parent] as number;
      i = parent;
    }
    keys[i] = key;
    heads[i] = head;
  }

  /** Which of a node's four children is the oldest of those with the lowest key. */
  #oldestOf(child: number, key: number): number {
    let oldest = -1;
    for (let i = child; i < child + 4; i++) {
      if (this.#keys[i] !== key) continue;
      if (oldest < 0 || this.#isOlder(this.#heads[i] as number, this.#heads[oldest] as number)) oldest = i;
    }
    return oldest;
  }

  /** Whether the first of two instants of one key was opened first. */
  #isOlder(head: number, otherHead: number): boolean {
    return (this.#sequences[head] as number) < (this.#sequences[otherHead] as number);
  }

  #growHeap(): void {
    const capacity = grown(this.#keys.length);
    const keys = new Float64Array(capacity);
    keys.set(this.#keys);
    keys.fill(Infinity, this.#keys.length);
    this.#keys = keys;
    const heads = new Int32Array(capacity);
    heads.set(this.#heads);
    this.#heads = heads;
  }

  #growSlots(slot: number): void {
    const capacity = Math.max(grown(this.#next.length), slot + 1);
    const next = new Int32Array(capacity);
    next.set(this.#next);
    this.#next = next;
    const sequences = new Float64Array(capacity);
    sequences.set(this.#sequences);
    this.#sequences = sequences;
  }
}

/** Half as much again: doubling would waste up to half of what ten million events take. */
function grown(capacity: number): number {
  return Math.ceil(capacity * 1.5);
}

/** The low 32 bits are enough: keys that differ in the others only are 537 s apart, and one forgets the other. */
function placeOf(key: number): number {
  return Math.imul(key | 0, 0x9e3779b1) >>> (32 - RECENT_BITS);
}
