import { groupResource } from '../../api/kinds.ts';
import type { KubeObject } from '../../api/meta.ts';
import { failure } from '../../api/status.ts';
import type { ApiStatus } from '../../api/status.ts';

/** What an admission plugin answers that refuses an object. */
export function forbidden(object: KubeObject, why: string): ApiStatus {
  const { name, generateName = '' } = object.metadata;
  return failure(
    'Forbidden',
    `${groupResource(object.kind)} "${name === '' ? generateName : name}" is forbidden: ${why}`,
  );
}
