import type { Kind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { ApiStatus, StatusReason } from '../api/status.ts';

/** How a deletion treats the object's dependents. */
export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

export interface DeleteOptions {
  /** Absent: the kind's own default (a pod's terminationGracePeriodSeconds). */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: PropagationPolicy;
  /** The deletion is refused with Conflict where the live object's differ. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

interface Target {
  readonly kind: Kind;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  /** The target's key, from those who have it at hand. */
  readonly key?: string;
  /** Who writes, for objects with field managers; the client's name where absent. */
  readonly fieldManager?: string;
  /** Refusals for these reasons count as success for a controller's plan (a delete of what is gone, say). */
  readonly ignore?: readonly StatusReason[];
}

/** A new object. `name` may be empty where `body.metadata.generateName` is given. */
export interface CreateRequest extends Target {
  readonly verb: 'create';
  readonly body: object;
}

/**
 * Replaces the object (or, with `subresource: 'status'`, only its status: of the body's metadata just UID and
 * resourceVersion count then, as preconditions).
 * A body with `metadata.resourceVersion` is refused with Conflict where the live object has moved on.
 */
export interface UpdateRequest extends Target {
  readonly verb: 'update';
  readonly subresource?: 'status' | 'resize';
  readonly body: object;
  /** Of a pod's status: an end that the sender has not heard of stands, as if it had sent a patch. */
  readonly asPatch?: boolean;
}

/**
 * A patch of the object or its status: a JSON merge patch (RFC 7386), a JSON patch (RFC 6902), a strategic merge patch, or
 * a configuration that is applied on the server's side. Never conflicts unless it carries a resourceVersion, or is
 * applied and somebody else owns what it says.
 */
export interface PatchRequest extends Target {
  readonly verb: 'patch';
  readonly subresource?: 'status';
  readonly patch: object;
  /** 'merge' where absent. */
  readonly patchType?: 'merge' | 'json' | 'strategic' | 'apply';
  /** For 'apply': takes over what others own. */
  readonly force?: boolean;
}

export interface DeleteRequest extends Target {
  readonly verb: 'delete';
  readonly options?: DeleteOptions;
}

/** POST pods/binding: assigns an unassigned pod. */
export interface BindRequest extends Target {
  readonly verb: 'bind';
  readonly kind: 'Pod';
  /** UID of the pod that was scheduled; another incarnation of the name is refused. */
  readonly uid: string;
  readonly nodeName: string;
}

/** `kubectl apply`: creates the object or, where it exists, changes what the user says and leaves what others have set. */
export interface ApplyRequest extends Target {
  readonly verb: 'apply';
  readonly body: object;
}

/** POST pods/eviction: a deletion that PodDisruptionBudgets may refuse with TooManyRequests. */
export interface EvictRequest extends Target {
  readonly verb: 'evict';
  readonly kind: 'Pod';
  readonly options?: DeleteOptions;
}

/**
 * A read. Components read from informers; this is for those who do not. Of a list the answer is the list without its
 * items: what is simulated of it is what it costs.
 */
export interface ReadRequest extends Target {
  readonly verb: 'get' | 'list';
  /** For list: its selectors match nothing, so that the server looks at all objects and sends none. */
  readonly selects?: 'none';
  /** For list: at most so many objects; the next page follows on. 0: all. */
  readonly limit?: number;
  /** For list: where a page goes on, as its token says. */
  readonly continues?: PlaceInList;
  /** For list: '' or absent the latest, '0' any, a number: not older, or as the match says. */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  /** For list: a watch that begins with what there is (sendInitialEvents), answered when all of that has been sent. */
  readonly streamed?: true;
}

/** A page's place: of which revision the list is, and how many objects were read before. */
export interface PlaceInList {
  readonly revision: number;
  readonly read: number;
}

export type ApiRequest =
  | CreateRequest
  | UpdateRequest
  | PatchRequest
  | DeleteRequest
  | BindRequest
  | ApplyRequest
  | EvictRequest
  | ReadRequest;

/** What the server says: the object as it now stands (the last state where it was removed), or a refusal. */
export type ApiResult =
  { readonly ok: true; readonly object: KubeObject } | { readonly ok: false; readonly status: ApiStatus };

/** The answer as it arrives at the client, as the payload of its reply event. */
export interface ApiReply {
  readonly request: ApiRequest;
  readonly result: ApiResult;
  /** What the caller gave along with the request; plain data. */
  readonly context: unknown;
}

/** `namespace/name`, or `name` where there is no namespace. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The key of a stored object. */
export function keyOf(object: KubeObject): string {
  return objectKey(object.metadata.namespace, object.metadata.name);
}
