import type { Arrival, ArrivalSource } from './arrivals.ts';
import type { ApiClient } from './apiserver/api-client.ts';
import type { ApiReply, ApiRequest } from './apiserver/request.ts';
import type { Component } from './component.ts';
import type { Environment } from './environment.ts';
import type { HandlerId, Kernel } from './kernel/kernel.ts';
import { Priority } from './kernel/priority.ts';
import type { Micros } from './kernel/time.ts';
import { RolloutRefusal, rolloutRequest } from './rollout-actions.ts';

/** What the API server, or kubectl itself, would not do for a user. */
export interface UserRefusal {
  readonly time: Micros;
  /** The workload the request came from. */
  readonly source: string;
  readonly message: string;
}

interface UsersState {
  readonly sources: readonly unknown[];
  readonly waiting: readonly (Arrival | undefined)[];
}

/** The users of the cluster: they send what the workloads say when it is due, each workload in its own order. */
export class Users implements Component {
  readonly name = 'users';
  readonly #environment: Environment;
  readonly #kernel: Kernel;
  readonly #sources: readonly ArrivalSource[];
  readonly #client: ApiClient;
  readonly #observers: ((refusal: UserRefusal) => void)[] = [];
  readonly #due: HandlerId;
  readonly #answered: HandlerId;
  /** The next arrival of each source. */
  #waiting: (Arrival | undefined)[] = [];

  constructor(environment: Environment, sources: readonly ArrivalSource[]) {
    const { kernel, clients } = environment;
    this.#environment = environment;
    this.#kernel = kernel;
    this.#sources = sources;
    // kubectl applies one object after the other, so that a namespace stands before what goes into it.
    this.#client = clients.client('users', { qps: 0, burst: 0, ordered: true });
    this.#due = kernel.register('users/arrival', (source) => this.#arrivals(source));
    this.#answered = kernel.register('users/reply', (source, _b, reply) => this.#reply(source, reply as ApiReply));
  }

  /** Has every refused request seen. */
  observe(observer: (refusal: UserRefusal) => void): void {
    this.#observers.push(observer);
  }

  start(): void {
    for (const [index, source] of this.#sources.entries()) {
      this.#waiting[index] = source.next();
      this.#schedule(index);
    }
  }

  #schedule(index: number): void {
    const arrival = this.#waiting[index];
    if (arrival === undefined) return;
    this.#kernel.at(Math.max(arrival.at, this.#kernel.now), this.#due, index, 0, undefined, Priority.external);
  }

  #arrivals(index: number): void {
    const source = this.#sources[index] as ArrivalSource;
    let arrival = this.#waiting[index];
    while (arrival !== undefined && arrival.at <= this.#kernel.now) {
      this.#act(arrival, index);
      arrival = source.next();
    }
    this.#waiting[index] = arrival;
    this.#schedule(index);
  }

  #act(arrival: Arrival, index: number): void {
    if (arrival.rollout === undefined) {
      this.#client.request(requestOf(arrival), this.#answered, undefined, index);
      return;
    }
    const { server, calendar, kernel } = this.#environment;
    try {
      const request = rolloutRequest(arrival.object, arrival.rollout, server, calendar, kernel.now);
      if (request !== undefined) this.#client.request(request, this.#answered, undefined, index);
    } catch (error) {
      if (!(error instanceof RolloutRefusal)) throw error;
      this.#refused(index, error.message);
    }
  }

  #reply(index: number, { result }: ApiReply): void {
    if (!result.ok) this.#refused(index, result.status.message);
  }

  #refused(index: number, message: string): void {
    const { name } = this.#sources[index] as ArrivalSource;
    for (const observer of this.#observers) observer({ time: this.#kernel.now, source: name, message });
  }

  save(): UsersState {
    return { sources: this.#sources.map((source) => source.save()), waiting: [...this.#waiting] };
  }

  restore(saved: unknown): void {
    const state = saved as UsersState;
    for (const [index, source] of this.#sources.entries()) source.restore(state.sources[index]);
    this.#waiting = [...state.waiting];
  }
}

function requestOf({ action, object }: Arrival): ApiRequest {
  const { kind, metadata } = object;
  const { namespace = '', name = '' } = metadata;
  if (action === 'delete') return { verb: 'delete', kind, namespace, name };
  return { verb: action === 'create' ? 'create' : 'apply', kind, namespace, name, body: object };
}
