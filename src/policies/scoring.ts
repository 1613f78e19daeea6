import type { z } from 'zod';
import type { Plugin, PluginEntry, PluginHandle, Profile } from '../sim/scheduler/framework.ts';
import { PLUGIN_METHODS, pluginChecks } from './plugin-checks.ts';
import type { PolicyDefinition, Zod } from './policy.ts';
import { gpuSharing } from './gpu-sharing/gpu-plugin.ts';
import { GPU_POLICIES } from './gpu-sharing/gpu-policies.ts';
import { imageLocality } from './scheduling/image-locality.ts';
import { interPodAffinity } from './scheduling/inter-pod-affinity.ts';
import { nodeAffinity } from './scheduling/node-affinity.ts';
import { nodeResourcesBalancedAllocation } from './scheduling/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './scheduling/node-resources-fit.ts';
import { podTopologySpread } from './scheduling/pod-topology-spread.ts';
import { taintToleration } from './scheduling/taint-toleration.ts';
import { choose } from './slot.ts';
import type { Choosing, PolicyChoice, PolicyContext, Slot } from './slot.ts';

/** The scores of the real default profile, with their weights. */
const DEFAULT = 'default';

type ScoringDefinition = PolicyDefinition<Plugin, PluginHandle & PolicyContext>;

/** Extension points that decide whether a pod fits at all. */
const FILTERS = ['preEnqueue', 'preFilter', 'filter', 'filterRows', 'onlyRows', 'passesAll', 'postFilter'] as const;

/** Takes a plugin's filters away: in a scenario's scoring they stand beside the default profile's own. */
function scoringOnly(plugin: Plugin): Plugin {
  const dropped: readonly string[] = [...FILTERS, 'events'];
  return Object.fromEntries(Object.entries(plugin).filter(([name]) => !dropped.includes(name))) as unknown as Plugin;
}

function definition<P extends z.ZodType>(
  name: string,
  params: (zod: Zod) => P,
  create: (params: z.output<P>, handle: PluginHandle) => Plugin,
): ScoringDefinition {
  return {
    family: 'scoring',
    name,
    params,
    create: (given, handle) => scoringOnly(create(given, handle)),
  };
}

const NONE = (zod: Zod) => zod.strictObject({});

/** How far each resource counts; NodeResourcesFitArgs' `scoringStrategy.resources`. */
const RESOURCES = (zod: Zod) =>
  zod.strictObject({
    resources: zod
      .array(zod.strictObject({ name: zod.string().min(1), weight: zod.number().positive().default(1) }))
      .min(1)
      .default([
        { name: 'cpu', weight: 1 },
        { name: 'memory', weight: 1 },
      ])
      .describe('The resources that count, and how much each.'),
  });

/** RequestedToCapacityRatio: scores from 0 to 10 at utilisations in per cent, as in the real configuration. */
const RATIO = (zod: Zod) =>
  RESOURCES(zod).extend({
    shape: zod
      .array(zod.strictObject({ utilization: zod.int().min(0).max(100), score: zod.int().min(0).max(10) }))
      .min(1)
      .refine(
        (points) => points.every((point, i) => i === 0 || point.utilization > (points[i - 1]?.utilization ?? 0)),
        {
          error: 'the utilisations do not increase',
        },
      )
      .describe('Points of the score over the utilisation; straight lines between them.'),
  });

const BUILT_IN: readonly ScoringDefinition[] = [
  {
    ...definition('LeastAllocated', RESOURCES, ({ resources }) =>
      nodeResourcesFit({ scoringStrategy: { type: 'LeastAllocated', resources } }),
    ),
    short: 'least',
  },
  {
    ...definition('MostAllocated', RESOURCES, ({ resources }) =>
      nodeResourcesFit({ scoringStrategy: { type: 'MostAllocated', resources } }),
    ),
    short: 'most',
  },
  definition('RequestedToCapacityRatio', RATIO, ({ resources, shape }) =>
    nodeResourcesFit({
      scoringStrategy: { type: 'RequestedToCapacityRatio', resources, requestedToCapacityRatio: { shape } },
    }),
  ),
  definition('NodeResourcesBalancedAllocation', RESOURCES, ({ resources }) =>
    nodeResourcesBalancedAllocation({ resources }),
  ),
  definition('TaintToleration', NONE, () => taintToleration()),
  definition('NodeAffinity', NONE, () => nodeAffinity()),
  definition('PodTopologySpread', NONE, (_, handle) => podTopologySpread({}, handle)),
  definition('InterPodAffinity', NONE, (_, handle) => interPodAffinity({}, handle)),
  definition('ImageLocality', NONE, (_, handle) => imageLocality(handle)),
];

