import type { Kind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Pod } from '../api/core.ts';
import { identityOfObject } from '../api/uid.ts';
import type { Change } from '../etcd/store.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { Micros } from '../kernel/time.ts';
import type { ApiServerSettings } from '../settings.ts';
import type { ApiServer } from './api-server.ts';
import { latestBookmark } from './bookmarks.ts';
import type { ReflectorList, ReflectorLists } from './reflector-lists.ts';
import type { ApiReply } from './request.ts';
import { Replay, seenOnNode } from './watch-replay.ts';

/** What a watcher does with what it is told. `key` is the number it opened the watch with. */
export interface WatchHandlers {
  /** The list that a watch begins with: all objects as they are now. What was known before and is missing is gone. */
  listed(key: number, objects: readonly KubeObject[]): void;
  /** One change after it, in the order of the store. */
  changed(key: number, change: Change): void;
}

/** Watches of one kind by one component; an index into the hub's table. */
export type WatchClass = number;

interface WatchClassRow {
  readonly name: string;
  readonly kind: Kind;
  readonly identity: number;
  readonly handlers: WatchHandlers;
}

/** One open watch. */
interface Watch {
  readonly watchClass: WatchClass;
  readonly key: number;
  /** Pods of this node only; '' for all objects. */
  readonly nodeName: string;
  /** Counts openings: what was sent to an earlier one is lost. */
  epoch: number;
  state: 'closed' | 'listing' | 'open' | 'cut' | 'cut-listing';
  /** Delivery time of the latest change; none may overtake it. */
  last: Micros;
  /** Revision up to which the watcher has been told. */
  told: number;
  /** Since when it has run without a break. */
  opened: Micros;
  /** The API server that it is with; -1: none is there. */
  home: number;
}

/** The API servers' own watches begin in their own caches. */
const OWN = 'kube-apiserver/';

/** No API server is there. */
const NOWHERE = -1;

interface HubState {
  readonly watches: readonly (Watch & { readonly name: string })[];
  readonly boundTo: readonly [string, readonly string[]][];
  readonly cut: readonly string[];
  readonly caches: readonly number[];
}

/**
 * Tells watchers of what was written: each watch gets the changes of its kind in the order of the store, each after a
 * delay of its own. What is on its way is an event in the kernel.
 */
export class WatchHub implements Saveable {
  readonly #kernel: Kernel;
  readonly #server: ApiServer;
  readonly #settings: ApiServerSettings;
  readonly #delays: Purpose;
  readonly #lists: Purpose;
  readonly #classes: WatchClassRow[] = [];
  #watches: Watch[] = [];
  /** Ids of watches by class and key. */
  #ids = new Map<string, number>();
  /** Ids of watches of all objects of a kind. */
  #byKind = new Map<Kind, number[]>();
  #byNode = new Map<string, number[]>();
  /** Keys of the pods bound to each node, in order of binding: what a kubelet lists. */
  #boundTo = new Map<string, Set<string>>();
  /** Processes whose connections are broken. */
  #cut = new Set<string>();
  /** The revision with which each server's watch caches began: 0 with the cluster. */
  #caches: number[];
  readonly #timeouts: Purpose;
  readonly #deliver: HandlerId;
  readonly #list: HandlerId;
  readonly #answer: HandlerId;
  readonly #again: HandlerId;
  #reflectors: ReflectorLists | undefined;

