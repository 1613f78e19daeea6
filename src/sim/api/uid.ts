import type { KubeObject } from './meta.ts';

/**
 * The identity of an object for random draws: the first eight hexadecimal digits of its UID. The server derives UIDs
 * from what the *workload* calls the object (kind, namespace, name or generateName prefix, ordinal), never from where or
 * when it ran, so that two policies compared on one seed face the same luck.
 */
export function identityOfUid(uid: string): number {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const code = uid.charCodeAt(i);
    value = value * 16 + (code <= 57 ? code - 48 : code - 87);
  }
  return value >>> 0;
}

/** The identity of a stored object; see identityOfUid. */
export function identityOfObject(object: KubeObject): number {
  return identityOfUid(object.metadata.uid);
}
