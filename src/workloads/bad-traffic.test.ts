import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../../test/support/refusal.ts';
import type { Refusal } from '../../test/support/refusal.ts';
import { RandomSource } from '../sim/kernel/random.ts';
import { loadArrivals } from './load-arrivals.ts';
import { loadNodes } from './load-nodes.ts';
import { loadTraffic } from './load-traffic.ts';
import type { TrafficSpec } from '../sim/traffic/traffic-spec.ts';
import { parseScenario } from './scenario.ts';

const HEAD = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: x}
duration: 24h
cluster: {nodeGroups: [{name: n, count: 1, capacity: {cpu: 4, memory: 8Gi}, zones: [west]}]}
workloads: [{name: w, inline: [{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}]}]
traffic:
`;
const traffic = (fields: string): string => `${HEAD}  - {name: t, ${fields}}\n`;
const plain = (more: string): string => traffic(`service: web, from: {nodes: {}}, serviceTime: 20ms, ${more}`);

function load(text: string): readonly TrafficSpec[] {
  const scenario = parseScenario(text, 'x.yaml');
  return loadTraffic(scenario, loadNodes(scenario).entries, loadArrivals(scenario, new RandomSource(1)).workloads);
}

// prettier-ignore
const REFUSED: readonly (readonly [text: string, ...Refusal])[] = [
  [traffic('service: wep, from: {nodes: {}}, serviceTime: 20ms, requestsPerSecond: 1'), '8:24', 'traffic[0].service: no such Service in the workloads', 'default/wep', 'default/web', 'default/web'],
  [traffic('service: shop/web, from: {nodes: {}}, serviceTime: 20ms, requestsPerSecond: 1'), '8:24', 'traffic[0].service: no such Service in the workloads', 'shop/web', 'default/web'],
  [traffic('service: web, from: {}, serviceTime: 20ms, requestsPerSecond: 1'), '8:35', 'traffic[0].from: who sends is missing', 'a mapping, {}', 'exactly one of pods, nodes, outside'],
  [traffic('service: web, from: {outside: true}, serviceTime: 20ms, requestsPerSecond: 1'), '8:45', 'traffic[0].from.outside: the Service default/web cannot be reached from outside', 'type: ClusterIP', 'LoadBalancer or NodePort'],
  [traffic('service: web, from: {nodes: {zone: wets}}, serviceTime: 20ms, requestsPerSecond: 1'), '8:50', 'traffic[0].from.nodes.zone: no such zone', 'wets', 'west', 'west'],
  [plain(''), '8:5', 'traffic[0]: the load is missing', 'a mapping, {"name":"t","service":"web","from":{"nodes":{}},"serviceTime":"20ms"}', 'exactly one of requestsPerSecond, users'],
  [plain('requestsPerSecond: -5'), '8:86', 'traffic[0].requestsPerSecond: not a possible rate', 'the number -5', 'requests a second, from 0 to 1e9; steps'],
  [plain('requestsPerSecond: 2e9'), '8:86', 'traffic[0].requestsPerSecond: not a possible rate', 'the number 2000000000', 'requests a second, from 0 to 1e9; steps'],
  [plain('requestsPerSecond: "10m=5, 0s=2"'), '8:86', 'traffic[0].requestsPerSecond: not a rate', 'the text "10m=5, 0s=2"', 'requests a second, from 0 to 1e9; steps "0s=100, 10m=500"'],
  [plain('requestsPerSecond: {daily: {low: 5, high: 2}}'), '8:109', 'traffic[0].requestsPerSecond.daily.high: high lies below low', 'the number 2', 'at least 5'],
  [plain('requestsPerSecond: 1e6, mode: sampled'), '8:86', 'traffic[0].requestsPerSecond: too many requests to be sampled one by one', '86400000000 in the run', 'at most 100000000'],
  [plain('users: 10'), '8:5', 'traffic[0]: users who never think send without end', 'a mapping, {"name":"t","service":"web","from":{"nodes":{}},"serviceTime":"20ms","users":10}', 'a thinkTime such as 1s'],
  [plain('users: 10, thinkTime: 0s'), '8:89', 'traffic[0].thinkTime: users who never think send without end', 'the text "0s"', 'longer than zero'],
  [plain('users: 10, thinkTime: 1s, mode: sampled, cpuTime: 5ms'), '8:117', 'traffic[0].cpuTime: how often users ask is not known beforehand', 'the text "5ms"', 'rates, or mode: fluid'],
  [plain('requestsPerSecond: 1, cpuTime: 0s'), '8:98', 'traffic[0].cpuTime: must be longer than zero', 'the text "0s"', 'a duration such as 90s'],
  [plain('requestsPerSecond: 1, concurrency: 0'), '8:102', 'traffic[0].concurrency: out of range', 'the number 0', 'at least 1'],
  [plain('requestsPerSecond: 1, queue: -1'), '8:96', 'traffic[0].queue: out of range', 'the number -1', 'at least 0'],
  [plain('requestsPerSecond: 1, objective: 1'), '8:100', 'traffic[0].objective: out of range', 'the number 1', 'less than 1'],
  [`${plain('requestsPerSecond: 1')}  - {name: u, service: web, from: {nodes: {}}, serviceTime: 1s, requestsPerSecond: 1, mode: sampled}\n`, '9:93', 'traffic[1].mode: traffic "t" to the same Service has another mode', 'sampled', 'fluid'],
  [traffic('service: web, from: {nodes: {}}, serviceTime: {pareto: {minimum: 1s, shape: 2}}, requestsPerSecond: 1'), '8:61', 'traffic[0].serviceTime: not by pareto', 'a mapping, {"pareto":{"minimum":"1s","shape":2}}', 'a duration, or one of uniform, exponential, lognormal'],
];

describe('bad traffic is refused', () => {
  it.each(REFUSED.map(([text, ...refusal]) => ({ says: refusal[1], text, refusal })))('$says', ({ text, refusal }) =>
    expectRefusal(() => load(text), refusal),
  );
});

describe('a rate over time', () => {
  const steps = (rate: string, more = ''): readonly (readonly [number, number])[] => {
    const [spec] = load(plain(`requestsPerSecond: ${rate}${more}`));
    if (spec?.load.kind !== 'open') throw new Error('not an open load');
    return spec.load.steps.map(({ at, perSecond }) => [at / 1e6, perSecond]);
  };

  it('of steps begins where its traffic does', () => {
    expect(steps('"0s=100, 10m=500, 20m=0"', ', at: 5m')).toEqual([
      [300, 100],
      [600, 500],
      [1200, 0],
    ]);
  });

  it('of a ramp becomes sixty stairs through its middle', () => {
    const stairs = steps('"ramp(0s=0, 10m=600)"');
    expect(stairs).toHaveLength(61);
    expect(stairs[0]).toEqual([0, 5]);
    expect(stairs[59]).toEqual([590, 595]);
    expect(stairs[60]).toEqual([600, 600]);
  });

  it('of a day is highest at its peak and lowest half a day from it', () => {
    const wave = steps('{daily: {low: 10, high: 90, peak: 18h}}');
    expect(wave).toHaveLength(288);
    const at = (hour: number): number => wave[hour * 12]?.[1] ?? 0;
    expect(at(18)).toBeCloseTo(90, 1);
    expect(at(6)).toBeCloseTo(10, 1);
    expect(at(12)).toBeCloseTo(50, 0);
  });
});
