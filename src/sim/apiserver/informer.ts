import type { Pod } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import type { KubeObject, OwnerReference } from '../api/meta.ts';
import type { Change } from '../etcd/store.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { keyOf } from './request.ts';
import type { WatchClass, WatchHub } from './watch-hub.ts';

/** What changed in an informer's cache. */
export type InformerListener<T> = (
  type: 'added' | 'modified' | 'deleted',
  object: T,
  previous: T | undefined,
  /** The object's key; one string for all that is told of it, so look-ups by it are cheap. */
  key: string,
) => void;

/** Objects by some value of theirs, kept current with the cache. */
export interface Index<T> {
  /** In the order in which they came under that value. */
  get(value: string): readonly T[];
  count(value: string): number;
}

/** An object's place in a cache: indexes hold places, so that a change of the object alone costs them nothing. */
interface Cell<T> {
  readonly key: string;
  object: T;
  /** The value under which it stands in each index, by the index's number. */
  readonly values: (string | undefined)[];
}

class CacheIndex<T extends KubeObject> implements Index<T> {
  readonly #number: number;
  readonly #valueOf: (object: T) => string | undefined;
  readonly #buckets = new Map<string, Set<Cell<T>>>();

  constructor(number: number, valueOf: (object: T) => string | undefined) {
    this.#number = number;
    this.#valueOf = valueOf;
  }

