import type { z } from 'zod';
import { DURATION_FORMS, parseDuration } from '../sim/durations.ts';
import type { FailureModel } from '../sim/faults/failure-model.ts';
import type { FailureResponse, Remedy } from '../sim/faults/failure-response.ts';
import { failureList } from './failure/failure-list.ts';
import { randomFailures } from './failure/random-failures.ts';
import type { RandomFailuresParams } from './failure/random-failures.ts';
import { alwaysRemedy, noResponse } from './failure/remedies.ts';
import type { PolicyDefinition, Zod } from './policy.ts';
import type { PolicyContext } from './slot.ts';

/** A duration, read into seconds. */
function duration(zod: Zod, least = 0): z.ZodType<number, unknown> {
  return zod.union([zod.string(), zod.number()], { error: () => DURATION_FORMS }).transform((text, context) => {
    const seconds = parseDuration(text);
    if (seconds !== undefined && seconds >= least) return seconds;
    context.addIssue({
      code: 'custom',
      message: 'not a duration that is possible here',
      params: { allowed: DURATION_FORMS },
    });
    return zod.NEVER;
  });
}

const repair = (zod: Zod) =>
  zod
    .strictObject({ median: duration(zod, 0.001), p99: duration(zod, 0.001) })
    .refine(({ median, p99 }) => p99 >= median, { error: 'the 99th percentile lies below the median' })
    .optional()
    .describe('How long a failure lasts (lognormal); where absent, until the failure response repairs it.');

const meanTimeBetween = (zod: Zod) =>
  duration(zod, 1).describe('Mean time from being in order to the next failure, of each one.');

const shape = (zod: Zod) =>
  zod
    .number()
    .min(0.1)
    .max(20)
    .default(1)
    .describe('Weibull shape. 1: age does not matter; below 1: the young fail more often; above 1: the old.');

/** Failures of single machines, in one of the ways in which machines fail. */
function machineFailures(
  name: string,
  kind: RandomFailuresParams['kind'],
): PolicyDefinition<FailureModel, PolicyContext> {
  return {
    family: 'failure',
    name,
    params: (zod) =>
      zod.strictObject({ meanTimeBetween: meanTimeBetween(zod), shape: shape(zod), repair: repair(zod) }),
    create: (params: Omit<RandomFailuresParams, 'kind'>, { random }) =>
      randomFailures(name, 'node', { ...params, kind }, random),
  };
}

const ZONE_KINDS = ['zone-outage', 'partition', 'node-freeze'] as const;

/** Failures of whole zones: their machines fail together. */
const zoneOutages: PolicyDefinition<FailureModel, PolicyContext> = {
  family: 'failure',
  name: 'zone-outages',
  params: (zod) =>
    zod.strictObject({
      kind: zod.enum(ZONE_KINDS).default('zone-outage').describe('What happens to all machines of a zone.'),
      meanTimeBetween: meanTimeBetween(zod),
      shape: shape(zod),
      repair: repair(zod).unwrap().describe('How long it lasts (lognormal).'),
    }),
  create: (params: RandomFailuresParams, { random }) => randomFailures('zone-outages', 'zone', params, random),
};

const slowPulls: PolicyDefinition<FailureModel, PolicyContext> = {
  family: 'failure',
  name: 'slow-pulls',
  params: (zod) =>
    zod.strictObject({
      factor: zod.number().min(1).describe('Image pulls take so many times as long.'),
      meanTimeBetween: meanTimeBetween(zod),
      shape: shape(zod),
      repair: repair(zod),
    }),
  create: (params: Omit<RandomFailuresParams, 'kind'>, { random }) =>
    randomFailures('slow-pulls', 'node', { ...params, kind: 'slow-pulls' }, random),
};

const list: PolicyDefinition<FailureModel, PolicyContext> = {
  family: 'failure',
  name: 'list',
  params: (zod) =>
    zod.strictObject({
      failures: zod
        .array(
          zod.strictObject({
            at: duration(zod).describe('When, from the start.'),
            node: zod.string().min(1).describe('Which machine.'),
            kind: zod.enum(['node-crash', 'node-freeze', 'partition', 'instance-gone']).default('node-crash'),
            for: duration(zod).optional().describe('How long; until the response repairs it where absent.'),
          }),
        )
        .describe('Failures, such as those of a real log.'),
    }),
  create: ({ failures }: { failures: Parameters<typeof failureList>[0] }) => failureList(failures),
};

/** How nodes fail by chance. */
export const FAILURE_MODELS: readonly PolicyDefinition<FailureModel, PolicyContext>[] = [
  machineFailures('crashes', 'node-crash'),
  machineFailures('freezes', 'node-freeze'),
  machineFailures('partitions', 'partition'),
  machineFailures('instances-gone', 'instance-gone'),
  slowPulls,
  zoneOutages,
  list,
];

const after = (zod: Zod) =>
  duration(zod)
    .prefault('5m')
    .describe('What is done only about a node that is unhealthy for so long without a break.');

function remedy(action: Remedy['action']): PolicyDefinition<FailureResponse, PolicyContext> {
  return {
    family: 'failure',
    name: action,
    params: (zod) => zod.strictObject({ after: after(zod) }),
    create: (params: { after: number }) => alwaysRemedy(action, { action, afterSeconds: params.after }),
  };
}

/** What is done about failed nodes. */
export const FAILURE_RESPONSES: readonly PolicyDefinition<FailureResponse, PolicyContext>[] = [
  { family: 'failure', name: 'none', params: (zod) => zod.strictObject({}), create: () => noResponse },
  remedy('reboot'),
  remedy('replace'),
  {
    family: 'failure',
    name: 'drain-and-reboot',
    params: (zod) =>
      zod.strictObject({
        after: after(zod),
        drain: duration(zod).prefault('5m').describe('How long evictions that are refused are waited for.'),
      }),
    create: (params: { after: number; drain: number }) =>
      alwaysRemedy('drain-and-reboot', {
        action: 'drain-and-reboot',
        afterSeconds: params.after,
        drainSeconds: params.drain,
      }),
  },
];
