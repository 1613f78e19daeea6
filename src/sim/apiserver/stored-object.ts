import type { KubeObject, ObjectMeta } from '../api/meta.ts';

/** An object with the two parts that the verbs handle apart. */
export type Stored = KubeObject & { readonly spec?: unknown; readonly status?: unknown };

/** The parts that nearly all kinds consist of; what else an object has is copied. */
const PARTS = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status']);

/**
 * The object with other parts. Written out field by field, as `numberedMeta` is, so that all objects in the store have one
 * shape, whoever wrote them. A spread gives what it makes a shape of its own at every place where it stands, and adding
 * a field to its result costs a microsecond (V8 of Node 20) besides making all that reads the object slow.
 */
export function storedObject(of: KubeObject, metadata: ObjectMeta, spec: unknown, status: unknown): Stored {
  const object: Record<string, unknown> = { apiVersion: of.apiVersion, kind: of.kind, metadata, spec, status };
  for (const part in of) {
    if (!PARTS.has(part)) object[part] = (of as unknown as Readonly<Record<string, unknown>>)[part];
  }
  return object as unknown as Stored;
}
