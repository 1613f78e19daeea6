import { describe, expect, it } from 'vitest';
import type { KubeNode, Pod } from '../../sim/api/core.ts';
import { Action, isFor } from '../../sim/scheduler/cluster-event.ts';
import type { ClusterEvent } from '../../sim/scheduler/cluster-event.ts';
import type { ClusterObjects } from '../../sim/scheduler/framework.ts';
import { NodeTable } from '../../sim/scheduler/node-table.ts';
import { PodClasses } from '../../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../../sim/scheduler/resource-names.ts';
import { WaitingPods } from '../../sim/scheduler/waiting-pods.ts';
import { BUILT_IN_PLUGINS } from './plugins.ts';

/** Would the event bring back a pod that the plugin alone has rejected? Source: each plugin's isSchedulableAfter…. */
function helps(plugin: string, spec: object, event: ClusterEvent): boolean {
  const classes = new PodClasses(new ResourceNames());
  const objects: ClusterObjects = {
    namespaces: new Map(),
    services: () => [],
    replicaSet: () => undefined,
    replicationController: () => undefined,
    statefulSet: () => undefined,
    disruptionBudgets: () => [],
    budgetVersion: 0,
    workloadVersion: 0,
    namespaceVersion: 0,
  };
  const handle = { table: new NodeTable(classes), objects, draws: () => 0, waitingPods: new WaitingPods() };
  const builtIn = BUILT_IN_PLUGINS.find(({ name }) => name === plugin);
  const { events = [] } = builtIn?.create({}, handle) ?? {};
  const info = classes.info(pod('waiting', spec));
  return events.some((registration) => isFor(registration, event) && registration.hint?.(info, event) !== false);
}

function pod(name: string, spec: object = {}, labels: object = {}): Pod {
  const metadata = { name, namespace: 'default', uid: name, labels };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [{ name: 'c' }], ...spec },
    status: {},
  } as unknown as Pod;
}

const asks = (requests: object): object => ({ containers: [{ name: 'c', resources: { requests } }] });

function node(allocatable: object = {}, spec: object = {}, labels: object = {}): KubeNode {
  const status = { allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...allocatable } };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels }, spec, status } as unknown as KubeNode;
}

const onNode = { nodeName: 'n' };
const added = (after: KubeNode): ClusterEvent => ({ resource: 'Node', action: Action.add, after });
const changed = (action: number, before: KubeNode, after: KubeNode): ClusterEvent => ({
  resource: 'Node',
  action,
  before,
  after,
});
const gone = (before: Pod): ClusterEvent => ({ resource: 'AssignedPod', action: Action.delete, before });
const came = (after: Pod): ClusterEvent => ({ resource: 'AssignedPod', action: Action.add, after });
const relabelled = (before: Pod, after: Pod): ClusterEvent => ({
  resource: 'AssignedPod',
  action: Action.updatePodLabel,
  before,
  after,
});

describe('a pod that NodeResourcesFit rejected comes back for', () => {
  const two = asks({ cpu: '2', memory: '1Gi' });
  it.each([
    ['a node that it would fit when empty', added(node()), true],
    ['no node that is too small', added(node({ cpu: '1' })), false],
    ['no node without room for pods', added(node({ pods: '0' })), false],
    ['more of what it asks for', changed(Action.updateNodeAllocatable, node({ cpu: '2' }), node({ cpu: '4' })), true],
    [
      'no more of what it does not ask for',
      changed(Action.updateNodeAllocatable, node({ 'x.com/y': '1' }), node({ 'x.com/y': '2' })),
      false,
    ],
    [
      'no more that is still too little',
      changed(Action.updateNodeAllocatable, node({ cpu: '1' }), node({ cpu: '1500m' })),
      false,
    ],
    ['room for one more pod', changed(Action.updateNodeAllocatable, node({ pods: '1' }), node({ pods: '2' })), true],
    ['a label or a taint, never', changed(Action.updateNodeLabel | Action.updateNodeTaint, node(), node()), false],
    ['a pod that is gone', gone(pod('x', onNode)), true],
    ['no pod that comes', came(pod('x', onNode)), false],
  ])('%s', (_what, event, wanted) => {
    expect(helps('NodeResourcesFit', two, event)).toBe(wanted);
  });

  it('a pod that asks for less of it, and for nothing else', () => {
    const shrinks = (name: string): ClusterEvent => ({
      resource: 'AssignedPod',
      action: Action.updatePodScaleDown,
      before: pod('x', { ...onNode, ...asks({ [name]: '4' }) }),
      after: pod('x', { ...onNode, ...asks({ [name]: '1' }) }),
    });
    expect(helps('NodeResourcesFit', two, shrinks('cpu'))).toBe(true);
    expect(helps('NodeResourcesFit', two, shrinks('example.com/gpu'))).toBe(false);
  });
});

