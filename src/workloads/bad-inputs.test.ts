import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { expectRefusal } from '../../test/support/refusal.ts';
import type { Refusal } from '../../test/support/refusal.ts';
import { RandomSource } from '../sim/kernel/random.ts';
import { loadArrivals } from './load-arrivals.ts';
import { loadNodes } from './load-nodes.ts';
import { parseScenario } from './scenario.ts';

/** Scenarios and --set flags. Manifests and tables have files of their own: manifests/bad-manifests, traces/bad-tables. */

const folder = mkdtempSync(join(tmpdir(), 'orrery-bad-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(
  join(folder, 'nodes.yaml'),
  'apiVersion: v1\nkind: Node\nmetadata: {name: n-0}\nstatus: {capacity: {cpu: 1, memory: 1Gi}}\n',
);

const HEAD = 'apiVersion: orrery.dev/v1alpha1\nkind: Scenario\nmetadata: {name: x}\nduration: 1h\n';
const CL = 'cluster: {nodeGroups: [{name: n, count: 1, capacity: {cpu: 8, memory: 32Gi}}]}\n';
const group = (x: string) => HEAD + `cluster:\n  nodeGroups:\n    - {${x}}\n`;
const wl = (x: string) => HEAD + CL + `workloads:\n  - {name: w, ${x}}\n`;
const gen = (x: string) => wl(`generator: {${x}}`);
const G = 'arrivals: {constant: {every: 1m}}, resources: {cpu: 1}';

// prettier-ignore
const SCENARIOS: readonly (readonly [text: string, ...Refusal])[] = [
  ['a: 1\n\tb: 2\n', '2:1', 'not valid YAML: Tabs are not allowed as indentation', '', ''],
  ['', '', 'the file is empty', '', 'one document, apiVersion:'],
  [HEAD+CL+'---\n'+HEAD, '', 'the file holds 2 documents', '', 'one document, apiVersion:'],
  ['- a\n', '1:1', 'not a scenario', '', 'a mapping with apiVersion:'],
  ['apiVersion: orrery.dev/v1alpha1\n', '1:1', 'kind: not a scenario', 'no kind', 'kind: Scenario'],
  ['apiVersion: apps/v1\nkind: Deployment\n', '2:7', 'kind: not a scenario', 'kind: "Deployment"', 'kind: Scenario'],
  ['apiVersion: orrery.dev/v1\nkind: Scenario\nmetadata: {name: x}\nduration: 1h\n'+CL, '1:13', 'apiVersion: not one of the known values', 'the text "orrery.dev/v1"', 'orrery.dev/v1alpha1', 'orrery.dev/v1alpha1'],
  [HEAD+CL+'duration: 2h\n', '6:1', 'not valid YAML: Map keys must be unique', '', ''],
  ['apiVersion: orrery.dev/v1alpha1\nkind: Scenario\nmetadata: {name: x}\n'+CL, '1:1', 'duration: this field is missing', '', 'a duration such as 90s, 1h30m, 250ms or'],
  [HEAD.replace('1h','0s')+CL, '4:11', 'duration: must be longer than zero', 'the text "0s"', 'a duration such as 90s, 1h30m, 250ms or'],
  [HEAD.replace('1h','1 hour')+CL, '4:11', 'duration: not a duration', 'the text "1 hour"', 'a duration such as 90s, 1h30m, 250ms or'],
  [HEAD.replace('name: x','name: My_Cluster')+CL, '3:18', 'metadata.name: not a valid name: lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit', 'the text "My_Cluster"', ''],
  [HEAD+CL+'workload: []\n', '6:1', 'workload: unknown field', 'workload', 'apiVersion, kind, metadata, seed', 'workloads'],
  [HEAD+CL+'startTime: yesterday\n', '6:12', 'startTime: not a timestamp', 'the text "yesterday"', 'RFC 3339, such as 2026-01-05T00:00:00Z'],
  [HEAD+CL+'seed: 1.5\n', '6:7', 'seed: wrong type', 'the number 1.5', 'a whole number or a text'],
  [HEAD+'cluster: {}\n', '5:10', 'cluster: the cluster has no nodes', 'a mapping, {}', 'nodeGroups, manifests or trace'],
  [group('name: n, count: 1, capcity: {cpu: 8, memory: 1Gi}'), '7:27', 'cluster.nodeGroups[0].capcity: unknown field', 'capcity', 'name, count, capacity, allocatable', 'capacity'],
  [group('name: n, count: 1, capacity: {cpu: 8}'), '7:37', 'cluster.nodeGroups[0].capacity.memory: memory is missing', '', 'a quantity such as 8 (cpu) or 32Gi'],
  [group('name: n, count: 1, capacity: {cpu: 8 cores, memory: 1Gi}'), '7:43', 'cluster.nodeGroups[0].capacity.cpu: not a quantity', 'the text "8 cores"', 'a quantity such as 500m, 2, 1.5Gi or 1e3'],
  [group('name: n, count: 1, capacity: {cpu: -8, memory: 1Gi}'), '7:43', 'cluster.nodeGroups[0].capacity.cpu: must not be negative', 'the number -8', 'a quantity such as 500m, 2, 1.5Gi or 1e3'],
  [group('name: n, count: three, capacity: {cpu: 8, memory: 1Gi}'), '7:24', 'cluster.nodeGroups[0].count: wrong type', 'the text "three"', 'a number'],
  [group('name: n, count: 100000000, capacity: {cpu: 8, memory: 1Gi}'), '7:24', 'cluster.nodeGroups[0].count: out of range', 'the number 100000000', 'at most 1000000'],
  [group('name: n, count: -3, capacity: {cpu: 8, memory: 1Gi}'), '7:24', 'cluster.nodeGroups[0].count: out of range', 'the number -3', 'at least 0'],
  [group('name: n, count: 0, capacity: {cpu: 8, memory: 1Gi}'), '6:3', 'cluster: the cluster has no nodes', '', 'at least one node'],
  [group('name: n, count: 1, capacity: {cpu: 8, memory: 1Gi}, allocatable: {gpu: 1}'), '7:79', 'cluster.nodeGroups[0].allocatable.gpu: allocatable without a capacity', 'the number 1', 'cpu, memory'],
  [group('name: n, count: 1, capacity: {cpu: 8, memory: 1Gi}, taints: [{key: a, effect: NoScedule}]'), '7:86', 'cluster.nodeGroups[0].taints[0].effect: not one of the known values', 'the text "NoScedule"', 'NoSchedule, PreferNoSchedule, NoExecute', 'NoSchedule'],
  [HEAD+'cluster:\n  nodeGroups:\n    - {name: n, count: 1, capacity: {cpu: 8, memory: 1Gi}}\n    - {name: n, count: 1, capacity: {cpu: 8, memory: 1Gi}}\n', '8:14', 'cluster.nodeGroups[1].name: two node groups are called "n"', 'the text "n"', 'names that differ'],
  [HEAD+'cluster:\n  nodeGroups:\n    - {name: n, count: 1, capacity: {cpu: 8, memory: 1Gi}}\n  manifests: nodes.yaml\n', '8:14', 'cluster.manifests[0]: two nodes have one name', 'n-0, in node group n and in nodes.yaml', 'names that differ'],
  [HEAD+'cluster: {manifests: nowhere.yaml}\n', '5:22', 'cluster.manifests[0]: no such file', 'nowhere.yaml', ''],
  [HEAD+'cluster: {trace: {format: openb, nodes: "${ORRERY_DATA}/traces/openb/nodes.csv"}}\n', '5:41', 'cluster.trace.nodes: no such file', '${ORRERY_DATA}/traces/openb/nodes.csv', ''],
  [HEAD+CL+'apiLoad: [{name: l, verb: list, kind: Pod, requestsPerSecond: 1, resourceVersionMatch: Exact}]\n', '6:88', 'apiLoad[0].resourceVersionMatch: needs a resourceVersion', 'the text "Exact"', "resourceVersion: '1234'"],
  [HEAD+CL+"apiLoad: [{name: l, verb: list, kind: Pod, requestsPerSecond: 1, resourceVersion: now}]\n", '6:83', 'apiLoad[0].resourceVersion: must be a number', 'the text "now"', ''],
  [HEAD+CL+'apiLoad: [{name: l, verb: watch-list, kind: Pod, requestsPerSecond: 1, limit: 5}]\n', '6:79', 'apiLoad[0].limit: has no meaning for watch-list', 'the number 5', ''],
  [HEAD+CL+'apiLoad: [{name: l, verb: watch-list, requestsPerSecond: 1}]\n', '6:11', 'apiLoad[0]: of which kind is not said', 'a mapping, {"name":"l","verb":"watch-list","requestsPerSecond":1}', 'kind: Pod'],
  [HEAD+CL+'components: {apiServer: {encodeBytesPerSecond: 0}}\n', '6:48', 'components.apiServer.encodeBytesPerSecond: out of range', 'the number 0', 'more than 0'],
  [HEAD+CL+'components: {kubelets: {}}\n', '6:14', 'components.kubelets: unknown field', 'kubelets', 'etcd, apiServer, scheduler', 'kubelet'],
  [HEAD+CL+'components: {scheduler: {percentageOfNodeToScore: 5}}\n', '6:26', 'components.scheduler.percentageOfNodeToScore: unknown field', 'percentageOfNodeToScore', 'qps, burst, watchListClient, percentageOfNodesToScore', 'percentageOfNodesToScore'],
  [HEAD+CL+'components: {apiServer: {writeLatency: {medianMilliseconds: 9, p99Milliseconds: 1}}}\n', '6:81', 'components.apiServer.writeLatency.p99Milliseconds: the 99th percentile lies below the median', 'the number 1', 'at least the median, 9'],
  [HEAD+CL+'components: {kubelet: {evictionHard: {memory.available: lots}}}\n', '6:57', 'components.kubelet.evictionHard["memory.available"]: not a threshold', 'the text "lots"', 'a quantity such as 100Mi, or a percentage'],
  [HEAD+CL+'components: {kubelet: {evictionHard: {memory.availble: 1Gi}}}\n', '6:39', 'components.kubelet.evictionHard["memory.availble"]: unknown field', 'memory.availble', 'memory.available, nodefs.available', 'memory.available'],
  [HEAD+CL+'components: {kubelet: {evictionSoft: {nodefs.available: 20%}}}\n', '6:57', 'components.kubelet.evictionSoft["nodefs.available"]: a soft threshold needs a grace period', 'the text "20%"', 'evictionSoftGracePeriodSeconds: {nodefs.available'],
  [HEAD+CL+'components: {kubelet: {containerStartLatency: {medianMilliseconds: -5}}}\n', '6:68', 'components.kubelet.containerStartLatency.medianMilliseconds: out of range', 'the number -5', 'at least 0'],
  [HEAD+CL+'components: {kubelet: {shutdownGracePeriodCriticalPodsSeconds: 9}}\n', '6:64', 'components.kubelet.shutdownGracePeriodCriticalPodsSeconds: is a part of shutdownGracePeriodSeconds', 'the number 9', 'at most 0'],
  [HEAD+CL+'components: {kubelet: {runtimeLoadPerPod: 2}}\n', '6:43', 'components.kubelet.runtimeLoadPerPod: out of range', 'the number 2', 'at most 1'],
  [HEAD+CL+'components: {kubelet: {maxPods: many}}\n', '6:33', 'components.kubelet.maxPods: wrong type', 'the text "many"', 'a number'],
  [HEAD+CL+'policies: {scoring: {name: x}}\n', '6:22', 'policies.scoring.name: unknown field', 'name', 'use, with, weight'],
  [HEAD+CL+'policies: {scoring: {use: x, weight: -1}}\n', '6:38', 'policies.scoring.weight: out of range', 'the number -1', 'at least 0'],
  [HEAD+CL+'measurement: {interval: 0}\n', '6:25', 'measurement.interval: must be longer than zero', 'the number 0', 'a duration such as 90s, 1h30m, 250ms or'],
  [HEAD+CL+'measurement: {outputs: {podz: false}}\n', '6:25', 'measurement.outputs.podz: unknown field', 'podz', 'pods, nodes, events, decisions', 'pods'],
  [wl('at: 5m'), '7:5', 'workloads[0]: the source of the workload is missing', 'a mapping, {"name":"w","at":"5m"}', 'exactly one of manifests, inline'],
  [wl('manifests: a.yaml, inline: []'), '7:5', 'workloads[0]: the source of the workload is given 2 times: manifests, inline', 'a mapping, {"name":"w","manifests":"a.yaml","inline":[]}', 'exactly one of manifests, inline'],
  [HEAD+CL+'workloads:\n  - {name: w, generator: {'+G+'}}\n  - {name: w, generator: {'+G+'}}\n', '8:12', 'workloads[1].name: two workloads are called "w"', 'the text "w"', 'names that differ'],
  [wl('every: 5m, generator: {'+G+'}'), '7:22', 'workloads[0].every: belongs to manifests and inline only', 'the text "5m"', ''],
  [HEAD+CL+'workloads:\n  - name: w\n    inline: |\n      apiVersion: v1\n      kind: Pod\n      metadata: {name: p}\n      spec: {containers: [{nam: c}]}\n', '12:28', 'spec.containers[0].nam: unknown field (Pod p)', 'nam', 'args, command, env, envFrom, image', 'name'],
  [wl('inline: [{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: []}}]'), '7:92', 'workloads[0].inline[0].spec.containers: a pod has at least one container (Pod p)', 'an empty list', ''],
  [HEAD+CL+'workloads:\n  - name: w\n    inline: |\n      # nothing\n', '7:5', 'workloads[0]: the workload has no objects', '', 'at least one object'],
  [wl('options: {annotations: {orrery.dev/duration: long}}, inline: []'), '7:60', 'workloads[0].options.annotations["orrery.dev/duration"]: not a value of this annotation', 'the text "long"', 'a duration such as 90s, 1h30m, 250ms or'],
  [wl('options: {namespace: a.b}, inline: []'), '7:36', 'workloads[0].options.namespace: not a valid name of a namespace: lower-case letters, digits and "-", beginning and ending with a letter or digit', 'the text "a.b"', ''],
  [wl('every: 1s, options: {spacing: 1s}, inline: [{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a}]}},{apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {containers: [{name: a}]}}]'), '7:22', 'workloads[0].every: one round takes longer than that: 2 objects, 1s apart', '1s', '2s or more'],
  [wl('scale: [{kind: Deployment, name: web, replicas: 2}]'), '7:48', 'workloads[0].scale[0].name: no such Deployment in namespace default in the workloads before this one', 'web', 'none'],
  [wl('scale: [{kind: Pod, name: web, replicas: 2}]'), '7:30', 'workloads[0].scale[0].kind: no such kind', 'Pod', 'Deployment, ReplicaSet, StatefulSet'],
  [wl('delete: [{kind: Depolyment, name: web}]'), '7:31', 'workloads[0].delete[0].kind: no such kind', 'Depolyment', 'Namespace, Node, Lease, PriorityClass', 'Deployment'],
  [gen('pods: 5'), '7:26', 'workloads[0].generator: the arrival process is missing', 'a mapping, {"pods":5}', 'arrivals: {…}, or like: openb'],
  [gen('resources: {cpu: 1}'), '7:26', 'workloads[0].generator: the arrival process is missing', 'a mapping, {"resources":{"cpu":1}}', 'arrivals: {…}, or like: openb'],
  [gen('resources: {cpu: 1}, arrivals: {poisson: {perHour: 5}, constant: {every: 1m}}'), '7:58', 'workloads[0].generator.arrivals: the arrival process is given 2 times: poisson, constant', 'a mapping, {"poisson":{"perHour":5},"constant":{"every":"1m"}}', 'exactly one of poisson, constant'],
  [gen('resources: {cpu: 1}, arrivals: {allAt: 5m}'), '7:26', 'workloads[0].generator.pods: how many come is missing', '', 'pods: <number>'],
  [gen('resources: {cpu: 1}, arrivals: {poisson: {perHour: 0}}'), '7:78', 'workloads[0].generator.arrivals.poisson.perHour: out of range', 'the number 0', 'more than 0'],
  [gen('resources: {cpu: 1}, arrivals: {diurnal: {perHour: 1, byHour: [1, 2]}}'), '7:89', 'workloads[0].generator.arrivals.diurnal.byHour: out of range', 'a list, [1,2]', 'exactly 24 entries'],
  [gen('resources: {cpu: 1}, arrivals: {bursts: {every: 1m, size: 2, over: 2m}}'), '7:94', 'workloads[0].generator.arrivals.bursts.over: a burst ends after the next begins', '', 'at most `every`'],
  [gen(G+', lifetime: {lognorml: {median: 1m, p99: 2m}}'), '7:94', 'workloads[0].generator.lifetime.lognorml: unknown field', 'lognorml', 'constant, uniform, exponential', 'lognormal'],
  [gen(G+', lifetime: {lognormal: {median: 5m, p99: 2m}}'), '7:123', 'workloads[0].generator.lifetime.lognormal.p99: the 99th percentile lies below the median', 'the text "2m"', ''],
  [gen(G+', lifetime: {uniform: {low: 1m}}'), '7:103', 'workloads[0].generator.lifetime.uniform.high: this field is missing', '', 'a duration such as 90s, 1h30m, 250ms or'],
  [gen(G+', lifetime: soon'), '7:93', 'workloads[0].generator.lifetime: not a duration', 'the text "soon"', 'a duration such as 90s, 1h30m, 250ms or'],
  [gen(G+', lifetime: {empirical: [{value: 1m, weight: 0}]}'), '7:105', 'workloads[0].generator.lifetime.empirical: all weights are zero', 'a list, [{"value":"1m","weight":0}]', 'at least one weight above zero'],
  [gen(G+', failureProbability: 1.5'), '7:103', 'workloads[0].generator.failureProbability: out of range', 'the number 1.5', 'at most 1'],
  [gen(G+', from: 10m, until: 5m'), '7:101', 'workloads[0].generator.until: ends before it begins', 'the text "5m"', ''],
  [gen('like: openbb'), '7:33', 'workloads[0].generator.like: not one of the known values', 'the text "openbb"', 'openb', 'openb'],
  [gen(G+', podSpec: {tolerations: [{key: a, operator: Exist}]}'), '7:126', 'workloads[0].generator.podSpec.tolerations[0].operator: not one of the known values', 'the text "Exist"', 'Exists, Equal', 'Exists'],
  [gen(G+', podSpec: {containers: []}'), '7:105', 'workloads[0].generator.podSpec.containers: the container is made by the generator', '', 'generator.image, generator.resources'],
  [gen(G+', labels: {"bad key": x}'), '7:92', 'workloads[0].generator.labels["bad key"]: not a valid key', 'the text "bad key"', 'a name of up to 63 letters, digits'],
  [gen(G+', annotations: {orrery.dev/durations: 5m}'), '7:97', 'workloads[0].generator.annotations["orrery.dev/durations"]: unknown annotation', 'orrery.dev/durations', 'orrery.dev/duration', 'orrery.dev/duration'],
  [gen(G+', shapes: [{resources: {cpu: 1}}]'), '7:91', 'workloads[0].generator.shapes: both resources and shapes are given', 'a list, [{"resources":{"cpu":1}}]', 'one of the two'],
  [wl('trace: {format: openb, pods: p.csv, window: {from: 2h, to: 1h}}'), '7:74', 'workloads[0].trace.window.to: the window ends before it begins', 'the text "1h"', ''],
  [wl('trace: {format: borg, pods: p.csv}'), '7:31', 'workloads[0].trace.format: not one of the known values', 'the text "borg"', 'openb, csv'],
  [HEAD+CL+'faults: [{at: 1m, kind: node-crush, count: 1}]\n', '6:25', 'faults[0].kind: not one of the known values', 'the text "node-crush"', 'node-crash, node-shutdown, node-freeze', 'node-crash'],
  [HEAD+CL+'faults: [{at: 1m, kind: node-crash}]\n', '6:10', 'faults[0]: which nodes is not said', 'a mapping, {"at":"1m","kind":"node-crash"}', 'one of nodes, selector, zone, group, or'],
  [HEAD+CL+'faults: [{at: 1m, kind: node-crash, group: n, zone: a}]\n', '6:10', 'faults[0]: more than one choice of nodes: zone, group', 'a mapping, {"at":"1m","kind":"node-crash","group":"n","zone":"a"}', 'one of nodes, selector, zone, group'],
  [HEAD+CL.replace('count: 1','count: 1, zones: [east]')+'faults: [{at: 1m, kind: zone-outage, zone: eat}]\n', '6:44', 'faults[0].zone: no such zone', 'eat', 'east', 'east'],
  [HEAD+CL+'faults: [{at: 1m, kind: node-crash, nodes: [n-1]}]\n', '6:45', 'faults[0].nodes[0]: no such node', 'n-1', 'n-0', 'n-0'],
  [HEAD+CL+'faults: [{at: 1m, kind: instance-gone, nodes: [n-0], for: 5m}]\n', '6:59', 'faults[0].for: has no meaning for a fault of kind instance-gone', 'the text "5m"', ''],
  [HEAD+CL+'faults: [{at: 1m, kind: memory-leak, nodes: [n-0]}]\n', '6:10', 'faults[0]: memory-leak needs a rate', 'a mapping, {"at":"1m","kind":"memory-leak","nodes":["n-0"]}', 'rate: 64Mi/1m'],
  [HEAD+CL+'faults: [{at: 1m, kind: slow-pulls, nodes: [n-0]}]\n', '6:10', 'faults[0]: slow-pulls needs a factor', 'a mapping, {"at":"1m","kind":"slow-pulls","nodes":["n-0"]}', 'factor: <number of at least 1>'],
  [HEAD+CL+'faults: [{at: 1m, kind: api-server-outage}]\n', '6:10', 'faults[0]: an outage of the API server must end', 'a mapping, {"at":"1m","kind":"api-server-outage"}', 'for: <duration>'],
  [HEAD+CL+'faults: [{at: 1m, kind: node-crash, count: 1, pods: {}}]\n', '6:53', 'faults[0].pods: has no meaning for a fault of kind node-crash', 'a mapping, {}', ''],
];

// prettier-ignore
const SETTINGS: readonly (readonly [flag: string, says: string, found: string, allowed: string, nearest?: string])[] = [
  ['duration', 'not a setting', '', 'path=value, e.g.'],
  ['a..b=1', 'not a path', 'a..b', 'names with dots between, e.g.'],
  ['cluster.nodeGroups.m.count=2', 'cluster.nodeGroups: the list has no entry called "m"', '1 entry', 'an index up to [1] (which adds one), n'],
  ['cluster.nodeGroups[7].count=2', 'cluster.nodeGroups: the list has no entry [7]', '1 entry', 'an index up to [1] (which adds one), n'],
  ['duration=40000d', 'duration: longer than the clock goes', 'the text "40000d"', 'at most 12775d'],
  ['cluster.nodeGroups.0.count=2', 'cluster.nodeGroups: the list has no entry called "0"', '1 entry', 'an index up to [1] (which adds one), n', '[0]'],
  ['duration=soon', 'duration: not a duration', 'the text "soon"', 'a duration such as 90s, 1h30m, 250ms or'],
  ['components.kubelet.qqs=2', 'components.kubelet.qqs: unknown field', 'qqs', 'qps, burst', 'qps'],
  ['seed[0]=2', 'seed: wrong type', 'a list, [2]', 'a whole number or a text'],
  ['seed=[1, 2', 'not valid YAML: Flow sequence must end with a ]', '[1, 2', ''],
];

function load(text: string, set: readonly string[] = []): void {
  const scenario = parseScenario(text, join(folder, 'x.yaml'), { set });
  loadNodes(scenario);
  loadArrivals(scenario, new RandomSource(scenario.seed));
}

describe('a bad scenario is refused', () => {
  it.each(SCENARIOS.map(([text, ...refusal]) => ({ says: refusal[1], text, refusal })))('$says', ({ text, refusal }) =>
    expectRefusal(() => load(text), refusal),
  );
});

describe('a bad --set is refused', () => {
  it.each(SETTINGS.map(([flag, ...rest]) => ({ flag, refusal: ['', ...rest] as const })))(
    '$flag',
    ({ flag, refusal }) => expectRefusal(() => load(HEAD + CL, [flag]), refusal),
  );
});
