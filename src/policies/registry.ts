import type { LabelSelector } from '../sim/api/meta.ts';
import type { ScaleDownPolicy } from '../sim/controllers/policies.ts';
import type { Profile } from '../sim/scheduler/framework.ts';
import { describeResult } from './guard.ts';
import type { PolicyDefinition } from './policy.ts';
import { defaultScaleDown } from './reconcile/default-scale-down.ts';
import { emptyNodesScaleDown } from './reconcile/empty-nodes-scale-down.ts';
import { chooseProfile } from './scoring.ts';
import { choose } from './slot.ts';
import type { Choosing, PolicyChoice, Slot } from './slot.ts';

/** `policies:` of a scenario, as the registry reads it. */
export interface PolicyChoices {
  readonly scoring: readonly (PolicyChoice & { readonly weight: number })[];
  readonly reconcile: { readonly eviction?: PolicyChoice | undefined; readonly scaleDown?: PolicyChoice | undefined };
  readonly failure: {
    readonly models: readonly (PolicyChoice & { readonly nodes?: LabelSelector | undefined })[];
    readonly response?: PolicyChoice | undefined;
  };
}

/** The policies of a run, found and checked. */
export interface ChosenPolicies {
  readonly profile: Profile;
  readonly scaleDown: ScaleDownPolicy;
}

/**
 * Finds the policies that a scenario names, among the built-in ones and in modules of the user's own, and checks their
 * parameters. Whatever is wrong is an error at its place in the scenario.
 */
export async function choosePolicies(choices: PolicyChoices, choosing: Choosing): Promise<ChosenPolicies> {
  const { reconcile } = choices;
  const scaleDown = await choose(
    SCALE_DOWN,
    reconcile.scaleDown ?? DEFAULT_CHOICE,
    ['policies', 'reconcile', 'scaleDown'],
    choosing,
  );
  return { profile: await chooseProfile(choices.scoring, choosing), scaleDown: scaleDown({}) };
}

const DEFAULT_CHOICE: PolicyChoice = { use: 'default', with: {} };

/** A built-in policy without parameters. */
function plain<Made>(
  family: PolicyDefinition<Made, unknown>['family'],
  name: string,
  made: Made,
): PolicyDefinition<Made, unknown> {
  return { family, name, params: (zod) => zod.strictObject({}), create: () => made };
}

const SCALE_DOWN: Slot<ScaleDownPolicy, object> = {
  family: 'reconcile',
  what: 'scale-down policy',
  builtIn: [plain('reconcile', 'default', defaultScaleDown), plain('reconcile', 'empty-nodes', emptyNodesScaleDown)],
  methods: ['rank'],
  checks: () => ({ rank: isPermutation }),
};

/** `rank` gives back the pods it was given, each once. */
function isPermutation(result: unknown, [pods]: readonly unknown[]): string | undefined {
  const given = pods as readonly unknown[];
  if (!Array.isArray(result)) return `gave ${describeResult(result)}, not a list of pods`;
  const left = new Set(given);
  if (result.length === given.length && result.every((pod) => left.delete(pod))) return undefined;
  return `has to give the ${given.length} pods it was given, each once; it gave ${result.length}`;
}
