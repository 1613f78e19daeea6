import type { KubeObject } from '../api/meta.ts';
import type { Kind } from '../api/kinds.ts';
import type { Micros } from '../kernel/time.ts';
import type { Saveable } from '../kernel/saveable.ts';

/** What a key holds, with etcd's own counters. The store moves it on in place; nobody else may. */
export interface Entry {
  /** One string a key throughout: its hash is computed once, and look-ups compare by identity first. */
  readonly key: string;
  object: KubeObject;
  readonly createRevision: number;
  modRevision: number;
  /** Writes to this key since it was created; 1 for a new one. */
  version: number;
}

/** One write, as a watch sees it. */
export interface Change {
  readonly revision: number;
  readonly time: Micros;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: Kind;
  /** `namespace/name`, or `name` for cluster-scoped kinds. */
  readonly key: string;
  /** The new state; for DELETED the last state, under the revision of the deletion. */
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  /** Version of the key after the write. */
  readonly version: number;
}

/** Thrown where a watch or read asks for a revision that is compacted away; clients see 410 Expired. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly compactRevision: number;

  constructor(requested: number, compactRevision: number) {
    super(`etcdserver: mvcc: required revision ${requested} has been compacted (compacted at ${compactRevision})`);
    this.compactRevision = compactRevision;
  }
}

interface StoreState {
  revision: number;
  compactRevision: number;
  entries: [Kind, Entry[]][];
  history: Change[];
}

/** A revisioned key-value store: one global revision orders all writes, history is kept until compacted. */
export class EtcdStore implements Saveable {
  #revision = 0;
  #compactRevision = 0;
  #buckets = new Map<Kind, Map<string, Entry>>();
  /** Changes after the compacted revision, in revision order; one each revision. */
  #history: Change[] = [];

  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  #bucket(kind: Kind): Map<string, Entry> {
    let bucket = this.#buckets.get(kind);
    if (bucket === undefined) {
      bucket = new Map();
      this.#buckets.set(kind, bucket);
    }
    return bucket;
  }

  get(kind: Kind, key: string): Entry | undefined {
    return this.#buckets.get(kind)?.get(key);
  }

  /** All entries of a kind in order of creation. */
  list(kind: Kind): IterableIterator<Entry> {
    return this.#bucket(kind).values();
  }

  count(kind: Kind): number {
    return this.#buckets.get(kind)?.size ?? 0;
  }

  /** The revision the next write will get; objects carry it in `resourceVersion`. */
  get nextRevision(): number {
    return this.#revision + 1;
  }

  /** Writes a new key's object, which already carries `nextRevision` as its resourceVersion. */
  add(kind: Kind, key: string, object: KubeObject, time: Micros): Change {
    const revision = ++this.#revision;
    this.#bucket(kind).set(key, { key, object, createRevision: revision, modRevision: revision, version: 1 });
    return this.#log({ revision, time, type: 'ADDED', kind, key, object, previous: undefined, version: 1 });
  }

  /** Writes the next object of a key that is there, which already carries `nextRevision` as its resourceVersion. */
  put(kind: Kind, entry: Entry, object: KubeObject, time: Micros): Change {
    const { key, object: previous } = entry;
    const revision = ++this.#revision;
    entry.object = object;
    entry.modRevision = revision;
    const version = ++entry.version;
    return this.#log({ revision, time, type: 'MODIFIED', kind, key, object, previous, version });
  }

  /** Removes a key. `last` is the final state under the deletion's revision. */
  delete(kind: Kind, { key, object: previous, version }: Entry, last: KubeObject, time: Micros): Change {
    const revision = ++this.#revision;
    this.#bucket(kind).delete(key);
    return this.#log({ revision, time, type: 'DELETED', kind, key, object: last, previous, version: version + 1 });
  }

  #log(change: Change): Change {
    this.#history.push(change);
    return change;
  }

  /** All changes with a revision above `revision`, oldest first. Throws CompactedError where some are gone. */
  changesAfter(revision: number): readonly Change[] {
    if (revision < this.#compactRevision) throw new CompactedError(revision, this.#compactRevision);
    return this.#history.slice(revision - this.#compactRevision);
  }

  /** Forgets history up to and including `revision`; current values stay. */
  compact(revision: number): void {
    const upTo = Math.min(revision, this.#revision);
    if (upTo <= this.#compactRevision) return;
    this.#history.splice(0, upTo - this.#compactRevision);
    this.#compactRevision = upTo;
  }

  save(): StoreState {
    return {
      revision: this.#revision,
      compactRevision: this.#compactRevision,
      entries: [...this.#buckets].map(([kind, bucket]) => [kind, [...bucket.values()].map((entry) => ({ ...entry }))]),
      history: [...this.#history],
    };
  }

  restore(saved: unknown): void {
    const state = saved as StoreState;
    this.#revision = state.revision;
    this.#compactRevision = state.compactRevision;
    this.#buckets = new Map(
      state.entries.map(([kind, entries]) => [kind, new Map(entries.map((entry) => [entry.key, { ...entry }]))]),
    );
    this.#history = [...state.history];
  }
}
