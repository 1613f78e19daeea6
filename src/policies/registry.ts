import type { LabelSelector } from '../sim/api/meta.ts';
import type { ReconcilePolicies } from '../sim/controllers/policies.ts';
import type { Failure, FailureModel, FailureModelEntry } from '../sim/faults/failure-model.ts';
import type { FailureResponse, Remedy } from '../sim/faults/failure-response.ts';
import { COMPOSED_FAULTS, MACHINE_FAULTS, SHARED_FAULTS } from '../sim/faults/timed-fault.ts';
import type { ExtenderSet } from '../sim/scheduler/extenders.ts';
import type { Profile } from '../sim/scheduler/framework.ts';
import type { SchedulerSettings } from '../sim/settings.ts';
import { FAILURE_MODELS } from './failure-models.ts';
import { FAILURE_RESPONSES } from './failure-responses.ts';
import { describeResult } from './guard.ts';
import type { SchedulerConfiguration } from './scheduling/configuration/read-configuration.ts';
import { configuredProfile } from './scheduling/configured-profile.ts';
import { DEFAULT_PROFILE } from './scheduling/default-profile.ts';
import { chooseReconcile } from './reconcile-policies.ts';
import type { ReconcileChoices } from './reconcile-policies.ts';
import { chooseProfiles } from './scoring.ts';
import { choose, isTime } from './slot.ts';
import type { Choosing, PolicyChoice, Slot } from './slot.ts';

/** `policies:` of a scenario, as the registry reads it. */
export interface PolicyChoices {
  /** Absent: extenders are not called. */
  readonly extenders?: object | undefined;
  /** What a scoring policy's failure does: stops the run, or fails the attempt, as the real scheduler has it. */
  readonly onPluginError: 'stop' | 'unschedulable';
  readonly scoring: readonly (PolicyChoice & { readonly weight: number })[];
  readonly reconcile: ReconcileChoices;
  readonly failure: {
    readonly models: readonly (PolicyChoice & {
      readonly nodes?: LabelSelector | undefined;
      readonly until?: number | undefined;
    })[];
    readonly response?: PolicyChoice | undefined;
  };
}

/** The policies of a run, found and checked. */
export interface ChosenPolicies {
  /** One a scheduler name. */
  readonly profiles: readonly Profile[];
  /** What a KubeSchedulerConfiguration says of the scheduler as a whole. */
  readonly schedulerSettings: Partial<SchedulerSettings>;
  /** HTTP extenders, where they are called. */
  readonly extenders?: ExtenderSet | undefined;
  /** What is let pass and has no effect, one sentence each. */
  readonly warnings: readonly string[];
  readonly reconcile: ReconcilePolicies;
  readonly failureModels: readonly FailureModelEntry[];
  /** Absent: nobody does anything about failed nodes. */
  readonly failureResponse?: FailureResponse;
}

/**
 * Finds the policies that a scenario names, among the built-in ones and in modules of the user's own, and checks their
 * parameters. Whatever is wrong is an error at its place in the scenario.
 */
export async function choosePolicies(
  choices: PolicyChoices,
  choosing: Choosing,
  configuration?: SchedulerConfiguration,
): Promise<ChosenPolicies> {
  const { scoring, reconcile, failure, onPluginError } = choices;
  const bases = configuration?.profiles.map(configuredProfile) ?? [DEFAULT_PROFILE];
  const scorers = onPluginError === 'stop' ? choosing : { ...choosing, failed: () => undefined };
  const profiles = await chooseProfiles(scoring, bases, scorers);
  const failureModels: FailureModelEntry[] = [];
  for (const [index, choice] of failure.models.entries()) {
    const model = await choose(FAILURE_MODEL, choice, ['policies', 'failure', 'models', index], choosing);
    failureModels.push({ model: named(model({}), choice.use), nodes: choice.nodes, untilSeconds: choice.until });
  }
  const schedulerSettings = configuration?.settings ?? {};
  const warnings =
    choices.extenders === undefined
      ? (configuration?.extenders ?? []).map(
          ({ urlPrefix }) => `the extender ${urlPrefix} is not called: pods are placed without it`,
        )
      : [];
  const common = {
    profiles,
    schedulerSettings,
    warnings,
    reconcile: await chooseReconcile(reconcile, choosing),
    failureModels,
  };
  if (failure.response === undefined) return common;
  const response = await choose(FAILURE_RESPONSE, failure.response, ['policies', 'failure', 'response'], choosing);
  return { ...common, failureResponse: named(response({}), failure.response.use) };
}

/** A user's policy need not say its name. */
function named<T extends { readonly name: string }>(policy: T, name: string): T {
  return typeof policy.name === 'string' ? policy : { ...policy, name };
}

const FAULTS_OF_MODELS: readonly Failure['kind'][] = [...MACHINE_FAULTS, ...COMPOSED_FAULTS, ...SHARED_FAULTS];

const FAILURE_MODEL: Slot<FailureModel, object> = {
  family: 'failure',
  what: 'failure model',
  builtIn: FAILURE_MODELS,
  methods: ['next'],
  checks: () => ({ next: isFailure }),
};

const REMEDIES: readonly Remedy['action'][] = ['reboot', 'replace', 'drain-and-reboot', 'drain', 'taint'];

const FAILURE_RESPONSE: Slot<FailureResponse, object> = {
  family: 'failure',
  what: 'failure response',
  builtIn: FAILURE_RESPONSES,
  methods: ['respond'],
  checks: () => ({ respond: isRemedy, warned: isRemedy }),
};

function isFailure(result: unknown): string | undefined {
  if (result === undefined) return undefined;
  if (typeof result !== 'object' || result === null) return `gave ${describeResult(result)}, not a failure`;
  const { afterSeconds, kind, forSeconds, factor } = result as Partial<Failure>;
  if (!isTime(afterSeconds)) return `gave afterSeconds: ${describeResult(afterSeconds)}, not a time`;
  if (forSeconds !== undefined && !isTime(forSeconds))
    return `gave forSeconds: ${describeResult(forSeconds)}, not a time`;
  if (factor !== undefined && !(factor >= 1))
    return `gave factor: ${describeResult(factor)}, not a number of at least 1`;
  if (kind !== undefined && FAULTS_OF_MODELS.includes(kind)) return undefined;
  return `gave kind: ${describeResult(kind)}, not one of ${FAULTS_OF_MODELS.join(', ')}`;
}

function isRemedy(result: unknown): string | undefined {
  if (result === undefined) return undefined;
  if (typeof result !== 'object' || result === null) return `gave ${describeResult(result)}, not a remedy`;
  const { action, afterSeconds, drainSeconds } = result as Partial<Remedy>;
  if (!isTime(afterSeconds)) return `gave afterSeconds: ${describeResult(afterSeconds)}, not a time`;
  if (drainSeconds !== undefined && !isTime(drainSeconds)) {
    return `gave drainSeconds: ${describeResult(drainSeconds)}, not a time`;
  }
  if (action !== undefined && REMEDIES.includes(action)) return undefined;
  return `gave action: ${describeResult(action)}, not one of ${REMEDIES.join(', ')}`;
}
