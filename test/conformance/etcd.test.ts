import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdKv } from '../../src/sim/etcd/kv.ts';
import type {
  Compare,
  KeyRange,
  KeyValue,
  PutRequest,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
} from '../../src/sim/etcd/kv-messages.ts';
import { prefixEnd } from '../../src/sim/etcd/key-range.ts';
import { CompactedError } from '../../src/sim/etcd/store.ts';
import { RandomSource } from '../../src/sim/kernel/random.ts';
import { decodedKv, encoded, encodedRange, RealEtcd, whyNoEtcd } from '../support/real-etcd.ts';
import type { Json } from '../support/real-etcd.ts';
import { propertyRuns } from '../property-runs.ts';

/**
 * One random course of puts, ranges, deletions, transactions, watches, leases and compactions goes to our etcd and to a
 * real one, operation by operation: answers, revisions, events and refusals must be the same.
 */
const reason = whyNoEtcd();
if (reason !== undefined) console.warn(`skipped: comparison with a real etcd (${reason})`);

const OPERATIONS = propertyRuns(1_200, 40);

/** The last key of all, put before a watch ends so that its end can be told; every watch is of a range that holds it. */
const SENTINEL = 'k/~';

describe.skipIf(reason !== undefined)('beside a real etcd server', () => {
  let real: RealEtcd;

  beforeAll(async () => {
    real = await RealEtcd.start();
  }, 30_000);

  afterAll(async () => {
    await real.stop();
  });

  it(
    `answers ${OPERATIONS} random operations as it does`,
    async () => {
      const model = new EtcdKv(() => 0);
      const course = new Course(model);
      const done = new Map<string, number>();
      let refused = 0;
      for (let i = 0; i < OPERATIONS; i++) {
        const operation = course.next(i);
        const ours = await outcome(() => operation.ours(model));
        const theirs = await outcome(() => operation.theirs(real));
        expect(ours, `operation ${i}: ${operation.name} ${JSON.stringify(operation.request)}`).toEqual(theirs);
        done.set(operation.name, (done.get(operation.name) ?? 0) + 1);
        if ('refused' in theirs) refused++;
      }
      // The course went everywhere: a test of nothing would pass as well.
      for (const name of ['put', 'range', 'deleteRange', 'txn', 'watch', 'compact', 'leaseGrant', 'leaseRevoke']) {
        expect(done.get(name), name).toBeGreaterThan(OPERATIONS / 200);
      }
      expect(refused).toBeGreaterThan(OPERATIONS / 50);
    },
    OPERATIONS * 30 + 10_000,
  );
});