describe('a pod that NodeAffinity rejected comes back for', () => {
  const spec = { nodeSelector: { disk: 'ssd' } };
  it.each([
    ['a node that it wants', added(node({}, {}, { disk: 'ssd' })), true],
    ['no other node', added(node({}, {}, { disk: 'hdd' })), false],
    ['a node that gets the label', changed(Action.updateNodeLabel, node(), node({}, {}, { disk: 'ssd' })), true],
    [
      'no node that had it before',
      changed(Action.updateNodeLabel, node({}, {}, { disk: 'ssd' }), node({}, {}, { disk: 'ssd', x: 'y' })),
      false,
    ],
    ['no node that loses it', changed(Action.updateNodeLabel, node({}, {}, { disk: 'ssd' }), node()), false],
  ])('%s', (_what, event, wanted) => {
    expect(helps('NodeAffinity', spec, event)).toBe(wanted);
  });
});

describe('a pod that TaintToleration rejected comes back for', () => {
  const spec = { tolerations: [{ key: 'a', operator: 'Exists' }] };
  const tainted = (...keys: string[]): KubeNode =>
    node({}, { taints: keys.map((key) => ({ key, effect: 'NoSchedule' })) });
  it.each([
    ['a node whose taints it tolerates', added(tainted('a')), true],
    ['no node with another taint', added(tainted('a', 'b')), false],
    ['a node that loses the taint', changed(Action.updateNodeTaint, tainted('b'), tainted('a')), true],
    ['no node that it tolerated before', changed(Action.updateNodeTaint, tainted('a'), tainted()), false],
    [
      'its own new toleration',
      { resource: 'UnscheduledPod', action: Action.updatePodToleration } as ClusterEvent,
      true,
    ],
  ])('%s', (_what, event, wanted) => {
    expect(helps('TaintToleration', spec, event)).toBe(wanted);
  });
});

describe('a pod that NodeUnschedulable rejected comes back for', () => {
  const cordoned = node({}, { unschedulable: true });
  it.each([
    ['a node that is open', added(node()), true],
    ['no cordoned node', added(cordoned), false],
    ['a node that is uncordoned', changed(Action.updateNodeTaint, cordoned, node()), true],
    ['no node that was open before', changed(Action.updateNodeTaint, node(), node()), false],
  ])('%s', (_what, event, wanted) => {
    expect(helps('NodeUnschedulable', {}, event)).toBe(wanted);
  });

  it('a toleration of cordons', () => {
    const event: ClusterEvent = { resource: 'UnscheduledPod', action: Action.updatePodToleration };
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }];
    expect(helps('NodeUnschedulable', { tolerations }, event)).toBe(true);
    expect(helps('NodeUnschedulable', {}, event)).toBe(false);
  });
});

describe('a pod that NodePorts rejected comes back for', () => {
  const port = (hostPort: number, more: object = {}): object => ({
    containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort, ...more }] }],
  });
  it.each([
    ['the end of a pod with its port', gone(pod('x', { ...onNode, ...port(80) })), true],
    ['no end of one with another port', gone(pod('x', { ...onNode, ...port(81) })), false],
    ['no end of one with another protocol', gone(pod('x', { ...onNode, ...port(80, { protocol: 'UDP' }) })), false],
    [
      'the end of one at an address of the host',
      gone(pod('x', { ...onNode, ...port(80, { hostIP: '10.0.0.1' }) })),
      true,
    ],
    ['no end of one without ports', gone(pod('x', onNode)), false],
    ['a new node', added(node()), true],
  ])('%s', (_what, event, wanted) => {
    expect(helps('NodePorts', port(80), event)).toBe(wanted);
  });
});

