import { z } from 'zod';
import { goDuration, int32, isQualifiedName, qualifiedName, refuse } from './names.ts';
import { nodeAffinity } from './node-selectors.ts';

/**
 * The arguments of every plugin that has some, with the defaults and the validation of v1.34.
 * Sources: kube-scheduler/config/v1/types_pluginargs.go, apis/config/v1/defaults.go,
 * apis/config/validation/validation_pluginargs.go.
 */

export const API_VERSION = 'kubescheduler.config.k8s.io/v1';

function argumentsOf<S extends z.ZodRawShape>(plugin: string, shape: S) {
  return z.strictObject({
    apiVersion: z.literal(API_VERSION).optional(),
    kind: z.literal(`${plugin}Args`).optional(),
    ...shape,
  });
}

/** 0 stands for "not given", as in the original's Go. */
const resourceWeight = z
  .int()
  .min(0)
  .max(100)
  .default(1)
  .transform((weight) => (weight === 0 ? 1 : weight));

const DEFAULT_RESOURCES = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

const resources = z
  .array(z.strictObject({ name: z.string().min(1), weight: resourceWeight }))
  .default([])
  .transform((list) => (list.length === 0 ? DEFAULT_RESOURCES : list));

const shape = z
  .array(z.strictObject({ utilization: z.int().min(0).max(100), score: z.int().min(0).max(10) }))
  .min(1)
  .superRefine((points, context) => {
    const wrong = points.findIndex((point, i) => i > 0 && point.utilization <= (points[i - 1]?.utilization ?? 0));
    if (wrong > 0) refuse(context, 'the utilisations do not increase', 'more than before', [wrong, 'utilization']);
  });

const SCORING_STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const;

const scoringStrategy = z
  .strictObject({
    type: z.enum(SCORING_STRATEGIES),
    resources,
    requestedToCapacityRatio: z.strictObject({ shape }).optional(),
  })
  .superRefine(({ type, requestedToCapacityRatio }, context) => {
    const path = ['requestedToCapacityRatio'];
    if (type === 'RequestedToCapacityRatio' && requestedToCapacityRatio === undefined)
      refuse(context, 'type RequestedToCapacityRatio needs a shape', '{shape: [{utilization, score}, …]}', path);
    if (type !== 'RequestedToCapacityRatio' && requestedToCapacityRatio !== undefined)
      refuse(context, `goes with type RequestedToCapacityRatio only, not with ${type}`, undefined, path);
  });

const nodeResourcesFit = argumentsOf('NodeResourcesFit', {
  ignoredResources: z.array(qualifiedName).default([]),
  ignoredResourceGroups: z
    .array(
      z.string().refine((group) => !group.includes('/') && isQualifiedName(group), {
        error: 'not the name of a group of resources',
        params: { allowed: 'what stands before the "/" of its resources' },
      }),
    )
    .default([]),
  scoringStrategy: scoringStrategy.prefault({ type: 'LeastAllocated' }),
});

const balancedResource = z.strictObject({
  name: z.string().min(1),
  weight: z
    .int()
    .default(1)
    .transform((weight) => (weight === 0 ? 1 : weight))
    .refine((weight) => weight === 1, { error: 'a weight here must be 1', params: { allowed: '1' } }),
});

const nodeResourcesBalancedAllocation = argumentsOf('NodeResourcesBalancedAllocation', {
  resources: z
    .array(balancedResource)
    .default([])
    .superRefine((list, context) => {
      const twice = list.findIndex(({ name }, i) => list.findIndex((other) => other.name === name) < i);
      if (twice >= 0) refuse(context, 'the resource is given twice', 'each resource once', [twice, 'name']);
    })
    .transform((list) => (list.length === 0 ? DEFAULT_RESOURCES : list)),
});

const defaultConstraint = z.strictObject({
  maxSkew: int32.min(1),
  topologyKey: qualifiedName,
  whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
  minDomains: int32.min(1).optional(),
  nodeAffinityPolicy: z.enum(['Honor', 'Ignore']).optional(),
  nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).optional(),
  labelSelector: z
    .unknown()
    .optional()
    .refine((selector) => selector === undefined, {
      error: 'a default constraint has no selector: it follows from each pod',
      params: { allowed: 'nothing' },
    }),
  matchLabelKeys: z.array(z.string()).optional(),
});

const podTopologySpread = argumentsOf('PodTopologySpread', {
  defaultConstraints: z.array(defaultConstraint).default([]),
  defaultingType: z.enum(['System', 'List']).default('System'),
}).superRefine(({ defaultConstraints, defaultingType }, context) => {
  if (defaultingType === 'System' && defaultConstraints.length > 0)
    refuse(context, 'default constraints go with defaultingType List only', 'List', ['defaultingType']);
  for (const [index, constraint] of defaultConstraints.entries()) {
    const { topologyKey, whenUnsatisfiable } = constraint;
    const same = defaultConstraints
      .slice(0, index)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (same) {
      const message = `a constraint of ${topologyKey} with ${whenUnsatisfiable} stands here already`;
      refuse(context, message, 'each pair once', ['defaultConstraints', index]);
    }
  }
});

const defaultPreemption = argumentsOf('DefaultPreemption', {
  minCandidateNodesPercentage: int32.min(0).max(100).default(10),
  minCandidateNodesAbsolute: int32.min(0).default(100),
}).superRefine(({ minCandidateNodesPercentage, minCandidateNodesAbsolute }, context) => {
  if (minCandidateNodesPercentage === 0 && minCandidateNodesAbsolute === 0) {
    const message = 'must not be 0 where minCandidateNodesAbsolute is 0, too';
    refuse(context, message, '1 to 100', ['minCandidateNodesPercentage']);
  }
});

const volumeBinding = argumentsOf('VolumeBinding', {
  bindTimeoutSeconds: z.int().min(0).default(600),
  shape: z
    .unknown()
    .optional()
    .refine((given) => given === undefined, {
      error: 'needs the feature gate StorageCapacityScoring, which is off in v1.34',
      params: { allowed: 'nothing' },
    }),
});

/** By plugin. A plugin that is not here takes no arguments. */
export const PLUGIN_ARGUMENTS: ReadonlyMap<string, z.ZodType<object>> = new Map<string, z.ZodType<object>>([
  ['DefaultPreemption', defaultPreemption],
  [
    'DynamicResources',
    argumentsOf('DynamicResources', {
      filterTimeout: goDuration
        .prefault('10s')
        .refine((seconds) => seconds >= 0, { error: 'must not be negative', params: { allowed: '0s or longer' } }),
    }),
  ],
  [
    'InterPodAffinity',
    argumentsOf('InterPodAffinity', {
      hardPodAffinityWeight: int32.min(0).max(100).default(1),
      ignorePreferredTermsOfExistingPods: z.boolean().default(false),
    }),
  ],
  ['NodeAffinity', argumentsOf('NodeAffinity', { addedAffinity: nodeAffinity.optional() })],
  ['NodeResourcesBalancedAllocation', nodeResourcesBalancedAllocation],
  ['NodeResourcesFit', nodeResourcesFit],
  ['PodTopologySpread', podTopologySpread],
  ['VolumeBinding', volumeBinding],
]);
