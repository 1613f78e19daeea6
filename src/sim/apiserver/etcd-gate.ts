import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import { identityOf } from '../kernel/random.ts';
import type { EtcdCluster, Unavailability } from '../etcd/cluster.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ApiClients, CommitGate, InFlight } from './api-client.ts';

/** etcd gives a proposal up after 5 s and two election timeouts of 1 s. Source: etcd server/config (ReqTimeout). */
const ETCD_TIMEOUT: Micros = 7 * SECOND;

/** An etcd that hangs says nothing: then the API server's own limit counts. Source: --request-timeout, 60 s. */
const REQUEST_TIMEOUT: Micros = 60 * SECOND;

interface Waiting {
  readonly inFlight: InFlight;
  readonly timeout: EventRef;
}

interface GateState {
  readonly waiting: readonly (readonly [number, Waiting])[];
  readonly next: number;
  readonly last: Micros;
  readonly failed: number;
}

/**
 * Between the API server and an etcd that is not well: writes take as long as the slowed commit does, or wait until there
 * is a leader again, or are given up. The log is one: what is proposed first is committed first.
 */
export class EtcdGate implements CommitGate, Saveable {
  readonly #kernel: Kernel;
  readonly #etcd: EtcdCluster;
  readonly #clients: ApiClients;
  readonly #givenUp: HandlerId;
  #waiting = new Map<number, Waiting>();
  #next = 1;
  /** When the latest of those let through commits. */
  #last: Micros = 0;
  #failed = 0;

  constructor(kernel: Kernel, etcd: EtcdCluster, clients: ApiClients) {
    this.#kernel = kernel;
    this.#etcd = etcd;
    this.#clients = clients;
    this.#givenUp = kernel.register('etcd/given-up', (id) => this.#giveUp(id));
    etcd.listen({ lost: () => undefined, found: () => this.#release() });
    clients.guard(this);
  }

  get open(): boolean {
    return this.#etcd.calm && this.#last <= this.#kernel.now;
  }

  /** Proposals that etcd did not carry out. */
  get failed(): number {
    return this.#failed;
  }

  hold(inFlight: InFlight): void {
    const { unavailable } = this.#etcd;
    if (unavailable === undefined) {
      this.#pass(inFlight);
      return;
    }
    const id = this.#next++;
    const patience = unavailable === 'frozen' ? REQUEST_TIMEOUT : ETCD_TIMEOUT;
    const timeout = this.#kernel.after(patience, this.#givenUp, id, 0, undefined, Priority.store);
    this.#waiting.set(id, { inFlight, timeout });
  }

  #pass(inFlight: InFlight): void {
    const delay = this.#etcd.calm ? 0 : this.#etcd.delay(identityOf(inFlight.key), this.#next++);
    this.#last = Math.max(this.#last, this.#kernel.now + delay);
    this.#clients.pass(this.#last, inFlight);
  }

  #release(): void {
    for (const { inFlight, timeout } of this.#waiting.values()) {
      this.#kernel.cancel(timeout);
      this.#pass(inFlight);
    }
    this.#waiting.clear();
  }

  #giveUp(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#failed++;
    this.#clients.refuse(waiting.inFlight, refusal(this.#etcd.unavailable));
  }

  save(): GateState {
    return { waiting: [...this.#waiting], next: this.#next, last: this.#last, failed: this.#failed };
  }

  restore(saved: unknown): void {
    const { waiting, next, last, failed } = saved as GateState;
    this.#waiting = new Map(waiting);
    this.#next = next;
    this.#last = last;
    this.#failed = failed;
  }
}

/** What the API server tells of an etcd that did not answer well. Source: etcd api/v3rpc/rpctypes; the server passes it on. */
function refusal(why: Unavailability | undefined): ApiStatus {
  if (why === 'frozen') {
    return failure('Timeout', 'Timeout: request did not complete within requested timeout - context deadline exceeded');
  }
  const cause = why === 'leader-lost' ? 'possibly due to previous leader failure' : 'possibly due to connection lost';
  return failure('', `etcdserver: request timed out, ${cause}`);
}
