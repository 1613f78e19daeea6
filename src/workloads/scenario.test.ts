import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../sim/default-settings.ts';
import { scenarioJsonSchemaText } from './scenario-schema.ts';
import { parseScenario } from './scenario.ts';

const PLAIN = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: plain}
duration: 1h30m
cluster:
  nodeGroups:
    - {name: general, count: 3, capacity: {cpu: 8, memory: 32Gi}, zones: [a, b]}
`;

describe('a scenario', () => {
  it('has every default filled in, durations in seconds', () => {
    const scenario = parseScenario(PLAIN, 'plain.yaml');
    expect(scenario.duration).toBe(5400);
    expect(scenario.seed).toBe('1');
    expect(scenario.components).toEqual(DEFAULT_SETTINGS);
    expect(scenario.measurement).toMatchObject({ interval: 60, warmUp: 0, outputs: { pods: true, report: true } });
    expect(scenario.policies.scoring).toEqual([{ use: 'default', with: {}, weight: 1 }]);
    expect(scenario.cluster.nodeGroups[0]?.capacity).toEqual({ cpu: '8', memory: '32Gi' });
  });

  it('takes component settings over the defaults, one by one', () => {
    const { kubelet } = parseScenario(`${PLAIN}components: {kubelet: {qps: 7}}\n`, 'plain.yaml').components;
    expect(kubelet).toEqual({ ...DEFAULT_SETTINGS.kubelet, qps: 7 });
  });

  it('keeps the spread of a latency of which only the median is given', () => {
    const text = `${PLAIN}components: {apiServer: {writeLatency: {medianMilliseconds: 12}}}\n`;
    expect(parseScenario(text, 'plain.yaml').components.apiServer.writeLatency).toEqual({
      medianMilliseconds: 12,
      p99Milliseconds: 50,
    });
  });

  it('obeys --set with paths by name, index and field, and values as YAML', () => {
    const scenario = parseScenario(PLAIN, 'plain.yaml', {
      set: [
        'components.kubelet.qps=20',
        'cluster.nodeGroups.general.count=5',
        'cluster.nodeGroups[0].labels["example.com/pool"]=blue',
        'faults[0]={at: 10m, kind: node-crash, count: 1}',
        'duration=2d',
      ],
      seed: 9,
    });
    expect(scenario.components.kubelet.qps).toBe(20);
    expect(scenario.cluster.nodeGroups[0]).toMatchObject({ count: 5, labels: { 'example.com/pool': 'blue' } });
    expect(scenario.faults).toEqual([{ at: 600, kind: 'node-crash', count: 1 }]);
    expect(scenario.duration).toBe(172_800);
    expect(scenario.seed).toBe('9');
  });

  it('hashes by meaning: order, spelling and place of the file do not count, values do', () => {
    const hash = parseScenario(PLAIN, 'plain.yaml').hash;
    const reordered = `duration: 5400\n${PLAIN.replace('duration: 1h30m\n', '')}`;
    expect(parseScenario(reordered, 'elsewhere/other.yaml').hash).toBe(hash);
    expect(parseScenario(PLAIN, 'plain.yaml', { seed: 2 }).hash).not.toBe(hash);
  });

  it('drops unknown fields with a warning where that is asked for', () => {
    const text = `${PLAIN}extra: 1\ncomponents: {kubelet: {qqs: 3}, cubelet: {}}\n`;
    const scenario = parseScenario(text, 'plain.yaml', { allowUnknown: true });
    expect(scenario.components).toEqual(DEFAULT_SETTINGS);
    expect(scenario.source.warnings).toHaveLength(3);
  });

  it('has a JSON Schema that is kept current', () => {
    const committed = readFileSync(new URL('../../scenario.schema.json', import.meta.url), 'utf8');
    expect(committed, 'npm run generate').toBe(scenarioJsonSchemaText());
  });
});
