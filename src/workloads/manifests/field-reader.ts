import { isQuantity } from '../../sim/api/quantity.ts';
import { parseTimestamp } from '../../sim/api/timestamps.ts';
import { describeValue } from '../input-error.ts';
import { nearest } from '../nearest.ts';
import { ENUMS } from './enums.ts';
import { FIELDS } from './fields.ts';
import { Misfit } from './misfit.ts';

/** What may stand somewhere, compiled from the table's text. */
type Code =
  | { readonly kind: 'string' | 'int' | 'int64' | 'bool' | 'intOrString' | 'quantity' | 'time' | 'any' }
  | { readonly kind: 'list'; readonly of: Code }
  | { readonly kind: 'map'; readonly of: Code }
  | { readonly kind: 'type'; readonly name: string };

interface Field {
  readonly code: Code;
  readonly words: readonly string[] | undefined;
}

interface TypeInfo {
  readonly fields: ReadonlyMap<string, Field>;
  readonly required: readonly string[];
}

/** Fields that kubernetes-types calls required and the server of v1.34 does not insist on. */
const LENIENT = new Set(['StatefulSetSpec.serviceName', 'EndpointSlice.endpoints']);

/** And the other way round: the server refuses an object without these. */
const INSISTED = new Set([
  'PodTemplateSpec.spec',
  'JobTemplateSpec.spec',
  'ReplicaSetSpec.template',
  'ReplicationControllerSpec.template',
]);

const SCALARS = new Set(['string', 'int', 'int64', 'bool', 'intOrString', 'quantity', 'time', 'any']);

/**
 * Whole numbers of 64 bits (the Go types of v1.34); all others have 32. Beyond 2^53 a number is the nearest that a double
 * can hold: people write 2^63 - 1 for "as long as can be".
 */
const INT64 = new Set(
  (
    'activeDeadlineSeconds count deletionGracePeriodSeconds expirationSeconds fsGroup generation int observedGeneration ' +
    'resourceSliceCount revision runAsGroup runAsUser seconds sizeBytes startingDeadlineSeconds supplementalGroups ' +
    'terminationGracePeriodSeconds tolerationSeconds'
  ).split(' '),
);

function compileCode(text: string): Code {
  if (text.endsWith('[]')) return { kind: 'list', of: compileCode(text.slice(0, -2)) };
  if (text.startsWith('{')) return { kind: 'map', of: compileCode(text.slice(1, -1)) };
  if (SCALARS.has(text)) return { kind: text } as Code;
  return { kind: 'type', name: text };
}

const types = new Map<string, TypeInfo>();

function typeInfo(name: string): TypeInfo {
  let info = types.get(name);
  if (info === undefined) {
    const fields = new Map<string, Field>();
    const required: string[] = [];
    for (const entry of (FIELDS[name] ?? '').split(' ')) {
      const colon = entry.indexOf(':');
      const isMarked = entry[colon - 1] === '!';
      const field = entry.slice(0, isMarked ? colon - 1 : colon);
      const isRequired = (isMarked && !LENIENT.has(`${name}.${field}`)) || INSISTED.has(`${name}.${field}`);
      if (field === '') continue;
      const text = entry.slice(colon + 1);
      const code = compileCode(INT64.has(field) ? text.replace(/^int\b/, 'int64') : text);
      fields.set(field, { code, words: ENUMS[`${name}.${field}`] });
      if (isRequired) required.push(field);
    }
    info = { fields, required };
    types.set(name, info);
  }
  return info;
}

const ALLOWED: Readonly<Record<string, string>> = {
  string: 'text (in quotes where it looks like a number or true/false)',
  int: 'a whole number, without quotes',
  int64: 'a whole number, without quotes',
  bool: 'true or false',
  intOrString: 'a whole number or text, such as 1 or 25%',
  quantity: 'a quantity such as 500m, 2, 1.5Gi or 1e3',
  time: 'a timestamp such as 2026-01-05T00:00:00Z',
  list: 'a list',
  map: 'a mapping',
  type: 'a mapping',
};

/**
 * Reads plain data as a type of the Kubernetes API: every field known, every value of the right kind. The result is a
 * frozen copy in the server's form: quantities as text, nulls (which mean "not given") left out.
 */
export class FieldReader {
  readonly #dropUnknown: boolean;
  readonly #path: (string | number)[] = [];
  /** Paths of the unknown fields that were dropped. */
  readonly dropped: (readonly (string | number)[])[] = [];

  constructor(options: { readonly dropUnknown: boolean }) {
    this.#dropUnknown = options.dropUnknown;
  }

  /** Reads a value as the named type of the table. */
  read(value: unknown, type: string): object {
    this.#path.length = 0;
    return this.#object(value, type, true);
  }

