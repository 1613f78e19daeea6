import { EtcdError, MAX_TXN_OPS, REFUSALS } from './kv-messages.ts';
import type { KeyRange, RequestOp, TxnRequest } from './kv-messages.ts';

/** Every request names a key. */
export function checkKey({ key }: KeyRange): void {
  if (key === '') throw new EtcdError(REFUSALS.emptyKey);
}

/** What can be wrong with a transaction as such. Source: etcd server/etcdserver/api/v3rpc/key.go (Txn). */
export function checkTxn(request: TxnRequest): void {
  checkOps(request);
  checkTwice(request.success);
  checkTwice(request.failure);
}

/** Source: key.go (checkTxnRequest). */
function checkOps({ compare, success, failure }: TxnRequest): void {
  if (Math.max(compare.length, success.length, failure.length) > MAX_TXN_OPS) throw new EtcdError(REFUSALS.tooManyOps);
  for (const condition of compare) checkKey(condition);
  for (const op of [...success, ...failure]) {
    if ('txn' in op) checkOps(op.txn);
    else checkKey('put' in op ? op.put : 'range' in op ? op.range : op.deleteRange);
  }
}

/** The keys that a list of operations may put, and the ranges that it may remove. */
interface Touched {
  readonly puts: ReadonlySet<string>;
  readonly deletes: readonly KeyRange[];
}

/**
 * No operation of one list may put what another puts or removes; the two lists of an inner transaction exclude each
 * other. As in etcd an inner transaction's ranges count for what stands behind it, and a range "from here on" does not
 * count: its end "\0" is taken as a key like any other. Source: key.go (checkIntervals).
 */
function checkTwice(ops: readonly RequestOp[]): Touched {
  const puts = new Set<string>();
  const deletes: KeyRange[] = ops.flatMap((op) => ('deleteRange' in op ? [op.deleteRange] : []));
  const put = (key: string, besides?: ReadonlySet<string>): void => {
    const twice = puts.has(key) && besides?.has(key) !== true;
    if (twice || deletes.some((range) => spans(range, key))) throw new EtcdError(REFUSALS.duplicateKey);
    puts.add(key);
  };
  for (const op of ops) {
    if (!('txn' in op)) continue;
    const [success, failure] = [checkTwice(op.txn.success), checkTwice(op.txn.failure)];
    for (const key of success.puts) put(key);
    for (const key of failure.puts) put(key, success.puts);
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const op of ops) if ('put' in op) put(op.put.key);
  return { puts, deletes };
}

function spans({ key: from, rangeEnd = '' }: KeyRange, key: string): boolean {
  return rangeEnd === '' ? key === from : key >= from && key < rangeEnd;
}
