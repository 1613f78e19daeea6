import type { Kind } from '../api/kinds.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { Change, EtcdStore } from './store.ts';

interface SpaceState {
  readonly inUse: number;
  readonly total: number;
  readonly alarm: boolean;
}

/**
 * The size of an etcd's database file and its quota. What is compacted away is used again before the file grows; the file
 * itself shrinks by defragmentation alone. Beyond the quota the alarm NOSPACE is raised, and nothing is put any more
 * until somebody disarms it. Source: etcd server/storage/quota.go.
 */
export class EtcdSpace implements Saveable {
  readonly #quota: number;
  #inUse = 0;
  #total = 0;
  #alarm = false;

  /** @param quota - --quota-backend-bytes; 0: none */
  constructor(quota: number) {
    this.#quota = quota;
  }

  /** Bytes that present values and history take. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Size of the file. */
  get total(): number {
    return this.#total;
  }

  /** Whether the alarm NOSPACE is raised. */
  get full(): boolean {
    return this.#alarm;
  }

  /** A write of so many bytes wants in; false where it would go beyond the quota, which raises the alarm. */
  take(bytes: number): boolean {
    if (this.#alarm) return false;
    if (this.#quota > 0 && Math.max(this.#total, this.#inUse + bytes) > this.#quota) {
      this.#alarm = true;
      return false;
    }
    this.#inUse += bytes;
    if (this.#inUse > this.#total) this.#total = this.#inUse;
    return true;
  }

  /** After a compaction: so much is in use. */
  reclaimed(inUse: number): void {
    this.#inUse = inUse;
  }

  /** `etcdctl defrag`: the file holds no more than is in use. */
  defragment(): void {
    this.#total = this.#inUse;
  }

  /** `etcdctl alarm disarm`. */
  disarm(): void {
    this.#alarm = false;
  }

  save(): SpaceState {
    return { inUse: this.#inUse, total: this.#total, alarm: this.#alarm };
  }

  restore(saved: unknown): void {
    const { inUse, total, alarm } = saved as SpaceState;
    this.#inUse = inUse;
    this.#total = total;
    this.#alarm = alarm;
  }
}

/** One write in so many of a kind is measured. */
const SAMPLED = 64;

/** What a revision takes beside its value: key, indexes, page. An assumption. */
const OVERHEAD = 200;

interface Measured {
  writes: number;
  mean: number;
}

/**
 * How large objects are, by kind: the mean of some that were measured, so that a write costs next to nothing. JSON stands
 * for the protobuf that is really stored, which is shorter, but holds the managed fields that are not kept here.
 */
export class ObjectSizes implements Saveable {
  #kinds = new Map<Kind, Measured>();

  /** Bytes that a change takes. */
  of({ kind, type, object }: Change): number {
    let measured = this.#kinds.get(kind);
    if (measured === undefined) this.#kinds.set(kind, (measured = { writes: 0, mean: 0 }));
    if (type === 'DELETED') return OVERHEAD;
    if (measured.writes++ % SAMPLED === 0) {
      const samples = Math.ceil(measured.writes / SAMPLED);
      measured.mean += (JSON.stringify(object).length - measured.mean) / samples;
    }
    return OVERHEAD + Math.round(measured.mean);
  }

  /** Mean size of a kind's objects, in bytes; 0 where none has been written. */
  meanOf(kind: Kind): number {
    return Math.round(this.#kinds.get(kind)?.mean ?? 0);
  }

  /** Bytes that a store's present objects and its history take. */
  all(store: EtcdStore): number {
    const each = (kind: Kind): number => OVERHEAD + Math.round(this.#kinds.get(kind)?.mean ?? 0);
    let bytes = 0;
    for (const kind of store.kinds()) bytes += store.count(kind) * each(kind);
    for (const { kind, type, previous } of store.changesAfter(store.compactRevision)) {
      if (type === 'DELETED') bytes += OVERHEAD;
      if (previous !== undefined) bytes += each(kind);
    }
    return bytes;
  }

  save(): [Kind, Measured][] {
    return [...this.#kinds].map(([kind, measured]) => [kind, { ...measured }]);
  }

  restore(saved: unknown): void {
    this.#kinds = new Map((saved as [Kind, Measured][]).map(([kind, measured]) => [kind, { ...measured }]));
  }
}
