import type { ApiClient } from './apiserver/api-client.ts';
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
  /** `list` and `get` read; `patch` writes a ConfigMap of the load's own. */
  readonly verb: 'list' | 'get' | 'patch';
  readonly kind: string;
  /** For list: whether its selectors leave anything. */
  readonly selects?: 'all' | 'none';
  /** Requests a second of all its clients together, at random. */
  readonly requestsPerSecond: number;
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

const NAMESPACE = 'default';

/** Sends what loads ask for, each load at its rate whatever the answers are. */
export class ApiLoad implements Component {
  readonly name = 'api-load';
  readonly #environment: Environment;
  readonly #kernel: Kernel;
  readonly #loads: readonly ApiLoadSpec[];
  readonly #gaps: Purpose;
  readonly #send: HandlerId;
  readonly #answered: HandlerId;
  #figures: ApiLoadFigures[];

  constructor(environment: Environment, loads: readonly ApiLoadSpec[]) {
    const { kernel } = environment;
    this.#environment = environment;
    this.#kernel = kernel;
    this.#loads = loads;
    this.#gaps = kernel.random.purpose('api-load');
    this.#figures = loads.map(({ name }) => ({ name, sent: 0, answered: 0, failed: 0 }));
    this.#send = kernel.register('api-load/send', (index) => this.#sendNext(index));
    this.#answered = kernel.register('api-load/answered', (index, _b, reply) => {
      const figures = this.#figures[index] as ApiLoadFigures;
      if ((reply as ApiReply).result.ok) figures.answered++;
      else figures.failed++;
    });
  }

  get figures(): readonly ApiLoadFigures[] {
    return this.#figures;
  }

  start(): void {
    for (const [index, load] of this.#loads.entries()) {
      this.#kernel.at(load.at, this.#send, index, 0, undefined, Priority.external);
      if (load.verb === 'list') continue;
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
    const ordinal = figures.sent++;
    this.#client(load, ordinal).request(requestOf(load, ordinal), this.#answered, undefined, index);
    const gap = this.#gaps.exponential(identityOf(load.name), ordinal, SECOND / load.requestsPerSecond);
    this.#kernel.after(Math.max(1, Math.round(gap)), this.#send, index, 0, undefined, Priority.external);
  }

  #client({ name, clients }: ApiLoadSpec, ordinal: number): ApiClient {
    return this.#environment.clients.client(`load/${name}/${ordinal % clients}`, { qps: 0, burst: 0 });
  }

  save(): readonly ApiLoadFigures[] {
    return this.#figures.map((figures) => ({ ...figures }));
  }

  restore(saved: unknown): void {
    this.#figures = (saved as readonly ApiLoadFigures[]).map((figures) => ({ ...figures }));
  }
}

function objectName({ name }: ApiLoadSpec): string {
  return `api-load-${name}`;
}

function requestOf(load: ApiLoadSpec, ordinal: number): ApiRequest {
  if (load.verb === 'list') {
    const all = { verb: 'list', kind: load.kind, namespace: '', name: '' } as const;
    return load.selects === 'none' ? { ...all, selects: 'none' } : all;
  }
  const target = { kind: 'ConfigMap', namespace: NAMESPACE, name: objectName(load) };
  if (load.verb === 'get') return { verb: 'get', ...target };
  return { verb: 'patch', ...target, patch: { data: { ordinal: String(ordinal) } } };
}
