import type { Kernel } from '../../kernel/kernel.ts';
import type { Saveable } from '../../kernel/saveable.ts';
import { millis, seconds } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { ApiServerSettings } from '../../settings.ts';

/** One API server behind the balancer; plain data. */
interface Replica {
  up: boolean;
  /** What the balancer takes it for. */
  listed: boolean;
  /** Counts its starts: what was under way in an earlier life is lost. */
  life: number;
  /** When each of its cores is free. */
  readonly cores: Micros[];
}

interface State {
  readonly replicas: readonly Replica[];
  readonly homes: readonly [string, number][];
  readonly next: number;
}

/**
 * The API servers behind a balancer: each client keeps one connection, to the server it was dealt, until that breaks; then
 * it is dealt another of those that the balancer takes for well. A server that comes back gets new connections only.
 */
export class ApiServers implements Saveable {
  readonly #kernel: Kernel;
  readonly #settings: ApiServerSettings;
  #replicas: Replica[];
  #homes = new Map<string, number>();
  #next = 0;

  constructor(kernel: Kernel, settings: ApiServerSettings) {
    this.#kernel = kernel;
    this.#settings = settings;
    this.#replicas = Array.from({ length: settings.replicas }, () => ({
      up: true,
      listed: true,
      life: 0,
      cores: Array.from({ length: Math.max(1, settings.cpuCores) }, () => 0),
    }));
  }

  get count(): number {
    return this.#replicas.length;
  }

  isUp(server: number): boolean {
    return this.#at(server).up;
  }

  /** Those that are up. */
  get up(): readonly number[] {
    return this.#replicas.flatMap(({ up }, server) => (up ? [server] : []));
  }

  life(server: number): number {
    return this.#at(server).life;
  }

  #at(server: number): Replica {
    return this.#replicas[server] as Replica;
  }

  /** The server that a client's connection leads to. */
  homeOf(client: string): number {
    let home = this.#homes.get(client);
    if (home === undefined) {
      home = this.#deal();
      this.#homes.set(client, home);
    }
    return home;
  }

  /** The client's connection broke: its next request takes a new one. */
  disconnect(client: string): void {
    this.#homes.delete(client);
  }

  /** Names of clients connected to a server. */
  clientsOf(server: number): readonly string[] {
    return [...this.#homes].filter(([, home]) => home === server).map(([client]) => client);
  }

  #deal(): number {
    for (let tries = 0; tries < this.count; tries++) {
      const server = this.#next++ % this.count;
      if (this.#at(server).listed) return server;
    }
    return this.#next++ % this.count;
  }

  /** A server dies; the balancer notices after its health check's time, see `noticed`. */
  lose(server: number): void {
    const replica = this.#at(server);
    replica.up = false;
    replica.life++;
  }

  /** The balancer has looked. */
  noticed(server: number): void {
    const replica = this.#at(server);
    replica.listed = replica.up;
  }

  bringBack(server: number): void {
    this.#at(server).up = true;
  }

  get healthCheck(): Micros {
    return seconds(this.#settings.balancerHealthCheckSeconds);
  }

  /** Takes a core of the server for so long, as soon as one is free. Answers how long it is until that is done. */
  process(server: number, cpuMicroseconds: number): Micros {
    if (this.#settings.cpuCores === 0 || cpuMicroseconds === 0) return 0;
    const { cores } = this.#at(server);
    const { now } = this.#kernel;
    let first = 0;
    for (let core = 1; core < cores.length; core++)
      if ((cores[core] as Micros) < (cores[first] as Micros)) first = core;
    const done = Math.max(now, cores[first] as Micros) + Math.round(cpuMicroseconds);
    cores[first] = done;
    return done - now;
  }

  /** Every server tells its own watchers of a change, which takes its cores' time and holds nobody up directly. */
  fanOut(watchers: number): void {
    const each = this.#settings.watchCpuMicrosecondsPerEvent * (watchers / this.count);
    if (each === 0) return;
    for (let server = 0; server < this.count; server++) if (this.isUp(server)) this.process(server, each);
  }

  save(): State {
    return {
      replicas: this.#replicas.map((replica) => ({ ...replica, cores: [...replica.cores] })),
      homes: [...this.#homes],
      next: this.#next,
    };
  }

  restore(saved: unknown): void {
    const { replicas, homes, next } = saved as State;
    this.#replicas = replicas.map((replica) => ({ ...replica, cores: [...replica.cores] }));
    this.#homes = new Map(homes);
    this.#next = next;
  }
}

/** Time that a rejected client is told to wait. Source: apiserver server/filters (retryAfter), 1 s. */
export const RETRY_AFTER: Micros = millis(1000);
