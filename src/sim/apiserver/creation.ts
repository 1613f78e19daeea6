import type { Namespace } from '../api/core.ts';
import { groupResource } from '../api/kinds.ts';
import type { KindInfo } from '../api/kinds.ts';
import type { Draft } from '../api/meta.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { EtcdStore } from '../etcd/store.ts';
import { about, notFound } from './answers.ts';
import { objectKey } from './request.ts';

/** Why an object cannot be created, whatever it holds: its namespace, or its name. */
export function creationRefusal(
  store: EtcdStore,
  { kind, plural, namespaced }: KindInfo,
  namespace: string,
  { metadata }: Draft,
): ApiStatus | undefined {
  const name = metadata.name ?? '';
  if (namespaced) {
    const home = store.get('Namespace', namespace)?.object as Namespace | undefined;
    if (home === undefined) return notFound('Namespace', namespace);
    if (home.metadata.deletionTimestamp !== undefined) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      return failure('Forbidden', `${plural} "${name}" is forbidden: ${why}`);
    }
  }
  if (name !== '' && store.get(kind, objectKey(namespace, name)) !== undefined) {
    return failure('AlreadyExists', `${groupResource(kind)} "${name}" already exists`, about(kind, name));
  }
  if (name !== '' || metadata.generateName !== undefined) return undefined;
  return failure('Invalid', `${kind} "" is invalid: metadata.name: Required value: name or generateName is required`);
}
