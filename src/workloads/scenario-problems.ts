import { z } from 'zod';
import { describeValue } from './input-error.ts';
import type { DocumentPath, InputProblem } from './input-error.ts';
import { nearest } from './nearest.ts';

/** A schema's complaint, translated: where, and what to say. */
export interface SchemaProblem {
  readonly path: DocumentPath;
  /** `key`: the complaint is about a field's name, not its value. */
  readonly at: 'key' | 'value';
  readonly unknownField: boolean;
  readonly problem: InputProblem;
}

type Issue = z.core.$ZodIssue;

function pathOf(issue: Issue, base: DocumentPath): DocumentPath {
  return [...base, ...issue.path.filter((step) => typeof step !== 'symbol')];
}

/** What stands at a path of plain data. */
export function valueAt(root: unknown, path: DocumentPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** The schemas inside a wrapper or a choice. */
function within(schema: unknown): readonly unknown[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return [schema.unwrap()];
  }
  if (schema instanceof z.ZodReadonly) return [schema.unwrap()];
  if (schema instanceof z.ZodPipe) return [schema.in];
  if (schema instanceof z.ZodUnion) return schema.options;
  return [];
}

/** The mappings that a value of the schema may be; of those that one field tells apart the one that it is. */
function objectsIn(schema: unknown, value: unknown): z.ZodObject[] {
  if (schema instanceof z.ZodObject) return [schema];
  const objects = within(schema).flatMap((inner) => objectsIn(inner, value));
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return objects;
  const { discriminator } = schema.def;
  const told = valueAt(value, [discriminator]);
  const meant = objects.filter(({ shape }) => (shape[discriminator] as z.ZodType).safeParse(told).success);
  return meant.length > 0 ? meant : objects;
}

function step(schema: unknown, name: string | number): unknown[] {
  if (schema instanceof z.ZodObject) {
    const field: unknown = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    return field === undefined ? [] : [field];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return within(schema).flatMap((inner) => step(inner, name));
}

/** The schemas that a path may lead to. */
function schemasAt(root: z.ZodType, path: DocumentPath): readonly unknown[] {
  return path.reduce<readonly unknown[]>((schemas, name) => schemas.flatMap((schema) => step(schema, name)), [root]);
}

/** The fields a mapping at this path may have, as far as what stands there tells. */
export function fieldsAt(root: z.ZodType, path: DocumentPath, value?: unknown): readonly string[] {
  const names = schemasAt(root, path)
    .flatMap((schema) => objectsIn(schema, value))
    .flatMap((object) => Object.keys(object.shape));
  return [...new Set(names)];
}

function depth(problems: readonly SchemaProblem[]): number {
  return Math.max(0, ...problems.map((problem) => problem.path.length));
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function wrongType(expected: string, found: unknown): InputProblem {
  const allowed = TYPES[expected] ?? expected;
  if (found === undefined) return { message: 'this field is missing', allowed };
  return { message: 'wrong type', found: describeValue(found), allowed };
}

function notAmong(values: readonly unknown[], found: unknown): InputProblem {
  const known = values.map(String);
  const allowed = known.join(', ');
  if (found === undefined) return { message: 'this field is missing', allowed };
  const meant = typeof found === 'string' ? nearest(found, known) : undefined;
  const problem = { message: 'not one of the known values', found: describeValue(found), allowed };
  return meant === undefined ? problem : { ...problem, nearest: meant };
}

const COUNTED: Readonly<Record<string, readonly [one: string, many: string]>> = {
  array: ['entry', 'entries'],
  string: ['character', 'characters'],
};

function bound(issue: Issue): string {
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return '';
  const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const counted = COUNTED[issue.origin];
  const what = counted === undefined ? '' : ` ${limit === 1 ? counted[0] : counted[1]}`;
  if (issue.exact === true) return `exactly ${limit}${what}`;
  const [within, beyond] = issue.code === 'too_small' ? ['at least', 'more than'] : ['at most', 'less than'];
  return `${issue.inclusive === true || counted !== undefined ? within : beyond} ${limit}${what}`;
}

function translate(issue: Issue, root: z.ZodType, document: unknown, base: DocumentPath): SchemaProblem[] {
  const path = pathOf(issue, base);
  const found = valueAt(document, path);
  const plain = (problem: InputProblem): SchemaProblem[] => [{ path, at: 'value', unknownField: false, problem }];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = fieldsAt(root, path, found);
      return issue.keys.map((key) => {
        const meant = nearest(key, known);
        const problem: InputProblem = {
          message: 'unknown field',
          found: key,
          allowed: known.join(', '),
          ...(meant === undefined ? {} : { nearest: meant }),
        };
        return { path: [...path, key], at: 'key', unknownField: true, problem };
      });
    }
    case 'invalid_union': {
      // Mappings that are told apart by one field, which says what none of them is.
      if ('options' in issue && issue.options !== undefined) return plain(notAmong(issue.options, found));
      const branches = issue.errors.map((errors) => errors.flatMap((error) => translate(error, root, document, path)));
      const deepest = branches.filter((branch) => depth(branch) > path.length);
      const best = deepest.sort((a, b) => depth(b) - depth(a))[0];
      if (best !== undefined) return best;
      if (found === undefined) return plain({ message: 'this field is missing', allowed: issue.message });
      // A text that is of the right type and means nothing: the branch that read it says what it is not.
      const own = branches.flat().find(({ problem }) => problem.message.startsWith('not a '));
      const message = own?.problem.message ?? 'wrong type';
      return plain({ message, found: describeValue(found), allowed: issue.message });
    }
    case 'invalid_type':
      return plain(wrongType(issue.expected, found));
    case 'invalid_value':
      return plain(notAmong(issue.values, found));
    case 'too_small':
    case 'too_big':
      return plain({ message: 'out of range', found: describeValue(found), allowed: bound(issue) });
    case 'custom': {
      const allowed: unknown = issue.params?.['allowed'];
      const problem: InputProblem = {
        message: issue.message,
        ...(found === undefined ? {} : { found: describeValue(found) }),
      };
      return plain(typeof allowed === 'string' ? { ...problem, allowed } : problem);
    }
    default:
      return plain({ message: issue.message, found: describeValue(found) });
  }
}

/**
 * A schema's complaints in the order they should be told: misspelt fields first, because "capacity is missing" is no
 * help to someone who wrote "capcity".
 */
export function schemaProblems(error: z.ZodError, root: z.ZodType, document: unknown): readonly SchemaProblem[] {
  const problems = error.issues.flatMap((issue) => translate(issue, root, document, []));
  return [
    ...problems.filter((problem) => problem.unknownField),
    ...problems.filter((problem) => !problem.unknownField),
  ];
}
