import type { z } from 'zod';
import type { ExpanderPolicy, ExpansionOption } from '../sim/autoscaler/expander.ts';
import { realAutoscaling } from '../sim/controllers/horizontal/autoscaling-policy.ts';
import type { AutoscalingPolicy } from '../sim/controllers/horizontal/autoscaling-policy.ts';
import type { RollOutPolicy, RollOutStep, RollOutView } from '../sim/controllers/deployment/roll-out-policy.ts';
import { strategyRollOut } from '../sim/controllers/deployment/roll-out-policy.ts';
import type { EvictionPolicy, ZoneState } from '../sim/controllers/eviction-policy.ts';
import { doublingRetry } from '../sim/controllers/job/job-retry-policy.ts';
import type { JobRetryPolicy } from '../sim/controllers/job/job-retry-policy.ts';
import type { ReconcilePolicies, ScaleDownPolicy } from '../sim/controllers/policies.ts';
import { FIRST_COME } from '../sim/controllers/queue-policy.ts';
import type { QueuePolicy } from '../sim/controllers/queue-policy.ts';
import { describeResult } from './guard.ts';
import type { PolicyDefinition, Zod } from './policy.ts';
import { predictiveAutoscaling, stepAutoscaling } from './reconcile/autoscaling.ts';
import { defaultEviction } from './reconcile/default-eviction.ts';
import { defaultScaleDown } from './reconcile/default-scale-down.ts';
import { emptyNodesScaleDown } from './reconcile/empty-nodes-scale-down.ts';
import { leastNodes, leastWaste, mostPods, price, priorityExpander, randomExpander } from './reconcile/expanders.ts';
import { constantRetry, exponentialRetry } from './reconcile/job-retries.ts';
import { patientEviction } from './reconcile/patient-eviction.ts';
import { batching, fairNamespaces, newestFirst } from './reconcile/queue-orders.ts';
import { blueGreenRollOut, canaryRollOut, recreateRollOut } from './reconcile/roll-outs.ts';
import { steadyEviction } from './reconcile/steady-eviction.ts';
import { choose, isTime } from './slot.ts';
import type { Choosing, PolicyChoice, Slot } from './slot.ts';

/** `policies.reconcile` of a scenario, as the registry reads it. */
export type ReconcileChoices = { readonly [Name in Single]?: PolicyChoice | undefined } & {
  readonly expander?: readonly PolicyChoice[] | undefined;
};

/** Places where one policy stands. */
type Single = Exclude<keyof ReconcilePolicies, 'expander'>;

const AT = ['policies', 'reconcile'];
const DEFAULT: PolicyChoice = { use: 'default', with: {} };
/** Upstream's default since 1.34 (--expander). */
const LEAST_WASTE: PolicyChoice = { use: 'least-waste', with: {} };

/** Finds what a scenario says about the controllers' decisions; where it says nothing, they are the real ones'. */
export async function chooseReconcile(choices: ReconcileChoices, choosing: Choosing): Promise<ReconcilePolicies> {
  const pick = async <Made extends object>(slot: Slot<Made, object>, name: Single): Promise<Made> =>
    (await choose(slot, choices[name] ?? DEFAULT, [...AT, name], choosing))({});
  const expander: ExpanderPolicy[] = [];
  for (const [index, choice] of (choices.expander ?? [LEAST_WASTE]).entries()) {
    expander.push((await choose(EXPANDER, choice, [...AT, 'expander', index], choosing))({}));
  }
  return {
    expander,
    scaleDown: await pick(SCALE_DOWN, 'scaleDown'),
    eviction: await pick(EVICTION, 'eviction'),
    rollout: await pick(ROLL_OUT, 'rollout'),
    autoscaling: await pick(AUTOSCALING, 'autoscaling'),
    jobRetry: await pick(JOB_RETRY, 'jobRetry'),
    queue: await pick(QUEUE, 'queue'),
  };
}

/** A built-in policy. */
function policy<Made, Params>(
  name: string,
  params: (zod: Zod) => z.ZodType<Params>,
  create: (params: Params) => Made,
): PolicyDefinition<Made, unknown> {
  return { family: 'reconcile', name, params, create };
}

/** One without parameters. */
function plain<Made>(name: string, made: Made): PolicyDefinition<Made, unknown> {
  return policy(
    name,
    (zod) => zod.strictObject({}),
    () => made,
  );
}

const seconds = (zod: Zod, description: string) => zod.number().min(0).max(1e9).describe(description);

/** Whether a result is a time or a rate that can be used. */
const time =
  (what: string) =>
  (result: unknown): string | undefined =>
    isTime(result) ? undefined : `gave ${describeResult(result)}, not ${what}`;

