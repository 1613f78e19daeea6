import type { Kind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { ApiStatus } from '../api/status.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Change, Entry, EtcdStore } from '../etcd/store.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { EtcdSettings } from '../etcd-settings.ts';
import type { ApiServerSettings } from '../settings.ts';
import { Admission } from './admission.ts';
import { listed } from './list-request.ts';
import type { KubeList, ListQuery } from './list-request.ts';
import { ObjectStorage } from './object-storage.ts';
import { objectKey } from './request.ts';
import type { ApiRequest, ApiResult } from './request.ts';
import { Registry } from './registry.ts';
import { selection } from './selection.ts';
import type { ListOptions } from './selection.ts';
import { watchWindow } from './watch-window.ts';
import type { WatchWindow } from './watch-window.ts';

/** Sees a request, its answer, and how long it was at the server. */
export type RequestObserver = (request: ApiRequest, result: ApiResult, took: Micros) => void;

/** A kind whose objects are not stored but computed when read, such as the leases of healthy nodes. */
export interface VirtualKind {
  get(key: string): KubeObject | undefined;
  list(): readonly KubeObject[];
  /** What a stored object of the kind looks like when it is read, where that is not as it is stored. */
  shown?(stored: KubeObject): KubeObject;
}

/** What the server's ways depend on of etcd. */
type ServedEtcd = Pick<EtcdSettings, 'quotaBackendBytes' | 'watchProgressNotifyIntervalSeconds'>;

const PLAIN_ETCD: ServedEtcd = { quotaBackendBytes: 0, watchProgressNotifyIntervalSeconds: 5 };

interface ApiServerState {
  readonly storage: unknown;
  readonly registry: unknown;
}

/**
 * kube-apiserver: the only way to the store. `handle` is a request as it is carried out at the server, in no time; how
 * long it takes to come and go is ApiClient's and WatchHub's business.
 */
export class ApiServer implements Saveable {
  readonly #kernel: Kernel;
  readonly #storage: ObjectStorage;
  readonly #store: EtcdStore;
  readonly #registry: Registry;
  readonly #progressInterval: Micros;
  /** Whether a watch may begin with the objects that are there (WatchList). */
  readonly watchList: boolean;
  readonly #admission: Admission;
  readonly #virtual = new Map<Kind, VirtualKind>();
  readonly #requestObservers: RequestObserver[] = [];

  constructor(kernel: Kernel, calendar: Calendar, settings: ApiServerSettings, etcd: ServedEtcd = PLAIN_ETCD) {
    this.#storage = new ObjectStorage(
      () => kernel.now,
      etcd.quotaBackendBytes,
      (kind) => this.#admission.written(kind),
    );
    this.#store = this.#storage.store;
    this.watchList = settings.watchList;
    this.#progressInterval = seconds(etcd.watchProgressNotifyIntervalSeconds);
    this.#kernel = kernel;
    this.#admission = new Admission(this.#store, settings);
    this.#registry = new Registry(kernel, calendar, this.#storage, this.#admission);
    this.observe((change) => this.#registry.written(change));
  }

  /** Has every write seen at the instant of its commit, in order: for recording and checking, not for components. */
  observe(observer: (change: Change) => void): void {
    this.#storage.observe(observer);
  }

  /** Has every request seen with its answer and the time it took at the server: for metrics. */
  observeRequests(observer: RequestObserver): void {
    this.#requestObservers.push(observer);
  }

  /** Has it said when etcd's quota is used up, and when it is no more; in constructors only. */
  whenFull(listener: (isFull: boolean) => void): void {
    this.#storage.whenFull(listener);
  }

  /** Has a kind computed when it is read. */
  virtual(kind: Kind, provider: VirtualKind): void {
    this.#virtual.set(kind, provider);
  }

  /** Sixteen hexadecimal digits that stand for all writes so far. */
  get hash(): string {
    return this.#storage.hash;
  }

  /** Simulated time. */
  get now(): Micros {
    return this.#kernel.now;
  }

  /** The store's revision. */
  get revision(): number {
    return this.#store.revision;
  }

  /** The object as it is stored; whoever has its key saves its making. */
  get<T extends KubeObject>(
    kind: Kind,
    namespace: string,
    name: string,
    key = objectKey(namespace, name),
  ): T | undefined {
    return (this.#virtual.get(kind)?.get(key) ?? this.#store.get(kind, key)?.object) as T | undefined;
  }

  /** Objects in order of creation. Throws RangeError for a field selector that is none. */
  list<T extends KubeObject>(kind: Kind, options: ListOptions = {}): { items: readonly T[]; resourceVersion: string } {
    const selected = selection(options);
    const items: T[] = [];
    const virtual = this.#virtual.get(kind);
    for (const object of virtual?.list() ?? []) if (selected(object)) items.push(object as T);
    for (const { object } of this.#store.list(kind)) if (selected(object)) items.push(object as T);
    if (virtual?.shown !== undefined) items.splice(0, items.length, ...items.map((object) => this.shown(object) as T));
    return { items, resourceVersion: String(this.#store.revision) };
  }

  /** Answers a list as a client asks for it over the wire: by pages, and as of a revision. */
  answerList(kind: Kind, query: ListQuery): KubeList | ApiStatus {
    const answer = listed(this.#store, kind, query, this.#virtual.get(kind)?.list());
    return 'items' in answer && this.#virtual.get(kind)?.shown !== undefined
      ? { ...answer, items: answer.items.map((object) => this.shown(object)) }
      : answer;
  }

  /** A stored object as it is read. */
  shown(object: KubeObject): KubeObject {
    return this.#virtual.get(object.kind)?.shown?.(object) ?? object;
  }

  /** What the watch cache of a kind still knows of the past: a watch can begin there (see watch-window.ts). */
  watchWindow(kind: Kind): WatchWindow {
    const known = this.#store.changesAfter(this.#store.compactRevision);
    return watchWindow(known, kind, this.#store.forgotten(kind), this.#kernel.now);
  }

  /**
   * The revision that etcd had told the watch caches of by a time, of whatever kind: what a bookmark sent then carries.
   * Undefined where nobody knows any more.
   */
  progressAt(time: Micros): number | undefined {
    const interval = this.#progressInterval;
    return this.#store.revisionAt(interval > 0 ? time - (time % interval) : time);
  }

  /** All objects of a kind, as a watch begins. */
  *all(kind: Kind): IterableIterator<KubeObject> {
    for (const { object } of this.#store.list(kind)) yield object;
  }

  /** Changes after a revision, for a watch that starts there. Throws CompactedError (410 Expired) where they are gone. */
  changesAfter(revision: number): readonly Change[] {
    return this.#store.changesAfter(revision);
  }

  /** History after this revision can be told. */
  get compactedRevision(): number {
    return this.#store.compactRevision;
  }

  /** How many objects of a kind are stored. */
  count(kind: Kind): number {
    return this.#store.count(kind);
  }

  /** Mean size of a kind's objects as they are stored, by samples, in bytes; 0 where none has been. */
  bytesOf(kind: Kind): number {
    return this.#storage.bytesOf(kind);
  }

  /** Forgets the history up to a revision. */
  compact(revision: number): void {
    this.#storage.compact(revision);
  }

  /** The size of etcd's database, by estimate, and whether its quota is used up. */
  get space(): { readonly inUse: number; readonly total: number; readonly full: boolean } {
    return this.#storage.space;
  }

  /** How many keys etcd holds. */
  get keys(): number {
    return this.#storage.keys;
  }

  /** What people do about a full etcd: compact it to now, defragment it, disarm its alarm. */
  defragment(): void {
    this.#storage.defragment();
  }

  /** What is stored under a key, with the store's own counters. */
  entry(kind: Kind, key: string): Entry | undefined {
    return this.#store.get(kind, key);
  }

  /** Carries out one request now. `key` is its target's, where the caller knows it already; `by` the client's name. */
  handle(request: ApiRequest, key = objectKey(request.namespace, request.name), by = '', took: Micros = 0): ApiResult {
    const result = this.#registry.carryOut(request, key, request.fieldManager ?? by);
    for (const observer of this.#requestObservers) observer(request, result, took);
    return result;
  }

  /** Counts a request that was refused on its way, before it could be carried out. */
  refused(request: ApiRequest, result: ApiResult, took: Micros): void {
    for (const observer of this.#requestObservers) observer(request, result, took);
  }

  save(): ApiServerState {
    return { storage: this.#storage.save(), registry: this.#registry.save() };
  }

  restore(saved: unknown): void {
    const state = saved as ApiServerState;
    this.#storage.restore(state.storage);
    this.#registry.restore(state.registry);
    this.#admission.forget();
  }
}