  #fail(problem: Misfit['problem'], at: 'key' | 'value' = 'value'): Misfit {
    return new Misfit([...this.#path], problem, at);
  }

  #wrong(value: unknown, kind: string): Misfit {
    return this.#fail({ message: 'wrong type', found: describeValue(value), allowed: ALLOWED[kind] ?? kind });
  }

  #value(value: unknown, field: Field, complete: boolean): unknown {
    const { code } = field;
    switch (code.kind) {
      case 'string':
        if (typeof value !== 'string') throw this.#wrong(value, 'string');
        if (field.words !== undefined) this.#word(value, field.words);
        return value;
      case 'int':
      case 'int64':
        this.#int(value, code.kind);
        return value;
      case 'bool':
        if (typeof value !== 'boolean') throw this.#wrong(value, 'bool');
        return value;
      case 'intOrString':
        if (typeof value !== 'string') this.#int(value, 'intOrString');
        return value;
      case 'quantity':
        return this.#quantity(value);
      case 'time':
        if (typeof value !== 'string' || parseTimestamp(value) === undefined) throw this.#wrong(value, 'time');
        return value;
      case 'any':
        return deepFreeze(value);
      case 'list':
        return this.#list(value, { code: code.of, words: field.words }, complete);
      case 'map':
        return this.#map(value, { code: code.of, words: undefined }, complete);
      case 'type':
        return this.#object(value, code.name, complete);
    }
  }

  #int(value: unknown, kind: 'int' | 'int64' | 'intOrString'): void {
    if (!Number.isInteger(value)) throw this.#wrong(value, kind);
    const bits = kind === 'int64' ? 64 : 32;
    const limit = 2 ** (bits - 1);
    // As a double, 2^63 - 1 is 2^63.
    if ((value as number) >= -limit && (value as number) <= (bits === 64 ? limit : limit - 1)) return;
    throw this.#fail({
      message: 'out of range',
      found: describeValue(value),
      allowed: `a whole number of ${bits} bits, up to 2^${bits - 1} - 1`,
    });
  }

  #word(value: string, words: readonly string[]): void {
    if (words.includes(value)) return;
    const meant = nearest(value, words);
    const problem = { message: 'not one of the known values', found: describeValue(value), allowed: words.join(', ') };
    throw this.#fail(meant === undefined ? problem : { ...problem, nearest: meant });
  }

  #quantity(value: unknown): string {
    if (typeof value !== 'string' && typeof value !== 'number') throw this.#wrong(value, 'quantity');
    const text = String(value);
    if (isQuantity(text)) return text;
    throw this.#fail({ message: 'not a quantity', found: describeValue(value), allowed: ALLOWED['quantity'] ?? '' });
  }

  #list(value: unknown, field: Field, complete: boolean): readonly unknown[] {
    if (!Array.isArray(value)) throw this.#wrong(value, 'list');
    const list: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      this.#path.push(i);
      list.push(this.#value(value[i], field, complete));
      this.#path.pop();
    }
    return Object.freeze(list);
  }

  #map(value: unknown, field: Field, complete: boolean): object {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#wrong(value, 'map');
    const map: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const entry = (value as Record<string, unknown>)[key];
      this.#path.push(key);
      // Go reads a null text as the empty one: `node-role.kubernetes.io/worker:` is a label.
      set(map, key, entry === null && field.code.kind === 'string' ? '' : this.#value(entry, field, complete));
      this.#path.pop();
    }
    return Object.freeze(map);
  }

  #object(value: unknown, type: string, complete: boolean): object {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#wrong(value, 'type');
    const info = typeInfo(type);
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const entry = (value as Record<string, unknown>)[key];
      const field = info.fields.get(key);
      this.#path.push(key);
      if (field === undefined) this.#unknown(key, info);
      // A status is what the server will make of it: nobody need fill it in.
      else if (entry !== null) result[key] = this.#value(entry, field, complete && key !== 'status');
      this.#path.pop();
    }
    if (complete) {
      for (const key of info.required) {
        if (result[key] !== undefined) continue;
        this.#path.push(key);
        throw this.#fail({ message: 'this field is missing', allowed: this.#expectation(info.fields.get(key)) });
      }
    }
    return Object.freeze(result);
  }

  #expectation(field: Field | undefined): string {
    return field?.words?.join(', ') ?? ALLOWED[field?.code.kind ?? 'type'] ?? '';
  }

  #unknown(key: string, info: TypeInfo): void {
    if (this.#dropUnknown) {
      this.dropped.push([...this.#path]);
      return;
    }
    const known = [...info.fields.keys()];
    const meant = nearest(key, known);
    const problem = { message: 'unknown field', found: key, allowed: known.join(', ') };
    throw this.#fail(meant === undefined ? problem : { ...problem, nearest: meant }, 'key');
  }
}

/** Sets a field that may have any name, `__proto__` too. */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/** Freezes plain data all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) deepFreeze(entry);
  }
  return value;
}
