import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { millis, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { drawLatency } from '../latency.ts';
import { LatencyHistogram } from '../latency-histogram.ts';
import { ProxySync } from './proxy-sync.ts';
import type { NodeProxy } from './proxy-sync.ts';
import type { ServiceTable, ServiceTables } from './service-tables.ts';

/** What proxies need to know of the machines that they are on. */
export interface ProxyMachines {
  /** Whether the machine runs, be its kubelet hung or not. */
  isUp(node: string): boolean;
  /** Whether what the API server sends does not reach it. */
  isDeaf(node: string): boolean;
}

interface ProxiesState {
  readonly proxies: readonly NodeProxy[];
  readonly followed: readonly (readonly [string, EventRef])[];
  readonly lags: unknown;
}

/** Changes after which those that every proxy has are forgotten. */
const FORGET_EVERY = 1024;

/** Changes younger than this are kept for whoever has not asked so far: longer than they are under way. */
const KEPT = seconds(120);

/**
 * The kube-proxies of all nodes. There is one set of tables for all of them, and of each proxy that somebody asks for how
 * far it has come; only of those that are followed is a sync an event.
 */
export class KubeProxies implements Saveable {
  readonly #tables: ServiceTables;
  readonly #kernel: Kernel;
  readonly #machines: ProxyMachines;
  readonly #sync: ProxySync;
  readonly #phases: Purpose;
  readonly #draw: (who: number, n: number) => Micros;
  readonly #settings: Environment['settings'];
  readonly #turn: HandlerId;
  readonly #listeners: ((node: string, services: ReadonlySet<string>) => void)[] = [];
  /** From the commit of a change to the rules of each node that is followed: kubeproxy_network_programming_duration. */
  readonly lags = new LatencyHistogram();
  #proxies = new Map<string, NodeProxy>();
  /** The next step of each node that is followed. */
  #followed = new Map<string, EventRef>();

  constructor({ kernel, settings }: Environment, machines: ProxyMachines, tables: ServiceTables) {
    this.#kernel = kernel;
    this.#tables = tables;
    this.#machines = machines;
    this.#settings = settings;
    const delays = kernel.random.purpose('kube-proxy-watch');
    const { watchDelayMinMilliseconds: min, watchDelayMaxMilliseconds: max } = settings.apiServer;
    this.#sync = new ProxySync(tables, settings.kubeProxy, ({ identity }, { number }) =>
      millis(max > min ? delays.between(identity, number, min, max) : min),
    );
    this.#phases = kernel.random.purpose('kube-proxy-phase');
    const lists = kernel.random.purpose('kube-proxy-list');
    this.#draw = (who, n) => Math.round(drawLatency(settings.apiServer.readLatency, lists, who, n));
    this.#turn = kernel.register('kube-proxy/sync', (_a, _b, node) => this.#onTurn(node as string));
  }

  /** Has it said which Services' rules have changed on a node that is followed; in constructors only. */
  observe(listener: (node: string, services: ReadonlySet<string>) => void): void {
    this.#listeners.push(listener);
  }

  /** A Service as a node's rules have it at this instant; undefined where they do not have it. */
  table(node: string, service: string): ServiceTable | undefined {
    const proxy = this.#proxy(node);
    this.#sync.advance(proxy, this.#kernel.now);
    return proxy.up && proxy.synced ? this.#tables.at(service, proxy.applied) : undefined;
  }

  /** Has the listeners told of what changes on a node from now on. */
  follow(node: string): void {
    if (this.#followed.has(node)) return;
    this.#sync.advance(this.#proxy(node), this.#kernel.now);
    this.#followed.set(node, NO_EVENT);
    this.#plan(node);
  }

  unfollow(node: string): void {
    const turn = this.#followed.get(node);
    if (turn === undefined) return;
    this.#kernel.cancel(turn);
    this.#followed.delete(node);
  }

  /** Something happened to a machine: it came up or went down, or its way from the API server was cut or joined. */
  machineChanged(node: string): void {
    const proxy = this.#proxies.get(node);
    if (proxy === undefined) return;
    const { now } = this.#kernel;
    this.#sync.advance(proxy, now);
    const isUp = this.#machines.isUp(node);
    const isDeaf = this.#machines.isDeaf(node);
    if (proxy.up && !isUp)
      Object.assign(proxy, { up: false, synced: false, syncing: -1, applied: 0, heard: 0, heardAt: 0 });
    else if (!proxy.up && isUp) this.#starts(proxy);
    if (isDeaf && proxy.deafSince === undefined) proxy.deafSince = now;
    else if (!isDeaf && proxy.deafSince !== undefined) {
      proxy.deafSince = undefined;
      proxy.listedAt = now + this.#draw(proxy.identity, this.#tables.latest);
    }
    this.#kernel.cancel(this.#followed.get(node) ?? NO_EVENT);
    this.#plan(node);
  }

  /** A proxy that has just begun: it lists, and writes all rules. */
  #starts(proxy: NodeProxy): void {
    const { now } = this.#kernel;
    const listedAt = now + this.#draw(proxy.identity, this.#tables.latest);
    Object.assign(proxy, { up: true, listedAt, forcedAt: listedAt + 1, endedAt: -seconds(3600) });
  }

  #proxy(node: string): NodeProxy {
    let proxy = this.#proxies.get(node);
    if (proxy === undefined) {
      proxy = this.#newProxy(node);
      this.#proxies.set(node, proxy);
    }
    return proxy;
  }

  /** One of which nobody has asked yet: nothing has happened to it, so it has what is not under way any more. */
  #newProxy(node: string): NodeProxy {
    const identity = identityOf(node);
    const period = seconds(this.#settings.kubeProxy.fullSyncPeriodSeconds);
    const up = this.#machines.isUp(node);
    // Its hourly run comes at some time of its own.
    const before = Math.round(this.#phases.uniform(identity, 0) * period);
    const oldest = this.#tables.after(0);
    const known = oldest === undefined ? this.#tables.latest : oldest.number - 1;
    return {
      node,
      identity,
      up,
      deafSince: this.#machines.isDeaf(node) ? this.#kernel.now : undefined,
      listedAt: 0,
      synced: up,
      applied: known,
      heard: known,
      heardAt: 0,
      syncing: -1,
      endsAt: 0,
      endedAt: -before,
      fullAt: -before,
      forcedAt: period - before,
    };
  }

  /** There is something to write. */
  changed(): void {
    for (const [node, turn] of this.#followed) if (!this.#kernel.isPending(turn)) this.#plan(node);
    if (this.#tables.latest % FORGET_EVERY === 0) this.#forget();
  }

  #forget(): void {
    const { now } = this.#kernel;
    let until = this.#tables.latest;
    for (const proxy of this.#proxies.values()) {
      this.#sync.advance(proxy, now);
      if (proxy.up) until = Math.min(until, proxy.applied, proxy.heard);
    }
    while (until > 0 && (this.#tables.change(until)?.at ?? 0) > now - KEPT) until--;
    this.#tables.forget(until, now - KEPT);
  }

  #plan(node: string): void {
    if (!this.#followed.has(node)) return;
    const next = this.#sync.next(this.#proxy(node));
    const turn =
      next === Infinity ? NO_EVENT : this.#kernel.at(Math.max(next, this.#kernel.now), this.#turn, 0, 0, node);
    this.#followed.set(node, turn);
  }

  #onTurn(node: string): void {
    const proxy = this.#proxy(node);
    const { applied, synced } = proxy;
    this.#sync.advance(proxy, this.#kernel.now);
    this.#plan(node);
    if (proxy.applied === applied && proxy.synced === synced) return;
    const services = new Set<string>();
    if (synced) {
      for (let n = applied + 1; n <= proxy.applied; n++) {
        const change = this.#tables.change(n);
        if (change === undefined) continue;
        services.add(change.service);
        this.lags.add(this.#kernel.now - change.at);
      }
    } else for (const service of this.#tables.services()) services.add(service);
    for (const listener of this.#listeners) listener(node, services);
  }

  save(): ProxiesState {
    return {
      proxies: [...this.#proxies.values()].map((proxy) => ({ ...proxy })),
      followed: [...this.#followed],
      lags: this.lags.save(),
    };
  }

  restore(saved: unknown): void {
    const { proxies, followed, lags } = saved as ProxiesState;
    this.lags.restore(lags);
    this.#proxies = new Map(proxies.map((proxy) => [proxy.node, { ...proxy }]));
    this.#followed = new Map(followed);
  }
}
