import type { Micros } from '../kernel/time.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { inRange } from './key-range.ts';
import { EtcdError, MAX_REQUEST_BYTES, REFUSALS } from './kv-messages.ts';
import type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyRange,
  KeyValue,
  LeaseStatus,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
  WatchEvent,
} from './kv-messages.ts';
import { compareHolds, isPlain, isWanted, sorted } from './kv-selection.ts';
import { Lessor } from './lessor.ts';
import { EtcdSpace } from './space.ts';
import { CompactedError, EtcdStore, FutureRevisionError } from './store.ts';
import type { Change, Entry } from './store.ts';
import { checkKey, checkTxn } from './txn-checks.ts';

/** What a key holds beside its counters. */
interface Content {
  readonly value: string;
  readonly lease: number;
}

/** Which of a transaction's two lists is carried out, inner transactions included. */
interface Path {
  readonly succeeded: boolean;
  readonly steps: readonly { readonly op: RequestOp; readonly inner: Path | undefined }[];
}

/** All keys stand in one bucket. */
const BUCKET = '';

const TOMBSTONE: Content = { value: '', lease: 0 };

/**
 * etcd's KV, Watch and Lease services (v3) over the store that the API server keeps its objects in: keys and values are
 * texts. A request is carried out in no time; refusals are thrown as EtcdError, CompactedError or FutureRevisionError.
 */
export class EtcdKv implements Saveable {
  readonly #store = new EtcdStore<Content>();
  readonly #lessor: Lessor;
  readonly #now: () => Micros;
  readonly #space: EtcdSpace;

  /** @param quota - --quota-backend-bytes; 0: none */
  constructor(now: () => Micros, quota = 0) {
    this.#now = now;
    this.#lessor = new Lessor(now);
    this.#space = new EtcdSpace(quota);
  }

  /** Whether the alarm NOSPACE is raised. */
  get full(): boolean {
    return this.#space.full;
  }

  /** `etcdctl defrag` and `etcdctl alarm disarm`. */
  defragment(): void {
    this.#space.defragment();
  }

  disarm(): void {
    this.#space.disarm();
  }

  get revision(): number {
    return this.#store.revision;
  }

  get compactRevision(): number {
    return this.#store.compactRevision;
  }

  range(request: RangeRequest): RangeResponse {
    checkKey(request);
    this.#checkRange(request);
    return this.#range(request);
  }

  put(request: PutRequest): PutResponse {
    this.#checkPut(request);
    this.#takeSpace(sizeOf(request));
    return this.#store.transaction(() => this.#put(request));
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    checkKey(request);
    return this.#store.transaction(() => this.#deleteRange(request));
  }

  /** Carries out one of two lists of operations, whole or not at all; all its writes share one revision. */
  txn(request: TxnRequest): TxnResponse {
    checkTxn(request);
    const path = this.#path(request);
    this.#checkPath(path, 'puts');
    this.#checkPath(path, 'ranges');
    this.#takeSpace(sizeOfPuts(path));
    return this.#store.transaction(() => this.#txn(path));
  }

