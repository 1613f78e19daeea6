import type { z } from 'zod';

/** The three kinds of decisions that a scenario can give to a policy. */
export type PolicyFamily = 'scoring' | 'reconcile' | 'failure';

/** The schema library, as it is handed to a policy so that a module of a user's own needs no import. */
export type Zod = typeof z;

/** Steps from the scenario's root. */
export type PolicyPath = readonly (string | number)[];

/** A policy as its file describes it, built in or a user's own: what stands under `export const policy`. */
export interface PolicyDefinition<Made, Context> {
  readonly family: PolicyFamily;
  readonly name: string;
  /** Another, shorter name. */
  readonly short?: string;
  /** The schema of what a scenario may write under `with`. */
  params(zod: Zod): z.ZodType;
  /** Makes the policy for one run, from checked parameters. */
  create(params: never, context: Context): Made;
}

/** What is wrong with a choice of policy; the same fields as an InputProblem's. */
export interface PolicyProblem {
  readonly message: string;
  readonly found?: string;
  readonly allowed?: string;
  readonly nearest?: string;
  readonly hint?: string;
}

/** The scenario as the registry sees it: it knows where things stand in the file, and how to say what is wrong there. */
export interface PolicyDoor {
  /** The absolute folder that relative paths start from. */
  readonly folder: string;
  error(path: PolicyPath, problem: PolicyProblem): Error;
  /** What to say of a name that is not among the known ones. */
  unknownName(what: string, name: string, known: readonly string[]): PolicyProblem;
  /** The schema's first complaint about what stands at the path. */
  schemaError(path: PolicyPath, schema: z.ZodType, complaint: z.ZodError, value: unknown): Error;
}

/**
 * A user's own policy failed while the cluster ran. Its author is the user, so the exit code is 2, bad input, and not 3,
 * which would ask for a report about Orrery.
 */
export class PolicyFailure extends Error {
  override readonly name = 'PolicyFailure';
  readonly exitCode = 2;
}