describe('a pod that InterPodAffinity rejected comes back for', () => {
  const term = (app: string): object => ({ topologyKey: 'zone', labelSelector: { matchLabels: { app } } });
  const near = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('web')] } } };
  const away = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('web')] } } };
  const web = pod('x', onNode, { app: 'web' });
  const db = pod('x', onNode, { app: 'db' });
  it.each([
    ['a pod it wants near', near, came(web), true],
    ['no other pod that comes', near, came(db), false],
    ['a pod that becomes one it wants near', near, relabelled(db, web), true],
    ['no pod it wants near that goes', near, gone(web), false],
    ['the end of a pod it wants away from', away, gone(web), true],
    ['no end of another', away, gone(db), false],
    ['a pod that is no more one it wants away from', away, relabelled(web, db), true],
    ['no pod that comes', away, came(web), false],
    ['a node with the key of its term', near, added(node({}, {}, { zone: 'a' })), true],
    ['no node without it', near, added(node()), false],
    [
      'a node that changes its zone',
      near,
      changed(Action.updateNodeLabel, node({}, {}, { zone: 'a' }), node({}, {}, { zone: 'b' })),
      true,
    ],
    [
      'no node that changes another label',
      near,
      changed(Action.updateNodeLabel, node({}, {}, { zone: 'a' }), node({}, {}, { zone: 'a', x: 'y' })),
      false,
    ],
  ])('%s', (_what, spec, event, wanted) => {
    expect(helps('InterPodAffinity', spec, event)).toBe(wanted);
  });
});

describe('a pod that PodTopologySpread rejected comes back for', () => {
  const constraint = {
    topologyKey: 'zone',
    maxSkew: 1,
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'web' } },
  };
  const spread = { topologySpreadConstraints: [constraint] };
  const web = pod('x', onNode, { app: 'web' });
  const db = pod('x', onNode, { app: 'db' });
  it.each([
    ['a pod that counts', came(web), true],
    ['no pod that does not', came(db), false],
    ['the end of a pod that counts', gone(web), true],
    ['a pod that counts no more', relabelled(web, db), true],
    ['no pod that counts as before', relabelled(web, pod('x', onNode, { app: 'web', tier: '1' })), false],
    ['a node with the key', added(node({}, {}, { zone: 'a' })), true],
    ['no node without it', added(node()), false],
    [
      'a node of a zone that goes',
      { resource: 'Node', action: Action.delete, before: node({}, {}, { zone: 'a' }) } as ClusterEvent,
      true,
    ],
    [
      'a node that changes its zone',
      changed(Action.updateNodeLabel, node({}, {}, { zone: 'a' }), node({}, {}, { zone: 'b' })),
      true,
    ],
  ])('%s', (_what, event, wanted) => {
    expect(helps('PodTopologySpread', spread, event)).toBe(wanted);
  });
});

describe('other plugins', () => {
  it.each([
    ['NodeName: a new node', 'NodeName', added(node()), true],
    ['NodeName: no changed node', 'NodeName', changed(Action.updateNodeLabel, node(), node()), false],
    [
      'SchedulingGates: its own gates are gone',
      'SchedulingGates',
      { resource: 'UnscheduledPod', action: Action.updatePodSchedulingGatesEliminated } as ClusterEvent,
      true,
    ],
    ['SchedulingGates: no node', 'SchedulingGates', added(node()), false],
    ['DefaultPreemption: a pod that is gone', 'DefaultPreemption', gone(pod('x', onNode)), true],
    ['DefaultPreemption: no node', 'DefaultPreemption', added(node()), false],
  ])('%s', (_what, plugin, event, wanted) => {
    expect(helps(plugin, {}, event)).toBe(wanted);
  });
});
