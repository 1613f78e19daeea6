import type { FailureResponse, Remedy, UnhealthyNode } from '../sim/faults/failure-response.ts';
import { alwaysRemedy, noResponse, oneRemedy } from './failure/remedies.ts';
import { duration } from './failure/time-distribution.ts';
import type { PolicyDefinition, Zod } from './policy.ts';
import type { PolicyContext } from './slot.ts';

type ResponseDefinition = PolicyDefinition<FailureResponse, PolicyContext>;

const after = (zod: Zod, fallback = '5m') =>
  duration(zod)
    .prefault(fallback)
    .describe('What is done only about a node that is unhealthy for so long without a break.');

/** Parameters that every response takes. */
const common = (zod: Zod) => ({
  maxUnhealthy: zod
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Nothing is done while more than this part of all nodes is unhealthy: then it is hardly the nodes.'),
});

interface Common {
  readonly maxUnhealthy: number;
}

/** Does nothing while too much is unhealthy. */
function withBound(response: FailureResponse, { maxUnhealthy }: Common): FailureResponse {
  if (maxUnhealthy >= 1) return response;
  const respond = (node: UnhealthyNode): Remedy | undefined => {
    const remedy = response.respond(node);
    return remedy && { ...remedy, maxUnhealthy };
  };
  return { ...response, respond };
}

/** A response that does one thing. */
function remedy(
  name: string,
  params: (zod: Zod) => Readonly<Record<string, ReturnType<typeof after>>>,
  made: (given: Readonly<Record<string, number>>) => Remedy,
  respond = alwaysRemedy,
): ResponseDefinition {
  return {
    family: 'failure',
    name,
    params: (zod) => zod.strictObject({ ...common(zod), ...params(zod) }),
    create: (given: Common & Readonly<Record<string, number>>) => withBound(respond(name, made(given)), given),
  };
}

/** Where an instance is known to be down for good its pods may run elsewhere at once. Source: Kubernetes' own taint. */
const OUT_OF_SERVICE = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown' };
const EVICT = { key: 'orrery.dev/failed' };

const drainFor = (zod: Zod) =>
  duration(zod).prefault('5m').describe('How long evictions that are refused are waited for.');

/** A node is rebooted first, and replaced if that does not help. */
const repair: ResponseDefinition = {
  family: 'failure',
  name: 'repair',
  params: (zod) =>
    zod.strictObject({
      ...common(zod),
      reboot: duration(zod).prefault('5m').describe('Rebooted after it was unhealthy for so long.'),
      replace: duration(zod).prefault('10m').describe('Replaced if it is unhealthy for so long after that.'),
    }),
  create: (given: Common & { readonly reboot: number; readonly replace: number }) =>
    withBound(
      {
        name: 'repair',
        respond: ({ attempt }) =>
          attempt === 0
            ? { action: 'reboot', afterSeconds: given.reboot }
            : { action: 'replace', afterSeconds: given.replace },
      },
      given,
    ),
};

/** A node that is known to fail soon is emptied before it does. */
const drainOnWarning: ResponseDefinition = {
  family: 'failure',
  name: 'drain-on-warning',
  params: (zod) =>
    zod.strictObject({
      ...common(zod),
      drain: drainFor(zod),
      reboot: duration(zod).optional().describe('Rebooted after it was unhealthy for so long; never where absent.'),
    }),
  create: (given: Common & { readonly drain: number; readonly reboot?: number }) =>
    withBound(
      {
        name: 'drain-on-warning',
        respond: () => (given.reboot === undefined ? undefined : { action: 'reboot', afterSeconds: given.reboot }),
        warned: () => ({ action: 'drain', afterSeconds: 0, drainSeconds: given.drain }),
      },
      given,
    ),
};

/** What is done about failed nodes. Whatever it is, pods are evicted by taints as controllers decide. */
export const FAILURE_RESPONSES: readonly ResponseDefinition[] = [
  { family: 'failure', name: 'none', params: (zod) => zod.strictObject({}), create: () => noResponse },
  remedy(
    'reboot',
    (zod) => ({ after: after(zod) }),
    (given) => ({ action: 'reboot', afterSeconds: given['after'] as number }),
  ),
  remedy(
    'replace',
    (zod) => ({ after: after(zod) }),
    (given) => ({ action: 'replace', afterSeconds: given['after'] as number }),
  ),
  repair,
  remedy(
    'drain-and-reboot',
    (zod) => ({ after: after(zod), drain: drainFor(zod) }),
    (given) => ({
      action: 'drain-and-reboot',
      afterSeconds: given['after'] as number,
      drainSeconds: given['drain'] as number,
    }),
  ),
  drainOnWarning,
  remedy(
    'fast-eviction',
    (zod) => ({ after: after(zod, '0s') }),
    (given) => ({ action: 'taint', afterSeconds: given['after'] as number, taint: EVICT }),
    oneRemedy,
  ),
  remedy(
    'out-of-service',
    (zod) => ({ after: after(zod, '2m') }),
    (given) => ({ action: 'taint', afterSeconds: given['after'] as number, taint: OUT_OF_SERVICE }),
    oneRemedy,
  ),
];
