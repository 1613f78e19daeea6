/** Everything that can be wrong with a KubeSchedulerConfiguration, and how it is told. */
import { describe, expect, it } from 'vitest';
import { HEAD, ScenarioFolder } from '../test/support/scenario-folder.ts';

const folder = new ScenarioFolder();

/** A profile's lines, and what must stand in the answer: place, path, what was found, what is allowed, what was meant. */
const profiles = (lines: string): string => `${HEAD}profiles:\n${lines}`;
const args = (plugin: string, lines: string): string =>
  profiles(`  - pluginConfig:\n      - name: ${plugin}\n        args: ${lines}\n`);

const REFUSED: readonly (readonly [what: string, text: string, answer: readonly string[]])[] = [
  [
    'another version',
    HEAD.replace('/v1', '/v1beta3'),
    [':1:13: apiVersion: not one of', 'kubescheduler.config.k8s.io/v1'],
  ],
  [
    'another kind',
    HEAD.replace('Kube', 'Cube'),
    [':2:7: kind: not one of', 'did you mean "KubeSchedulerConfiguration"'],
  ],
  ['nothing', '', [':1:1: the file is empty', 'allowed: a KubeSchedulerConfiguration']],
  ['two documents', `${HEAD}---\n${HEAD}`, [':4:1: a second document']],
  ['broken YAML', 'apiVersion: [', ['not valid YAML']],
  [
    'a misspelt field',
    `${HEAD}podMaxBackofSeconds: 3\n`,
    [':3:1: podMaxBackofSeconds: unknown field', '"podMaxBackoffSeconds"'],
  ],
  ['a percentage over 100', `${HEAD}percentageOfNodesToScore: 101\n`, [':3:27: ', 'out of range', 'at most 100']],
  [
    'a percentage of a profile below 0',
    profiles('  - percentageOfNodesToScore: -1\n'),
    ['profiles[0].percentageOfNodesToScore', 'at least 0'],
  ],
  ['a back-off of 0', `${HEAD}podInitialBackoffSeconds: 0\n`, ['podInitialBackoffSeconds: out of range', 'at least 1']],
  [
    'a longest back-off below the first',
    `${HEAD}podInitialBackoffSeconds: 20\n`,
    ['podMaxBackoffSeconds: the longest back-off is shorter', 'at least podInitialBackoffSeconds, 20'],
  ],
  ['no parallelism', `${HEAD}parallelism: 0\n`, ['parallelism: out of range', 'at least 1']],
  [
    'a lease that is too short',
    `${HEAD}leaderElection: {leaseDuration: 5s}\n`,
    ['leaseDuration: must be longer than the renew'],
  ],
  [
    'a duration without unit',
    `${HEAD}leaderElection: {retryPeriod: "5"}\n`,
    ['retryPeriod: not a duration', 'found: the text "5"'],
  ],
  [
    'two profiles of one name',
    profiles('  - schedulerName: a\n  - schedulerName: a\n'),
    [':5:20: profiles[1].schedulerName: two profiles have one schedulerName', 'found: a'],
  ],
  [
    'a nameless profile of two',
    profiles('  - schedulerName: a\n  - {}\n'),
    [':5:5: profiles[1].schedulerName: this field is missing'],
  ],
  [
    'an unknown plugin',
    profiles('  - plugins: {score: {enabled: [{name: NodeResourceFit}]}}\n'),
    [
      ':4:40: profiles[0].plugins.score.enabled[0].name: no such plugin',
      'found: NodeResourceFit',
      'did you mean "NodeResourcesFit"?',
    ],
  ],
  [
    'an unknown plugin at multiPoint',
    profiles('  - plugins: {multiPoint: {enabled: [{name: Coscheduling}]}}\n'),
    ['no such plugin', 'allowed: SchedulingGates'],
  ],
  [
    'an unknown plugin that is disabled',
    profiles('  - plugins: {score: {disabled: [{name: ImageLocalty}]}}\n'),
    ['"ImageLocality"'],
  ],
  [
    'a plugin of a former version',
    profiles('  - plugins: {filter: {enabled: [{name: EBSLimits}]}}\n'),
    ['a plugin of a former version'],
  ],
  [
    'a plugin where it has no extension point',
    profiles('  - plugins: {score: {enabled: [{name: NodePorts}]}}\n'),
    [
      'the plugin has no extension point score',
      'found: NodePorts, which has preFilter, filter',
      'allowed: TaintToleration',
    ],
  ],
  [
    'an unknown extension point',
    profiles('  - plugins: {scor: {}}\n'),
    ['plugins.scor: unknown field', 'did you mean "score"'],
  ],
  [
    'a plugin enabled twice',
    profiles('  - plugins: {filter: {enabled: [{name: NodeName}, {name: NodeName}]}}\n'),
    ['enabled[1].name: enabled twice'],
  ],
  [
    'a negative weight',
    profiles('  - plugins: {score: {enabled: [{name: NodeAffinity, weight: -2}]}}\n'),
    ['weight: out of range', 'at least 0'],
  ],
  [
    'a broken weight',
    profiles('  - plugins: {score: {enabled: [{name: NodeAffinity, weight: 1.5}]}}\n'),
    ['weight: wrong type', 'a whole number'],
  ],
  [
    'a weight of text',
    profiles('  - plugins: {score: {enabled: [{name: NodeAffinity, weight: "2"}]}}\n'),
    ['weight: wrong type', 'the text "2"'],
  ],
  [
    'no queueSort plugin',
    profiles("  - plugins: {queueSort: {disabled: [{name: '*'}]}}\n"),
    ['queueSort: a profile has exactly one', 'found: none', 'allowed: PrioritySort'],
  ],
  [
    'a plugin that does not sort',
    profiles('  - plugins: {queueSort: {enabled: [{name: NodeName}]}}\n'),
    ['no extension point queueSort', 'allowed: PrioritySort'],
  ],
  [
    'queues sorted differently',
    profiles(
      '  - schedulerName: a\n  - schedulerName: b\n    plugins: {queueSort: {enabled: [{name: PrioritySort}]}}\n',
    ),
    ['profiles[1].plugins.queueSort: must be the same for all profiles'],
  ],
  [
    'no bind plugin',
    profiles('  - plugins: {bind: {disabled: [{name: DefaultBinder}]}}\n'),
    ['bind: a profile needs at least one', 'DefaultBinder'],
  ],
  [
    'arguments of an unknown plugin',
    args('NodeAfinity', '{}'),
    ['pluginConfig[0].name: no such plugin', '"NodeAffinity"'],
  ],
  [
    'a plugin configured twice',
    profiles('  - pluginConfig: [{name: NodeAffinity, args: {}}, {name: NodeAffinity, args: {}}]\n'),
    ['pluginConfig[1].name: the plugin is configured twice'],
  ],
  [
    "another plugin's arguments",
    args('NodeAffinity', '{kind: NodeResourcesFitArgs}'),
    ['args.kind: not one of', 'allowed: NodeAffinityArgs'],
  ],
  [
    'an unknown argument',
    args('InterPodAffinity', '{hardPodAffinityWeigth: 3}'),
    [':6:16: profiles[0].pluginConfig[0].args.hardPodAffinityWeigth: unknown field', '"hardPodAffinityWeight"'],
  ],
  [
    'a hard affinity weight over 100',
    args('InterPodAffinity', '{hardPodAffinityWeight: 101}'),
    ['out of range', 'at most 100'],
  ],
  [
    'no candidates for preemption',
    args('DefaultPreemption', '{minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}'),
    ['minCandidateNodesPercentage: must not be 0 where'],
  ],
  [
    'candidates over 100 %',
    args('DefaultPreemption', '{minCandidateNodesPercentage: 200}'),
    ['out of range', 'at most 100'],
  ],
  [
    'an unknown strategy',
    args('NodeResourcesFit', '{scoringStrategy: {type: MostAlocated}}'),
    ['scoringStrategy.type: not one of', '"MostAllocated"'],
  ],
  [
    'a strategy without type',
    args('NodeResourcesFit', '{scoringStrategy: {}}'),
    ['scoringStrategy.type: this field is missing'],
  ],
  [
    'a weight of a resource over 100',
    args('NodeResourcesFit', '{scoringStrategy: {type: LeastAllocated, resources: [{name: cpu, weight: 101}]}}'),
    ['resources[0].weight: out of range'],
  ],
  [
    'a ratio without shape',
    args('NodeResourcesFit', '{scoringStrategy: {type: RequestedToCapacityRatio}}'),
    ['needs a shape'],
  ],
  [
    'a shape that does not rise',
    args(
      'NodeResourcesFit',
      '{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 5, score: 0}, {utilization: 5, score: 1}]}}}',
    ),
    ['shape[1].utilization: the utilisations do not increase', 'found: the number 5'],
  ],
  [
    'a score over 10 in a shape',
    args(
      'NodeResourcesFit',
      '{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 5, score: 11}]}}}',
    ),
    ['at most 10'],
  ],
  [
    'a shape of another strategy',
    args(
      'NodeResourcesFit',
      '{scoringStrategy: {type: MostAllocated, requestedToCapacityRatio: {shape: [{utilization: 5, score: 1}]}}}',
    ),
    ['goes with type RequestedToCapacityRatio only'],
  ],
  [
    'a resource that is no name',
    args('NodeResourcesFit', '{ignoredResources: [a b]}'),
    ['ignoredResources[0]: not a valid name', 'found: the text "a b"'],
  ],
  [
    'a group with a slash',
    args('NodeResourcesFit', '{ignoredResourceGroups: [example.com/gpu]}'),
    ['not the name of a group of resources'],
  ],
  [
    'a balanced weight that is not 1',
    args('NodeResourcesBalancedAllocation', '{resources: [{name: cpu, weight: 3}]}'),
    ['weight: a weight here must be 1'],
  ],
  [
    'a balanced resource twice',
    args('NodeResourcesBalancedAllocation', '{resources: [{name: cpu}, {name: cpu}]}'),
    ['resources[1].name: the resource is given twice'],
  ],
  [
    'constraints with system defaulting',
    args(
      'PodTopologySpread',
      '{defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]}',
    ),
    ['defaultingType: default constraints go with'],
  ],
  [
    'a skew of 0',
    args(
      'PodTopologySpread',
      '{defaultingType: List, defaultConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]}',
    ),
    ['maxSkew: out of range'],
  ],
  [
    'a selector in a constraint',
    args(
      'PodTopologySpread',
      '{defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]}',
    ),
    ['labelSelector: a default constraint has no selector'],
  ],
  [
    'a constraint twice',
    args(
      'PodTopologySpread',
      '{defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]}',
    ),
    ['defaultConstraints[1]: a constraint of zone with DoNotSchedule stands here already'],
  ],
  [
    'an unknown defaulting',
    args('PodTopologySpread', '{defaultingType: Lists}'),
    ['defaultingType: not one of', '"List"'],
  ],
  ['a shape for volumes', args('VolumeBinding', '{shape: []}'), ['shape: needs the feature gate']],
  ['a negative bind timeout', args('VolumeBinding', '{bindTimeoutSeconds: -1}'), ['bindTimeoutSeconds: out of range']],
  [
    'a negative filter timeout',
    args('DynamicResources', '{filterTimeout: -1s}'),
    ['filterTimeout: must not be negative'],
  ],
  [
    'an operator that does not exist',
    args(
      'NodeAffinity',
      '{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Is, values: [b]}]}]}}}',
    ),
    ['matchExpressions[0].operator: not one of', 'allowed: In, NotIn'],
  ],
  [
    'an operator without values',
    args(
      'NodeAffinity',
      '{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}}}',
    ),
    ['operator In needs values'],
  ],
  [
    'a key that is none',
    args(
      'NodeAffinity',
      '{addedAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: -a, operator: Exists}]}}]}}',
    ),
    ['matchExpressions[0].key: not a valid name', 'found: the text "-a"'],
  ],
  [
    'a field other than the name',
    args(
      'NodeAffinity',
      '{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.nam, operator: In, values: [b]}]}]}}}',
    ),
    ['matchFields[0].key: not one of', '"metadata.name"'],
  ],
  [
    'an extender without address',
    `${HEAD}extenders: [{filterVerb: f}]\n`,
    ['extenders[0].urlPrefix: this field is missing'],
  ],
  [
    'a scoring extender without weight',
    `${HEAD}extenders: [{urlPrefix: 'http://x', prioritizeVerb: p}]\n`,
    ['weight: an extender that scores needs a weight'],
  ],
  [
    'two extenders that bind',
    `${HEAD}extenders: [{urlPrefix: 'http://x', bindVerb: b}, {urlPrefix: 'http://y', bindVerb: b}]\n`,
    ['extenders[1].bindVerb: another extender binds'],
  ],
  [
    "an extender's native resource",
    `${HEAD}extenders: [{urlPrefix: 'http://x', managedResources: [{name: cpu}]}]\n`,
    ['not the name of an extended resource'],
  ],
  [
    'a resource managed twice',
    `${HEAD}extenders: [{urlPrefix: 'http://x', managedResources: [{name: a.b/c}]}, {urlPrefix: 'http://y', managedResources: [{name: a.b/c}]}]\n`,
    ['extenders[1].managedResources[0].name: an extender manages this resource already'],
  ],
];

describe('what is wrong with a configuration', () => {
  it.each(REFUSED)('%s: is told with its place', async (_, text, answer) => {
    const message = await folder.refusal(folder.naming(text));
    for (const part of answer) expect(message).toContain(part);
    expect(message).toMatch(/^scheduler\.yaml:\d+:\d+: /);
  });

  it('is told with its place in the scenario where it stands there', async () => {
    const inline = folder.scenario(`policies:
  schedulerConfiguration:
    apiVersion: kubescheduler.config.k8s.io/v1
    kind: KubeSchedulerConfiguration
    profiles:
      - plugins: {score: {enabled: [{name: NodeAfinity}]}}
`);
    const path = 'policies.schedulerConfiguration.profiles[0].plugins.score.enabled[0].name';
    expect(await folder.refusal(inline)).toContain(`s.yaml:11:44: ${path}: no such plugin`);
  });

  it('and a file that is not there is told at the place that names it', async () => {
    const message = await folder.refusal(folder.scenario('policies: {schedulerConfiguration: nowhere.yaml}\n'));
    expect(message).toContain('s.yaml:6:36: policies.schedulerConfiguration: no such file');
  });
});
