import { isObject } from '../sim/apiserver/merge-patch.ts';
import { kindInfo } from '../sim/api/kinds.ts';
import type { KubeObject } from '../sim/api/meta.ts';
import { InputError, describeValue } from './input-error.ts';
import type { DocumentPath } from './input-error.ts';
import { FieldReader } from './manifests/field-reader.ts';
import { Misfit } from './manifests/misfit.ts';
import { readInput, YamlSource } from './yaml.ts';

/** Objects of a cluster as `kubectl get -o yaml` or `-o json` prints them, by kind. */
export type Dump = ReadonlyMap<string, readonly KubeObject[]>;

/**
 * Reads a cluster's dump: YAML or JSON, single objects and Lists, with all that the server had set in them. Kinds that are
 * not known are passed over, and so are fields; what is known has to be of its type. Of an object that is there several times the
 * last counts.
 */
export function readDump(files: readonly string[]): Dump {
  const objects = new Map<string, Map<string, KubeObject>>();
  for (const file of files) {
    const source = new YamlSource(file, readInput(file));
    for (const [document, value] of source.documents.entries()) add(source, document, [], value, objects);
  }
  return new Map([...objects].map(([kind, byKey]) => [kind, [...byKey.values()]]));
}

/** Whether a file holds a scenario; anything else is taken for a dump. */
export function isScenario(file: string): boolean {
  const [first] = new YamlSource(file, readInput(file)).documents;
  return isObject(first) && (first['kind'] === 'Scenario' || first['cluster'] !== undefined);
}

function add(
  source: YamlSource,
  document: number,
  path: DocumentPath,
  value: unknown,
  into: Map<string, Map<string, KubeObject>>,
): void {
  if (value === null || value === undefined) return;
  if (!isObject(value)) {
    throw source.error(document, path, {
      message: 'not a Kubernetes object',
      found: describeValue(value),
      allowed: 'what kubectl get -o yaml (or json) prints',
    });
  }
  const { kind, items } = value;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
    for (const [i, item] of items.entries()) add(source, document, [...path, 'items', i], item, into);
    return;
  }
  if (typeof kind !== 'string' || kindInfo(kind) === undefined) return;
  let object: KubeObject;
  try {
    object = new FieldReader({ dropUnknown: true }).read(value, kind) as KubeObject;
  } catch (error) {
    if (error instanceof Misfit) throw source.error(document, [...path, ...error.path], error.problem, error.at);
    throw error;
  }
  const { name, namespace } = object.metadata ?? {};
  if (name === undefined) {
    throw source.error(document, path, { message: `a ${kind} without a name`, allowed: 'metadata.name' });
  }
  const named = kindInfo(kind)?.namespaced === true && namespace === undefined;
  const placed = named ? { ...object, metadata: { ...object.metadata, namespace: 'default' } } : object;
  let byKey = into.get(kind);
  if (byKey === undefined) into.set(kind, (byKey = new Map()));
  byKey.set(`${placed.metadata.namespace ?? ''}/${name}`, placed);
}

/** Throws where a dump has no node to look at. */
export function checkDump(dump: Dump, files: readonly string[]): void {
  if ((dump.get('Node')?.length ?? 0) > 0) return;
  throw new InputError({
    ...(files[0] === undefined ? {} : { file: files[0] }),
    message: 'there is no node in it',
    found: [...dump].map(([kind, list]) => `${list.length} ${kind}`).join(', ') || 'nothing',
    allowed: 'a dump with nodes: kubectl get nodes,pods,… -A -o yaml',
  });
}
