import { errorText, placeIn } from './module-place.ts';
import { PolicyFailure } from './policy.ts';

/** Looks at what a method of a policy gave back; a sentence says what is wrong with it. */
export type ResultCheck = (result: unknown, args: readonly unknown[]) => string | undefined;

interface Guarded {
  /** What messages call the policy: its family and path. */
  readonly label: string;
  /** The module's URL, by which its lines are found in a stack. */
  readonly url: string;
  readonly checks: Readonly<Record<string, ResultCheck>>;
  /** Told of the failure before it is thrown, because the real scheduler goes on after a plugin's error. */
  readonly failed: (failure: PolicyFailure) => void;
}

type Method = (...args: readonly unknown[]) => unknown;

/**
 * A user's policy behind a guard: what it throws, and results that could not be used, become a PolicyFailure that names
 * the method and the pods and nodes it was asked about. It has exactly the methods that the policy has, because some
 * are optional.
 */
export function guarded<T extends object>(policy: T, { label, url, checks, failed }: Guarded): T {
  const fail = (message: string, cause?: unknown): never => {
    const failure = new PolicyFailure(`${label}: ${message}`, { cause });
    failed(failure);
    throw failure;
  };
  const guard: Record<string, unknown> = {};
  for (const name of propertiesOf(policy)) {
    const value = (policy as Record<string, unknown>)[name];
    if (typeof value !== 'function') {
      Object.defineProperty(guard, name, {
        enumerable: true,
        get: () => (policy as Record<string, unknown>)[name],
      });
      continue;
    }
    const method = value as Method;
    const check = checks[name];
    const call: Method = (...args) => {
      let result: unknown;
      try {
        result = method.apply(policy, args as unknown[]);
      } catch (error) {
        return fail(`${name}() threw${about(args)}: ${errorText(error)}${placeIn(error, url)}`, error);
      }
      const wrong = check?.(result, args);
      if (wrong === undefined) return result;
      return fail(`${name}() ${wrong}${about(args)}`);
    };
    guard[name] = call;
  }
  return guard as T;
}

/** Own and inherited names, so that instances of a class are guarded as well. */
function propertiesOf(policy: object): readonly string[] {
  const names = new Set<string>();
  for (
    let level = policy;
    level !== Object.prototype && level !== null;
    level = Object.getPrototypeOf(level) as object
  ) {
    for (const name of Object.getOwnPropertyNames(level)) if (name !== 'constructor') names.add(name);
  }
  return [...names];
}

interface Named {
  readonly kind?: unknown;
  readonly name?: unknown;
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
  readonly pod?: Named;
  readonly owner?: Named;
}

/** ` for pod default/web-1 and node n3`: what the arguments are about. */
function about(args: readonly unknown[]): string {
  const subjects = args.map(subjectOf).filter((subject) => subject !== undefined);
  return subjects.length === 0 ? '' : ` for ${subjects.join(' and ')}`;
}

function subjectOf(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  const { kind, name, metadata, pod, owner } = argument as Named;
  if (owner?.metadata !== undefined) return subjectOf(owner);
  if (pod?.metadata !== undefined) return subjectOf({ kind: 'Pod', metadata: pod.metadata });
  if (typeof metadata?.name === 'string') {
    const where = typeof metadata.namespace === 'string' ? `${metadata.namespace}/` : '';
    return `${typeof kind === 'string' ? kind.toLowerCase() : 'object'} ${where}${metadata.name}`;
  }
  return typeof name === 'string' && ('row' in argument || 'identity' in argument) ? `node ${name}` : undefined;
}

/** A result in words, for those that are not what was wanted. */
export function describeResult(result: unknown): string {
  if (result instanceof Promise) return 'a promise';
  if (Array.isArray(result)) return 'a list';
  if (typeof result === 'number') return String(result);
  return typeof result === 'object' && result !== null ? 'an object' : (JSON.stringify(result) ?? typeof result);
}