const GPU_SHARING = (zod: Zod) =>
  zod.strictObject({
    count: zod.string().min(1).default('alibabacloud.com/gpu-count').describe('Resource of whole devices.'),
    milli: zod
      .string()
      .min(1)
      .default('alibabacloud.com/gpu-milli')
      .describe("Resource of thousandths of devices; a pod's annotation of that name says how much of each it wants."),
    model: zod
      .string()
      .min(1)
      .default('alibabacloud.com/gpu-card-model')
      .describe('Node label with the model of its devices.'),
    expected: zod
      .array(
        zod.strictObject({
          cpu: zod.number().nonnegative().default(0).describe('Cores.'),
          gpus: zod.int().min(0).describe('Devices; 0: none.'),
          milli: zod.int().min(1).max(1000).default(1000).describe('Thousandths of each.'),
          models: zod.array(zod.string()).default([]).describe('Models that it accepts; none: any.'),
          count: zod.int().min(1).default(1).describe('How many there are, for each of the others.'),
        }),
      )
      .default([])
      .describe('The tasks that FGD expects; none: what has come so far.'),
  });

/** The policies of the FGD paper keep devices apart: theirs are the only built-in ones that filter and reserve, too. */
const GPU_BUILT_IN: readonly ScoringDefinition[] = [...GPU_POLICIES, 'GpuDevices' as const].map((name) => ({
  family: 'scoring',
  name,
  params: GPU_SHARING,
  create: (given: z.output<ReturnType<typeof GPU_SHARING>>, handle) => {
    const { expected, ...names } = given;
    return gpuSharing(name, { names, expected }, handle, handle.random);
  },
}));

const SCORING: Slot<Plugin, PluginHandle> = {
  family: 'scoring',
  what: 'scoring policy',
  builtIn: [
    // Stands for several plugins: the profile is put together below, and this is never made.
    { family: 'scoring', name: DEFAULT, params: NONE, create: () => ({ name: DEFAULT }) },
    ...BUILT_IN,
    ...GPU_BUILT_IN,
  ],
  methods: PLUGIN_METHODS,
  checks: pluginChecks,
};

/**
 * The scheduler's profiles: the plugins of `bases` always filter; they score too where `default` is among the choices, and
 * the chosen ones score beside them in every profile.
 */
export async function chooseProfiles(
  choices: readonly (PolicyChoice & { readonly weight: number })[],
  bases: readonly Profile[],
  choosing: Choosing,
): Promise<readonly Profile[]> {
  const chosen: PluginEntry[] = [];
  let defaultWeight = 0;
  for (const [index, choice] of choices.entries()) {
    const create = await choose(SCORING, choice, ['policies', 'scoring', index], choosing);
    if (choice.use === DEFAULT) defaultWeight += choice.weight;
    else chosen.push({ create: (handle) => completed(create(handle), choice.use), weight: choice.weight });
  }
  return bases.map((base) => {
    const standard = base.plugins.map(({ create, weight }) => ({ create, weight: weight * defaultWeight }));
    return { ...base, plugins: [...standard, ...chosen] };
  });
}

/** A user's plugin need not say its name, nor that it refuses nothing where it has no filter. */
function completed(plugin: Plugin, name: string): Plugin {
  return {
    ...plugin,
    name: typeof plugin.name === 'string' ? plugin.name : name,
    repeatable: plugin.repeatable ?? FILTERS.every((name) => plugin[name] === undefined),
  };
}
