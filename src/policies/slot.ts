import { z } from 'zod';
import type { Purpose, RandomSource } from '../sim/kernel/random.ts';
import { guarded } from './guard.ts';
import type { ResultCheck } from './guard.ts';
import { errorText, placeIn } from './module-place.ts';
import type { PolicyDefinition, PolicyDoor, PolicyFailure, PolicyFamily, PolicyPath } from './policy.ts';
import { isModulePath, loadUserPolicy } from './user-module.ts';
import type { UserPolicy } from './user-module.ts';

/** A policy as a scenario names it. */
export interface PolicyChoice {
  readonly use: string;
  readonly with: Readonly<Record<string, unknown>>;
}

/** What every policy is given besides its parameters. */
export interface PolicyContext {
  /** Draws of this policy alone: pure functions of the seed, an identity and an ordinal. */
  readonly random: Purpose;
}

/** A place in a scenario where a policy can stand. */
export interface Slot<Made extends object, Context> {
  readonly family: PolicyFamily;
  /** As messages say it: `scoring policy`. */
  readonly what: string;
  readonly builtIn: readonly PolicyDefinition<Made, Context & PolicyContext>[];
  /** A policy of a user's own has at least one of these methods. */
  readonly methods: readonly string[];
  /** What its results have to be, by method; given what `create` made. */
  checks?(made: Made): Readonly<Record<string, ResultCheck>>;
}

/** What choosing needs to know of the run. */
export interface Choosing {
  readonly door: PolicyDoor;
  readonly random: RandomSource;
  /** Told of the first failure of a user's own policy, whatever the component that called it makes of the exception. */
  readonly failed: (failure: PolicyFailure) => void;
}

/** A policy that was found, with parameters that fit; made when the component that asks for it is. */
export type ChosenPolicy<Made, Context> = (context: Context) => Made;

/** Finds the policy that stands at a path of the scenario and checks its parameters. */
export async function choose<Made extends object, Context>(
  slot: Slot<Made, Context>,
  choice: PolicyChoice,
  path: PolicyPath,
  { door, random, failed }: Choosing,
): Promise<ChosenPolicy<Made, Context>> {
  const definition = await find(slot, choice.use, [...path, 'use'], door);
  const schema = schemaOf(definition, choice.use, [...path, 'use'], door);
  const parsed = schema.safeParse(choice.with);
  if (!parsed.success) throw door.schemaError([...path, 'with'], schema, parsed.error, choice.with);
  const draws = random.purpose(`policy/${path.join('.')}`);
  if (!('url' in definition)) {
    return (context) => definition.create(parsed.data as never, { ...context, random: draws });
  }
  const label = `the ${slot.what} ${choice.use}`;
  return (context) => {
    const made = createUsers(slot, definition, choice.use, [...path, 'use'], door, () =>
      definition.create(parsed.data as never, { ...context, random: draws }),
    );
    return guarded(made, { label, url: definition.url, checks: slot.checks?.(made) ?? {}, failed });
  };
}

async function find<Made extends object, Context>(
  slot: Slot<Made, Context>,
  use: string,
  path: PolicyPath,
  door: PolicyDoor,
): Promise<PolicyDefinition<Made, Context & PolicyContext> | UserPolicy<Made, Context & PolicyContext>> {
  if (isModulePath(use)) return loadUserPolicy(use, slot.family, path, door);
  const definition = slot.builtIn.find(({ name, short }) => name === use || short === use);
  if (definition !== undefined) return definition;
  const names = slot.builtIn.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]));
  const hint = 'A module of your own is named by its path: ./my-policy.mjs';
  throw door.error(path, { ...door.unknownName(slot.what, use, names), hint });
}

function schemaOf(
  definition: Pick<PolicyDefinition<unknown, never>, 'params'>,
  use: string,
  path: PolicyPath,
  door: PolicyDoor,
): z.ZodType {
  let schema: unknown;
  try {
    schema = definition.params(z);
  } catch (error) {
    throw door.error(path, { message: "the policy's params() threw", found: use, hint: String(error) });
  }
  if (schema instanceof z.ZodType) return schema;
  throw door.error(path, {
    message: "the policy's params() gave no schema",
    found: use,
    allowed: 'a schema made with what it is given: (z) => z.strictObject({…})',
  });
}

/** Runs a user's `create`, and looks at what it made. */
function createUsers<Made extends object, Context>(
  slot: Slot<Made, Context>,
  { url }: { readonly url: string },
  use: string,
  path: PolicyPath,
  door: PolicyDoor,
  create: () => Made,
): Made {
  let made: unknown;
  try {
    made = create();
  } catch (error) {
    const hint = `${errorText(error)}${placeIn(error, url)}`;
    throw door.error(path, { message: "the policy's create() threw", found: use, hint });
  }
  const methods = typeof made === 'object' && made !== null ? (made as Record<string, unknown>) : {};
  if (slot.methods.some((method) => typeof methods[method] === 'function')) return made as Made;
  const wanted = slot.methods.map((method) => `${method}()`).join(' or ');
  const has = Object.keys(methods).filter((name) => typeof methods[name] === 'function');
  const { nearest } = door.unknownName('method', slot.methods[0] ?? '', has);
  throw door.error(path, {
    message: `what the policy's create() made is no ${slot.what}`,
    found: made instanceof Promise ? 'a promise' : `methods: ${has.join(', ') || 'none'}`,
    allowed: made instanceof Promise ? 'create() must not be async' : `an object with ${wanted}`,
    hint:
      nearest === undefined ? `Module: ${use}` : `Was "${nearest}" to be called "${slot.methods[0]}"? Module: ${use}`,
  });
}

/** Whether a policy's result is a time or a rate that the clock can take: NaN would stop it. */
export function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}
