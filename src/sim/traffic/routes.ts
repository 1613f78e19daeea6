import type { Endpoint } from '../api/workloads.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { ServiceTable } from '../network/service-tables.ts';

/** Where requests of a client go: evenly to these endpoints, of which there may be none; or to a node that is down. */
export type Destination = readonly Endpoint[] | 'down';

/** Clients whose requests go the same way. */
export interface Route {
  readonly to: Destination;
  /** How many clients. */
  readonly clients: number;
}

/** What a client's node does with a new connection. */
export interface Lookup {
  /** 'down': the node is not there any more, and whoever sends to it does not know. */
  table(node: string): ServiceTable | 'down' | undefined;
  usable(table: ServiceTable, node: string): readonly Endpoint[];
  /** Whether session affinity is to be seen: each client is one, not many behind an address. */
  readonly affinity: boolean;
}

interface SavedRoutes {
  readonly sites: readonly (readonly [string, readonly string[]])[];
  readonly sticky: readonly (readonly [string, string, number])[];
  /** A client of each route, in their order: its node and its number there. */
  readonly order: readonly (readonly [string, number])[];
}

/** What no rule leads to. */
const NOWHERE: readonly Endpoint[] = [];

/** What an endpoint is told from others by. */
export function endpointId({ targetRef, addresses }: Endpoint): string {
  return targetRef?.uid ?? addresses[0] ?? '';
}

/**
 * Where the clients of one traffic are, and where each node's rules send them. Clients whose nodes choose among the same
 * endpoints are one route, so that most often there are one or two however many clients there are.
 */
export class Routes implements Saveable {
  readonly #lookup: Lookup;
  readonly #draws: Purpose;
  /** Clients by node. */
  #sites = new Map<string, Set<string>>();
  /** The endpoint that each client of a Service with session affinity stays with, and how often it has chosen. */
  #sticky = new Map<string, { endpoint: string; choices: number }>();
  /** What the clients of each node choose from at present: one route for all, or one each where they stay with a pod. */
  readonly #chosen = new Map<string, readonly Route[]>();
  readonly #groups = new Map<Destination, number>();
  #clients = 0;

  constructor(lookup: Lookup, draws: Purpose) {
    this.#lookup = lookup;
    this.#draws = draws;
  }

  /** How many clients there are. */
  get clients(): number {
    return this.#clients;
  }

  /** Nodes on which there are clients. */
  get nodes(): Iterable<string> {
    return this.#sites.keys();
  }

  hasClientsOn(node: string): boolean {
    return this.#sites.has(node);
  }

  /** The present routes, in the order in which they came up. */
  *list(): IterableIterator<Route> {
    for (const [to, clients] of this.#groups) yield { to, clients };
  }

  add(node: string, client: string): void {
    const site = this.#sites.get(node);
    if (site === undefined) this.#sites.set(node, new Set([client]));
    else site.add(client);
    this.refresh(node);
  }

  remove(node: string, client: string): void {
    const site = this.#sites.get(node);
    if (site === undefined || !site.delete(client)) return;
    if (site.size === 0) this.#sites.delete(node);
    this.#sticky.delete(client);
    this.refresh(node);
  }

  /** Looks at a node's rules again. */
  refresh(node: string): void {
    this.#leave(node);
    const clients = this.#sites.get(node);
    if (clients === undefined) return;
    const chosen = this.#routesOf(node, clients);
    this.#chosen.set(node, chosen);
    this.#clients += clients.size;
    for (const { to, clients: count } of chosen) this.#groups.set(to, (this.#groups.get(to) ?? 0) + count);
  }

  #routesOf(node: string, clients: ReadonlySet<string>): readonly Route[] {
    const table = this.#lookup.table(node);
    if (table === 'down' || table === undefined) return [{ to: table ?? NOWHERE, clients: clients.size }];
    const usable = this.#lookup.usable(table, node);
    const stays = this.#lookup.affinity && table.spec.sessionAffinity === 'ClientIP' && usable.length > 0;
    if (!stays) return [{ to: usable, clients: clients.size }];
    return [...clients].map((client) => ({ to: this.#stay(client, usable), clients: 1 }));
  }

  #leave(node: string): void {
    const chosen = this.#chosen.get(node);
    if (chosen === undefined) return;
    this.#chosen.delete(node);
    for (const { to, clients } of chosen) {
      this.#clients -= clients;
      const left = (this.#groups.get(to) ?? 0) - clients;
      if (left > 0) this.#groups.set(to, left);
      else this.#groups.delete(to);
    }
  }

  /** The endpoint that a client stays with as long as the rules have it; else it gets another one, at random. */
  #stay(client: string, usable: readonly Endpoint[]): readonly Endpoint[] {
    const known = this.#sticky.get(client);
    const same = known && usable.find((endpoint) => endpointId(endpoint) === known.endpoint);
    if (same !== undefined) return single(same);
    const choices = known?.choices ?? 0;
    const chosen = usable[this.#draws.integer(identityOf(client), choices, usable.length)] as Endpoint;
    this.#sticky.set(client, { endpoint: endpointId(chosen), choices: choices + 1 });
    return single(chosen);
  }

  save(): SavedRoutes {
    return {
      sites: [...this.#sites].map(([node, clients]) => [node, [...clients]]),
      sticky: [...this.#sticky].map(([client, { endpoint, choices }]) => [client, endpoint, choices]),
      order: this.#order(),
    };
  }

  #order(): readonly (readonly [string, number])[] {
    const found = new Map<Destination, readonly [string, number]>();
    for (const [node, chosen] of this.#chosen) {
      for (const [i, { to }] of chosen.entries()) if (!found.has(to)) found.set(to, [node, i]);
    }
    return [...this.#groups.keys()].map((list) => found.get(list) as readonly [string, number]);
  }

  /** After the tables are restored. */
  restore(saved: unknown): void {
    const { sites, sticky, order } = saved as SavedRoutes;
    this.#sites = new Map(sites.map(([node, clients]) => [node, new Set(clients)]));
    this.#sticky = new Map(sticky.map(([client, endpoint, choices]) => [client, { endpoint, choices }]));
    this.#chosen.clear();
    this.#groups.clear();
    this.#clients = 0;
    for (const node of this.#sites.keys()) this.refresh(node);
    const counts = new Map(this.#groups);
    this.#groups.clear();
    for (const [node, i] of order) {
      const list = this.#chosen.get(node)?.[i]?.to as Destination;
      this.#groups.set(list, counts.get(list) as number);
    }
  }
}

const singles = new WeakMap<Endpoint, readonly Endpoint[]>();

/** One and the same list for an endpoint alone. */
function single(endpoint: Endpoint): readonly Endpoint[] {
  let list = singles.get(endpoint);
  if (list === undefined) {
    list = [endpoint];
    singles.set(endpoint, list);
  }
  return list;
}
