import type { Plugin, PluginHandle } from '../../sim/scheduler/framework.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultPreemption } from './default-preemption.ts';
import type { DefaultPreemptionArgs } from './default-preemption.ts';
import { dynamicResources } from './dynamic-resources.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import type { InterPodAffinityArgs } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import type { NodeAffinityArgs } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import type { NodeResourcesBalancedAllocationArgs } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import type { NodeResourcesFitArgs } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import type { PodTopologySpreadArgs } from './spread-constraints.ts';
import { taintToleration } from './taint-toleration.ts';
import { nodeVolumeLimits } from './volumes/node-volume-limits.ts';
import { volumeBinding } from './volumes/volume-binding.ts';
import type { VolumeBindingArgs } from './volumes/volume-binding.ts';
import { volumeRestrictions } from './volumes/volume-restrictions.ts';
import { volumeZone } from './volumes/volume-zone.ts';

/** A plugin that comes with Orrery. */
export interface BuiltInPlugin {
  readonly name: string;
  /** Weight in the default profile; 0: it does not score. */
  readonly weight: number;
  /** `args` as under `pluginConfig`, already checked. */
  readonly create: (args: object, handle: PluginHandle) => Plugin;
}

/** The plugins of the default profile in their order. Source: apis/config/v1/default_plugins.go. */
export const BUILT_IN_PLUGINS: readonly BuiltInPlugin[] = [
  { name: 'SchedulingGates', weight: 0, create: schedulingGates },
  { name: 'PrioritySort', weight: 0, create: prioritySort },
  { name: 'NodeUnschedulable', weight: 0, create: nodeUnschedulable },
  { name: 'NodeName', weight: 0, create: nodeName },
  { name: 'TaintToleration', weight: 3, create: taintToleration },
  { name: 'NodeAffinity', weight: 2, create: (args: NodeAffinityArgs) => nodeAffinity(args) },
  { name: 'NodePorts', weight: 0, create: nodePorts },
  { name: 'NodeResourcesFit', weight: 1, create: (args: NodeResourcesFitArgs) => nodeResourcesFit(args) },
  { name: 'VolumeRestrictions', weight: 0, create: (_args, handle) => volumeRestrictions(handle) },
  { name: 'NodeVolumeLimits', weight: 0, create: (_args, handle) => nodeVolumeLimits(handle) },
  { name: 'VolumeBinding', weight: 1, create: (args: VolumeBindingArgs, handle) => volumeBinding(args, handle) },
  { name: 'VolumeZone', weight: 0, create: (_args, handle) => volumeZone(handle) },
  {
    name: 'PodTopologySpread',
    weight: 2,
    create: (args: PodTopologySpreadArgs, handle) => podTopologySpread(args, handle),
  },
  {
    name: 'InterPodAffinity',
    weight: 2,
    create: (args: InterPodAffinityArgs, handle) => interPodAffinity(args, handle),
  },
  { name: 'DynamicResources', weight: 0, create: (_args, handle) => dynamicResources(handle) },
  {
    name: 'DefaultPreemption',
    weight: 0,
    create: (args: DefaultPreemptionArgs, handle) => defaultPreemption(args, handle),
  },
  {
    name: 'NodeResourcesBalancedAllocation',
    weight: 1,
    create: (args: NodeResourcesBalancedAllocationArgs) => nodeResourcesBalancedAllocation(args),
  },
  { name: 'ImageLocality', weight: 1, create: (_args, handle) => imageLocality(handle) },
  { name: 'DefaultBinder', weight: 0, create: defaultBinder },
];
