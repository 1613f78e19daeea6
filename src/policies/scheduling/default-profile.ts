import type { PluginEntry, Profile } from '../../sim/scheduler/framework.ts';
import { defaultBinder } from './default-binder.ts';
import { imageLocality } from './image-locality.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';

/** The plugins of the default profile in their order, with weights. Source: apis/config/v1/default_plugins.go. */
export const DEFAULT_PLUGINS: readonly PluginEntry[] = [
  { create: schedulingGates, weight: 0 },
  { create: prioritySort, weight: 0 },
  { create: nodeUnschedulable, weight: 0 },
  { create: nodeName, weight: 0 },
  { create: taintToleration, weight: 3 },
  { create: () => nodeAffinity(), weight: 2 },
  { create: nodePorts, weight: 0 },
  { create: () => nodeResourcesFit(), weight: 1 },
  { create: () => nodeResourcesBalancedAllocation(), weight: 1 },
  { create: imageLocality, weight: 1 },
  { create: defaultBinder, weight: 0 },
];

export const DEFAULT_PROFILE: Profile = { plugins: DEFAULT_PLUGINS };