describe.skipIf(reason !== undefined)('beyond its quota', () => {
  const QUOTA = 16 * 1024 * 1024;
  const VALUE = 'x'.repeat(1024 * 1024);

  it('refuses puts with the same words as the real one, until compaction, defragmentation and disarming', async () => {
    const real = await RealEtcd.start(`--quota-backend-bytes=${QUOTA}`);
    try {
      const model = new EtcdKv(() => 0, QUOTA);
      const put = (key: string): Operation => ({
        name: 'put',
        request: { key },
        ours: (etcd) => void etcd.put({ key, value: VALUE }),
        theirs: async (etcd) => void (await etcd.call('kv/put', encodedPut({ key, value: VALUE }))),
      });
      const both = async ({ ours, theirs }: Operation): Promise<string> => {
        const [a, b] = [await outcome(() => ours(model)), await outcome(() => theirs(real))];
        return `${'refused' in a ? a.refused : 'done'} | ${'refused' in b ? b.refused : 'done'}`;
      };
      const refused = 'etcdserver: mvcc: database space exceeded';
      // Each fills its own way, pages being what they are; both are full in the end.
      let rounds = 0;
      while (!model.full || (await both(put('k'))) !== `${refused} | ${refused}`) {
        if (!model.full) await both(put('k'));
        if (++rounds > 40) throw new Error('one of them is never full');
      }
      const step = (name: string, ours: Operation['ours'], path: string, body: object): Operation => ({
        name,
        request: body,
        ours,
        theirs: async (etcd) => void (await etcd.call(path, body)),
      });
      const reads = step('range', (etcd) => void etcd.range({ key: 'k' }), 'kv/range', encodedRange({ key: 'k' }));
      const deletes = step(
        'delete',
        (etcd) => void etcd.deleteRange({ key: 'z' }),
        'kv/deleterange',
        encodedRange({ key: 'z' }),
      );
      expect(await both(reads)).toBe('done | done');
      expect(await both(deletes)).toBe('done | done');
      const { header } = (await real.call('kv/range', encodedRange({ key: 'k' }))) as { readonly header: Json };
      await real.call('kv/compaction', { revision: header['revision'], physical: true });
      model.compact(model.revision);
      expect(await both(put('k'))).toBe(`${refused} | ${refused}`);
      expect(await both(step('defrag', (etcd) => etcd.defragment(), 'maintenance/defragment', {}))).toBe('done | done');
      expect(await both(put('k'))).toBe(`${refused} | ${refused}`);
      const disarm = { action: 'DEACTIVATE', alarm: 'NOSPACE', memberID: header['member_id'] };
      expect(await both(step('disarm', (etcd) => etcd.disarm(), 'maintenance/alarm', disarm))).toBe('done | done');
      expect(await both(put('k'))).toBe('done | done');
    } finally {
      await real.stop();
    }
  }, 60_000);
});

interface Operation {
  readonly name: string;
  readonly request: object;
  readonly ours: (model: EtcdKv) => unknown;
  readonly theirs: (real: RealEtcd) => Promise<unknown>;
}

