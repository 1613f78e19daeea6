/** Requests and answers of etcd's KV, Watch and Lease services, under the names of etcdserverpb (v3). */

/** A key and what it holds. `lease` 0: none. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number;
}

/** Keys from `key` up to `rangeEnd`; `key` alone where that is absent; all from `key` on where it is "\0". */
export interface KeyRange {
  readonly key: string;
  readonly rangeEnd?: string;
}

export interface RangeRequest extends KeyRange {
  /** At most so many; 0 or absent: all. */
  readonly limit?: number;
  /** As it was then; 0 or absent: now. */
  readonly revision?: number;
  readonly sortOrder?: 'NONE' | 'ASCEND' | 'DESCEND';
  readonly sortTarget?: 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE';
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

export interface RangeResponse {
  readonly kvs: readonly KeyValue[];
  /** Whether the limit left some out. */
  readonly more: boolean;
  /** How many keys the range holds, whatever the limit. */
  readonly count: number;
}

export interface PutRequest {
  readonly key: string;
  readonly value: string;
  readonly lease?: number;
  readonly prevKv?: boolean;
}

export interface PutResponse {
  readonly prevKv?: KeyValue;
}

export interface DeleteRangeRequest extends KeyRange {
  readonly prevKv?: boolean;
}

export interface DeleteRangeResponse {
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}

/** A condition of a transaction, over every key of a range. */
export interface Compare extends KeyRange {
  readonly result: 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL';
  readonly target: 'VERSION' | 'CREATE' | 'MOD' | 'VALUE' | 'LEASE';
  /** A text for VALUE, a number for all else. */
  readonly operand: string | number;
}

export type RequestOp =
  | { readonly range: RangeRequest }
  | { readonly put: PutRequest }
  | { readonly deleteRange: DeleteRangeRequest }
  | { readonly txn: TxnRequest };

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export type ResponseOp =
  | { readonly range: RangeResponse }
  | { readonly put: PutResponse }
  | { readonly deleteRange: DeleteRangeResponse }
  | { readonly txn: TxnResponse };

export interface TxnResponse {
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

/** One event of a watch. A deleted key has its key and modRevision alone. */
export interface WatchEvent {
  readonly type: 'PUT' | 'DELETE';
  readonly kv: KeyValue;
  readonly prevKv?: KeyValue;
}

/** A lease, as LeaseTimeToLive tells of it; `ttl` -1: there is none. */
export interface LeaseStatus {
  readonly ttl: number;
  readonly grantedTtl: number;
  readonly keys: readonly string[];
}

/** Limits of a request. Source: etcd server/embed/config.go (--max-txn-ops, --max-request-bytes). */
export const MAX_TXN_OPS = 128;
export const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024;

/** A refusal of etcd; the texts are rpctypes'. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
}

/** Texts of refusals. Source: etcd api/v3rpc/rpctypes/error.go. */
export const REFUSALS = {
  emptyKey: 'etcdserver: key is not provided',
  duplicateKey: 'etcdserver: duplicate key given in txn request',
  tooManyOps: 'etcdserver: too many operations in txn request',
  tooLarge: 'etcdserver: request is too large',
  leaseNotFound: 'etcdserver: requested lease not found',
  leaseExists: 'etcdserver: lease already exists',
  noSpace: 'etcdserver: mvcc: database space exceeded',
} as const;
