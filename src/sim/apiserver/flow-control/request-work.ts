import type { HandlerId, Kernel } from '../../kernel/kernel.ts';
import type { Saveable } from '../../kernel/saveable.ts';
import type { EtcdSettings } from '../../etcd-settings.ts';
import type { ApiServerSettings } from '../../settings.ts';
import type { ApiClients, InFlight, Ticket } from '../api-client.ts';
import type { ReadRequest } from '../request.ts';
import type { ApiServers } from './api-servers.ts';
import { copyListFigures, countList, newListFigures } from './list-figures.ts';
import type { ListFigures } from './list-figures.ts';
import { listCost } from './list-cost.ts';
import type { ReadCost } from './list-cost.ts';
import { sourceOf } from './list-source.ts';
import type { ListSource } from './list-source.ts';
import { SharedCores, TIME_SLICE } from './shared-cores.ts';

/** A list under way; the payload of its events. */
interface Working {
  readonly inFlight: InFlight;
  readonly ticket: Ticket;
  readonly cost: ReadCost;
}

/**
 * The time that requests take of the servers' cores, once they have their seats. Ordinary ones take little and go by a
 * table; long lists share the cores, those that etcd serves first etcd's and then the API server's.
 */
export class RequestWork implements Saveable {
  readonly #kernel: Kernel;
  readonly #clients: ApiClients;
  readonly #servers: ApiServers;
  readonly #settings: ApiServerSettings;
  readonly #etcd: EtcdSettings;
  /** Of each API server, and last of the etcd member that ranges are read from. */
  readonly #cores: SharedCores;
  readonly #fetched: HandlerId;
  readonly #processed: HandlerId;
  #figures = newListFigures();
  /** Bytes of lists in each server's memory. */
  #held: number[];

  constructor(
    kernel: Kernel,
    clients: ApiClients,
    servers: ApiServers,
    settings: ApiServerSettings,
    etcd: EtcdSettings,
  ) {
    this.#kernel = kernel;
    this.#clients = clients;
    this.#servers = servers;
    this.#settings = settings;
    this.#etcd = etcd;
    const own = Array.from({ length: servers.count }, () => settings.cpuCores);
    this.#cores = new SharedCores(kernel, 'api/cores', [...own, etcd.cpuCores]);
    this.#held = own.map(() => 0);
    this.#fetched = kernel.register('api/fetched', (_a, _b, working) => this.#process(working as Working));
    this.#processed = kernel.register('api/processed', (_a, _b, working) => this.#answer(working as Working, 0));
  }

  get figures(): ListFigures {
    return this.#figures;
  }

  /** Where flow control takes a list to be read: it does not know of the snapshots. */
  estimatedSourceOf(request: ReadRequest): ListSource {
    return sourceOf(request, { ...this.#settings, listFromCacheSnapshot: false }, () => 0);
  }

  /** Carries out a request that has its seats. */
  begin(inFlight: InFlight, ticket: Ticket): void {
    const { request } = inFlight;
    if (request.verb === 'list') {
      this.#list(inFlight, ticket, request);
      return;
    }
    const { requestCpuMicroseconds, encodeBytesPerSecond } = this.#settings;
    const encoding = request.verb === 'get' ? (this.#clients.bytesOf(request.kind) * 1e6) / encodeBytesPerSecond : 0;
    this.#execute(inFlight, ticket, this.#turn(ticket.server, requestCpuMicroseconds + encoding));
  }

  #list(inFlight: InFlight, ticket: Ticket, request: ReadRequest): void {
    const { kind } = request;
    const source = sourceOf(request, this.#settings, () => this.#clients.cachedSince(kind));
    const stored = { objects: this.#clients.countOf(kind), bytesEach: this.#clients.bytesOf(kind) };
    const cost = listCost(request, source, stored, this.#settings, this.#etcd);
    countList(this.#figures, kind, source, cost);
    this.#hold(ticket.server, cost.memory);
    const working = { inFlight, ticket: { ...ticket, listBytes: cost.memory }, cost };
    if (cost.etcd > 0) this.#cores.take(this.#servers.count, cost.etcd, this.#fetched, working);
    else this.#process(working);
  }

  #hold(server: number, bytes: number): void {
    this.#held[server] = (this.#held[server] as number) + bytes;
    this.#figures.peakBytes = Math.max(this.#figures.peakBytes, ...this.#held);
  }

  /** A request has been answered: what the server's memory held of it is free. */
  finished({ server, life, listBytes = 0 }: Ticket): void {
    if (listBytes > 0 && this.#servers.life(server) === life) this.#hold(server, -listBytes);
  }

  #process(working: Working): void {
    const { ticket, cost } = working;
    const { server } = cost;
    const isLong =
      this.#settings.cpuCores > 0 && server > TIME_SLICE && this.#servers.life(ticket.server) === ticket.life;
    if (isLong) this.#cores.take(ticket.server, server, this.#processed, working);
    else this.#answer(working, this.#turn(ticket.server, server));
  }

  /** Short work: a core's time as soon as one is free. */
  #turn(server: number, micros: number): number {
    return this.#servers.process(server, micros) + this.#cores.wait(server);
  }

  #answer({ inFlight, ticket, cost }: Working, work: number): void {
    this.#execute(inFlight, ticket, work + cost.transfer);
  }

  #execute(inFlight: InFlight, ticket: Ticket, after: number): void {
    this.#clients.execute(this.#kernel.now + after, { ...inFlight, ticket });
  }

  /** A server is lost: its lists end now, and their clients will hear that the connection broke. */
  lose(server: number): void {
    this.#held[server] = 0;
    this.#cores.drop(server);
  }

  save(): unknown {
    return { cores: this.#cores.save(), figures: copyListFigures(this.#figures), held: [...this.#held] };
  }

  restore(saved: unknown): void {
    const state = saved as { readonly cores: unknown; readonly figures: ListFigures; readonly held: readonly number[] };
    this.#cores.restore(state.cores);
    this.#figures = copyListFigures(state.figures);
    this.#held = [...state.held];
  }
}
