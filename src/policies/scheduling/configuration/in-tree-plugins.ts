/** The extension points that a configuration names, in its own spelling; `multiPoint` stands for all of them. */
export const EXTENSION_POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;

export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

const FILTERING: readonly ExtensionPoint[] = ['preFilter', 'filter'];
const SCORING: readonly ExtensionPoint[] = ['preScore', 'score'];

/**
 * The plugins of kube-scheduler v1.34 in the order of its default profile, with the extension points that each has
 * there. Source: apis/config/v1/default_plugins.go and plugins/registry.go.
 */
export const IN_TREE_PLUGINS: ReadonlyMap<string, readonly ExtensionPoint[]> = new Map<
  string,
  readonly ExtensionPoint[]
>([
  ['SchedulingGates', ['preEnqueue']],
  ['PrioritySort', ['queueSort']],
  ['NodeUnschedulable', ['filter']],
  ['NodeName', ['filter']],
  ['TaintToleration', ['filter', ...SCORING]],
  ['NodeAffinity', [...FILTERING, ...SCORING]],
  ['NodePorts', FILTERING],
  ['NodeResourcesFit', [...FILTERING, ...SCORING]],
  ['VolumeRestrictions', FILTERING],
  ['NodeVolumeLimits', FILTERING],
  ['VolumeBinding', [...FILTERING, ...SCORING, 'reserve', 'preBind']],
  ['VolumeZone', FILTERING],
  ['PodTopologySpread', [...FILTERING, ...SCORING]],
  ['InterPodAffinity', [...FILTERING, ...SCORING]],
  ['DynamicResources', ['preEnqueue', ...FILTERING, 'postFilter', 'reserve', 'preBind']],
  ['DefaultPreemption', ['preEnqueue', 'postFilter']],
  ['NodeResourcesBalancedAllocation', SCORING],
  ['ImageLocality', ['score']],
  ['DefaultBinder', ['bind']],
]);

/** Plugins of former versions: to disable one does nothing, to enable one is refused. */
export const FORMER_PLUGINS: ReadonlySet<string> = new Set([
  'AzureDiskLimits',
  'CinderLimits',
  'EBSLimits',
  'GCEPDLimits',
  'NodeLabel',
  'NodePreferAvoidPods',
  'NodeResourcesLeastAllocated',
  'NodeResourcesMostAllocated',
  'RequestedToCapacityRatio',
  'SelectorSpread',
  'ServiceAffinity',
]);
