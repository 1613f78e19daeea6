import type { ApiClient } from './apiserver/api-client.ts';
import { nextPage } from './apiserver/reflector-lists.ts';
import type { ApiReply, ApiRequest } from './apiserver/request.ts';
import type { Component } from './component.ts';
import type { Environment } from './environment.ts';
import type { HandlerId, Kernel } from './kernel/kernel.ts';
import { Priority } from './kernel/priority.ts';
import { identityOf } from './kernel/random.ts';
import type { Purpose } from './kernel/random.ts';
import { SECOND } from './kernel/time.ts';
import type { Micros } from './kernel/time.ts';

/** Clients of the API server that are nothing but what they ask. */
export interface ApiLoadSpec {
  readonly name: string;
  /** `list`, `watch-list` and `get` read; `patch` writes a ConfigMap of the load's own. */
  readonly verb: 'list' | 'watch-list' | 'get' | 'patch';
  readonly kind: string;
  /** For lists: whether their selectors leave anything. */
  readonly selects?: 'all' | 'none';
  /** For list: objects of a page, each asked for when the one before is there; 0: all at once. */
  readonly limit?: number | undefined;
  /** For list: metav1.ListOptions. */
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
  /** Requests a second of all its clients together, at random. */
  readonly requestsPerSecond: number;
  /** Requests that are under way at most; what would be one more waits for an answer. Absent: no limit. */
  readonly maxInFlight?: number | undefined;
  /** How many clients: each is a flow of its own. */
  readonly clients: number;
  /** The user that all its clients are; absent: each is one of its own. */
  readonly user?: string | undefined;
  /** Groups of their user, which decide on the priority level; none: global-default. */
  readonly groups: readonly string[];
  readonly at: Micros;
  readonly forMicros: Micros;
}

/** What became of a load's requests. */
export interface ApiLoadFigures {
  readonly name: string;
  sent: number;
  answered: number;
  failed: number;
}

interface ApiLoadState {
  readonly figures: readonly ApiLoadFigures[];
  readonly stalled: readonly number[];
}

const NAMESPACE = 'default';

/** Sends what loads ask for, each load at its rate, whatever the answers are or as far as they have come. */
export class ApiLoad implements Component {
  readonly name = 'api-load';
  readonly #environment: Environment;
  readonly #kernel: Kernel;
  readonly #loads: readonly ApiLoadSpec[];
  readonly #gaps: Purpose;
  readonly #send: HandlerId;
  readonly #answered: HandlerId;
  #figures: ApiLoadFigures[];
  /** Loads, by number, that wait for an answer before they send again. */
  #stalled = new Set<number>();

  constructor(environment: Environment, loads: readonly ApiLoadSpec[]) {
    const { kernel } = environment;
    this.#environment = environment;
    this.#kernel = kernel;
    this.#loads = loads;
    this.#gaps = kernel.random.purpose('api-load');
    this.#figures = loads.map(({ name }) => ({ name, sent: 0, answered: 0, failed: 0 }));
    this.#send = kernel.register('api-load/send', (index) => this.#sendNext(index));
    this.#answered = kernel.register('api-load/answered', (index, _b, reply) => this.#heard(index, reply as ApiReply));
  }

  get figures(): readonly ApiLoadFigures[] {
    return this.#figures;
  }

  start(): void {
    for (const [index, load] of this.#loads.entries()) {
      this.#kernel.at(load.at, this.#send, index, 0, undefined, Priority.external);
      if (load.verb === 'list' || load.verb === 'watch-list') continue;
      const name = objectName(load);
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE } };
      this.#environment.server.handle({ verb: 'create', kind: 'ConfigMap', namespace: NAMESPACE, name, body });
    }
  }

  #sendNext(index: number): void {
    const load = this.#loads[index] as ApiLoadSpec;
    const { now } = this.#kernel;
    if (now >= load.at + load.forMicros) return;
    const figures = this.#figures[index] as ApiLoadFigures;
    if (figures.sent - figures.answered - figures.failed >= (load.maxInFlight ?? Infinity)) {
      this.#stalled.add(index);
      return;
    }
    const ordinal = figures.sent++;
    this.#client(load, ordinal).request(this.#requestOf(load, ordinal), this.#answered, ordinal, index);
    const gap = this.#gaps.exponential(identityOf(load.name), ordinal, SECOND / load.requestsPerSecond);
    this.#kernel.after(Math.max(1, Math.round(gap)), this.#send, index, 0, undefined, Priority.external);
  }

  #heard(index: number, { request, result, context }: ApiReply): void {
    const load = this.#loads[index] as ApiLoadSpec;
    const figures = this.#figures[index] as ApiLoadFigures;
    const next =
      result.ok && request.verb === 'list' ? nextPage(this.#environment.server, request, result.object) : undefined;
    if (next !== undefined) {
      this.#client(load, context as number).request(next, this.#answered, context, index);
      return;
    }
    if (result.ok) figures.answered++;
    else figures.failed++;
    if (!this.#stalled.delete(index)) return;
    this.#sendNext(index);
  }

  #requestOf(load: ApiLoadSpec, ordinal: number): ApiRequest {
    if (load.verb === 'get' || load.verb === 'patch') {
      const target = { kind: 'ConfigMap', namespace: NAMESPACE, name: objectName(load) };
      if (load.verb === 'get') return { verb: 'get', ...target };
      return { verb: 'patch', ...target, patch: { data: { ordinal: String(ordinal) } } };
    }
    const { kind, selects, limit = 0, resourceVersion, resourceVersionMatch } = load;
    // A server without WatchList refuses streams, and clients fall back to lists. Source: client-go tools/cache/reflector.go.
    const streams = load.verb === 'watch-list' && this.#environment.server.watchList;
    return {
      verb: 'list',
      kind,
      namespace: '',
      name: '',
      ...(selects === 'none' ? { selects } : {}),
      ...(streams ? { streamed: true } : {}),
      ...(limit > 0 ? { limit } : {}),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(resourceVersionMatch === undefined ? {} : { resourceVersionMatch }),
    };
  }

  #client({ name, clients }: ApiLoadSpec, ordinal: number): ApiClient {
    return this.#environment.clients.client(`load/${name}/${ordinal % clients}`, { qps: 0, burst: 0 });
  }

  save(): ApiLoadState {
    return { figures: this.#figures.map((figures) => ({ ...figures })), stalled: [...this.#stalled] };
  }

  restore(saved: unknown): void {
    const { figures, stalled } = saved as ApiLoadState;
    this.#figures = figures.map((one) => ({ ...one }));
    this.#stalled = new Set(stalled);
  }
}

function objectName({ name }: ApiLoadSpec): string {
  return `api-load-${name}`;
}