  /** Forgets what was overwritten up to a revision, which stays readable itself. */
  compact(revision: number): void {
    if (revision <= this.compactRevision) throw new CompactedError(this.compactRevision);
    if (revision > this.revision) throw new FutureRevisionError();
    this.#store.compact(revision);
    let bytes = 0;
    for (const { key, object } of this.#store.list(BUCKET)) bytes += sizeOf({ key, value: object.value });
    for (const { key, previous } of this.#store.changesAfter(revision)) {
      if (previous !== undefined) bytes += sizeOf({ key, value: previous.value });
    }
    this.#space.reclaimed(bytes);
  }

  /** Requests that put something need space, and while the alarm is raised there is none. */
  #takeSpace(bytes: number): void {
    if (bytes > 0 && !this.#space.take(bytes)) throw new EtcdError(REFUSALS.noSpace);
  }

  /** What a watch from a revision on has told by now. Throws CompactedError where its beginning is gone. */
  eventsFrom(range: KeyRange, startRevision: number, prevKv = false): readonly WatchEvent[] {
    checkKey(range);
    if (startRevision < this.compactRevision) throw new CompactedError(this.compactRevision);
    const events: WatchEvent[] = [];
    // Of the compacted revision itself its values are left, but not what it removed.
    const kept = startRevision === this.compactRevision ? this.#store.changesAtCompaction() : [];
    for (const change of kept) {
      if (change.type !== 'DELETED' && inRange(range, change.key)) events.push(watchEvent(change, undefined));
    }
    for (const change of this.#store.changesAfter(Math.max(startRevision - 1, this.compactRevision))) {
      if (inRange(range, change.key)) events.push(watchEvent(change, prevKv ? this.#previous(change) : undefined));
    }
    return events;
  }

  leaseGrant(ttl: number, id = 0): { id: number; ttl: number } {
    return this.#lessor.grant(ttl, id);
  }

  /** Ends a lease; its keys go under one revision. */
  leaseRevoke(id: number): void {
    const keys = this.#lessor.end(id);
    this.#store.transaction(() => {
      for (const key of keys) this.#remove(this.#store.get(BUCKET, key) as Entry<Content>);
    });
  }

  leaseKeepAlive(id: number): number {
    return this.#lessor.keepAlive(id);
  }

  leaseTimeToLive(id: number): LeaseStatus {
    return this.#lessor.timeToLive(id);
  }

  /** Revokes what has expired by now, as etcd's leader does every 500 ms. */
  expireLeases(): void {
    for (const id of this.#lessor.expired()) this.leaseRevoke(id);
  }

  /** Entries of a range in order of their keys. */
  #entries(range: KeyRange, revision: number): Entry<Content>[] {
    const all = this.#store.at(BUCKET, revision);
    if (range.rangeEnd === undefined || range.rangeEnd === '') {
      const entry = all.get(range.key);
      return entry === undefined ? [] : [entry];
    }
    const entries: Entry<Content>[] = [];
    for (const entry of all.values()) if (inRange(range, entry.key)) entries.push(entry);
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #range(request: RangeRequest): RangeResponse {
    const { revision = 0, limit = 0, countOnly = false, keysOnly = false } = request;
    const entries = this.#entries(request, revision === 0 ? this.#store.revision : revision);
    const count = entries.length;
    if (countOnly) return { kvs: [], more: false, count };
    // Without an order or filter, etcd reads one more than the limit and sorts these. Source: etcdserver/apply.go (Range).
    const first = limit > 0 && isPlain(request) ? entries.slice(0, limit + 1) : entries;
    const chosen = sorted(first.map(keyValue).filter(isWanted(request)), request);
    const more = limit > 0 && chosen.length > limit;
    const kvs = more ? chosen.slice(0, limit) : chosen;
    return { kvs: keysOnly ? kvs.map((kv) => ({ ...kv, value: '' })) : kvs, more, count };
  }

  #put({ key, value, lease = 0, prevKv = false }: PutRequest): PutResponse {
    const entry = this.#store.get(BUCKET, key);
    const previous = entry === undefined ? undefined : keyValue(entry);
    const content = { value, lease };
    if (entry === undefined) this.#store.add(BUCKET, key, content, this.#now());
    else this.#store.put(BUCKET, entry, content, this.#now());
    this.#lessor.attach(key, lease);
    return prevKv && previous !== undefined ? { prevKv: previous } : {};
  }

