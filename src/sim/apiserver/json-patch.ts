import { isObject, sameJson } from './merge-patch.ts';

/** One operation of a JSON patch (RFC 6902). */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  /** A JSON pointer (RFC 6901). */
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** Why a JSON patch cannot be applied; `isTest`: a test of it does not hold. */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError';
}

/** The document as a JSON patch leaves it; all of it holds or nothing. Throws JsonPatchError. */
export function jsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  return operations.reduce(applied, document);
}

function applied(document: unknown, operation: JsonPatchOperation): unknown {
  const { op } = operation;
  const path = steps(operation.path);
  if (op === 'test') {
    if (!sameJson(valueAt(document, path, operation.path), operation.value)) {
      throw new JsonPatchError(`testing value ${operation.path} failed: test failed`);
    }
    return document;
  }
  if (op === 'add') return changed(document, path, operation, () => operation.value);
  if (op === 'replace') {
    valueAt(document, path, operation.path);
    return changed(document, path, operation, () => operation.value);
  }
  if (op === 'remove') {
    valueAt(document, path, operation.path);
    return changed(document, path, operation, undefined);
  }
  if (op === 'move' || op === 'copy') {
    const from = steps(operation.from ?? '');
    const value = valueAt(document, from, operation.from ?? '');
    const source = op === 'copy' ? document : changed(document, from, { ...operation, op: 'remove' }, undefined);
    return changed(source, path, { ...operation, op: 'add' }, () => value);
  }
  throw new JsonPatchError(`unexpected kind: ${String(op)}`);
}

function steps(pointer: string): readonly string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new JsonPatchError(`"${pointer}" is not a JSON pointer`);
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function valueAt(document: unknown, path: readonly string[], pointer: string): unknown {
  let value = document;
  for (const step of path) {
    if (Array.isArray(value)) value = (value as unknown[])[indexOf(step, value.length - 1, pointer)];
    else if (isObject(value) && value[step] !== undefined) value = value[step];
    else throw new JsonPatchError(`doc is missing path: ${pointer}: missing value`);
  }
  return value;
}

function indexOf(step: string, last: number, pointer: string): number {
  const index = step === '-' ? last : Number(step);
  if (!/^(0|[1-9][0-9]*|-)$/.test(step) || index > last) {
    throw new JsonPatchError(`Unable to access invalid index: ${step} in ${pointer}`);
  }
  return index;
}

/** A copy of the document in which the value at a path is another, or is gone where none is given. */
function changed(
  document: unknown,
  path: readonly string[],
  operation: JsonPatchOperation,
  value: (() => unknown) | undefined,
): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value?.();
  if (Array.isArray(document)) {
    const list = [...(document as unknown[])];
    const adds = rest.length === 0 && operation.op === 'add';
    const index = indexOf(step, adds ? list.length : list.length - 1, operation.path);
    if (rest.length > 0) list[index] = changed(list[index], rest, operation, value);
    else if (value === undefined) list.splice(index, 1);
    else list.splice(index, adds ? 0 : 1, value());
    return list;
  }
  if (!isObject(document)) {
    throw new JsonPatchError(`${operation.op} operation does not apply: doc is missing path: ${operation.path}`);
  }
  if (rest.length > 0) {
    if (document[step] === undefined) {
      throw new JsonPatchError(`${operation.op} operation does not apply: doc is missing path: ${operation.path}`);
    }
    return { ...document, [step]: changed(document[step], rest, operation, value) };
  }
  if (value !== undefined) return { ...document, [step]: value() };
  const { [step]: _gone, ...left } = document;
  return left;
}
