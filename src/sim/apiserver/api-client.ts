import { identityOfObject } from '../api/uid.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ApiServerSettings, ClientSettings } from '../settings.ts';
import type { Entry } from '../etcd/store.ts';
import type { ApiServer } from './api-server.ts';
import { objectKey } from './request.ts';
import type { ApiReply, ApiRequest, ApiResult } from './request.ts';

/** How long a client that is cut off waits before it gives a request up. Source: client-go's usual 10 s timeouts. */
const UNREACHABLE_AFTER: Micros = 10 * SECOND;

/** The server died with the request in hand. */
const CONNECTION_LOST: ApiStatus = failure('ServiceUnavailable', 'the server is unreachable: connection reset by peer');

/** No reply is wanted. */
const NO_REPLY = -1;

/** A request between client and commit; the payload of its event, so plain data. */
export interface InFlight {
  readonly request: ApiRequest;
  /** The client's name. */
  readonly by: string;
  /** When it left the client. */
  readonly sent: Micros;
  /** The target's key, the store's own string where it has one. */
  readonly key: string;
  readonly onReply: HandlerId;
  readonly context: unknown;
  readonly a: number;
  readonly b: number;
  /** What it holds at a server, where servers are followed that far. */
  readonly ticket?: Ticket;
}

/** A request's place at an API server; plain data. */
export interface Ticket {
  readonly server: number;
  readonly life: number;
  /** Index of its priority level; below 0: there are none. */
  readonly level: number;
  readonly queue: number;
  readonly seats: number;
  readonly began: Micros;
  /** `level schema`. */
  readonly schema: string;
  /** What a list holds of the server's memory. */
  readonly listBytes?: number;
}

/** What stands before the API servers, where that is followed. */
export interface Front {
  send(at: Micros, inFlight: InFlight): void;
  isAlive(ticket: Ticket): boolean;
  finished(ticket: Ticket, request: ApiRequest, committed: boolean): void;
}

/** How requests of a client behave beside its token bucket. */
interface ClientOptions extends ClientSettings {
  /** Requests commit in the order they were made, as one connection that waits for each answer would have it. */
  readonly ordered?: boolean;
}

/** What may stand between a request and its commit while etcd is not well. */
export interface CommitGate {
  /** Whether requests go through as if it were not there. */
  readonly open: boolean;
  /** Takes over a request whose time has come, to let it commit or to refuse it later. */
  hold(inFlight: InFlight): void;
}

/** Second word of a commit's event: it has been through the gate. */
const PASSED = 1;

/** All clients of the API server, and the time a request takes from one of them to its commit. */
export class ApiClients implements Saveable {
  /** False while the API server answers nobody: requests of all clients then fail after 10 s. */
  available = true;
  readonly #kernel: Kernel;
  readonly #server: ApiServer;
  readonly #latency: ApiServerSettings['writeLatency'];
  readonly #draws: Purpose;
  readonly #clients = new Map<string, ApiClient>();
  readonly #commit: HandlerId;
  readonly #readLatency: ApiServerSettings['readLatency'];
  #gate: CommitGate | undefined;
  #front: Front | undefined;

