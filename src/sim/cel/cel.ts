import { Environment } from '@marcbachmann/cel-js';
import { completeSyntax } from './complete-syntax.ts';
import { registerCollections } from './library-collections.ts';
import { registerQuantities } from './library-quantity.ts';
import { registerSemver } from './library-semver.ts';

/** A CEL environment that variables and functions can still be declared in. */
export type CelEnvironment = Environment;

/** Bad CEL: text that does not parse or has no type, or an expression that fails as it is evaluated. */
export class CelError extends Error {
  override readonly name = 'CelError';
  /** Where in the expression, counted from 0; undefined where it is about no place. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.offset = offset;
  }
}

/** An expression that has been parsed and type-checked. */
export interface CelProgram {
  readonly source: string;
  /** What it comes to by the type check: `bool`, `string`, `dyn`, … */
  readonly type: string;
  /** Its value for these variables. Throws a `CelError`, with cel-go's words for what is commonest ("no such key: x"). */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/**
 * An environment with the standard functions and Kubernetes' own libraries: quantities, semantic versions, lists, regular
 * expressions, sets (k8s.io/apiserver/pkg/cel/library). Variables are declared by the caller. Regular expressions are
 * JavaScript's, which have no inline flags such as `(?i)`.
 */
export function celEnvironment(): CelEnvironment {
  base ??= kubernetesEnvironment();
  return base.clone();
}

/**
 * Parses an expression and checks its types. Throws a `CelError` for what the environment does not know, and where `wanted`
 * is given and the expression is certain to be something else: `dyn` passes.
 */
export function compileCel(environment: CelEnvironment, source: string, wanted?: string): CelProgram {
  const run = attempt(() => environment.parse(source));
  completeSyntax(run.ast);
  const checked = run.check();
  if (!checked.valid) throw asCelError(checked.error);
  const type = checked.type ?? 'dyn';
  if (wanted !== undefined && type !== wanted && type !== 'dyn') {
    throw new CelError(`must evaluate to ${wanted}, not ${type}`);
  }
  return { source, type, evaluate: (variables) => attempt<unknown>(() => run(variables)) };
}

/**
 * A JSON value as CEL has it: whole numbers are ints (bigint), others doubles. Objects are taken to be immutable: what one
 * becomes is remembered.
 */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  let converted = conversions.get(value);
  if (converted === undefined) {
    converted = Array.isArray(value) ? value.map(celValue) : celObject(value);
    conversions.set(value, converted);
  }
  return converted;
}

let base: Environment | undefined;
const conversions = new WeakMap<object, object>();

function kubernetesEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  registerCollections(environment);
  registerQuantities(environment);
  registerSemver(environment);
  return environment;
}

function celObject(object: object): object {
  const converted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) converted[key] = celValue(value);
  return converted;
}

function attempt<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asCelError(error);
  }
}

/** The library's own errors draw a picture of the place; the first line says what is wrong. */
function asCelError(error: unknown): CelError {
  if (error instanceof CelError) return error;
  const { message, range } = error as { message: string; range?: { start: number } };
  const [first = ''] = message.split('\n');
  return new CelError(first.replace(/^No such key/, 'no such key'), range?.start);
}
