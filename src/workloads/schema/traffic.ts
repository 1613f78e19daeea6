import { z } from 'zod';
import { parseUsageCurve } from '../../sim/usage-curve.ts';
import {
  duration,
  exactlyOne,
  howMany,
  labelSelector,
  namespaceName,
  objectName,
  positiveDuration,
  namedApart,
  refuse,
} from './common.ts';
import { distribution } from './distribution.ts';
import type { Distribution } from './distribution.ts';

/** More than all the web's servers answer together: a slip of the keyboard. */
const MOST_PER_SECOND = 1e9;

const RATE_FORMS =
  'requests a second, from 0 to 1e9; steps "0s=100, 10m=500"; ramp(0s=100, 10m=500); or {daily: {low: 50, high: 500, peak: 18h}}';

/** A rate over time as written: one rate, the corners of a curve, or a day's wave. */
export type RateDocument =
  | { readonly kind: 'constant'; readonly perSecond: number }
  | { readonly kind: 'curve'; readonly text: string }
  | { readonly kind: 'daily'; readonly low: number; readonly high: number; readonly peak: number };

const perSecond = z.number().refine((value) => value >= 0 && value <= MOST_PER_SECOND, {
  error: 'not a possible rate',
  params: { allowed: `from 0 to ${MOST_PER_SECOND} requests a second` },
});

const rate = z.union(
  [
    perSecond.transform((value): RateDocument => ({ kind: 'constant', perSecond: value })),
    z
      .string()
      .refine(isRateCurve, { error: 'not a rate', params: { allowed: RATE_FORMS } })
      .transform((text): RateDocument => ({ kind: 'curve', text })),
    z
      .strictObject({
        daily: z
          .strictObject({
            low: perSecond.describe('At the quietest time of the day.'),
            high: perSecond.describe('At the busiest.'),
            peak: duration.prefault('18h').describe('When that is, of the calendar day.'),
          })
          .describe('A wave of a day, between two rates.'),
      })
      .superRefine(({ daily }, context) => {
        if (daily.high < daily.low) refuse(context, 'high lies below low', `at least ${daily.low}`, ['daily', 'high']);
        if (daily.peak >= 86_400) refuse(context, 'not a time of the day', 'less than 24h', ['daily', 'peak']);
      })
      .transform(({ daily }): RateDocument => ({ kind: 'daily', ...daily })),
  ],
  { error: () => RATE_FORMS },
);

/** Whether a text is a curve of amounts, none of them a share or beyond all bounds. */
function isRateCurve(text: string): boolean {
  const curve = parseUsageCurve(text);
  return curve !== undefined && !curve.relative && curve.points.every(({ amount }) => amount <= MOST_PER_SECOND * 1000);
}

const KINDS: readonly Distribution['kind'][] = ['constant', 'uniform', 'exponential', 'lognormal'];

/** A time of requests: of a distribution whose quantiles are a formula, as fluid traffic needs them. */
const time = distribution(duration, 'a duration such as 20ms').superRefine(({ kind }, context) => {
  if (!KINDS.includes(kind)) refuse(context, `not by ${kind}`, `a duration, or one of ${KINDS.slice(1).join(', ')}`);
});

const from = z
  .strictObject({
    pods: z
      .strictObject({
        namespace: namespaceName.default('default').describe('Where they are.'),
        selector: labelSelector,
      })
      .optional()
      .describe('Pods, while they run.'),
    nodes: z
      .strictObject({
        zone: z.string().min(1).optional().describe('Of this zone only.'),
        selector: labelSelector.prefault({}),
      })
      .optional()
      .describe('Nodes, while they are up.'),
    outside: z
      .literal(true)
      .optional()
      .describe(
        "Clients outside of the cluster, through the Service's load balancer; where there is no provider, and for node ports, through a balancer in front of all nodes.",
      ),
  })
  .superRefine((value, context) => exactlyOne(value, context, ['pods', 'nodes', 'outside'], 'who sends'));

const SERVICE = /^([a-z0-9][-a-z0-9]*\/)?[a-z0-9][-a-z0-9.]*$/;

/** `traffic:` requests that clients send to Services. */
export const traffic = z
  .array(
    z
      .strictObject({
        name: objectName.describe('What the run calls it; random draws hang on it.'),
        service: z
          .string()
          .refine((text) => SERVICE.test(text), {
            error: 'not the name of a Service',
            params: { allowed: 'name or namespace/name' },
          })
          .transform((text) => (text.includes('/') ? text : `default/${text}`))
          .describe('The Service that requests are sent to, as name or namespace/name.'),
        from: from.describe('Who sends them; each client as many as the others.'),
        copies: howMany(1)
          .optional()
          .describe('So many of it, to the Services of as many copies of a workload: names with -1, -2 … behind them.'),
        mode: z
          .enum(['fluid', 'sampled'])
          .default('fluid')
          .describe(
            'sampled: every request is an event. fluid: only the changes of their rates are, so that a million requests a second cost what one does.',
          ),
        requestsPerSecond: rate
          .optional()
          .describe(
            'An open load: requests come at random at this rate, all clients together, whatever becomes of them.',
          ),
        perClient: z.boolean().default(false).describe('The rate is that of each client.'),
        users: howMany(1)
          .optional()
          .describe(
            'A closed load: each of so many users sends the next request some time after the answer to the last one.',
          ),
        thinkTime: time.optional().describe('That time; for users only.'),
        serviceTime: time.describe('How long a pod works on a request, if nothing keeps it from the processor.'),
        cpuTime: positiveDuration
          .optional()
          .describe(
            "Processor time of that: what requests want of their pods' nodes. That part takes longer where pods have less of it; where absent, they want nothing, and all of the service time does.",
          ),
        concurrency: howMany(1)
          .default(100)
          .describe('Requests that a pod works on at once; those beyond wait in its queue, or are refused.'),
        queue: z.int().min(0).max(10_000).default(0).describe('Requests that wait at a pod until it can work on them.'),
        timeout: positiveDuration.prefault('10s').describe('How long a client waits for an answer.'),
        objective: z
          .number()
          .min(0)
          .lt(1)
          .default(0.999)
          .describe('Share of requests that is to be served: the rest is the error budget.'),
        at: duration.prefault('0s').describe('When it begins.'),
        for: positiveDuration.optional().describe('How long it lasts; to the end of the run where absent.'),
      })
      .superRefine((value, context) => {
        exactlyOne(value, context, ['requestsPerSecond', 'users'], 'the load');
        if (value.users !== undefined && value.thinkTime === undefined) {
          refuse(context, 'users who never think send without end', 'a thinkTime such as 1s');
        }
        if (value.users === undefined && value.thinkTime !== undefined) {
          refuse(context, 'belongs to users only', undefined, ['thinkTime']);
        }
        if (value.thinkTime?.kind === 'constant' && value.thinkTime.value === 0) {
          refuse(context, 'users who never think send without end', 'longer than zero', ['thinkTime']);
        }
        if (value.users !== undefined && value.cpuTime !== undefined && value.mode === 'sampled') {
          refuse(context, 'how often users ask is not known beforehand', 'rates, or mode: fluid', ['cpuTime']);
        }
        if (value.users !== undefined && value.perClient)
          refuse(context, 'belongs to rates only', undefined, ['perClient']);
      }),
  )
  .default([])
  .superRefine(namedApart('traffics'))
  .describe('Requests that clients send to Services, through the rules of the nodes that the clients are on.');
