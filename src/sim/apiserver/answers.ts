import { groupOf, groupResource, kindInfo } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import { REFUSALS } from '../etcd/kv-messages.ts';
import type { ApiResult } from './request.ts';

/** What etcd says when its quota is used up; the server passes it on. */
export const NO_SPACE = failure('', REFUSALS.noSpace);

/** The request is carried out. */
export function done(object: KubeObject): ApiResult {
  return { ok: true, object };
}

/** It is not. */
export function refused(status: ApiStatus): ApiResult {
  return { ok: false, status };
}

/** Whether an answer is a refusal. */
export function isStatus(value: KubeObject | ApiStatus): value is ApiStatus {
  return value.kind === 'Status';
}

/** There is no such object. */
export function notFound(kind: Kind, name: string): ApiStatus {
  return failure('NotFound', `${groupResource(kind)} "${name}" not found`, about(kind, name));
}

/** The object is another than the client knew. */
export function conflict({ kind, metadata }: KubeObject): ApiStatus {
  return failure(
    'Conflict',
    `Operation cannot be fulfilled on ${groupResource(kind)} "${metadata.name}": the object has been modified; please apply your changes to the latest version and try again`,
    about(kind, metadata.name),
  );
}

/** What a refusal is about, for programs. */
export function about(kind: Kind, name: string): Readonly<Record<string, string>> {
  const group = groupOf(kind);
  return { name, ...(group === '' ? {} : { group }), kind: kindInfo(kind)?.plural ?? kind };
}
