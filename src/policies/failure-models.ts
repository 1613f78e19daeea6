import type { z } from 'zod';
import type { Failure, FailureGroup, FailureModel } from '../sim/faults/failure-model.ts';
import { MACHINE_FAULTS } from '../sim/faults/timed-fault.ts';
import type { MachineFault } from '../sim/faults/timed-fault.ts';
import { seconds } from '../sim/kernel/time.ts';
import { GROWTH_FORMS, parseGrowth } from '../sim/usage-curve.ts';
import { failureList } from './failure/failure-list.ts';
import { randomFailures } from './failure/random-failures.ts';
import { duration, lognormalTime, timeDistribution, weibullShape } from './failure/time-distribution.ts';
import type { TimeDistribution } from './failure/time-distribution.ts';
import type { PolicyDefinition, Zod } from './policy.ts';
import type { PolicyContext } from './slot.ts';

type ModelDefinition = PolicyDefinition<FailureModel, PolicyContext>;

const GROUPS = 'node, zone, cluster, or {label: <key>} for those that share its value';

/** What all models of chance have in common: when, for how long, of what, and whether it is known before. */
function common(zod: Zod, strikes: FailureGroup) {
  return {
    meanTimeBetween: duration(zod, 1)
      .optional()
      .describe('Mean time from being in order to the next failure, of each one; or `between`.'),
    shape: weibullShape(zod).default(1),
    between: timeDistribution(zod).optional().describe('Time from being in order to the next failure, of each one.'),
    repair: zod
      .union(
        [
          lognormalTime(zod).transform((time): TimeDistribution => ({ kind: 'lognormal', ...time })),
          timeDistribution(zod),
        ],
        {
          error: () => '{median, p99}, or one of exponential, weibull, lognormal and empirical',
        },
      )
      .optional()
      .describe('How long a failure lasts; where absent, until the failure response repairs it.'),
    strikes: zod
      .union([zod.enum(['node', 'zone', 'cluster']), zod.strictObject({ label: zod.string().min(1) })], {
        error: () => GROUPS,
      })
      .default(strikes)
      .describe('What fails together: each node by itself, a zone, all, or nodes with one value of a label.'),
    warning: duration(zod).optional().describe('How long before it happens a failure is known.'),
  };
}

/** What `common` reads. */
interface Common {
  readonly meanTimeBetween?: number;
  readonly shape: number;
  readonly between?: TimeDistribution;
  readonly repair?: TimeDistribution;
  readonly strikes: FailureGroup;
  readonly warning?: number;
}

/** One of the two ways to say how often. */
function saysWhen<T extends z.ZodType>(schema: T): T {
  return schema.refine(
    (value) => {
      const { meanTimeBetween, between } = value as Common;
      return (meanTimeBetween === undefined) !== (between === undefined);
    },
    { error: 'how often is said once', params: { allowed: 'meanTimeBetween, or between' } },
  );
}

/** What a model adds to the common parameters, and what follows from them for its failures. */
interface Kind<Params> {
  readonly strikes?: FailureGroup;
  readonly params?: (zod: Zod) => z.ZodRawShape;
  readonly failure: (params: Params) => Omit<Failure, 'afterSeconds' | 'forSeconds'>;
}

/** A model of failures that come by chance. */
function model<Params>(name: string, { strikes = 'node', params, failure }: Kind<Params>): ModelDefinition {
  return {
    family: 'failure',
    name,
    params: (zod) => saysWhen(zod.strictObject({ ...common(zod, strikes), ...params?.(zod) })),
    create: (given: Common & Params, { random }) => {
      const { meanTimeBetween: mean = 0, shape, repair, warning } = given;
      const between = given.between ?? { kind: 'weibull', mean, shape };
      const detail = { ...failure(given), ...(warning === undefined ? {} : { warningSeconds: warning }) };
      return randomFailures(name, given.strikes, { ...detail, between, repair }, random);
    },
  };
}

/** One that does to machines what its kind says, and takes no parameters of its own. */
function plain(name: string, kind: Failure['kind'], strikes?: FailureGroup): ModelDefinition {
  return model(name, { ...(strikes === undefined ? {} : { strikes }), failure: () => ({ kind }) });
}

const factor = (what: string) => (zod: Zod) => ({
  factor: zod.number().min(1).describe(`${what} so many times as long.`),
});

