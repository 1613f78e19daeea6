import { failure } from '../../api/status.ts';
import type { ApiStatus } from '../../api/status.ts';
import type { EventRef, HandlerId, Kernel } from '../../kernel/kernel.ts';
import { Priority } from '../../kernel/priority.ts';
import type { Saveable } from '../../kernel/saveable.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { LevelFigures } from '../../control-plane-figures.ts';
import type { EtcdSettings } from '../../etcd-settings.ts';
import type { ApiServerSettings } from '../../settings.ts';
import type { ApiClients, InFlight, Ticket } from '../api-client.ts';
import type { ApiRequest } from '../request.ts';
import { Informers } from '../informer.ts';
import type { Informer } from '../informer.ts';
import type { WatchHub } from '../watch-hub.ts';
import { ApiServers, RETRY_AFTER } from './api-servers.ts';
import { FlowConfiguration } from './configuration.ts';
import type { FlowSchemaObject, PriorityLevelObject } from './configuration.ts';
import { copyFigures, countOne, countWait, newFigures } from './figures.ts';
import type { FlowFigures } from './figures.ts';
import { LevelSeats } from './level-seats.ts';
import type { ListFigures } from './list-figures.ts';
import { attributesOf, subjectOf } from './requesters.ts';
import type { LoadUser, Subject } from './requesters.ts';
import { RequestWork } from './request-work.ts';
import { flowOf } from './schemas.ts';
import type { Seats } from './seats.ts';
import { listSeats, mostSeats, watchersTold } from './width.ts';

/** Longest wait in a queue: a quarter of the request's timeout. Source: server/config.go. */
const WAIT_SHARE = 0.25;

/** How often limits are lent anew. Source: flowcontrol/apf_controller.go (borrowingAdjustmentPeriod). */
const BORROWING_PERIOD: Micros = 10 * SECOND;

/** How long a client tries to connect before it reports that it cannot. An assumption. */
const CONNECTING: Micros = SECOND;

/** A client asks again so often when it is told to. Source: client-go rest/with_retry.go. */
const RETRIES = 10;

/** A request at the server that does not have its seats yet. */
interface Waiting {
  readonly inFlight: InFlight;
  readonly ticket: Ticket;
  readonly attempt: number;
  readonly timeout: EventRef;
}

/** A request that comes to the server, the payload of its event. */
interface Coming {
  readonly inFlight: InFlight;
  readonly attempt: number;
}

/**
 * What stands between clients and the API server's work: a balancer and several servers, the limits on what each has in
 * hand (priority and fairness, or max-in-flight), and the time of its cores. Where it is not asked for, there is none.
 */
export class ApiFront implements Saveable {
  readonly #kernel: Kernel;
  readonly #clients: ApiClients;
  readonly #hub: WatchHub;
  readonly #settings: ApiServerSettings;
  readonly servers: ApiServers;
  readonly #work: RequestWork;
  readonly #informers: Informers;
  readonly #levelObjects: Informer<PriorityLevelObject>;
  readonly #schemaObjects: Informer<FlowSchemaObject>;
  #configuration = new FlowConfiguration();
  readonly #seats: LevelSeats;
  /** Requests under way by server without priority and fairness: reading and mutating ones. */
  #inHand: [number, number][];
  readonly #loads: ReadonlyMap<string, LoadUser>;
  readonly #subjects = new Map<string, Subject>();
  #waiting = new Map<number, Waiting>();
  #next = 1;
  #figures = newFigures();
  readonly #arrive: HandlerId;
  readonly #timeout: HandlerId;
  readonly #release: HandlerId;
  readonly #lend: HandlerId;
  readonly #notice: HandlerId;
  readonly #refused: HandlerId;

