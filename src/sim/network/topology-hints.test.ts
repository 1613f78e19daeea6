import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../test/support/scenario-cluster.ts';
import type { KubeNode } from '../api/core.ts';
import type { Endpoint, EndpointSlice } from '../api/workloads.ts';
import { seconds } from '../kernel/time.ts';
import { cpuSharesByZone, isOverloaded, topologyHints } from './topology-hints.ts';

/** Ready endpoints in these zones, one a letter; a capital one is not ready. */
const endpoints = (zones: string): Endpoint[] =>
  [...zones].map((zone, i) => ({
    addresses: [`10.0.0.${i}`],
    conditions: { ready: zone === zone.toLowerCase(), serving: true, terminating: false },
    zone: zone.toLowerCase(),
  }));

const shares = (of: Readonly<Record<string, number>>): ReadonlyMap<string, number> => new Map(Object.entries(of));
const thirds = shares({ a: 1 / 3, b: 1 / 3, c: 1 / 3 });

const hints = (zones: string, of: ReadonlyMap<string, number> | undefined): string => {
  const answer = topologyHints(endpoints(zones), of);
  return 'disabled' in answer ? answer.disabled : answer.zones.map((zone) => zone ?? '-').join('');
};

describe('hints of topology aware routing', () => {
  it('are the own zones where these have what their cpu asks for', () => {
    expect(hints('aabbcc', thirds)).toBe('aabbcc');
    // 4 of 8 are for a, 2 each for b and c.
    expect(hints('aaaabbcc', shares({ a: 0.5, b: 0.25, c: 0.25 }))).toBe('aaaabbcc');
  });

  it('move endpoints from zones with too many to those with too few', () => {
    // Each zone wants 2 of 6: a gives two, both to c.
    expect(hints('aaaabb', thirds)).toBe('ccaabb');
    // a wants 4 of 8 and has 2; b and c have 3 and want 2.
    expect(hints('aabbbccc', shares({ a: 0.5, b: 0.25, c: 0.25 }))).toBe('aaabbacc');
  });

  it('leave out what is not ready', () => {
    expect(hints('aAbbcc', shares({ a: 0.2, b: 0.4, c: 0.4 }))).toBe('a-bbcc');
  });

  it('do not move halves: a zone gives what rounds to an endpoint', () => {
    // Both want 5.5 of 11: a has half an endpoint to spare, b lacks half of one.
    expect(hints('aaaaaabbbbb', shares({ a: 0.5, b: 0.5 }))).toBe('aaaaaabbbbb');
  });

  it('are none where there is too little to go by', () => {
    expect(hints('ab', thirds)).toBe('Insufficient number of endpoints (2 endpoints, 3 zones)');
    expect(hints('abc', undefined)).toContain('Insufficient Node information');
    // Each zone needs ceil(5 / 3 / 1.2) = 2 of five.
    expect(hints('aabbc', thirds)).toContain('Unable to allocate minimum required endpoints');
  });

  it('are looked at again when a zone has fewer than its least', () => {
    const hinted = (zones: string): Endpoint[] =>
      endpoints(zones).map((one) => ({ ...one, hints: { forZones: [{ name: one.zone ?? '' }] } }));
    expect(isOverloaded(hinted('aabbcc'), thirds)).toBe(false);
    expect(isOverloaded(hinted('aaabbc'), thirds)).toBe(true);
    expect(isOverloaded(endpoints('aaabbc'), thirds)).toBe(false);
  });

  it('go by the cpu of ready nodes that are not of the control plane', () => {
    const node = (zone: string, cpu: string, more: object = {}, ready = 'True'): KubeNode =>
      ({
        metadata: { name: zone, labels: { 'topology.kubernetes.io/zone': zone, ...more } },
        status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: ready }] },
      }) as unknown as KubeNode;
    const control = { 'node-role.kubernetes.io/control-plane': '' };
    const nodes = [node('a', '6'), node('b', '2'), node('b', '8', {}, 'Unknown'), node('a', '8', control)];
    expect(cpuSharesByZone(nodes)).toEqual(shares({ a: 0.75, b: 0.25 }));
    expect(cpuSharesByZone([node('a', '6'), node('', '2')])).toBeUndefined();
    expect(cpuSharesByZone([node('a', '6')])).toBeUndefined();
  });
});

it('a Service with topology-mode Auto has its endpoints shared out, and anew when a zone goes down', async () => {
  const cluster = (
    await clusterMaker(`apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: zones }
duration: 10m
cluster:
  nodeGroups: [{ name: node, count: 6, capacity: { cpu: 4, memory: 8Gi }, zones: [a, b, c] }]
components: { kubelet: { imagesPresent: all } }
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 6
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: main, image: web, resources: { requests: { cpu: 1 } } }] }
      ---
      apiVersion: v1
      kind: Service
      metadata: { name: web, annotations: { service.kubernetes.io/topology-mode: Auto } }
      spec: { selector: { app: web }, ports: [{ port: 80 }] }
faults: [{ at: 2m, kind: zone-outage, zone: a }]
`)
  )();
  const zones = (): string[] =>
    cluster.server
      .list<EndpointSlice>('EndpointSlice')
      .items.flatMap(({ endpoints: all }) => all.flatMap((one) => one.hints?.forZones ?? []))
      .map(({ name }) => name)
      .sort();
  cluster.start();
  cluster.run({ until: seconds(110) });
  expect(zones()).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  cluster.run({ until: seconds(220) });
  // The four pods that are left, for the two zones that are.
  expect(zones()).toEqual(['b', 'b', 'c', 'c']);
});
