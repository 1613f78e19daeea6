import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { EtcdError, REFUSALS } from './kv-messages.ts';
import type { LeaseStatus } from './kv-messages.ts';

interface Lease {
  readonly id: number;
  readonly grantedTtl: number;
  expiry: Micros;
  readonly keys: Set<string>;
}

interface LessorState {
  readonly leases: readonly (Omit<Lease, 'keys'> & { readonly keys: readonly string[] })[];
  readonly next: number;
}

/**
 * No lease is shorter than three halves of an election, so that a change of leaders ends none: 2 s with the default of
 * 1 s, rounded up. Source: etcd server/etcdserver/server.go (minTTL).
 */
const MIN_TTL_SECONDS = 2;

/** The leases of an etcd: keys that hang on one go with it. Times are whole seconds to its clients. */
export class Lessor implements Saveable {
  readonly #now: () => Micros;
  #leases = new Map<number, Lease>();
  #byKey = new Map<string, Lease>();
  #next = 1;

  constructor(now: () => Micros) {
    this.#now = now;
  }

  /** Grants a lease; `id` 0: of a number that is free. Answers its number and time to live in seconds. */
  grant(ttl: number, id = 0): { id: number; ttl: number } {
    if (this.#leases.has(id)) throw new EtcdError(REFUSALS.leaseExists);
    while (id === 0 && this.#leases.has(this.#next)) this.#next++;
    const number = id === 0 ? this.#next++ : id;
    const grantedTtl = Math.max(ttl, MIN_TTL_SECONDS);
    const expiry = this.#now() + grantedTtl * SECOND;
    this.#leases.set(number, { id: number, grantedTtl, expiry, keys: new Set() });
    return { id: number, ttl: grantedTtl };
  }

  /** Starts a lease's time anew. Answers its time to live, 0 where there is none of that number. */
  keepAlive(id: number): number {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    lease.expiry = this.#now() + lease.grantedTtl * SECOND;
    return lease.grantedTtl;
  }

  timeToLive(id: number): LeaseStatus {
    const lease = this.#leases.get(id);
    if (lease === undefined) return { ttl: -1, grantedTtl: 0, keys: [] };
    const ttl = Math.floor((lease.expiry - this.#now()) / SECOND);
    return { ttl, grantedTtl: lease.grantedTtl, keys: [...lease.keys].sort() };
  }

  has(id: number): boolean {
    return this.#leases.has(id);
  }

  /** The lease that a key hangs on; 0: none. */
  of(key: string): number {
    return this.#byKey.get(key)?.id ?? 0;
  }

  /** Hangs a key on a lease and off the one it had; 0: on none. */
  attach(key: string, id: number): void {
    this.#byKey.get(key)?.keys.delete(key);
    const lease = this.#leases.get(id);
    if (lease === undefined) {
      this.#byKey.delete(key);
      return;
    }
    lease.keys.add(key);
    this.#byKey.set(key, lease);
  }

  /** Ends a lease. Answers the keys that go with it, in order. */
  end(id: number): readonly string[] {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new EtcdError(REFUSALS.leaseNotFound);
    this.#leases.delete(id);
    const keys = [...lease.keys].sort();
    for (const key of keys) this.#byKey.delete(key);
    return keys;
  }

  /** Leases whose time is over, in the order in which it was. */
  expired(): readonly number[] {
    const over = [...this.#leases.values()].filter(({ expiry }) => expiry <= this.#now());
    return over.sort((a, b) => a.expiry - b.expiry || a.id - b.id).map(({ id }) => id);
  }

  save(): LessorState {
    const leases = [...this.#leases.values()].map((lease) => ({ ...lease, keys: [...lease.keys] }));
    return { leases, next: this.#next };
  }

  restore(saved: unknown): void {
    const { leases, next } = saved as LessorState;
    this.#next = next;
    this.#leases = new Map(leases.map((lease) => [lease.id, { ...lease, keys: new Set(lease.keys) }]));
    this.#byKey = new Map();
    for (const lease of this.#leases.values()) for (const key of lease.keys) this.#byKey.set(key, lease);
  }
}