  constructor(kernel: Kernel, server: ApiServer, settings: ApiServerSettings) {
    this.#kernel = kernel;
    this.#server = server;
    this.#latency = settings.writeLatency;
    this.#readLatency = settings.readLatency;
    this.#draws = kernel.random.purpose('api-write-latency');
    this.#commit = kernel.register('api/commit', (_a, passed, payload) => {
      const inFlight = payload as InFlight;
      if (this.#gate === undefined || this.#gate.open || passed === PASSED) this.#commitNow(inFlight);
      else this.#gate.hold(inFlight);
    });
  }

  /** Puts a gate before the commits; in constructors only. */
  guard(gate: CommitGate): void {
    this.#gate = gate;
  }

  /** Sends all requests through what stands before the servers; in constructors only. */
  through(front: Front): void {
    this.#front = front;
  }

  /** Lets a server carry a request out, which takes its own time from `from` on. Used by the front alone. */
  execute(from: Micros, inFlight: InFlight): void {
    const { request, key } = inFlight;
    const entry = request.name === '' ? undefined : this.#server.entry(request.kind, key);
    this.#kernel.at(from + this.#latencyOf(request, entry), this.#commit, 0, 0, inFlight, Priority.store);
  }

  /** How many objects of a kind there are. Used by the front alone. */
  countOf(kind: string): number {
    return this.#server.count(kind);
  }

  /** Mean size of a kind's objects as they are stored, in bytes; 0 where none has been. Used by the front alone. */
  bytesOf(kind: string): number {
    return this.#server.bytesOf(kind);
  }

  /** Oldest revision that the watch cache of a kind still knows. Used by the front alone. */
  cachedSince(kind: string): number {
    return this.#server.watchWindow(kind).oldest;
  }

  /** Counts a refusal that its client will not take for an answer. Used by the front alone. */
  rejected(request: ApiRequest, status: ApiStatus): void {
    this.#server.refused(request, { ok: false, status }, 0);
  }

  /** Lets a request commit that the gate has held. Used by the gate alone. */
  pass(at: Micros, inFlight: InFlight): void {
    this.#kernel.at(at, this.#commit, 0, PASSED, inFlight, Priority.store);
  }

  /** Refuses a request now. Used by the gate and the front alone. */
  refuse({ request, sent, onReply, context, a, b, ticket }: InFlight, status: ApiStatus): void {
    if (ticket !== undefined) this.#front?.finished(ticket, request, false);
    const result: ApiResult = { ok: false, status };
    this.#server.refused(request, result, this.#kernel.now - sent);
    if (onReply === NO_REPLY) return;
    const reply: ApiReply = { request, result, context };
    this.#kernel.at(this.#kernel.now, onReply, a, b, reply, Priority.delivery);
  }

  /** The client of that name, made where it is new. */
  client(name: string, options: ClientOptions): ApiClient {
    let client = this.#clients.get(name);
    if (client === undefined) {
      client = new ApiClient(name, options, this);
      this.#clients.set(name, client);
    }
    return client;
  }

  /** Names of all clients there are, in the order in which they were made. */
  get names(): readonly string[] {
    return [...this.#clients.keys()];
  }

  /**
   * A process dies: what its clients have sent and is not carried out never will be, and the next process of the same name
   * begins with full buckets. Requests that wait for no answer are taken for sent.
   *
   * @param replies - whether a handler is one of the process's
   */
  abandon(names: readonly string[], replies: (handler: HandlerId) => boolean): void {
    this.#kernel.cancelWhere((handler, payload) => handler === this.#commit && replies((payload as InFlight).onReply));
    for (const name of names) this.#clients.get(name)?.refill();
  }

  /** Sends a request that leaves its client at a time. Used by ApiClient alone. */
  send(
    client: ApiClient,
    leaves: Micros,
    request: ApiRequest,
    onReply: HandlerId,
    context: unknown,
    a: number,
    b: number,
  ): void {
    if (!this.available || !client.connected) {
      if (onReply === NO_REPLY) return;
      const status = failure('ServiceUnavailable', 'the server is unreachable: connection timed out');
      const reply: ApiReply = { request, result: { ok: false, status }, context };
      this.#kernel.after(UNREACHABLE_AFTER, onReply, a, b, reply, Priority.delivery);
      return;
    }
    const name = request.key ?? objectKey(request.namespace, request.name);
    const entry = request.name === '' ? undefined : this.#server.entry(request.kind, name);
    const inFlight: InFlight = {
      request,
      by: client.name,
      sent: leaves,
      key: entry?.key ?? name,
      onReply,
      context,
      a,
      b,
    };
    if (this.#front !== undefined) {
      this.#front.send(client.inOrder(leaves), inFlight);
      return;
    }
    const commits = client.inOrder(leaves + this.#latencyOf(request, entry));
    this.#kernel.at(commits, this.#commit, 0, 0, inFlight, Priority.store);
  }

  get now(): Micros {
    return this.#kernel.now;
  }

  /** The write's own draw: by the object and how often it was written, whoever writes it. */
  #latencyOf(request: ApiRequest, entry: Entry | undefined): Micros {
    const reads = request.verb === 'get' || request.verb === 'list';
    const { medianMilliseconds, p99Milliseconds } = reads ? this.#readLatency : this.#latency;
    if (medianMilliseconds <= 0) return 0;
    if (p99Milliseconds <= medianMilliseconds) return Math.round(medianMilliseconds * 1000);
    const identity =
      entry === undefined ? identityOf(nameInBody(request) ?? request.name) : identityOfObject(entry.object);
    const ordinal = entry === undefined ? this.#server.revision : entry.version;
    return Math.round(1000 * this.#draws.lognormal(identity, ordinal, medianMilliseconds, p99Milliseconds));
  }

  #commitNow(inFlight: InFlight): void {
    const { request, by, sent, key, onReply, context, a, b, ticket } = inFlight;
    if (ticket !== undefined) {
      if (this.#front?.isAlive(ticket) !== true) {
        this.refuse(inFlight, CONNECTION_LOST);
        return;
      }
      this.#front.finished(ticket, request, true);
    }
    const result = this.#server.handle(request, key, by, this.#kernel.now - sent);
    if (onReply === NO_REPLY) return;
    const reply: ApiReply = { request, result, context };
    this.#kernel.at(this.#kernel.now, onReply, a, b, reply, Priority.delivery);
  }

  save(): ClientsState {
    return { available: this.available, clients: [...this.#clients].map(([name, client]) => [name, client.save()]) };
  }

  restore(saved: unknown): void {
    const { available, clients } = saved as ClientsState;
    this.available = available;
    // Clients that came later are none yet: whoever makes one again gets it with a full bucket.
    const known = new Set(clients.map(([name]) => name));
    for (const name of this.#clients.keys()) if (!known.has(name)) this.#clients.delete(name);
    for (const [name, state] of clients) this.client(name, state.options).restore(state);
  }
}

interface ClientsState {
  readonly available: boolean;
  readonly clients: readonly [string, ClientState][];
}

interface ClientState {
  readonly options: ClientOptions;
  readonly connected: boolean;
  readonly theoretical: number;
  readonly lastCommit: Micros;
}

/**
 * One client's connection with its rate limit: a token bucket (client-go's flowcontrol), kept as the one number of the
 * generic cell rate algorithm, the time at which the bucket would be full again.
 */
export class ApiClient implements Saveable {
  readonly name: string;
  /** False while the client is cut off: requests then fail after 10 s. */
  connected = true;
  readonly #all: ApiClients;
  readonly #options: ClientOptions;
  /** Microseconds from one token to the next; 0 without a limit. */
  readonly #interval: number;
  #theoretical = 0;
  #lastCommit: Micros = 0;

  constructor(name: string, options: ClientOptions, all: ApiClients) {
    this.name = name;
    this.#all = all;
    this.#options = options;
    this.#interval = options.qps > 0 ? SECOND / options.qps : 0;
  }

  /**
   * Sends a request. `onReply` is called at the instant of its commit with (a, b, ApiReply); `context` is plain data that
   * comes back with it.
   */
  request(request: ApiRequest, onReply: HandlerId = NO_REPLY, context?: unknown, a = 0, b = 0): void {
    this.#all.send(this, this.#takeToken(), request, onReply, context, a, b);
  }

  #takeToken(): Micros {
    const { now } = this.#all;
    if (this.#interval === 0) return now;
    const burst = Math.max(1, this.#options.burst);
    const leaves = Math.max(now, Math.ceil(this.#theoretical - (burst - 1) * this.#interval));
    this.#theoretical = Math.max(this.#theoretical, leaves) + this.#interval;
    return leaves;
  }

  /** Fills the bucket. Used by ApiClients alone. */
  refill(): void {
    this.#theoretical = 0;
  }

  /** When a request that could commit at `time` does. Used by ApiClients alone. */
  inOrder(time: Micros): Micros {
    if (this.#options.ordered !== true) return time;
    this.#lastCommit = Math.max(this.#lastCommit, time);
    return this.#lastCommit;
  }

  save(): ClientState {
    return {
      options: this.#options,
      connected: this.connected,
      theoretical: this.#theoretical,
      lastCommit: this.#lastCommit,
    };
  }

  restore(saved: unknown): void {
    const state = saved as ClientState;
    this.connected = state.connected;
    this.#theoretical = state.theoretical;
    this.#lastCommit = state.lastCommit;
  }
}

/** The name, or the prefix of a generated one, of what a request creates. */
function nameInBody(request: ApiRequest): string | undefined {
  if (request.verb !== 'create' && request.verb !== 'apply') return undefined;
  const { metadata } = request.body as { metadata?: { name?: string; generateName?: string } };
  return metadata?.name ?? metadata?.generateName;
}
