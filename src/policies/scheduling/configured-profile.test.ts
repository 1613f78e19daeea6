import { describe, expect, it } from 'vitest';
import type { KubeNode, Pod } from '../../sim/api/core.ts';
import { explain } from '../../sim/scheduler/explain.ts';
import type { ClusterObjects, Plugin, PluginHandle, Profile } from '../../sim/scheduler/framework.ts';
import { scoresNodes } from '../../sim/scheduler/node-scoring.ts';
import { NodeTable } from '../../sim/scheduler/node-table.ts';
import { PodClasses } from '../../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../../sim/scheduler/resource-names.ts';
import { SchedulingCycle } from '../../sim/scheduler/scheduling-cycle.ts';
import { firstOfTies } from '../../sim/scheduler/tie-breaker.ts';
import { IN_TREE_PLUGINS } from './configuration/in-tree-plugins.ts';
import { readConfiguration } from './configuration/read-configuration.ts';
import type { ConfigurationDoor } from './configuration/read-configuration.ts';
import { configuredProfile } from './configured-profile.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';
import { BUILT_IN_PLUGINS } from './plugins.ts';
import { WaitingPods } from '../../sim/scheduler/waiting-pods.ts';

const DOOR: ConfigurationDoor = {
  error: (path, { message }) => new Error(`${path.join('.')}: ${message}`),
  unknownName: (what) => ({ message: `no such ${what}` }),
  schemaError: (_path, _schema, complaint) => complaint,
};

/** The profile of a configuration with one. */
function profileOf(profile: object, rest: object = {}): Profile {
  const head = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };
  const [read] = readConfiguration({ ...head, ...rest, profiles: [profile] }, DOOR).profiles;
  if (read === undefined) throw new Error('no profile');
  return configuredProfile(read);
}

const NO_OBJECTS: ClusterObjects = {
  namespaces: new Map(),
  workloadVersion: 0,
  namespaceVersion: 0,
  services: () => [],
  replicaSet: () => undefined,
  replicationController: () => undefined,
  statefulSet: () => undefined,
  disruptionBudgets: () => [],
  budgetVersion: 0,
};

function handle(): PluginHandle {
  return {
    table: new NodeTable(new PodClasses(new ResourceNames())),
    objects: NO_OBJECTS,
    draws: () => 0,
    waitingPods: new WaitingPods(),
  };
}

/** Two nodes, the first too small and tainted. */
function cycleOf(profile: Profile): SchedulingCycle {
  const parts = handle();
  const node = (name: string, cpu: string, taints: object[]): KubeNode =>
    ({ metadata: { name }, spec: { taints }, status: { allocatable: { cpu, memory: '8Gi', pods: '10' } } }) as never;
  parts.table.setNode(node('n0', '1', [{ key: 'a', effect: 'NoSchedule' }]));
  parts.table.setNode(node('n1', '8', []));
  parts.table.setNode(node('n2', '8', []));
  return new SchedulingCycle(profile, parts, firstOfTies, 100);
}

const POD = {
  metadata: { name: 'p', namespace: 'default', uid: 'p' },
  spec: { containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }] },
  status: {},
} as unknown as Pod;

/** Names and weights of the plugins that score. */
function weights({ plugins }: Profile): Readonly<Record<string, number>> {
  const made = plugins.map(({ create, weight }) => ({ plugin: create(handle()), weight }));
  return Object.fromEntries(
    made.filter(({ plugin }) => scoresNodes(plugin)).map(({ plugin, weight }) => [plugin.name, weight]),
  );
}

const DEFAULT_WEIGHTS = {
  TaintToleration: 3,
  NodeAffinity: 2,
  NodeResourcesFit: 1,
  VolumeBinding: 1,
  PodTopologySpread: 2,
  InterPodAffinity: 2,
  NodeResourcesBalancedAllocation: 1,
  ImageLocality: 1,
};