  #deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const entries = this.#entries(request, this.#store.revision);
    const prevKvs = request.prevKv === true ? entries.map(keyValue) : [];
    for (const entry of entries) {
      this.#remove(entry);
      this.#lessor.attach(entry.key, 0);
    }
    return { deleted: entries.length, prevKvs };
  }

  #remove(entry: Entry<Content>): void {
    this.#store.delete(BUCKET, entry, TOMBSTONE, this.#now());
  }

  #txn({ succeeded, steps }: Path): TxnResponse {
    const responses = steps.map(({ op, inner }): ResponseOp => {
      if (inner !== undefined) return { txn: this.#txn(inner) };
      if ('range' in op) return { range: this.#range(op.range) };
      if ('put' in op) return { put: this.#put(op.put) };
      return { deleteRange: this.#deleteRange((op as { readonly deleteRange: DeleteRangeRequest }).deleteRange) };
    });
    return { succeeded, responses };
  }

  /** What a transaction will do: all conditions, also those of inner transactions, are looked at before anything is done. */
  #path({ compare, success, failure }: TxnRequest): Path {
    const succeeded = this.#holds(compare);
    const steps = (succeeded ? success : failure).map((op) => ({
      op,
      inner: 'txn' in op ? this.#path(op.txn) : undefined,
    }));
    return { succeeded, steps };
  }

  #holds(compares: readonly Compare[]): boolean {
    return compares.every((compare) => {
      const entries = this.#entries(compare, this.#store.revision);
      if (entries.length > 0) return entries.every((entry) => compareHolds(compare, keyValue(entry)));
      // A key that is not there has no value, and zero for all else.
      return compare.target !== 'VALUE' && compareHolds(compare, undefined);
    });
  }

  /** Whether what would be done can be done, before anything is. */
  #checkPath({ steps }: Path, what: 'puts' | 'ranges'): void {
    for (const { op, inner } of steps) {
      if (inner !== undefined) this.#checkPath(inner, what);
      else if ('put' in op && what === 'puts') this.#checkPut(op.put);
      else if ('range' in op && what === 'ranges') this.#checkRange(op.range);
    }
  }

  #checkRange({ revision = 0 }: RangeRequest): void {
    if (revision === 0) return;
    if (revision > this.revision) throw new FutureRevisionError();
    if (revision < this.compactRevision) throw new CompactedError(this.compactRevision);
  }

  #checkPut({ key, value, lease = 0 }: PutRequest): void {
    checkKey({ key });
    if (key.length + value.length > MAX_REQUEST_BYTES) throw new EtcdError(REFUSALS.tooLarge);
    if (lease !== 0 && !this.#lessor.has(lease)) throw new EtcdError(REFUSALS.leaseNotFound);
  }

  /**
   * The key as it was at the revision before a change's, which is not the write before it where one transaction wrote the key
   * twice; undefined where that revision is compacted. Source: etcdserver/api/v3rpc/watch.go (needPrevKv).
   */
  #previous({
    key,
    revision,
    previous,
    previousRevision,
    createRevision,
    version,
  }: Change<Content>): KeyValue | undefined {
    if (revision - 1 < this.compactRevision || previous === undefined) return undefined;
    if (previousRevision < revision) {
      return { key, ...previous, createRevision, modRevision: previousRevision, version: version - 1 };
    }
    const entry = this.#store.at(BUCKET, revision - 1).get(key);
    return entry === undefined ? undefined : keyValue(entry);
  }

  save(): unknown {
    return { store: this.#store.save(), lessor: this.#lessor.save(), space: this.#space.save() };
  }

  restore(saved: unknown): void {
    const { store, lessor, space } = saved as { readonly [part: string]: unknown };
    this.#space.restore(space);
    this.#store.restore(store);
    this.#lessor.restore(lessor);
  }
}

/** What a put takes of the database: key, value, and what goes with them. Source: storage/quota.go (kvOverhead). */
function sizeOf({ key, value }: { readonly key: string; readonly value: string }): number {
  return key.length + value.length + 256;
}

function sizeOfPuts({ steps }: Path): number {
  return steps.reduce((sum, { op, inner }) => {
    if (inner !== undefined) return sum + sizeOfPuts(inner);
    return 'put' in op ? sum + sizeOf(op.put) : sum;
  }, 0);
}

function keyValue({ key, object, createRevision, modRevision, version }: Entry<Content>): KeyValue {
  return { key, value: object.value, createRevision, modRevision, version, lease: object.lease };
}

function watchEvent(change: Change<Content>, prevKv: KeyValue | undefined): WatchEvent {
  const { type, key, object, revision, createRevision, version } = change;
  const gone = type === 'DELETED';
  const kv = gone
    ? { key, value: '', createRevision: 0, modRevision: revision, version: 0, lease: 0 }
    : { key, ...object, createRevision, modRevision: revision, version };
  return { type: gone ? 'DELETE' : 'PUT', kv, ...(prevKv === undefined ? {} : { prevKv }) };
}
