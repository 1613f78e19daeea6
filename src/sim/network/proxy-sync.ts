import type { Micros } from '../kernel/time.ts';
import { millis, seconds } from '../kernel/time.ts';
import type { KubeProxySettings } from '../settings.ts';
import type { ServiceTables, TableChange } from './service-tables.ts';

/** The kube-proxy of one node; plain data. Its rules are those of `ServiceTables` as of the change `applied`. */
export interface NodeProxy {
  readonly node: string;
  readonly identity: number;
  /** Whether its machine runs. */
  up: boolean;
  /** Since when it hears nothing; undefined: it does. */
  deafSince: Micros | undefined;
  /** Nothing reaches it before this: its watch began then. */
  listedAt: Micros;
  /** Whether it has written rules since it started. */
  synced: boolean;
  /** The last change that is in its rules, and the one that it has heard of. */
  applied: number;
  heard: number;
  heardAt: Micros;
  /** The change up to which the sync goes that is under way; -1: there is none. When that ends. */
  syncing: number;
  endsAt: Micros;
  /** When the last sync ended, the last one of all rules began, and the next one comes of itself. */
  endedAt: Micros;
  fullAt: Micros;
  forcedAt: Micros;
}

/** How long a change is on its way to a node's proxy. */
export type WatchDelay = (proxy: NodeProxy, change: TableChange) => Micros;

/**
 * The runner that turns changes into rules. It runs at once where the last run ended long enough ago, else when that is
 * so; what has come until then is one run. A run rewrites the Services that changed; all of them once an hour, save in
 * large clusters, and when the proxy is new. Every hour it runs in any case.
 * Source: pkg/proxy/runner/bounded_frequency_runner.go, pkg/proxy/iptables/proxier.go syncProxyRules.
 *
 * Everything that it does follows from the changes and their delays, so it need not be run: it is worked out up to any
 * instant when somebody asks.
 */
export class ProxySync {
  readonly #tables: ServiceTables;
  readonly #settings: KubeProxySettings;
  readonly #delay: WatchDelay;

  constructor(tables: ServiceTables, settings: KubeProxySettings, delay: WatchDelay) {
    this.#tables = tables;
    this.#settings = settings;
    this.#delay = delay;
  }

  /** Works out what a proxy has done up to an instant, that included. */
  advance(proxy: NodeProxy, now: Micros): void {
    if (!proxy.up) return;
    for (;;) {
      if (proxy.syncing >= 0) {
        if (proxy.endsAt > now) return;
        proxy.applied = proxy.syncing;
        proxy.synced = true;
        proxy.syncing = -1;
        proxy.endedAt = proxy.endsAt;
        proxy.forcedAt = proxy.endsAt + seconds(this.#settings.fullSyncPeriodSeconds);
        continue;
      }
      const start = this.#nextStart(proxy);
      if (start > now) return;
      this.#begin(proxy, start);
    }
  }

  /** When its rules or its state change next, as far as is known by now; Infinity: nothing is under way. */
  next(proxy: NodeProxy): Micros {
    if (!proxy.up) return Infinity;
    if (proxy.syncing >= 0) return proxy.endsAt;
    // A run of all rules that changes none of them need not be seen.
    return !proxy.synced || this.#nextArrival(proxy) < Infinity ? this.#nextStart(proxy) : Infinity;
  }

  #nextStart(proxy: NodeProxy): Micros {
    const wanted = Math.min(this.#nextArrival(proxy) + 1, proxy.forcedAt);
    return Math.max(wanted, proxy.endedAt + seconds(this.#settings.minSyncPeriodSeconds));
  }

  /** When the first change arrives that it has not heard of. */
  #nextArrival(proxy: NodeProxy): Micros {
    const change = this.#tables.after(proxy.heard);
    return change === undefined ? Infinity : this.#arrival(proxy, change);
  }

  /** Watches keep to the order of the store. */
  #arrival(proxy: NodeProxy, change: TableChange): Micros {
    const arrival = Math.max(change.at + this.#delay(proxy, change), proxy.heardAt, proxy.listedAt);
    return proxy.deafSince !== undefined && arrival > proxy.deafSince ? Infinity : arrival;
  }

  #begin(proxy: NodeProxy, start: Micros): void {
    const { fullSyncPeriodSeconds, largeClusterEndpointsThreshold } = this.#settings;
    let last: TableChange | undefined;
    const rules = new Map<string, number>();
    for (let change = this.#tables.after(proxy.heard); change !== undefined;) {
      const arrival = this.#arrival(proxy, change);
      if (arrival >= start) break;
      proxy.heard = change.number;
      proxy.heardAt = arrival;
      rules.set(change.service, change.rules);
      last = change;
      change = this.#tables.after(change.number);
    }
    const state = last ?? this.#tables.change(proxy.heard);
    const large = (state?.allEndpoints ?? 0) > largeClusterEndpointsThreshold;
    const due = start - proxy.fullAt >= seconds(fullSyncPeriodSeconds);
    const full = !proxy.synced || (due && !large);
    if (full) proxy.fullAt = start;
    const all = state?.allRules ?? 0;
    let written = 0;
    if (full) written = all;
    else for (const count of rules.values()) written += Math.max(1, count);
    proxy.syncing = proxy.heard;
    proxy.endsAt = start + this.#cost(written, Math.max(0, all - written));
  }

  #cost(written: number, unchanged: number): Micros {
    const { syncBaseMilliseconds, syncMicrosecondsPerRule, syncMicrosecondsPerUnchangedRule } = this.#settings;
    const micros = written * syncMicrosecondsPerRule + unchanged * syncMicrosecondsPerUnchangedRule;
    return millis(syncBaseMilliseconds) + Math.round(micros);
  }
}
