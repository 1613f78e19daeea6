import type { Kind } from '../api/kinds.ts';
import { EtcdSpace, ObjectSizes } from '../etcd/space.ts';
import { EtcdStore } from '../etcd/store.ts';
import type { Change, Entry } from '../etcd/store.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { Micros } from '../kernel/time.ts';
import { EventStreamHash } from './event-stream-hash.ts';
import { numberedMeta } from './metadata.ts';
import { keyOf } from './request.ts';
import { storedObject } from './stored-object.ts';
import type { Stored } from './stored-object.ts';

interface StorageState {
  readonly store: unknown;
  readonly hash: unknown;
  readonly sizes: unknown;
  readonly space: unknown;
}

/** Objects in etcd as the API server writes them: under their revisions, told of, hashed, and with the room they take. */
export class ObjectStorage implements Saveable {
  readonly store = new EtcdStore();
  readonly #now: () => Micros;
  readonly #hash = new EventStreamHash();
  readonly #sizes = new ObjectSizes();
  readonly #space: EtcdSpace;
  readonly #observers: ((change: Change) => void)[] = [];
  readonly #spaceListeners: ((isFull: boolean) => void)[] = [];
  readonly #beforeWrite: (kind: Kind) => void;

  /** `quota`: --quota-backend-bytes; 0: none. `beforeWrite` is called with the kind of each object that is written. */
  constructor(now: () => Micros, quota: number, beforeWrite: (kind: Kind) => void) {
    this.#now = now;
    this.#space = new EtcdSpace(quota);
    this.#beforeWrite = beforeWrite;
  }

  /** Has every write seen at the instant of its commit, in order: for recording and checking, not for components. */
  observe(observer: (change: Change) => void): void {
    this.#observers.push(observer);
  }

  /** Has it said when etcd's quota is used up, and when it is no more; in constructors only. */
  whenFull(listener: (isFull: boolean) => void): void {
    this.#spaceListeners.push(listener);
  }

  /** Sixteen hexadecimal digits that stand for all writes so far. */
  get hash(): string {
    return this.#hash.value;
  }

  /** Forgets the history up to a revision. */
  compact(revision: number): void {
    this.store.compact(revision);
    this.#space.reclaimed(this.#sizes.all(this.store));
  }

  /** The size of etcd's database, by estimate, and whether its quota is used up. */
  get space(): { readonly inUse: number; readonly total: number; readonly full: boolean } {
    const { inUse, total, full } = this.#space;
    return { inUse, total, full };
  }

  /** Whether etcd's quota is used up. */
  get full(): boolean {
    return this.#space.full;
  }

  /** Mean size of a kind's objects, by samples, in bytes; 0 where none has been. */
  bytesOf(kind: Kind): number {
    return this.#sizes.meanOf(kind);
  }

  /** How many keys etcd holds. */
  get keys(): number {
    let keys = 0;
    for (const kind of this.store.kinds()) keys += this.store.count(kind);
    return keys;
  }

  /** What people do about a full etcd: compact it to now, defragment it, disarm its alarm. */
  defragment(): void {
    this.compact(this.store.revision);
    this.#space.defragment();
    if (!this.#space.full) return;
    this.#space.disarm();
    for (const listener of this.#spaceListeners) listener(false);
  }

  /** Stores the object under its revision, with other parts where they are given. */
  write(object: Stored, entry?: Entry, spec = object.spec, status = object.status): Stored {
    const stored = this.#numbered(object, spec, status);
    const { kind } = stored;
    const now = this.#now();
    if (entry === undefined) this.#announce(this.store.add(kind, keyOf(stored), stored, now));
    else this.#announce(this.store.put(kind, entry, stored, now));
    return stored;
  }

  /** Removes an object; answers its last state, under the revision of its deletion. */
  remove(object: Stored, entry: Entry): Stored {
    const last = this.#numbered(object, object.spec, object.status);
    this.#announce(this.store.delete(last.kind, entry, last, this.#now()));
    return last;
  }

  #numbered(object: Stored, spec: unknown, status: unknown): Stored {
    this.#beforeWrite(object.kind);
    return storedObject(object, numberedMeta(object.metadata, String(this.store.nextRevision)), spec, status);
  }

  #announce(change: Change): void {
    const wasFull = this.#space.full;
    const fits = this.#space.take(this.#sizes.of(change));
    this.#hash.add(change);
    for (const observer of this.#observers) observer(change);
    if (!fits && !wasFull) for (const listener of this.#spaceListeners) listener(true);
  }

  save(): StorageState {
    return {
      store: this.store.save(),
      hash: this.#hash.save(),
      sizes: this.#sizes.save(),
      space: this.#space.save(),
    };
  }

  restore(saved: unknown): void {
    const state = saved as StorageState;
    this.store.restore(state.store);
    this.#hash.restore(state.hash);
    this.#sizes.restore(state.sizes);
    this.#space.restore(state.space);
  }
}
