import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Arrival } from '../sim/arrivals.ts';
import { RandomSource } from '../sim/kernel/random.ts';
import { dataFolder } from './data-files.ts';
import { loadArrivals } from './load-arrivals.ts';
import type { Arrivals } from './load-arrivals.ts';
import { loadNodes } from './load-nodes.ts';
import { parseScenario } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
      containers: [{name: web, image: web}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

const CLUSTER = { nodeGroups: [{ name: 'n', count: 1, capacity: { cpu: 8, memory: '32Gi' } }] };

function scenarioOf(workloads: readonly object[], cluster: object = CLUSTER): Scenario {
  const scenario = {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'Scenario',
    metadata: { name: 'test' },
    duration: '1h',
    cluster,
    workloads,
  };
  return parseScenario(JSON.stringify(scenario), 'test.yaml');
}

function load(...workloads: readonly object[]): Arrivals {
  const scenario = scenarioOf(workloads);
  return loadArrivals(scenario, new RandomSource(scenario.seed));
}

function all(arrivals: Arrivals): Arrival[] {
  return arrivals.sources.flatMap((source) => {
    const list: Arrival[] = [];
    for (let arrival = source.next(); arrival !== undefined; arrival = source.next()) list.push(arrival);
    return list;
  });
}

function told(arrivals: readonly Arrival[]): string[] {
  return arrivals.map(({ at, action, object }) => `${at / 1e6} ${action} ${object.kind}/${object.metadata.name ?? ''}`);
}

/** The object of an arrival, for looking into. */
function objectAt(arrivals: readonly Arrival[], index: number): unknown {
  return arrivals[index]?.object;
}

describe('workloads of manifests', () => {
  it('come at their time, after the namespaces that nobody declares', () => {
    const arrivals = all(load({ name: 'web', at: '5m', inline: WEB }));
    expect(told(arrivals)).toEqual(['0 apply Namespace/shop', '300 apply Deployment/web', '300 apply Service/web']);
  });

  it('leave declared namespaces to their manifests', () => {
    const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    const arrivals = all(load({ name: 'ns', inline: [shop] }, { name: 'web', inline: WEB }));
    expect(told(arrivals)[0]).toBe('0 apply Namespace/shop');
    expect(arrivals).toHaveLength(3);
  });

  it('come again every so often as copies that do not select each other', () => {
    const arrivals = all(load({ name: 'web', inline: WEB, every: '20m', copies: 2 })).slice(1);
    expect(told(arrivals)).toEqual([
      '0 apply Deployment/web-1',
      '0 apply Service/web-1',
      '1200 apply Deployment/web-2',
      '1200 apply Service/web-2',
    ]);
    const labels = { app: 'web', 'orrery.dev/copy': '2' };
    expect(objectAt(arrivals, 2)).toMatchObject({
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { topologySpreadConstraints: [{ labelSelector: { matchLabels: labels } }] },
        },
      },
    });
    expect(objectAt(arrivals, 3)).toMatchObject({ spec: { selector: labels } });
  });

  it('come every so often to the end of the run where no number is given', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }] } };
    expect(told(all(load({ name: 'p', inline: [pod], at: '10m', every: '20m' })))).toEqual([
      '600 apply Pod/p-1',
      '1800 apply Pod/p-2',
      '3000 apply Pod/p-3',
    ]);
  });

  it('create what has only the beginning of a name', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'p-' },
      spec: { containers: [{ name: 'c' }] },
    };
    expect(all(load({ name: 'p', inline: [pod] }))[0]).toMatchObject({ action: 'create' });
  });

  it('resume where they were saved', () => {
    const [, source] = load({ name: 'web', inline: WEB, every: '10m' }).sources;
    const [, copy] = load({ name: 'web', inline: WEB, every: '10m' }).sources;
    for (let i = 0; i < 5; i++) source?.next();
    copy?.restore(source?.save());
    expect(copy?.next()).toEqual(source?.next());
  });
});

describe('scale and delete', () => {
  it('change and remove what earlier workloads applied', () => {
    const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
    const arrivals = all(
      load(
        { name: 'web', inline: WEB },
        { name: 'more', at: '10m', scale: [{ ...web, replicas: 9 }] },
        { name: 'gone', at: '20m', delete: [web] },
      ),
    ).slice(3);
    expect(told(arrivals)).toEqual(['600 apply Deployment/web', '1200 delete Deployment/web']);
    expect(objectAt(arrivals, 0)).toMatchObject({ spec: { replicas: 9, selector: { matchLabels: { app: 'web' } } } });
  });
});

const OPENB = join(dataFolder(), 'manifests/openb-1000');

describe.skipIf(!existsSync(OPENB))('openb as manifests', () => {
  const cluster = { manifests: '${ORRERY_DATA}/manifests/openb-1000/nodes.yaml' };
  const pods = { name: 'openb', manifests: '${ORRERY_DATA}/manifests/openb-1000/pods.yaml' };

  it('gives 1,000 nodes and 7,064 pods that share their specs', () => {
    const scenario = scenarioOf([pods], cluster);
    const { entries } = loadNodes(scenario);
    const arrivals = all(loadArrivals(scenario, new RandomSource('1')));
    expect(entries).toHaveLength(1000);
    expect(entries[0]?.node.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': entries[0]?.name });
    expect(told(arrivals)[0]).toBe('0 apply Namespace/paib-gpu');
    expect(arrivals).toHaveLength(7065);
    const specs = new Set(arrivals.map(({ object }) => (object as { readonly spec?: object }).spec));
    expect(specs.size).toBeLessThan(100);
  });

  it('turns GPU annotations into requests where that is asked for', () => {
    const scenario = scenarioOf([{ ...pods, options: { gpuFromAnnotations: true } }], cluster);
    const arrivals = all(loadArrivals(scenario, new RandomSource('1')));
    const whole = { 'alibabacloud.com/gpu-count': '1', 'alibabacloud.com/gpu-milli': '1000' };
    expect(objectAt(arrivals, 1)).toMatchObject({ spec: { containers: [{ resources: { requests: whole } }] } });
  });
});
