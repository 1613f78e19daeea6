import { describe, it } from 'vitest';
import { expectRefusal } from '../../test/support/refusal.ts';
import type { Refusal } from '../../test/support/refusal.ts';
import { RandomSource } from '../sim/kernel/random.ts';
import { loadNodes } from './load-nodes.ts';
import { loadProvider } from './load-provider.ts';
import { parseScenario } from './scenario.ts';

const HEAD = 'apiVersion: orrery.dev/v1alpha1\nkind: Scenario\nmetadata: {name: x}\nduration: 1h\ncluster:\n';
const TYPE = 'name: m5.large, cpu: 2, memory: 8Gi, price: 0.1';
const provider = (more: string, type = TYPE) =>
  `${HEAD}  provider: {instanceTypes: [{${type}}], ${more}}\n  nodeGroups:\n    - {name: n, count: 1, instanceType: m5.large, zones: [a, b]}\n`;
const group = (group: string) =>
  `${HEAD}  provider: {instanceTypes: [{${TYPE}}]}\n  nodeGroups:\n    - {name: n, ${group}}\n`;
const plain = (group: string) => `${HEAD}  nodeGroups:\n    - {name: n, count: 1, ${group}}\n`;

// prettier-ignore
const REFUSED: readonly (readonly [text: string, ...Refusal])[] = [
  [group('count: 1, instanceType: m5.larg'), '8:41', 'cluster.nodeGroups[0].instanceType: no such instance type', 'm5.larg', 'm5.large', 'm5.large'],
  [group('count: 1'), '8:7', 'cluster.nodeGroups[0].instanceType: the instance type is missing', '', 'one of the provider\'s'],
  [group('count: 1, instanceType: m5.large, capacity: {cpu: 2, memory: 8Gi}'), '8:61', 'cluster.nodeGroups[0].capacity: the capacity follows from the instance type', 'a mapping, {"cpu":2,"memory":"8Gi"}', 'no capacity, or cloud: false'],
  [group('count: 1, instanceType: m5.large, autoscaling: {min: 2, max: 4}'), '8:24', 'cluster.nodeGroups[0].count: the count lies outside of autoscaling', 'the number 1', '2 to 4'],
  [group('count: 1, instanceType: m5.large, autoscaling: {min: 4, max: 2}'), '8:78', 'cluster.nodeGroups[0].autoscaling.max: max lies below min', 'the number 2', 'at least 4'],
  [group('count: 1, instanceType: m5.large, autoscaling: {min: 1}'), '8:64', 'cluster.nodeGroups[0].autoscaling.max: this field is missing', '', 'a number'],
  [group('count: 1, instanceType: m5.large, spott: true'), '8:51', 'cluster.nodeGroups[0].spott: unknown field', 'spott', 'name, count, capacity, allocatable, labe', 'spot'],
  [plain('capacity: {cpu: 2, memory: 8Gi}, spot: true'), '7:66', 'cluster.nodeGroups[0].spot: spot instances need a provider', 'true', 'a cluster.provider'],
  [plain('capacity: {cpu: 2, memory: 8Gi}, autoscaling: {max: 3}'), '7:73', 'cluster.nodeGroups[0].autoscaling: autoscaling needs a provider', 'a mapping, {"max":3}', 'a cluster.provider'],
  [plain('instanceType: m5.large'), '7:7', 'cluster.nodeGroups[0].capacity: the capacity is missing', '', 'such as {cpu: 8, memory: 32Gi}'],
  [provider('', 'name: m5.large, cpu: 2, memory: 8Gi, price: -1'), '6:75', 'cluster.provider.instanceTypes[0].price: out of range', 'the number -1', 'at least 0'],
  [provider('', 'name: m5.large, cpu: 2, memory: 8Gi'), '6:30', 'cluster.provider.instanceTypes[0].price: this field is missing', '', 'a number'],
  [provider('', `${TYPE}}, {${TYPE}`), '6:88', 'cluster.provider.instanceTypes[1].name: two instance types are called "m5.large"', 'the text "m5.large"', 'names that differ'],
  [provider('boot: -40s'), '6:88', 'cluster.provider.boot: not a duration', 'the text "-40s"', 'a duration such as 90s, 1h30m, 250ms or '],
  [provider('boot: {lognormal: {median: 2m, p99: 1m}}'), '6:118', 'cluster.provider.boot.lognormal.p99: the 99th percentile lies below the median', 'the text "1m"', ''],
  [provider('quota: {instances: 0}'), '6:101', 'cluster.provider.quota.instances: out of range', 'the number 0', 'at least 1'],
  [provider('quota: {vcpu: 8}'), '6:90', 'cluster.provider.quota.vcpu: unknown field', 'vcpu', 'instances, vcpus', 'vcpus'],
  [provider('stockOuts: [{zone: c, at: 1h, for: 1h}]'), '6:101', 'cluster.provider.stockOuts[0].zone: no such zone', 'c', 'a, b'],
  [provider('stockOuts: [{type: m5.lrage, at: 1h, for: 1h}]'), '6:101', 'cluster.provider.stockOuts[0].type: no such instance type', 'm5.lrage', 'm5.large', 'm5.large'],
  [provider('stockOuts: [{at: 1h, for: 0s}]'), '6:108', 'cluster.provider.stockOuts[0].for: must be longer than zero', 'the text "0s"', 'a duration such as 90s, 1h30m, 250ms or '],
  [provider('spot: {notice: soon}'), '6:97', 'cluster.provider.spot.notice: not a duration', 'the text "soon"', 'a duration such as 90s, 1h30m, 250ms or '],
  [provider('api: {latency: {median: 2s, p99: 1s}}'), '6:97', 'cluster.provider.api.latency: the 99th percentile lies below the median', 'a mapping, {"median":"2s","p99":"1s"}', ''],
  [provider('quota: {vcpus: 1}'), '6:97', 'cluster.provider.quota.vcpus: the cluster begins beyond its quota', '1', 'at least 2, which its node groups have'],
];

describe('a bad provider is refused', () => {
  it.each(REFUSED.map(([text, ...refusal]) => ({ says: refusal[1], text, refusal })))('$says', ({ text, refusal }) =>
    expectRefusal(() => {
      const scenario = parseScenario(text, 'x.yaml');
      loadNodes(scenario);
      loadProvider(scenario, new RandomSource(1));
    }, refusal),
  );
});