  /** @param loads - the users of loads, by the load's name */
  constructor(
    kernel: Kernel,
    clients: ApiClients,
    hub: WatchHub,
    settings: ApiServerSettings,
    etcd: EtcdSettings,
    loads: ReadonlyMap<string, LoadUser> = new Map(),
  ) {
    this.#loads = loads;
    this.#kernel = kernel;
    this.#clients = clients;
    this.#hub = hub;
    this.#settings = settings;
    this.servers = new ApiServers(kernel, settings);
    this.#work = new RequestWork(kernel, clients, this.servers, settings, etcd);
    const total = settings.maxRequestsInflight + settings.maxMutatingRequestsInflight;
    this.#seats = new LevelSeats(settings.replicas, total, this.#configuration);
    this.#inHand = Array.from({ length: settings.replicas }, () => [0, 0]);
    this.#informers = new Informers('kube-apiserver', hub);
    this.#levelObjects = this.#informers.informer<PriorityLevelObject>('PriorityLevelConfiguration');
    this.#schemaObjects = this.#informers.informer<FlowSchemaObject>('FlowSchema');
    for (const informer of [this.#levelObjects, this.#schemaObjects]) informer.on(() => this.#configure());
    this.#arrive = kernel.register('api/arrive', (_a, _b, coming) => this.#arrived(coming as Coming));
    this.#timeout = kernel.register('api/wait-timeout', (id) => this.#waitedTooLong(id));
    this.#release = kernel.register('api/release', (_a, _b, ticket) => this.#releaseNow(ticket as Ticket));
    this.#lend = kernel.register('api/lend-seats', () => this.#lendNow());
    this.#notice = kernel.register('api/balancer', (server) => this.servers.noticed(server));
    this.#refused = kernel.register('api/refused', (_a, _b, inFlight) =>
      this.#clients.refuse(inFlight as InFlight, CONNECTION_REFUSED),
    );
    clients.through(this);
  }

  start(): void {
    if (!this.#settings.enablePriorityAndFairness) return;
    this.#kernel.after(BORROWING_PERIOD, this.#lend);
    this.#informers.start();
  }

  /** What users say of levels and schemas has changed; all servers hear of it at once. */
  #configure(): void {
    this.#configuration = new FlowConfiguration([...this.#levelObjects.list()], [...this.#schemaObjects.list()]);
    this.#seats.configure(this.#configuration);
    for (let server = 0; server < this.servers.count; server++) this.#dispatchAll(server);
  }

  get figures(): FlowFigures {
    return this.#figures;
  }

  get lists(): ListFigures {
    return this.#work.figures;
  }

  /** The levels' states over all servers. */
  get levels(): readonly LevelFigures[] {
    return this.#seats.figures;
  }

  /** A request leaves its client at a time. */
  send(at: Micros, inFlight: InFlight): void {
    const coming: Coming = { inFlight, attempt: 0 };
    this.#kernel.at(at, this.#arrive, 0, 0, coming, Priority.external);
  }

  #arrived({ inFlight, attempt }: Coming): void {
    const { by, request } = inFlight;
    const server = this.servers.homeOf(by);
    if (!this.servers.isUp(server)) {
      this.servers.disconnect(by);
      this.#kernel.after(CONNECTING, this.#refused, 0, 0, inFlight, Priority.store);
      return;
    }
    if (!this.#settings.enablePriorityAndFairness) {
      this.#arrivedInFlight(inFlight, attempt, server);
      return;
    }
    const subject = this.#subjectOf(by);
    const attributes = attributesOf(request);
    const schema = this.#configuration.schemaOf(subject, attributes);
    const level = this.#seats.numberOf(schema.level);
    const seats = this.#seats.at(server, level);
    const width = this.#width(request, seats);
    const { now } = this.#kernel;
    const id = this.#next++;
    const claim = { flow: flowOf(schema, subject, attributes), seats: width, arrived: now, load: id };
    const arrival = seats.arrive(claim, now);
    const key = `${seats.level.name} ${schema.name}`;
    if ('rejected' in arrival) {
      this.#reject(inFlight, attempt, `${key} ${arrival.rejected}`);
      return;
    }
    const life = this.servers.life(server);
    const ticket: Ticket = { server, life, level, queue: arrival.queue, seats: width, began: now, schema: key };
    if (!arrival.waits) {
      this.#execute(inFlight, ticket, 0);
      return;
    }
    const patience = Math.round(this.#settings.requestTimeoutSeconds * WAIT_SHARE * SECOND);
    const timeout = this.#kernel.after(patience, this.#timeout, id, 0, undefined, Priority.store);
    this.#waiting.set(id, { inFlight, ticket, attempt, timeout });
  }

  #arrivedInFlight(inFlight: InFlight, attempt: number, server: number): void {
    const counts = this.#inHand[server] as [number, number];
    const { maxRequestsInflight, maxMutatingRequestsInflight } = this.#settings;
    const mutates = isMutating(inFlight.request);
    const limit = mutates ? maxMutatingRequestsInflight : maxRequestsInflight;
    if (limit > 0 && counts[Number(mutates) as 0 | 1] >= limit) {
      this.#reject(inFlight, attempt, `${mutates ? 'mutating' : 'readOnly'} none max-in-flight`);
      return;
    }
    counts[Number(mutates) as 0 | 1]++;
    const life = this.servers.life(server);
    const ticket = { server, life, level: -1, queue: Number(mutates), seats: 1, began: this.#kernel.now, schema: '' };
    this.#execute(inFlight, ticket, undefined);
  }

  #subjectOf(client: string): Subject {
    let subject = this.#subjects.get(client);
    if (subject === undefined) this.#subjects.set(client, (subject = subjectOf(client, this.#loads)));
    return subject;
  }