async function outcome(act: () => unknown): Promise<{ answer: unknown } | { refused: string }> {
  try {
    return { answer: await act() };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}

/** A random course of operations; what it draws from is the number of each operation. */
class Course {
  readonly #model: EtcdKv;
  readonly #draws = new RandomSource('etcd').purpose('operations');
  #operation = 0;
  #draw = 0;

  constructor(model: EtcdKv) {
    this.#model = model;
  }

  next(operation: number): Operation {
    this.#operation = operation;
    this.#draw = 0;
    return this.#pick<() => Operation>([
      [34, () => this.#put()],
      [24, () => this.#range()],
      [8, () => this.#deleteRange()],
      [22, () => this.#txn()],
      [4, () => this.#watch()],
      [2, () => this.#compact()],
      [3, () => this.#leaseGrant()],
      [2, () => this.#leaseRevoke()],
      [1, () => this.#leaseLook()],
    ])();
  }

  #integer(n: number): number {
    return this.#draws.integer(this.#operation, this.#draw++, n);
  }

  #chance(probability: number): boolean {
    return this.#draws.chance(this.#operation, this.#draw++, probability);
  }

  #pick<T>(choices: readonly (readonly [number, T])[]): T {
    let left = this.#integer(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (left < weight) return choice;
      left -= weight;
    }
    throw new RangeError('no choice');
  }

  #key(): string {
    return this.#chance(0.01)
      ? ''
      : `k/${this.#pick([[3, 'a'] as const, [3, 'b'] as const, [1, 'b/c'] as const])}${this.#integer(8)}`;
  }

  #keyRange(): KeyRange {
    return this.#pick<() => KeyRange>([
      [4, () => ({ key: this.#key() })],
      [3, () => ({ key: 'k/b', rangeEnd: prefixEnd('k/b') })],
      [2, () => ({ key: this.#key(), rangeEnd: this.#key() })],
      [1, () => ({ key: this.#key(), rangeEnd: '\0' })],
      [1, () => ({ key: '\0', rangeEnd: '\0' })],
    ])();
  }

  /** A revision about the present, the past, the compacted or the future. */
  #revision(): number {
    const { revision, compactRevision } = this.#model;
    return this.#pick<() => number>([
      [6, () => Math.max(1, revision - this.#integer(revision - compactRevision + 1))],
      [1, () => compactRevision],
      [1, () => Math.max(1, compactRevision - 1)],
      [1, () => revision + 1 + this.#integer(3)],
    ])();
  }

  /** One of few leases, that may be there or not. */
  #lease(): number {
    return 1 + this.#integer(6);
  }

  #putRequest(): PutRequest {
    return {
      key: this.#key(),
      value: this.#pick([[1, ''] as const, [9, `v${this.#integer(5)}`] as const]),
      ...(this.#chance(0.15) ? { lease: this.#lease() } : {}),
      prevKv: this.#chance(0.3),
    };
  }

  #put(): Operation {
    const request = this.#putRequest();
    return {
      name: 'put',
      request,
      ours: (model) => ({ ...model.put(request), revision: model.revision }),
      theirs: async (real) => {
        const answer = await real.call('kv/put', encodedPut(request));
        return { ...decodedPut(answer), revision: revisionOf(answer) };
      },
    };
  }

  #rangeRequest(): RangeRequest {
    return {
      ...this.#keyRange(),
      ...(this.#chance(0.5) ? { revision: this.#revision() } : {}),
      ...(this.#chance(0.4) ? { limit: this.#integer(6) } : {}),
      ...(this.#chance(0.1) ? { sortOrder: 'DESCEND' as const } : {}),
      keysOnly: this.#chance(0.1),
      countOnly: this.#chance(0.1),
      ...(this.#chance(0.1) ? { minModRevision: this.#revision() } : {}),
      ...(this.#chance(0.1) ? { maxCreateRevision: this.#revision() } : {}),
    };
  }

  #range(): Operation {
    const plain = this.#rangeRequest();
    const sortTarget = this.#pick([
      [3, 'KEY'],
      [1, 'CREATE'],
      [1, 'MOD'],
    ] as const);
    // How etcd orders equals is left open, and so is which of them a limit leaves out.
    const request: RangeRequest = sortTarget === 'KEY' ? plain : { ...plain, sortTarget, limit: 0 };
    return {
      name: 'range',
      request,
      ours: (model) => ({ ...equalsByKey(model.range(request), sortTarget), revision: model.revision }),
      theirs: async (real) => {
        const answer = await real.call('kv/range', encodedRangeRequest(request));
        return { ...equalsByKey(decodedRange(answer), sortTarget), revision: revisionOf(answer) };
      },
    };
  }

  #deleteRange(): Operation {
    const request = { ...this.#keyRange(), prevKv: this.#chance(0.3) };
    return {
      name: 'deleteRange',
      request,
      ours: (model) => ({ ...model.deleteRange(request), revision: model.revision }),
      theirs: async (real) => {
        const answer = await real.call('kv/deleterange', encodedDelete(request));
        return { ...decodedDelete(answer), revision: revisionOf(answer) };
      },
    };
  }

  #compare(): Compare {
    const target = this.#pick([
      [2, 'VERSION'],
      [2, 'CREATE'],
      [3, 'MOD'],
      [2, 'VALUE'],
      [1, 'LEASE'],
    ] as const);
    const result = this.#pick([
      [3, 'EQUAL'],
      [1, 'GREATER'],
      [1, 'LESS'],
      [1, 'NOT_EQUAL'],
    ] as const);
    const range = this.#chance(0.8) ? { key: this.#key() } : { key: 'k/b', rangeEnd: prefixEnd('k/b') };
    const operand =
      target === 'VALUE'
        ? `v${this.#integer(5)}`
        : target === 'VERSION'
          ? this.#integer(4)
          : target === 'LEASE'
            ? this.#integer(3)
            : this.#chance(0.3)
              ? 0
              : this.#revision();
    return { ...range, target, result, operand };
  }

  #operations(depth: number): RequestOp[] {
    return Array.from({ length: this.#integer(4) }, () =>
      this.#pick<() => RequestOp>([
        [5, () => ({ put: this.#putRequest() })],
        [3, () => ({ range: this.#rangeRequest() })],
        [2, () => ({ deleteRange: { ...this.#keyRange(), prevKv: this.#chance(0.5) } })],
        [
          depth === 0 ? 1 : 0,
          () => ({ txn: { compare: [this.#compare()], success: this.#inner(), failure: this.#inner() } }),
        ],
      ])(),
    );
  }

  #inner(): RequestOp[] {
    return this.#operations(1).slice(0, 2);
  }

  #txn(): Operation {
    const compare = Array.from({ length: this.#integer(3) }, () => this.#compare());
    const request: TxnRequest = { compare, success: this.#operations(0), failure: this.#operations(0) };
    return {
      name: 'txn',
      request,
      ours: (model) => ({ ...model.txn(request), revision: model.revision }),
      theirs: async (real) => {
        const answer = await real.call('kv/txn', encodedTxn(request));
        return { ...decodedTxn(answer), revision: revisionOf(answer) };
      },
    };
  }

  /** From a revision to now: the sentinel's put is the last that it tells. */
  #watch(): Operation {
    const startRevision = Math.min(this.#revision(), this.#model.revision);
    const range = this.#pick<KeyRange>([
      [2, { key: 'k/', rangeEnd: prefixEnd('k/') }],
      [1, { key: 'k/b', rangeEnd: '\0' }],
    ]);
    const prevKv = this.#chance(0.3);
    let last = 0;
    return {
      name: 'watch',
      request: { ...range, startRevision, prevKv },
      ours: (model) => {
        model.put({ key: SENTINEL, value: '' });
        last = model.revision;
        try {
          return model.eventsFrom(range, startRevision, prevKv);
        } catch (error) {
          if (error instanceof CompactedError) throw new Error(`compacted at ${error.compactRevision}`);
          throw error;
        }
      },
      theirs: async (real) => {
        await real.call('kv/put', { key: encoded(SENTINEL), value: '' });
        return real.watch(range, startRevision, last, prevKv);
      },
    };
  }

  #compact(): Operation {
    const { revision, compactRevision } = this.#model;
    const request = {
      revision: this.#chance(0.7)
        ? Math.max(1, compactRevision + this.#integer(revision - compactRevision))
        : this.#revision(),
    };
    return {
      name: 'compact',
      request,
      ours: (model) => model.compact(request.revision),
      theirs: async (real) => void (await real.call('kv/compaction', { ...request, physical: true })),
    };
  }

  #leaseGrant(): Operation {
    const request = { ID: this.#lease(), TTL: 1000 * (1 + this.#integer(4)) };
    return {
      name: 'leaseGrant',
      request,
      ours: (model) => model.leaseGrant(request.TTL, request.ID),
      theirs: async (real) => {
        const { ID, TTL } = await real.call('lease/grant', request);
        return { id: Number(ID), ttl: Number(TTL) };
      },
    };
  }

  #leaseRevoke(): Operation {
    const ID = this.#lease();
    return {
      name: 'leaseRevoke',
      request: { ID },
      ours: (model) => {
        model.leaseRevoke(ID);
        return model.revision;
      },
      theirs: async (real) => revisionOf(await real.call('lease/revoke', { ID })),
    };
  }

  #leaseLook(): Operation {
    const ID = this.#lease();
    return {
      name: 'leaseTimeToLive',
      request: { ID },
      ours: (model) => {
        const { grantedTtl, keys } = model.leaseTimeToLive(ID);
        return { grantedTtl, keys };
      },
      theirs: async (real) => {
        const { grantedTTL, keys } = await real.call('lease/timetolive', { ID, keys: true });
        const names = ((keys ?? []) as string[]).map((key) => Buffer.from(key, 'base64').toString());
        return { grantedTtl: Number(grantedTTL ?? 0), keys: names.sort() };
      },
    };
  }
}

function revisionOf(answer: Json): number {
  return Number((answer['header'] as Json)['revision']);
}

function encodedPut({ key, value, lease, prevKv }: PutRequest): Json {
  return { key: encoded(key), value: encoded(value), prev_kv: prevKv, ...(lease === undefined ? {} : { lease }) };
}

function decodedPut(answer: Json): object {
  const previous = answer['prev_kv'] as Json | undefined;
  return previous === undefined ? {} : { prevKv: decodedKv(previous) };
}

function encodedRangeRequest(request: RangeRequest): Json {
  return {
    ...encodedRange(request),
    revision: request.revision,
    limit: request.limit,
    sort_order: request.sortOrder,
    sort_target: request.sortTarget,
    keys_only: request.keysOnly,
    count_only: request.countOnly,
    min_mod_revision: request.minModRevision,
    max_create_revision: request.maxCreateRevision,
  };
}

/** The answer with keys of equal rank in order of their names. */
function equalsByKey(answer: RangeResponse, target: 'KEY' | 'CREATE' | 'MOD'): RangeResponse {
  if (target === 'KEY') return answer;
  const rank = target === 'MOD' ? 'modRevision' : 'createRevision';
  const places = new Map<number, number>();
  for (const [place, kv] of answer.kvs.entries()) if (!places.has(kv[rank])) places.set(kv[rank], place);
  const placeOf = (kv: KeyValue): number => places.get(kv[rank]) as number;
  const kvs = answer.kvs.toSorted((a, b) => placeOf(a) - placeOf(b) || (a.key < b.key ? -1 : 1));
  return { ...answer, kvs };
}

function decodedRange(answer: Json): RangeResponse {
  return {
    kvs: ((answer['kvs'] ?? []) as Json[]).map(decodedKv),
    more: answer['more'] === true,
    count: Number(answer['count'] ?? 0),
  };
}

function encodedDelete(request: KeyRange & { readonly prevKv?: boolean }): Json {
  return { ...encodedRange(request), prev_kv: request.prevKv };
}

function decodedDelete(answer: Json): object {
  const prevKvs = ((answer['prev_kvs'] ?? []) as Json[]).map(decodedKv);
  return { deleted: Number(answer['deleted'] ?? 0), prevKvs };
}

const OPERANDS = {
  VERSION: 'version',
  CREATE: 'create_revision',
  MOD: 'mod_revision',
  VALUE: 'value',
  LEASE: 'lease',
} as const;

function encodedTxn({ compare, success, failure }: TxnRequest): Json {
  return {
    compare: compare.map(({ target, result, operand, ...range }) => ({
      ...encodedRange(range),
      target,
      result,
      [OPERANDS[target]]: typeof operand === 'string' ? encoded(operand) : operand,
    })),
    success: success.map(encodedOp),
    failure: failure.map(encodedOp),
  };
}

function encodedOp(op: RequestOp): Json {
  if ('put' in op) return { request_put: encodedPut(op.put) };
  if ('range' in op) return { request_range: encodedRangeRequest(op.range) };
  if ('deleteRange' in op) return { request_delete_range: encodedDelete(op.deleteRange) };
  return { request_txn: encodedTxn(op.txn) };
}

function decodedTxn(answer: Json): object {
  return {
    succeeded: answer['succeeded'] === true,
    responses: ((answer['responses'] ?? []) as Json[]).map(decodedOp),
  };
}

function decodedOp(op: Json): ResponseOp {
  const [[kind, answer]] = Object.entries(op) as [[string, Json]];
  if (kind === 'response_put') return { put: decodedPut(answer) };
  if (kind === 'response_range') return { range: decodedRange(answer) };
  if (kind === 'response_delete_range') return { deleteRange: decodedDelete(answer) } as ResponseOp;
  return { txn: decodedTxn(answer) } as ResponseOp;
}
