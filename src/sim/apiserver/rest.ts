import { groupOf, kindInfo, kindOf } from '../api/kinds.ts';
import type { KindInfo } from '../api/kinds.ts';
import type { Draft, KubeObject } from '../api/meta.ts';
import { parseSelector } from '../api/selectors.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { ApiServer } from './api-server.ts';
import type { ListQuery } from './list-request.ts';
import { patched } from './patched.ts';
import type { ApiRequest, ApiResult, DeleteOptions, PatchRequest, PropagationPolicy } from './request.ts';
import { RestWatch } from './rest-watch.ts';
import { rescaled, scaleOf, SCALED } from './scale.ts';

/** A request as HTTP brings it, its body read from JSON (or YAML, for what is applied). */
export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Without the query: `/api/v1/namespaces/default/pods/web`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** First word of the User-Agent: who writes, where no fieldManager says so. */
  readonly userAgent?: string;
}

export interface RestResponse {
  readonly code: number;
  readonly body: object;
}

/** A resource's place: the path taken apart. */
interface Target {
  readonly info: KindInfo;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** Carries a request out now, at once: Kubernetes' REST paths, verbs and JSON on the simulated server. */
export function rest(server: ApiServer, request: RestRequest): RestResponse {
  const target = targetOf(request.path);
  if (target === undefined) return answer(failure('NotFound', 'the server could not find the requested resource'));
  try {
    return new Call(server, request, target).answer();
  } catch (error) {
    // Selectors that are none are found when they are read.
    if (error instanceof RangeError) return answer(failure('BadRequest', error.message));
    throw error;
  }
}

/** Opens the watch that a request with `watch=true` asks for, or answers why there is none. */
export function restWatch(server: ApiServer, { path, query = {} }: RestRequest): RestWatch | RestResponse {
  const target = targetOf(path);
  if (target === undefined) return answer(failure('NotFound', 'the server could not find the requested resource'));
  const { info, namespace, name } = target;
  const { labelSelector, resourceVersion, resourceVersionMatch, timeoutSeconds, sendInitialEvents } = query;
  const fieldSelector = name === '' ? query['fieldSelector'] : `metadata.name=${name}`;
  try {
    const watch = RestWatch.open(server, info.kind, {
      ...(namespace === '' ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector: parseSelector(labelSelector) }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(resourceVersionMatch === undefined ? {} : { resourceVersionMatch }),
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds: Number(timeoutSeconds) }),
      ...(sendInitialEvents === undefined ? {} : { sendInitialEvents: sendInitialEvents === 'true' }),
      allowWatchBookmarks: query['allowWatchBookmarks'] === 'true',
    });
    return 'code' in watch ? answer(watch) : watch;
  } catch (error) {
    // Selectors that are none are found when they are read.
    if (error instanceof RangeError) return answer(failure('BadRequest', error.message));
    throw error;
  }
}

/** `/api/v1/…` and `/apis/<group>/<version>/…`, with or without a namespace. */
function targetOf(path: string): Target | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const [root, first = '', second = ''] = parts;
  const apiVersion = root === 'api' ? first : `${first}/${second}`;
  const rest = parts.slice(root === 'api' ? 2 : 3);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize';
  const namespace = inNamespace ? (rest[1] as string) : '';
  const [plural = '', name = '', subresource = ''] = inNamespace ? rest.slice(2) : rest;
  const info = kindOf(apiVersion, plural);
  return info === undefined ? undefined : { info, namespace, name, subresource };
}

const PATCH_TYPES: Readonly<Record<string, NonNullable<PatchRequest['patchType']>>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** One request with its target. */
class Call {
  readonly #server: ApiServer;
  readonly #request: RestRequest;
  readonly #target: Target;

  constructor(server: ApiServer, request: RestRequest, target: Target) {
    this.#server = server;
    this.#request = request;
    this.#target = target;
  }

  answer(): RestResponse {
    const { name, subresource } = this.#target;
    const { method } = this.#request;
    if (name === '') {
      if (method === 'GET') return this.#list();
      if (method === 'POST') return this.#create();
      return method === 'DELETE' ? this.#deleteCollection() : notAllowed();
    }
    if (subresource === 'binding' && method === 'POST') return this.#bind();
    if (subresource === 'eviction' && method === 'POST') return this.#evict();
    if (subresource === 'scale') return this.#scale();
    if (subresource !== '' && subresource !== 'status' && subresource !== 'resize') {
      return answer(failure('NotFound', 'the server could not find the requested resource'));
    }
    if (method === 'GET') return this.#get();
    if (method === 'PUT') return this.#update();
    if (method === 'PATCH') return this.#patch();
    return method === 'DELETE' ? this.#delete() : notAllowed();
  }