describe('a configured profile', () => {
  it('is the default one where nothing is said', () => {
    expect(weights(profileOf({}))).toEqual(DEFAULT_WEIGHTS);
    const names = ({ plugins }: Profile): string[] => plugins.map(({ create }) => create(handle()).name);
    expect(names(profileOf({}))).toEqual(names(DEFAULT_PROFILE));
  });

  it('has no plugin with a part that the original does not have', () => {
    const members = (plugin: Plugin, name: string): string[] =>
      Object.keys(plugin).filter((member) => member.toLowerCase().startsWith(name.toLowerCase()));
    for (const { name, create } of BUILT_IN_PLUGINS) {
      const points = IN_TREE_PLUGINS.get(name);
      if (points === undefined) continue;
      const plugin = create({}, handle());
      for (const point of [
        'preEnqueue',
        'preFilter',
        'filter',
        'postFilter',
        'preScore',
        'score',
        'reserve',
      ] as const) {
        if (!points.includes(point)) expect([name, members(plugin, point)]).toEqual([name, []]);
      }
    }
  });

  it('weighs a plugin as it is named last: at score, at multiPoint, by default; without a weight by 1', () => {
    const score = { enabled: [{ name: 'NodeAffinity', weight: 9 }, { name: 'TaintToleration' }] };
    const multiPoint = {
      enabled: [
        { name: 'NodeAffinity', weight: 4 },
        { name: 'ImageLocality', weight: 6 },
      ],
    };
    expect(weights(profileOf({ plugins: { score, multiPoint } }))).toEqual({
      ...DEFAULT_WEIGHTS,
      NodeAffinity: 9,
      TaintToleration: 1,
      ImageLocality: 6,
    });
    const zero = { enabled: [{ name: 'PodTopologySpread', weight: 0 }] };
    expect(weights(profileOf({ plugins: { score: zero } }))['PodTopologySpread']).toBe(1);
  });

  it('has what is enabled where all is disabled', () => {
    const score = { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit', weight: 5 }] };
    expect(weights(profileOf({ plugins: { score } }))).toEqual({ NodeResourcesFit: 5 });
    const multiPoint = {
      disabled: [{ name: '*' }],
      enabled: [{ name: 'PrioritySort' }, { name: 'DefaultBinder' }, { name: 'ImageLocality' }],
    };
    expect(weights(profileOf({ plugins: { multiPoint } }))).toEqual({ ImageLocality: 1 });
  });

  it('keeps a plugin that is both disabled and enabled', () => {
    const multiPoint = { disabled: [{ name: 'NodeAffinity' }], enabled: [{ name: 'NodeAffinity', weight: 8 }] };
    expect(weights(profileOf({ plugins: { multiPoint } }))['NodeAffinity']).toBe(8);
  });

  it('filters in its own order: what is named at filter comes first', () => {
    const verdict = (profile: Profile): unknown => {
      const cycle = cycleOf(profile);
      return explain(cycle, cycle.table.classes.info(POD)).verdicts.get('n0');
    };
    expect(verdict(profileOf({}))).toMatchObject({ plugin: 'TaintToleration' });
    const filter = { enabled: [{ name: 'NodeResourcesFit' }] };
    expect(verdict(profileOf({ plugins: { filter } }))).toMatchObject({ plugin: 'NodeResourcesFit' });
    // Out of multiPoint and in at filter: it comes last.
    const multiPoint = { disabled: [{ name: 'TaintToleration' }] };
    const last = profileOf({ plugins: { multiPoint, filter: { enabled: [{ name: 'TaintToleration' }] } } });
    expect(verdict(last)).toMatchObject({ plugin: 'NodeResourcesFit' });
  });

  it('gives plugins their arguments', () => {
    const scoringStrategy = { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 1 }] };
    const pluginConfig = [{ name: 'NodeResourcesFit', args: { scoringStrategy } }];
    const cycle = cycleOf(profileOf({ pluginConfig }));
    const { scores } = explain(cycle, cycle.table.classes.info(POD));
    expect(scores.get('n1')?.plugins.get('NodeResourcesFit')?.raw).toBe(25);
  });

  it('does not look at resources that an extender looks after', () => {
    const managedResources = [{ name: 'example.com/gpu', ignoredByScheduler: true }];
    const pod = { ...POD, spec: { containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '1' } } }] } };
    const feasible = (profile: Profile): number => {
      const cycle = cycleOf(profile);
      return cycle.run(cycle.table.classes.info(pod as unknown as Pod), 1).feasible;
    };
    expect(feasible(profileOf({}))).toBe(0);
    expect(feasible(profileOf({}, { extenders: [{ urlPrefix: 'http://x', managedResources }] }))).toBe(2);
  });

  it('has a percentage of its own', () => {
    expect(cycleOf(profileOf({ percentageOfNodesToScore: 40 })).percentageOfNodesToScore).toBe(40);
    expect(cycleOf(profileOf({})).percentageOfNodesToScore).toBe(100);
  });
});

describe('a profile that switches off what another part of a plugin rests on', () => {
  const outcome = (plugins: object): { result: string; message: string } => {
    const cycle = cycleOf(profileOf({ plugins }));
    const { result, message } = cycle.run(cycle.table.classes.info(POD), 1);
    return { result, message };
  };

  it.each([
    ['TaintToleration', 'failed to read'],
    ['InterPodAffinity', 'failed to read'],
    ['PodTopologySpread', 'error reading'],
  ])('fails where %s scores without its PreScore', (name, words) => {
    const state = `${words} "PreScore${name}" from cycleState: not found`;
    const message = `running Score plugins: plugin "${name}" failed with: ${state}`;
    expect(outcome({ preScore: { disabled: [{ name }] } })).toEqual({ result: 'error', message });
  });

  it.each(['NodeAffinity', 'NodeResourcesFit', 'NodeResourcesBalancedAllocation'])(
    'does not mind where %s scores without its PreScore',
    (name) => {
      expect(outcome({ preScore: { disabled: [{ name }] } }).result).toBe('scheduled');
    },
  );

  it('fails where NodePorts filters without its PreFilter', () => {
    expect(outcome({ preFilter: { disabled: [{ name: 'NodePorts' }] } })).toEqual({
      result: 'error',
      message: 'running "NodePorts" filter plugin: reading "PreFilterNodePorts" from cycleState: not found',
    });
  });
});