  #width(request: ApiRequest, { level, nominal }: Seats<number>): number {
    if (request.verb !== 'list') return 1;
    const most = mostSeats(nominal, level.queuing?.handSize ?? 1);
    const { kind } = request;
    const stored = { objects: this.#clients.countOf(kind), bytesEach: this.#clients.bytesOf(kind) };
    return listSeats(request, this.#work.estimatedSourceOf(request), stored, most);
  }

  /** 429: the client asks again after a while, unless it has done so often enough. Source: client-go rest/with_retry.go. */
  #reject(inFlight: InFlight, attempt: number, key: string): void {
    countOne(this.#figures.rejected, key);
    if (attempt >= RETRIES) {
      this.#clients.refuse(inFlight, TOO_MANY);
      return;
    }
    this.#clients.rejected(inFlight.request, TOO_MANY);
    const again: Coming = { inFlight, attempt: attempt + 1 };
    this.#kernel.after(RETRY_AFTER, this.#arrive, 0, 0, again, Priority.external);
  }

  /** The request has its seats: the server works on it, and it commits. */
  #execute(inFlight: InFlight, ticket: Ticket, waitedSeconds: number | undefined): void {
    if (waitedSeconds !== undefined) {
      countOne(this.#figures.dispatched, ticket.schema);
      countWait(this.#figures, ticket.schema, waitedSeconds);
    }
    this.#work.begin(inFlight, ticket);
  }

  /** Whether the server that took a request is the one that it was. */
  isAlive({ server, life }: Ticket): boolean {
    return this.servers.life(server) === life;
  }

  /** A request has been answered: its seats come free, a write's when its watchers have been told. */
  finished(ticket: Ticket, request: ApiRequest, committed: boolean): void {
    this.#work.finished(ticket);
    const watchers = committed && isMutating(request) ? this.#hub.watchers(request.kind) : 0;
    if (watchers > 0) this.servers.fanOut(watchers);
    const longer = ticket.level < 0 ? 0 : watchersTold(watchers);
    if (longer === 0) this.#releaseNow(ticket);
    else this.#kernel.after(longer, this.#release, 0, 0, ticket, Priority.store);
  }

  #releaseNow(ticket: Ticket): void {
    const { server, level, queue, seats, began } = ticket;
    if (!this.isAlive(ticket)) return;
    if (level < 0) {
      (this.#inHand[server] as [number, number])[queue as 0 | 1]--;
      return;
    }
    const { now } = this.#kernel;
    const of = this.#seats.at(server, level);
    of.release(queue, seats, now - began, now);
    this.#dispatch(of);
  }

  #dispatch(seats: Seats<number>): void {
    const { now } = this.#kernel;
    for (let next = seats.dispatch(now); next !== undefined; next = seats.dispatch(now)) {
      const id = next.claim.load;
      const { inFlight, ticket, timeout } = this.#waiting.get(id) as Waiting;
      this.#waiting.delete(id);
      this.#kernel.cancel(timeout);
      this.#execute(inFlight, { ...ticket, queue: next.queue, began: now }, (now - next.claim.arrived) / SECOND);
    }
  }

  #waitedTooLong(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    const { ticket, inFlight, attempt } = waiting;
    const seats = this.#seats.at(ticket.server, ticket.level);
    seats.giveUp(ticket.queue, id);
    this.#reject(inFlight, attempt, `${ticket.schema} time-out`);
  }