const SCALE_DOWN: Slot<ScaleDownPolicy, object> = {
  family: 'reconcile',
  what: 'scale-down policy',
  builtIn: [plain('default', defaultScaleDown), plain('empty-nodes', emptyNodesScaleDown)],
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

const ZONE_STATES: readonly ZoneState[] = ['Normal', 'PartialDisruption', 'FullDisruption'];

const EVICTION: Slot<EvictionPolicy, object> = {
  family: 'reconcile',
  what: 'eviction policy',
  builtIn: [
    plain('default', defaultEviction),
    policy(
      'steady',
      (zod) =>
        zod.strictObject({ nodesPerSecond: zod.number().min(0).describe('How many nodes a second are given up.') }),
      steadyEviction,
    ),
    policy(
      'patient',
      (zod) =>
        zod.strictObject({
          tolerationSeconds: seconds(zod, 'How long pods stay on a failed node, whatever they tolerate themselves.'),
          statefulSeconds: seconds(zod, 'The same for pods of StatefulSets; as the others where absent.').optional(),
          unhealthyZoneThreshold: zod
            .number()
            .min(0)
            .max(1)
            .optional()
            .describe('Share of failed nodes from which on a zone is disturbed; --unhealthy-zone-threshold if absent.'),
        }),
      patientEviction,
    ),
  ],
  methods: ['nodesPerSecond'],
  checks: () => ({
    nodesPerSecond: time('a number of nodes a second'),
    zoneState: (state) =>
      ZONE_STATES.includes(state as ZoneState)
        ? undefined
        : `gave ${describeResult(state)}, not one of ${ZONE_STATES.join(', ')}`,
    toleratedSeconds: (result) => (result === Infinity ? undefined : time('a number of seconds')(result)),
  }),
};

const ROLL_OUT: Slot<RollOutPolicy, object> = {
  family: 'reconcile',
  what: 'roll-out policy',
  builtIn: [
    plain('default', strategyRollOut),
    plain('recreate', recreateRollOut),
    policy(
      'canary',
      (zod) =>
        zod.strictObject({
          steps: zod
            .array(
              zod.strictObject({
                percent: zod.number().min(1).max(100).describe('So many per cent of the pods are new, rounded up.'),
                pauseSeconds: seconds(zod, 'Then a pause, from when they are available on.'),
              }),
            )
            .min(1)
            .describe('One after the other; all pods after the last.'),
        }),
      canaryRollOut,
    ),
    policy(
      'blue-green',
      (zod) =>
        zod.strictObject({
          holdSeconds: seconds(zod, 'How long the old pods stay when all new ones are available.').default(0),
        }),
      blueGreenRollOut,
    ),
  ],
  methods: ['step'],
  checks: () => ({ step: isRollOutStep }),
};

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRollOutStep(result: unknown, [view]: readonly unknown[]): string | undefined {
  if (typeof result !== 'object' || result === null) return `gave ${describeResult(result)}, not a step`;
  const { create, scales, againAfterSeconds } = result as RollOutStep;
  const { current, sets } = view as RollOutView;
  if (create !== undefined && !isCount(create)) return `gave create: ${describeResult(create)}, not a number of pods`;
  if (create !== undefined && current !== undefined) return 'gave create, but the current ReplicaSet is there';
  if (againAfterSeconds !== undefined && !isTime(againAfterSeconds)) {
    return `gave againAfterSeconds: ${describeResult(againAfterSeconds)}, not a time`;
  }
  if (scales === undefined) return undefined;
  if (!Array.isArray(scales)) return `gave scales: ${describeResult(scales)}, not a list`;
  for (const scale of scales as readonly Partial<NonNullable<RollOutStep['scales']>[number]>[]) {
    if (scale.set === undefined || !sets.includes(scale.set)) return "gave a scale whose set is none of the view's";
    if (!isCount(scale.replicas)) return `gave replicas: ${describeResult(scale.replicas)}, not a number of pods`;
  }
  return undefined;
}

const scalingSteps = (zod: Zod, description: string) =>
  zod
    .array(
      zod.strictObject({
        ratio: zod.number().min(0).describe('Metric divided by target.'),
        pods: zod.int().optional().describe('So many pods more; negative: fewer.'),
        percent: zod.number().optional().describe('So many per cent more; negative: fewer.'),
      }),
    )
    .min(1)
    .describe(description);

const AUTOSCALING: Slot<AutoscalingPolicy, object> = {
  family: 'reconcile',
  what: 'autoscaling policy',
  builtIn: [
    plain('default', realAutoscaling),
    policy(
      'predictive',
      (zod) =>
        zod.strictObject({
          windowSeconds: seconds(zod, 'How far back the demand is looked at.').default(600),
          horizonSeconds: seconds(zod, 'How far ahead it is continued.').default(300),
        }),
      predictiveAutoscaling,
    ),
    policy(
      'step',
      (zod) =>
        zod.strictObject({
          above: scalingSteps(zod, 'From these ratios up, replicas are added.').default([
            { ratio: 1.1, percent: 10 },
            { ratio: 1.5, percent: 50 },
          ]),
          below: scalingSteps(zod, 'From these ratios down, replicas are taken away.').default([
            { ratio: 0.8, percent: -10 },
            { ratio: 0.5, percent: -30 },
          ]),
          cooldownSeconds: seconds(zod, 'Nothing is changed for so long after a change.').default(300),
        }),
      stepAutoscaling,
    ),
  ],
  methods: ['replicas'],
  checks: () => ({
    replicas: (result) => (isCount(result) ? undefined : `gave ${describeResult(result)}, not a number of replicas`),
  }),
};

const JOB_RETRY: Slot<JobRetryPolicy, object> = {
  family: 'reconcile',
  what: 'job retry policy',
  builtIn: [
    plain('default', doublingRetry),
    policy(
      'constant',
      (zod) => zod.strictObject({ seconds: seconds(zod, 'From a failure to the next pod.') }),
      constantRetry,
    ),
    policy(
      'exponential',
      (zod) =>
        zod.strictObject({
          firstSeconds: seconds(zod, 'After the first failure.').default(10),
          factor: zod.number().min(1).max(100).default(2).describe('Each wait is so many times the one before.'),
          longestSeconds: seconds(zod, 'No wait is longer.').default(600),
          giveUpAfter: zod
            .int()
            .min(1)
            .optional()
            .describe('The Job fails after so many failures in a row, though its backoffLimit would allow more.'),
        }),
      exponentialRetry,
    ),
  ],
  methods: ['waitSeconds'],
  checks: () => ({ waitSeconds: time('a number of seconds') }),
};

const QUEUE: Slot<QueuePolicy, object> = {
  family: 'reconcile',
  what: 'queue policy',
  builtIn: [
    plain('default', FIRST_COME),
    plain('newest-first', newestFirst),
    plain('fair-namespaces', fairNamespaces),
    policy(
      'batching',
      (zod) =>
        zod.strictObject({
          seconds: seconds(zod, 'For how long events of one object are collected.'),
          controllers: zod
            .array(zod.string().min(1))
            .min(1)
            .optional()
            .describe('Only those of these controllers, e.g. endpointslice; all where absent.'),
        }),
      batching,
    ),
  ],
  methods: ['next', 'batchSeconds'],
  checks: () => ({
    next: (result, [waiting]) =>
      (waiting as readonly unknown[]).includes(result)
        ? undefined
        : `gave ${describeResult(result)}, not one of the keys that wait`,
    batchSeconds: time('a number of seconds'),
  }),
};

const EXPANDER: Slot<ExpanderPolicy, object> = {
  family: 'reconcile',
  what: 'expander',
  builtIn: [
    plain('least-waste', leastWaste),
    plain('most-pods', mostPods),
    plain('least-nodes', leastNodes),
    plain('price', price),
    plain('random', randomExpander),
    policy(
      'priority',
      (zod) =>
        zod.strictObject({
          priorities: zod
            .array(
              zod.strictObject({
                priority: zod.int().describe('The higher, the better.'),
                groups: zod
                  .array(zod.string().min(1).transform(asPattern))
                  .min(1)
                  .describe('Names of node groups, or regular expressions that match them.'),
              }),
            )
            .min(1)
            .describe('Priorities of node groups.'),
        }),
      priorityExpander,
    ),
  ],
  methods: ['best'],
  checks: () => ({ best: isChoice }),
};

/** A regular expression that has to match somewhere in a name, as upstream's have. */
function asPattern(text: string, context: z.core.$RefinementCtx): RegExp {
  try {
    return new RegExp(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'not a regular expression', params: { allowed: 'such as ^spot-' } });
    return /(?:)/;
  }
}

/** `best` gives back some of the options it was given. */
function isChoice(result: unknown, [options]: readonly unknown[]): string | undefined {
  const given = options as readonly ExpansionOption[];
  if (!Array.isArray(result)) return `gave ${describeResult(result)}, not a list of options`;
  if (result.length > 0 && result.every((option) => given.includes(option as ExpansionOption))) return undefined;
  return `has to give at least one of the ${given.length} options it was given`;
}