  constructor(kernel: Kernel, server: ApiServer, settings: ApiServerSettings) {
    this.#kernel = kernel;
    this.#server = server;
    this.#settings = settings;
    this.#delays = kernel.random.purpose('watch-delay');
    this.#lists = kernel.random.purpose('list-latency');
    this.#timeouts = kernel.random.purpose('watch-timeout');
    this.#caches = Array.from({ length: settings.replicas }, () => 0);
    this.#deliver = kernel.register('watch/deliver', (id, epoch, change) =>
      this.#delivered(id, epoch, change as Change),
    );
    this.#list = kernel.register('watch/list', (id, epoch) => this.#listed(id, epoch));
    this.#answer = kernel.register('watch/list-answer', (id, epoch, reply) =>
      this.#answered(id, epoch, reply as ApiReply),
    );
    this.#again = kernel.register('watch/list-again', (id, epoch, list) => {
      if ((this.#watches[id] as Watch).epoch !== epoch) return;
      this.#reflectors?.ask(list as ReflectorList, this.#answer, id, epoch);
    });
    server.observe((change) => this.#committed(change));
  }

  /** Has the lists of watches of all objects go through the servers as requests; in constructors only. */
  listThrough(reflectors: ReflectorLists): void {
    this.#reflectors = reflectors;
  }

  /** Makes a class of watches known; in constructors only, under a name that is unique together with the kind. */
  register(name: string, kind: Kind, handlers: WatchHandlers): WatchClass {
    const full = `${name}/${kind}`;
    if (this.#classes.some((row) => row.name === full)) throw new RangeError(`a watch "${full}" is registered already`);
    return this.#classes.push({ name: full, kind, identity: identityOf(full), handlers }) - 1;
  }

  /**
   * Opens a watch: lists after the latency of a read, then tells every change. Opening an open one begins it anew.
   * `isAgain`: after a 410.
   */
  open(watchClass: WatchClass, key = 0, nodeName = '', isAgain = false): void {
    const id = this.#idOf(watchClass, key, nodeName);
    const watch = this.#watches[id] as Watch;
    watch.epoch++;
    if (watch.home === NOWHERE) {
      watch.state = 'cut-listing';
      return;
    }
    watch.state = 'listing';
    const { name, kind } = this.#classes[watchClass] as WatchClassRow;
    if (this.#reflectors !== undefined && nodeName === '' && !name.startsWith(OWN)) {
      const process = name.slice(0, name.lastIndexOf('/'));
      this.#reflectors.ask({ process, kind, isAgain, failures: 0 }, this.#answer, id, watch.epoch);
      return;
    }
    const { medianMilliseconds, p99Milliseconds } = this.#settings.readLatency;
    const milliseconds =
      p99Milliseconds > medianMilliseconds
        ? this.#lists.lognormal(this.#identityOf(watch), watch.epoch, medianMilliseconds, p99Milliseconds)
        : medianMilliseconds;
    this.#kernel.after(Math.round(milliseconds * 1000), this.#list, id, watch.epoch, undefined, Priority.delivery);
  }

  /** How many watches are told of a change of a kind; those of one node's pods are few and do not count. */
  watchers(kind: Kind): number {
    return this.#byKind.get(kind)?.length ?? 0;
  }

  /** A server is lost: its watches break off, and go on at others, or wait until one is there. */
  lose(server: number, others: readonly number[]): void {
    const replay = new Replay(this.#server);
    for (const [id, watch] of this.#watches.entries()) {
      if (watch.home !== server) continue;
      this.#breakOff(watch);
      watch.home = others[id % others.length] ?? NOWHERE;
      if (watch.home !== NOWHERE && !this.#isCut(watch)) this.#goOn(id, watch, replay);
    }
  }

  /** A server is there again, with watch caches that know nothing of what was before. */
  bringBack(server: number): void {
    this.#caches[server] = this.#server.revision;
    const replay = new Replay(this.#server);
    for (const [id, watch] of this.#watches.entries()) {
      if (watch.home !== NOWHERE) continue;
      watch.home = server;
      if (!this.#isCut(watch)) this.#goOn(id, watch, replay);
    }
  }

  /** Closes a watch; what is on its way is lost. */
  close(watchClass: WatchClass, key = 0): void {
    const id = this.#ids.get(`${(this.#classes[watchClass] as WatchClassRow).name}#${key}`);
    const watch = id === undefined ? undefined : this.#watches[id];
    if (watch === undefined) return;
    watch.epoch++;
    watch.state = 'closed';
  }

  /** Nothing reaches a process's watches before a time; then all of it does, in order. */
  delay(process: string, until: Micros): void {
    for (const watch of this.#watchesOf(process)) watch.last = Math.max(watch.last, until);
  }

  /** A process's connections break; what is on its way is lost. Closed watches stay closed. */
  cut(process: string): void {
    this.#cut.add(process);
    for (const watch of this.#watchesOf(process)) this.#breakOff(watch);
  }

  /** The connections of a process are there again, and its watches go on. */
  resume(process: string): void {
    this.#cut.delete(process);
    const replay = new Replay(this.#server);
    for (const [id, watch] of this.#watches.entries()) {
      if (this.#belongs(watch, process) && watch.home !== NOWHERE) this.#goOn(id, watch, replay);
    }
  }

  #breakOff(watch: Watch): void {
    if (watch.state === 'listing') {
      // A list that did not come is asked for again.
      watch.state = 'cut-listing';
    } else if (watch.state === 'open') {
      this.#takeBookmark(watch);
      watch.state = 'cut';
    } else return;
    watch.epoch++;
  }

  /** What the watch's latest bookmark said, which is worked out only now. It comes behind what is still on its way. */
  #takeBookmark(watch: Watch): void {
    const { now } = this.#kernel;
    if (!this.#settings.allowWatchBookmarks || watch.last > now) return;
    const sent = latestBookmark(watch.opened, now, this.#timeouts, this.#identityOf(watch));
    if (sent === undefined) return;
    watch.told = Math.max(watch.told, this.#server.progressAt(sent) ?? 0);
  }

  #identityOf({ watchClass, key }: Watch): number {
    return ((this.#classes[watchClass] as WatchClassRow).identity ^ (key * 0x9e3779b1)) >>> 0;
  }

  /**
   * A watch that broke off goes on after the last that it was told, or, where its server's watch cache does not reach back
   * so far (410 Gone, too old resource version), begins anew with a list.
   */
  #goOn(id: number, watch: Watch, replay: Replay): void {
    if (watch.state !== 'cut' && watch.state !== 'cut-listing') return;
    const { kind } = this.#classes[watch.watchClass] as WatchClassRow;
    const isKnown = watch.state === 'cut' && watch.told >= (this.#caches[watch.home] as number);
    const missed = isKnown ? replay.missed(kind, watch.nodeName, watch.told) : undefined;
    if (missed === undefined) {
      this.open(watch.watchClass, watch.key, watch.nodeName, watch.state === 'cut');
      return;
    }
    const { now } = this.#kernel;
    watch.state = 'open';
    watch.opened = now;
    watch.last = Math.max(watch.last, now);
    for (const change of missed) this.#send(id, change);
  }

  #isCut(watch: Watch): boolean {
    for (const process of this.#cut) if (this.#belongs(watch, process)) return true;
    return false;
  }

  #belongs(watch: Watch, process: string): boolean {
    return (this.#classes[watch.watchClass] as WatchClassRow).name.startsWith(`${process}/`);
  }

  #watchesOf(process: string): Watch[] {
    return this.#watches.filter((watch) => this.#belongs(watch, process));
  }

  #idOf(watchClass: WatchClass, key: number, nodeName: string): number {
    const { name } = this.#classes[watchClass] as WatchClassRow;
    const known = this.#ids.get(`${name}#${key}`);
    if (known !== undefined) return known;
    const up = this.#watches.length % this.#caches.length;
    const fresh = { epoch: 0, state: 'closed', last: 0, told: 0, opened: 0, home: up } as const;
    return this.#add({ watchClass, key, nodeName, ...fresh });
  }

  #add(watch: Watch): number {
    const { name, kind } = this.#classes[watch.watchClass] as WatchClassRow;
    const id = this.#watches.push(watch) - 1;
    this.#ids.set(`${name}#${watch.key}`, id);
    const table: Map<string, number[]> = watch.nodeName === '' ? this.#byKind : this.#byNode;
    const at = watch.nodeName === '' ? kind : watch.nodeName;
    const ids = table.get(at);
    if (ids === undefined) table.set(at, [id]);
    else ids.push(id);
    return id;
  }

  #committed(change: Change): void {
    const all = this.#byKind.get(change.kind);
    if (all !== undefined) for (const id of all) this.#send(id, change);
    if (change.kind !== 'Pod') return;
    const nodeName = (change.object as Pod).spec.nodeName;
    if (nodeName !== undefined) this.#bound(nodeName, change);
    const watches = nodeName === undefined ? undefined : this.#byNode.get(nodeName);
    if (watches === undefined) return;
    const seen = seenOnNode(change, nodeName as string);
    for (const id of watches) this.#send(id, seen);
  }

  #bound(nodeName: string, { type, key, previous }: Change): void {
    if (type === 'DELETED') {
      this.#boundTo.get(nodeName)?.delete(key);
      return;
    }
    if ((previous as Pod | undefined)?.spec.nodeName === nodeName) return;
    const keys = this.#boundTo.get(nodeName);
    if (keys === undefined) this.#boundTo.set(nodeName, new Set([key]));
    else keys.add(key);
  }

  #send(id: number, change: Change): void {
    const watch = this.#watches[id] as Watch;
    if (watch.state !== 'open') return;
    const { watchDelayMinMilliseconds: min, watchDelayMaxMilliseconds: max } = this.#settings;
    const { identity } = this.#classes[watch.watchClass] as WatchClassRow;
    const delay =
      max > min
        ? this.#delays.between((identity ^ identityOfObject(change.object)) >>> 0, change.version, min, max)
        : min;
    const due = Math.max(watch.last, this.#kernel.now + Math.round(delay * 1000));
    watch.last = due;
    this.#kernel.at(due, this.#deliver, id, watch.epoch, change, Priority.delivery);
  }

  #delivered(id: number, epoch: number, change: Change): void {
    const watch = this.#watches[id] as Watch;
    if (watch.epoch !== epoch) return;
    watch.told = change.revision;
    (this.#classes[watch.watchClass] as WatchClassRow).handlers.changed(watch.key, change);
  }

  #answered(id: number, epoch: number, reply: ApiReply): void {
    const watch = this.#watches[id] as Watch;
    if (watch.epoch !== epoch || this.#reflectors === undefined) return;
    if (reply.result.ok) {
      if (!this.#reflectors.goOn(reply, this.#answer, id, epoch)) this.#listed(id, epoch);
      return;
    }
    const list = reply.context as ReflectorList;
    const delay = this.#reflectors.backOff(list, this.#identityOf(watch), epoch);
    this.#kernel.after(delay, this.#again, id, epoch, { ...list, failures: list.failures + 1 }, Priority.delivery);
  }

  #listed(id: number, epoch: number): void {
    const watch = this.#watches[id] as Watch;
    if (watch.epoch !== epoch) return;
    watch.state = 'open';
    watch.last = this.#kernel.now;
    watch.told = this.#server.revision;
    watch.opened = this.#kernel.now;
    const { kind, handlers } = this.#classes[watch.watchClass] as WatchClassRow;
    const objects = watch.nodeName === '' ? [...this.#server.all(kind)] : this.#podsOn(watch.nodeName);
    handlers.listed(watch.key, objects);
  }

  #podsOn(nodeName: string): KubeObject[] {
    const pods: KubeObject[] = [];
    for (const key of this.#boundTo.get(nodeName) ?? []) {
      const entry = this.#server.entry('Pod', key);
      if (entry !== undefined) pods.push(entry.object);
    }
    return pods;
  }

  save(): HubState {
    const nameOf = (watch: Watch): string => (this.#classes[watch.watchClass] as WatchClassRow).name;
    return {
      watches: this.#watches.map((watch) => ({ ...watch, name: nameOf(watch) })),
      boundTo: [...this.#boundTo].map(([node, keys]) => [node, [...keys]]),
      cut: [...this.#cut],
      caches: [...this.#caches],
    };
  }

  restore(saved: unknown): void {
    this.#watches = [];
    this.#ids = new Map();
    this.#byKind = new Map();
    this.#byNode = new Map();
    const { watches, boundTo, cut, caches } = saved as HubState;
    this.#cut = new Set(cut);
    this.#caches = [...caches];
    this.#boundTo = new Map(boundTo.map(([node, keys]) => [node, new Set(keys)]));
    for (const { name, ...watch } of watches) {
      const watchClass = this.#classes.findIndex((row) => row.name === name);
      if (watchClass < 0) throw new RangeError(`the saved run has a watch "${name}", which nothing here registers`);
      this.#add({ ...watch, watchClass });
    }
  }
}