  get #address(): { kind: string; namespace: string; name: string } {
    const { info, namespace, name } = this.#target;
    return { kind: info.kind, namespace, name };
  }

  #handle(request: ApiRequest): ApiResult {
    const { query = {}, userAgent = '' } = this.#request;
    const fieldManager = query['fieldManager'] ?? (userAgent.split('/')[0] as string);
    return this.#server.handle({ ...request, fieldManager });
  }

  #found(): KubeObject | ApiStatus {
    const { kind, namespace, name } = this.#address;
    const group = groupOf(kind);
    const { plural } = this.#target.info;
    const resource = group === '' ? plural : `${plural}.${group}`;
    const details = { name, ...(group === '' ? {} : { group }), kind: plural };
    return this.#server.get(kind, namespace, name) ?? failure('NotFound', `${resource} "${name}" not found`, details);
  }

  #get(): RestResponse {
    return answer(this.#found());
  }

  #query(): ListQuery {
    const query = this.#request.query ?? {};
    const { namespace } = this.#target;
    const { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch } = query;
    return {
      ...(namespace === '' ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector: parseSelector(labelSelector) }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
      ...(query['continue'] === undefined ? {} : { continue: query['continue'] }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(resourceVersionMatch === undefined ? {} : { resourceVersionMatch }),
    };
  }

  #list(): RestResponse {
    return answer(this.#server.answerList(this.#target.info.kind, this.#query()) as KubeObject | ApiStatus);
  }

  /** Why a body does not belong to its path. Source: apiserver endpoints/handlers/rest.go. */
  #misplaced(metadata: { readonly name?: string; readonly namespace?: string }): ApiStatus | undefined {
    const { name, namespace } = this.#target;
    if (namespace !== '' && (metadata.namespace ?? namespace) !== namespace) {
      return failure(
        'BadRequest',
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    if (name === '' || (metadata.name ?? name) === name) return undefined;
    const what = `the name of the object (${metadata.name ?? ''}) does not match the name on the URL (${name})`;
    return failure('BadRequest', what);
  }

  /** The body as an object, or why it is none of the kind that the path is of. */
  #body(): Draft | ApiStatus {
    const body = this.#request.body as (Draft & { readonly kind?: string }) | undefined;
    const { kind } = this.#target.info;
    if (typeof body !== 'object' || body === null) return failure('BadRequest', "Object 'Kind' is missing in ''");
    if (body.kind !== undefined && body.kind !== kind) {
      return failure('BadRequest', `${body.kind} in version "${body.apiVersion}" cannot be handled as a ${kind}`);
    }
    return this.#misplaced(body.metadata) ?? body;
  }

  #create(): RestResponse {
    const body = this.#body();
    if ('code' in body) return answer(body as ApiStatus);
    const { namespace } = this.#target;
    const metadata = namespace === '' ? body.metadata : { ...body.metadata, namespace };
    const request = { ...this.#address, name: metadata.name ?? '', verb: 'create' } as const;
    return resulting(this.#handle({ ...request, body: { ...body, metadata } }), 201);
  }

  get #subresource(): 'status' | 'resize' | undefined {
    const { subresource } = this.#target;
    return subresource === 'status' || subresource === 'resize' ? subresource : undefined;
  }

  #update(): RestResponse {
    const body = this.#body();
    if ('code' in body) return answer(body as ApiStatus);
    const subresource = this.#subresource;
    const request = { ...this.#address, verb: 'update', body } as const;
    return resulting(this.#handle(subresource === undefined ? request : { ...request, subresource }));
  }

  #patch(): RestResponse {
    const { contentType = '', body, query = {} } = this.#request;
    const patchType = PATCH_TYPES[contentType.split(';')[0] as string];
    if (patchType === undefined) {
      const allowed = Object.keys(PATCH_TYPES).join(', ');
      const why = `the body of the request was in an unknown format - accepted media types include: ${allowed}`;
      return answer({ ...failure('UnsupportedMediaType', why) });
    }
    const subresource = this.#subresource === 'status' ? ({ subresource: 'status' } as const) : {};
    const options = { ...subresource, patchType, force: query['force'] === 'true' };
    if (patchType === 'apply' && query['fieldManager'] === undefined) {
      const why = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch';
      return answer(failure('Invalid', why));
    }
    const exists = !('code' in this.#found());
    const result = this.#handle({ ...this.#address, verb: 'patch', patch: body as object, ...options });
    return resulting(result, exists ? 200 : 201);
  }

  #deleteOptions(): DeleteOptions {
    const { query = {}, body } = this.#request;
    const given = (body ?? {}) as DeleteOptions;
    const grace = query['gracePeriodSeconds'];
    const policy = query['propagationPolicy'] as PropagationPolicy | undefined;
    return {
      ...given,
      ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
      ...(policy === undefined ? {} : { propagationPolicy: policy }),
    };
  }

  #delete(): RestResponse {
    const { kind, namespace, name } = this.#address;
    const result = this.#handle({ ...this.#address, verb: 'delete', options: this.#deleteOptions() });
    if (!result.ok || this.#server.get(kind, namespace, name) !== undefined) return resulting(result);
    const { uid } = result.object.metadata;
    return { code: 200, body: success({ name, kind: this.#target.info.plural, uid }) };
  }

  #deleteCollection(): RestResponse {
    const { kind } = this.#target.info;
    const chosen = this.#server.answerList(kind, this.#query());
    if ('code' in chosen) return answer(chosen);
    const options = this.#deleteOptions();
    for (const { metadata } of chosen.items) {
      const { name, namespace = '' } = metadata;
      this.#handle({ verb: 'delete', kind, namespace, name, options });
    }
    return answer(chosen as unknown as KubeObject);
  }

  #bind(): RestResponse {
    const { kind, namespace, name } = this.#address;
    const { target, metadata } = (this.#request.body ?? {}) as {
      readonly target?: { readonly name?: string };
      readonly metadata?: { readonly uid?: string };
    };
    const pod = this.#found();
    if ('code' in pod || kind !== 'Pod') return answer(pod);
    const uid = metadata?.uid ?? pod.metadata.uid;
    const result = this.#handle({ verb: 'bind', kind, namespace, name, uid, nodeName: target?.name ?? '' });
    return result.ok ? { code: 201, body: success() } : resulting(result);
  }

  #evict(): RestResponse {
    const { kind, namespace, name } = this.#address;
    if (kind !== 'Pod') return answer(failure('NotFound', 'the server could not find the requested resource'));
    const { deleteOptions = {} } = (this.#request.body ?? {}) as { readonly deleteOptions?: DeleteOptions };
    const result = this.#handle({ verb: 'evict', kind, namespace, name, options: deleteOptions });
    return result.ok ? { code: 201, body: success() } : resulting(result);
  }

  /** The scale sub-resource stands for the workload's replicas, whatever is done to it. */
  #scale(): RestResponse {
    const { method, body, contentType = '' } = this.#request;
    const object = this.#found();
    if ('code' in object) return answer(object as ApiStatus);
    if (!SCALED.has(object.kind))
      return answer(failure('NotFound', 'the server could not find the requested resource'));
    if (method === 'GET') return { code: 200, body: scaleOf(object) };
    let scale = body as Partial<ReturnType<typeof scaleOf>>;
    if (method === 'PATCH') {
      const patchType = PATCH_TYPES[contentType] ?? 'merge';
      const next = patched(scaleOf(object), { ...this.#address, verb: 'patch', patch: body as object, patchType });
      if ('code' in next) return answer(next);
      scale = next as ReturnType<typeof scaleOf>;
    } else if (method !== 'PUT') return notAllowed();
    const result = this.#handle({ ...this.#address, verb: 'update', body: rescaled(object, scale) });
    return result.ok ? { code: 200, body: scaleOf(result.object) } : resulting(result);
  }
}

function answer(body: KubeObject | ApiStatus): RestResponse {
  return { code: 'code' in body ? (body as ApiStatus).code : 200, body };
}

function resulting(result: ApiResult, code = 200): RestResponse {
  return result.ok ? { code, body: result.object } : answer(result.status);
}

function notAllowed(): RestResponse {
  return answer(failure('MethodNotAllowed', 'the server does not allow this method on the requested resource'));
}

function success(details?: object): object {
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
  return details === undefined ? base : { ...base, details };
}

/** The path of a kind's objects, or of one of them. */
export function pathOf(kind: string, namespace: string, name = ''): string {
  const { apiVersion, plural } = kindInfo(kind) as KindInfo;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespace === '' ? '' : `/namespaces/${namespace}`;
  return `${root}${within}/${plural}${name === '' ? '' : `/${name}`}`;
}
