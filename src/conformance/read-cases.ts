import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readConfiguration } from '../policies/scheduling/configuration/read-configuration.ts';
import type { ConfigurationDoor } from '../policies/scheduling/configuration/read-configuration.ts';
import { InputError, describeValue, printPath, printValue } from '../workloads/input-error.ts';
import type { DocumentPath, InputProblem } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';
import { schemaProblems } from '../workloads/scenario-problems.ts';
import { FieldReader } from '../workloads/manifests/field-reader.ts';
import { Misfit } from '../workloads/manifests/misfit.ts';
import { readInput } from '../workloads/yaml.ts';
import type { ReferenceCase } from './reference-case.ts';

/** A case and where it stands. */
export interface LocatedCase {
  readonly reference: ReferenceCase;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

type Raw = Readonly<Record<string, unknown>>;

/** Lists of `input`, and the type of their objects; undefined: only looked at as far as they are used. */
const LISTS: Readonly<Record<string, string | undefined>> = {
  nodes: 'Node',
  pods: 'Pod',
  pending: 'Pod',
  namespaces: 'Namespace',
  services: 'Service',
  podDisruptionBudgets: 'PodDisruptionBudget',
  // Without their templates, which a type check would insist on.
  replicaSets: undefined,
  replicationControllers: undefined,
  statefulSets: undefined,
  priorityClasses: undefined,
  persistentVolumes: undefined,
  persistentVolumeClaims: undefined,
  storageClasses: undefined,
  csiNodes: undefined,
  csiDrivers: undefined,
  csiStorageCapacities: undefined,
};

const GROUP = /^[\w.-]+$/;

/** Reads a file of reference cases: JSON lines, plain or gzipped. Throws InputError with the line that cannot be used. */
export function readCases(file: string): LocatedCase[] {
  const cases: LocatedCase[] = [];
  for (const [index, text] of textOf(file).split('\n').entries()) {
    if (text.trim() === '') continue;
    cases.push({ reference: caseOf(file, index + 1, text), file, line: index + 1 });
  }
  if (cases.length === 0) throw new InputError({ file, message: 'the file holds no cases', allowed: 'JSON lines' });
  return cases;
}

function textOf(file: string): string {
  if (!file.endsWith('.gz')) return readInput(file);
  // Says in the project's words what is wrong with the path.
  readInput(file);
  try {
    return gunzipSync(readFileSync(file)).toString('utf8');
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new InputError({ file, message: 'not gzipped, or cut short', found, allowed: 'a .jsonl.gz file' });
  }
}

function caseOf(file: string, line: number, text: string): ReferenceCase {
  const fail = (path: DocumentPath, problem: InputProblem): InputError =>
    new InputError({ file, line, path: printPath(path), ...problem });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const column = Number(/at position (\d+)/.exec(message)?.[1] ?? 0) + 1;
    throw new InputError({ file, line, column, message: 'not valid JSON', found: message });
  }
  const reference = mapping(value, [], fail);
  for (const field of ['id', 'group'] as const) {
    if (typeof reference[field] !== 'string' || !GROUP.test(reference[field]))
      throw fail([field], { message: 'a name is wanted', found: describeValue(reference[field]) });
  }
  const { kind } = reference;
  if (kind !== 'decision' && kind !== 'sequence') {
    throw fail(['kind'], {
      message: 'not a kind of case',
      found: describeValue(kind),
      allowed: 'decision, sequence',
    });
  }
  const input = checkedInput(mapping(reference['input'], ['input'], fail), kind, fail);
  checkExpectation(mapping(reference['expect'], ['expect'], fail), kind, input, fail);
  return { ...reference, input } as unknown as ReferenceCase;
}

type Fail = (path: DocumentPath, problem: InputProblem) => InputError;

function mapping(value: unknown, path: DocumentPath, fail: Fail): Raw {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Raw;
  const message = path.length === 0 ? 'not a reference case' : 'a mapping is wanted';
  throw fail(path, { message, found: describeValue(value), allowed: 'a mapping with id, group, kind, input, expect' });
}

function list(value: unknown, path: DocumentPath, fail: Fail): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw fail(path, { message: 'wrong type', found: describeValue(value), allowed: 'a list' });
}

function checkedInput(input: Raw, kind: ReferenceCase['kind'], fail: Fail): Raw {
  const checked: Record<string, unknown> = { ...input };
  for (const [name, type] of Object.entries(LISTS)) {
    const written = input[name];
    if (written === undefined || written === null) continue;
    const objects = list(written, ['input', name], fail);
    checked[name] = objects.map((object, index) => checkedObject(object, type, ['input', name, index], fail));
  }
  const { config } = input;
  if (config !== undefined) checked['profiles'] = readConfiguration(config, doorAt(['input', 'config'], fail)).profiles;
  if (kind === 'decision') checked['pod'] = checkedObject(input['pod'], 'Pod', ['input', 'pod'], fail);
  else list(input['pending'], ['input', 'pending'], fail);
  return checked;
}

/** What is wrong with a configuration is told with its path in the case. */
function doorAt(base: DocumentPath, fail: Fail): ConfigurationDoor {
  return {
    error: (path, problem) => fail([...base, ...path], problem),
    unknownName,
    schemaError(path, schema, complaint, value) {
      const [first] = schemaProblems(complaint, schema, value);
      return fail([...base, ...path, ...(first?.path ?? [])], first?.problem ?? { message: complaint.message });
    },
  };
}

function checkedObject(value: unknown, type: string | undefined, path: DocumentPath, fail: Fail): unknown {
  const { metadata } = mapping(value, path, fail);
  const { name } = mapping(metadata, [...path, 'metadata'], fail);
  if (typeof name !== 'string' || name === '')
    throw fail([...path, 'metadata', 'name'], { message: 'a name is wanted', found: printValue(name) });
  if (type === undefined) return value;
  try {
    return new FieldReader({ dropUnknown: true }).read(value, type);
  } catch (error) {
    if (error instanceof Misfit) throw fail([...path, ...error.path], error.problem);
    throw error;
  }
}

function checkExpectation(expect: Raw, kind: ReferenceCase['kind'], input: Raw, fail: Fail): void {
  if (kind === 'decision') {
    mapping(expect['queue'], ['expect', 'queue'], fail);
    return;
  }
  const steps = list(expect['steps'], ['expect', 'steps'], fail);
  const pending = (input['pending'] as readonly unknown[]).length;
  if (steps.length !== pending)
    throw fail(['expect', 'steps'], {
      message: 'not as many steps as pending pods',
      found: String(steps.length),
      allowed: String(pending),
    });
}