  get(value: string): readonly T[] {
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) return [];
    const objects: T[] = [];
    for (const { object } of bucket) objects.push(object);
    return objects;
  }

  count(value: string): number {
    return this.#buckets.get(value)?.size ?? 0;
  }

  /** Moves a cell to where its object belongs now; `object` undefined: it is gone. */
  change(cell: Cell<T>, object: T | undefined): void {
    const before = cell.values[this.#number];
    const after = object === undefined ? undefined : this.#valueOf(object);
    if (before === after) return;
    cell.values[this.#number] = after;
    if (before !== undefined) {
      const bucket = this.#buckets.get(before);
      bucket?.delete(cell);
      if (bucket?.size === 0) this.#buckets.delete(before);
    }
    if (after === undefined) return;
    const bucket = this.#buckets.get(after);
    if (bucket === undefined) this.#buckets.set(after, new Set([cell]));
    else bucket.add(cell);
  }

  save(): [string, string[]][] {
    return [...this.#buckets].map(([value, bucket]) => [value, [...bucket].map(({ key }) => key)]);
  }

  restore(saved: [string, string[]][], cache: ReadonlyMap<string, Cell<T>>): void {
    this.#buckets.clear();
    for (const [value, keys] of saved) {
      const cells = keys.map((key) => cache.get(key) as Cell<T>);
      for (const cell of cells) cell.values[this.#number] = value;
      this.#buckets.set(value, new Set(cells));
    }
  }
}

interface InformerState {
  readonly synced: boolean;
  readonly objects: readonly KubeObject[];
  readonly indexes: readonly [string, [string, string[]][]][];
}

/** One kind as a process knows it: what its watch has told it so far, which may lie behind the store. */
export class Informer<T extends KubeObject> implements Saveable {
  readonly #cache = new Map<string, Cell<T>>();
  readonly #listeners: InformerListener<T>[] = [];
  readonly #indexes = new Map<string, CacheIndex<T>>();
  readonly #indexList: CacheIndex<T>[] = [];
  #synced = false;

  /** Whether the first list has come. */
  get synced(): boolean {
    return this.#synced;
  }

  /** By `namespace/name`, or `name` for cluster-scoped kinds. */
  get(key: string): T | undefined {
    return this.#cache.get(key)?.object;
  }

  /** In the order in which the process learnt of them. */
  *list(): IterableIterator<T> {
    for (const { object } of this.#cache.values()) yield object;
  }

  get size(): number {
    return this.#cache.size;
  }

  /** Calls a listener for every change, after the cache and its indexes have it; in constructors only. */
  on(listener: InformerListener<T>): void {
    this.#listeners.push(listener);
  }

  /** The index of that name; `valueOf` counts the first time. In constructors only. */
  index(name: string, valueOf: (object: T) => string | undefined): Index<T> {
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = new CacheIndex(this.#indexes.size, valueOf);
      for (const cell of this.#cache.values()) index.change(cell, cell.object);
      this.#indexes.set(name, index);
      this.#indexList.push(index);
    }
    return index;
  }

  /** A new list: tells what came, changed and went since the last word. */
  replace(objects: readonly T[]): void {
    this.#synced = true;
    const listed = new Set(objects.map((object) => keyOf(object)));
    for (const [key, { object }] of this.#cache) if (!listed.has(key)) this.apply('DELETED', key, object);
    for (const object of objects) {
      const key = keyOf(object);
      const known = this.#cache.get(key)?.object;
      if (known !== undefined && known.metadata.uid !== object.metadata.uid) this.apply('DELETED', key, known);
      if (known?.metadata.resourceVersion !== object.metadata.resourceVersion) this.apply('MODIFIED', key, object);
    }
  }

  apply(type: Change['type'], key: string, object: T): void {
    const known = this.#cache.get(key);
    const previous = known?.object;
    if (type === 'DELETED') {
      if (known === undefined) return;
      this.#cache.delete(key);
      for (const index of this.#indexList) index.change(known, undefined);
      for (const listener of this.#listeners) listener('deleted', object, previous, key);
      return;
    }
    // With its length from the beginning: a list that grows takes room for sixteen more.
    const cell = known ?? { key, object, values: this.#indexList.map(() => undefined) };
    if (known === undefined) this.#cache.set(key, cell);
    else known.object = object;
    for (const index of this.#indexList) index.change(cell, object);
    const what = previous === undefined ? 'added' : 'modified';
    for (const listener of this.#listeners) listener(what, object, previous, key);
  }

  save(): InformerState {
    return {
      synced: this.#synced,
      objects: [...this.list()],
      indexes: [...this.#indexes].map(([name, index]) => [name, index.save()]),
    };
  }

  restore(saved: unknown): void {
    const state = saved as InformerState;
    this.#synced = state.synced;
    this.#cache.clear();
    for (const object of state.objects) {
      const key = keyOf(object);
      this.#cache.set(key, { key, object: object as T, values: [] });
    }
    for (const [name, buckets] of state.indexes) this.#indexes.get(name)?.restore(buckets, this.#cache);
  }
}

/** The informers that the parts of one process share. */
export class Informers implements Saveable {
  readonly #process: string;
  readonly #hub: WatchHub;
  readonly #informers = new Map<Kind, { informer: Informer<KubeObject>; watch: WatchClass }>();
  readonly #whenSynced: (() => void)[] = [];

  constructor(process: string, hub: WatchHub) {
    this.#process = process;
    this.#hub = hub;
  }

  /** The process's informer for a kind; in constructors only. */
  informer<T extends KubeObject>(kind: Kind): Informer<T> {
    let row = this.#informers.get(kind);
    if (row === undefined) {
      const informer = new Informer<KubeObject>();
      const watch = this.#hub.register(this.#process, kind, {
        listed: (_key, objects) => {
          const before = this.synced;
          informer.replace(objects);
          if (!before && this.synced) for (const listener of this.#whenSynced) listener();
        },
        changed: (_key, change) => informer.apply(change.type, change.key, change.object),
      });
      row = { informer, watch };
      this.#informers.set(kind, row);
    }
    return row.informer as unknown as Informer<T>;
  }

  /** Whether all of them have had their first list. */
  get synced(): boolean {
    for (const { informer } of this.#informers.values()) if (!informer.synced) return false;
    return true;
  }

  /** Calls a listener once, when all have had their first list; in constructors only. */
  whenSynced(listener: () => void): void {
    this.#whenSynced.push(listener);
  }

  /** Opens all watches. */
  start(): void {
    for (const { watch } of this.#informers.values()) this.#hub.open(watch);
  }

  /** Closes all watches: the process is no more. */
  stop(): void {
    for (const { watch } of this.#informers.values()) this.#hub.close(watch);
  }

  save(): [Kind, unknown][] {
    return [...this.#informers].map(([kind, { informer }]) => [kind, informer.save()]);
  }

  restore(saved: unknown): void {
    for (const [kind, state] of saved as [Kind, unknown][]) this.#informers.get(kind)?.informer.restore(state);
  }
}

/** The owner that manages the object. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined) return undefined;
  for (const owner of owners) if (owner.controller === true) return owner;
  return undefined;
}

/** UID of the owner that manages the object. */
export function controllerUid(object: KubeObject): string | undefined {
  return controllerOf(object)?.uid;
}

/** Objects by the UID of the owner that manages them. */
export function byController<T extends KubeObject>(informer: Informer<T>): Index<T> {
  return informer.index('controller', controllerUid);
}

/** Assigned pods by node. */
export function byNode(pods: Informer<Pod>): Index<Pod> {
  return pods.index('node', (pod) => pod.spec.nodeName);
}

/** Objects by namespace. */
export function byNamespace<T extends KubeObject>(informer: Informer<T>): Index<T> {
  return informer.index('namespace', (object) => object.metadata.namespace);
}
