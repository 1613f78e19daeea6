import type { KubeObject } from '../api/meta.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { ApiReply } from '../apiserver/request.ts';
import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { LeaderElectionSettings } from '../settings.ts';

/** Tries to acquire are apart by the retry period and up to so many times it more. Source: client-go leaderelection.go. */
const JITTER_FACTOR = 1.2;

/** Retry periods before a renewal, after which a candidate's tries stand anywhere to it. */
const WARM_UP = 8;

/** A process that leads or could; plain data. */
interface Candidate {
  readonly up: boolean;
  /** When it will have seen the lease expire, if it waits for that. */
  readonly turn: EventRef;
}

interface State {
  readonly leader: number;
  readonly since: Micros;
  readonly transitions: number;
  readonly tries: number;
  readonly candidates: readonly Candidate[];
}

/** What becomes of the process that works. */
export interface Leadership {
  /** Another process begins, with nothing but what it reads. */
  lead(): void;
  /** The process that worked is dead, and all that it knew is gone. */
  lose(): void;
}

/**
 * Leader election by a Lease, as kube-controller-manager's processes have it: one leads and renews, the others try again
 * and again, and take over when the lease has not changed for its whole duration since they last saw it change. Renewals and
 * tries are not run one by one: when the leader dies, it is computed when each of the others will have seen enough.
 */
export class LeaderElection implements Saveable {
  readonly #environment: Environment;
  readonly #process: string;
  readonly #settings: LeaderElectionSettings;
  readonly #leadership: Leadership;
  readonly #client: ApiClient;
  readonly #draws: Purpose;
  readonly #turn: HandlerId;
  readonly #written: HandlerId;
  #leader = 0;
  /** Since when it leads. */
  #since: Micros = 0;
  #transitions = 0;
  #tries = 0;
  #candidates: Candidate[];

  constructor(environment: Environment, process: string, settings: LeaderElectionSettings, leadership: Leadership) {
    const { kernel, clients } = environment;
    this.#environment = environment;
    this.#process = process;
    this.#settings = settings;
    this.#leadership = leadership;
    this.#client = clients.client(`${process}/leader-election`, { qps: 0, burst: 0 });
    this.#draws = kernel.random.purpose('leader-election');
    this.#turn = kernel.register(`${process}/acquire`, (candidate) => this.#acquire(candidate));
    this.#written = kernel.register(`${process}/lease`, (_a, _b, reply) => this.#onWritten(reply as ApiReply));
    this.#candidates = Array.from({ length: settings.replicas }, () => ({ up: true, turn: NO_EVENT }));
  }

  /** The first process leads from the start; it had time enough before. */
  start(): void {
    this.#since = this.#environment.kernel.now;
    this.#write();
    this.#leadership.lead();
  }

  /** The leading process dies. Says which one it was, for `revive`; undefined where none leads. */
  kill(): number | undefined {
    const { kernel } = this.#environment;
    const dead = this.#leader;
    if (dead < 0) return undefined;
    const period = seconds(this.#settings.leaderElectRetryPeriodSeconds);
    const renewed = this.#since + Math.floor((kernel.now - this.#since) / period) * period;
    this.#leader = -1;
    this.#candidates[dead] = { up: false, turn: NO_EVENT };
    this.#leadership.lose();
    for (const [index, { up }] of this.#candidates.entries()) {
      if (!up) continue;
      // It sees the last renewal at the first of its tries after it; they have gone on for ever.
      let seen = renewed - WARM_UP * period;
      while (seen <= renewed) seen += this.#gap(index);
      this.#await(index, seen);
    }
    return dead;
  }

  /** A process that died is there again. It has never seen the lease, so it waits for all of its duration. */
  revive(index: number): void {
    this.#candidates[index] = { up: true, turn: NO_EVENT };
    if (this.#leader < 0) this.#await(index, this.#environment.kernel.now);
  }

  /** Plans a candidate's turn: its first try after the lease has not changed for its duration since it was seen. */
  #await(index: number, seen: Micros): void {
    const { kernel } = this.#environment;
    const expires = seen + seconds(this.#settings.leaderElectLeaseDurationSeconds);
    let next = seen;
    while (next <= expires || next < kernel.now) next += this.#gap(index);
    const turn = kernel.at(next, this.#turn, index, 0, undefined, Priority.timer);
    this.#candidates[index] = { up: true, turn };
  }

  #gap(index: number): Micros {
    const factor = 1 + JITTER_FACTOR * this.#draw(index);
    return Math.ceil(seconds(this.#settings.leaderElectRetryPeriodSeconds) * factor);
  }

  #draw(index: number): number {
    return this.#draws.uniform(identityOf(`${this.#process}-${index}`), this.#tries++);
  }

  #acquire(index: number): void {
    const { kernel } = this.#environment;
    for (const [other, { up, turn }] of this.#candidates.entries()) {
      kernel.cancel(turn);
      this.#candidates[other] = { up, turn: NO_EVENT };
    }
    this.#leader = index;
    this.#since = kernel.now;
    this.#transitions++;
    this.#write();
    this.#leadership.lead();
  }

  /** The record that everybody sees; its renewals are not written. */
  #write(): void {
    const { kernel, calendar } = this.#environment;
    const now = calendar.timestamp(kernel.now);
    const spec = {
      holderIdentity: `${this.#process}-${this.#leader}`,
      leaseDurationSeconds: this.#settings.leaderElectLeaseDurationSeconds,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: this.#transitions,
    };
    const target = { kind: 'Lease', namespace: 'kube-system', name: this.#process };
    const metadata = { name: this.#process, namespace: 'kube-system' };
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    if (this.#transitions === 0) this.#client.request({ ...target, verb: 'create', body }, this.#written);
    else this.#client.request({ ...target, verb: 'patch', patch: { spec } }, this.#written);
  }

  #onWritten({ result }: ApiReply): void {
    if (!result.ok) return;
    const lease = result.object as KubeObject & { readonly spec: { readonly holderIdentity: string } };
    const message = `${lease.spec.holderIdentity} became leader`;
    this.#environment.events.record(this.#process, lease, 'Normal', 'LeaderElection', message);
  }

  save(): State {
    return {
      leader: this.#leader,
      since: this.#since,
      transitions: this.#transitions,
      tries: this.#tries,
      candidates: [...this.#candidates],
    };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#leader = state.leader;
    this.#since = state.since;
    this.#transitions = state.transitions;
    this.#tries = state.tries;
    this.#candidates = [...state.candidates];
  }
}