/** Bytes a second. */
function rate(zod: Zod): z.ZodType<number, unknown> {
  return zod.string({ error: () => GROWTH_FORMS }).transform((text, context) => {
    const milli = parseGrowth(text);
    if (milli !== undefined && milli > 0) return milli / 1000;
    context.addIssue({ code: 'custom', message: 'not a growth', params: { allowed: GROWTH_FORMS } });
    return zod.NEVER;
  });
}

const every = (zod: Zod, fallback: string, what: string) => duration(zod, 1).prefault(fallback).describe(what);

const ZONE_KINDS = ['zone-outage', 'partition', 'node-freeze'] as const;

const list: ModelDefinition = {
  family: 'failure',
  name: 'list',
  params: (zod) =>
    zod.strictObject({
      failures: zod
        .array(
          zod.strictObject({
            at: duration(zod).describe('When, from the start.'),
            node: zod.string().min(1).describe('Which machine.'),
            kind: zod.enum(MACHINE_FAULTS).default('node-crash').describe('What happens to it.'),
            for: duration(zod).optional().describe('How long; until the response repairs it where absent.'),
          }),
        )
        .describe('Failures, such as those of a real log.'),
    }),
  create: ({ failures }: { failures: Parameters<typeof failureList>[0] }) => failureList(failures),
};

/** How nodes fail by chance. */
export const FAILURE_MODELS: readonly ModelDefinition[] = [
  plain('crashes', 'node-crash'),
  plain('shutdowns', 'node-shutdown'),
  plain('freezes', 'node-freeze'),
  plain('partitions', 'partition'),
  model<{ direction: 'in' | 'out' }>('one-way-partitions', {
    params: (zod) => ({
      direction: zod.enum(['in', 'out']).describe('What is lost: what the node would hear, or what it says.'),
    }),
    failure: ({ direction }) => ({ kind: `partition-${direction}` }),
  }),
  plain('instances-gone', 'instance-gone'),
  plain('spot-reclaims', 'spot-reclaim'),
  plain('kubelet-restarts', 'kubelet-restart'),
  plain('runtime-outages', 'runtime-outage'),
  model<{ factor: number }>('slow-pulls', {
    params: factor('Image pulls take'),
    failure: (params) => ({ kind: 'slow-pulls', factor: params.factor }),
  }),
  model<{ factor: number }>('slow-nodes', {
    params: factor('All that the node does takes'),
    failure: (params) => ({ kind: 'slow-node', factor: params.factor }),
  }),
  model<{ rate: number }>('memory-leaks', {
    params: (zod) => ({ rate: rate(zod).describe('What is lost, such as 64Mi/1m.') }),
    failure: (params) => ({ kind: 'memory-leak', perSecond: params.rate }),
  }),
  model<{ share?: number; rate?: number }>('full-disks', {
    params: (zod) => ({
      share: zod.number().min(0).max(1).optional().describe('Part of the disk that is taken at once.'),
      rate: rate(zod).optional().describe('What is taken as time goes on, such as 1Gi/1m.'),
    }),
    failure: ({ share, rate: perSecond }) => ({ kind: 'disk-full', share, perSecond }),
  }),
  model<{ every: number }>('flapping', {
    params: (zod) => ({ every: every(zod, '2m', 'From one fall to the next; half of it the kubelet hangs.') }),
    failure: (params) => ({ kind: 'flapping', everyMicros: seconds(params.every) }),
  }),
  model<{ every: number; batch?: number; effect: MachineFault }>('bad-rollouts', {
    strikes: 'cluster',
    params: (zod) => ({
      every: every(zod, '5m', 'From one batch of nodes to the next.'),
      batch: zod.int().min(1).optional().describe('Nodes a batch; a tenth of them where absent.'),
      effect: zod
        .enum(['node-freeze', 'node-crash', 'slow-node', 'memory-leak'])
        .default('node-freeze')
        .describe('What becomes of them.'),
    }),
    failure: ({ every: everySeconds, batch, effect }) => ({
      kind: 'bad-rollout',
      everyMicros: seconds(everySeconds),
      effect,
      ...(batch === undefined ? {} : { batch }),
      ...(effect === 'slow-node' ? { factor: 3 } : {}),
      ...(effect === 'memory-leak' ? { perSecond: 2 ** 20 } : {}),
    }),
  }),
  model<{ kind: (typeof ZONE_KINDS)[number] }>('zone-outages', {
    strikes: 'zone',
    params: (zod) => ({
      kind: zod.enum(ZONE_KINDS).default('zone-outage').describe('What happens to all machines of a zone.'),
    }),
    failure: ({ kind }) => ({ kind }),
  }),
  plain('registry-outages', 'registry-outage', 'cluster'),
  list,
];