  #lendNow(): void {
    for (let server = 0; server < this.servers.count; server++) {
      this.#seats.lend(server);
      this.#dispatchAll(server);
    }
    this.#kernel.after(BORROWING_PERIOD, this.#lend);
  }

  #dispatchAll(server: number): void {
    for (const seats of this.#seats.of(server)) this.#dispatch(seats);
  }

  /** A server dies: what it had in hand is lost, its clients connect anew, and so do their watches. */
  lose(server: number): void {
    const clients = this.servers.clientsOf(server);
    this.servers.lose(server);
    this.#inHand[server] = [0, 0];
    for (const load of this.#seats.clear(server)) {
      const { inFlight, timeout } = this.#waiting.get(load) as Waiting;
      this.#waiting.delete(load);
      this.#kernel.cancel(timeout);
      this.#clients.refuse(inFlight, CONNECTION_REFUSED);
    }
    this.#work.lose(server);
    for (const client of clients) this.servers.disconnect(client);
    this.#hub.lose(server, this.servers.up);
    this.#kernel.after(this.servers.healthCheck, this.#notice, server);
  }

  bringBack(server: number): void {
    this.servers.bringBack(server);
    this.#hub.bringBack(server);
    this.#kernel.after(this.servers.healthCheck, this.#notice, server);
  }

  save(): unknown {
    return {
      servers: this.servers.save(),
      work: this.#work.save(),
      informers: this.#informers.save(),
      seats: this.#seats.save(),
      inHand: this.#inHand.map((counts) => [...counts]),
      waiting: [...this.#waiting],
      next: this.#next,
      figures: copyFigures(this.#figures),
    };
  }

  restore(saved: unknown): void {
    const state = saved as {
      readonly servers: unknown;
      readonly work: unknown;
      readonly informers: unknown;
      readonly seats: unknown;
      readonly inHand: readonly [number, number][];
      readonly waiting: readonly [number, Waiting][];
      readonly next: number;
      readonly figures: FlowFigures;
    };
    this.servers.restore(state.servers);
    this.#work.restore(state.work);
    this.#informers.restore(state.informers);
    this.#configuration = new FlowConfiguration([...this.#levelObjects.list()], [...this.#schemaObjects.list()]);
    this.#seats.restore(state.seats);
    this.#inHand = state.inHand.map(([reading, mutating]) => [reading, mutating]);
    this.#waiting = new Map(state.waiting);
    this.#next = state.next;
    this.#figures = copyFigures(state.figures);
  }
}

function isMutating({ verb }: ApiRequest): boolean {
  return verb !== 'get' && verb !== 'list';
}

/** Source: apiserver util/flowcontrol; client-go makes this of a 429. */
const TOO_MANY: ApiStatus = failure(
  'TooManyRequests',
  'the server has received too many requests and has asked us to try again later',
  { retryAfterSeconds: 1 },
);

const CONNECTION_REFUSED: ApiStatus = failure('ServiceUnavailable', 'the server is unreachable: connection refused');
