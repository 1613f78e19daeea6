import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../test/support/scenario-cluster.ts';
import type { KubeNode } from '../api/core.ts';
import type { Cluster } from '../cluster.ts';
import { seconds } from '../kernel/time.ts';
import type { CloudProvider } from './provider.ts';

/** Two instances in two zones, which boot in 40 s; kubelets register 15 s later. */
const scenario = (faults: string, provider = '', group = ''): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: cloud }
duration: 2h
components:
  apiServer: { writeLatency: { medianMilliseconds: 5, p99Milliseconds: 5 } }
cluster:
  provider:
    region: north
    instanceTypes: [{ name: small, cpu: 2, memory: 8Gi, price: 0.36, spotPrice: 0.09, maxPods: 30 }]
    boot: 40s
    api: { latency: { median: 100ms, p99: 100ms } }
    ${provider}
  nodeGroups:
    - { name: base, instanceType: small, zones: [a, b], count: 2, ${group} }
faults: [${faults}]
`;

const LOST = '{ at: 100s, kind: instance-gone, nodes: [base-1] }';

async function started(yaml: string): Promise<Cluster & { readonly provider: CloudProvider }> {
  const cluster = (await clusterMaker(yaml))();
  cluster.start();
  return cluster as Cluster & { readonly provider: CloudProvider };
}

function node(cluster: Cluster, name: string): KubeNode | undefined {
  return cluster.server.get<KubeNode>('Node', '', name);
}

const taints = (one: KubeNode | undefined): string[] => (one?.spec.taints ?? []).map(({ key }) => key);

describe('an instance that is gone', () => {
  it('is missed by its group after 30 s and replaced in its zone; the new node is initialised by the cloud controller', async () => {
    const cluster = await started(scenario(LOST));
    // 100 s + 30 s until it is missed + 40 s boot + 15 s until the kubelet registers, and its write of 5 ms.
    cluster.run({ until: seconds(185.004) });
    expect(node(cluster, 'base-2')).toBeUndefined();
    cluster.run({ until: seconds(185.006) });
    const registered = node(cluster, 'base-2');
    expect(taints(registered)).toContain('node.cloudprovider.kubernetes.io/uninitialized');
    expect(registered?.spec.providerID).toBeUndefined();
    expect(registered?.metadata.labels).not.toHaveProperty('topology.kubernetes.io/zone');
    // The network is up after a second, the provider answers after 100 ms.
    cluster.run({ until: seconds(187) });
    const initialized = node(cluster, 'base-2');
    expect(taints(initialized)).toEqual([]);
    expect(initialized?.spec.providerID).toBe('orrery://b/base-2');
    expect(initialized?.metadata.labels).toMatchObject({
      'topology.kubernetes.io/zone': 'b',
      'topology.kubernetes.io/region': 'north',
      'node.kubernetes.io/instance-type': 'small',
    });
    expect(initialized?.status.addresses?.map(({ type }) => type)).toEqual(['InternalIP', 'Hostname']);
    expect(initialized?.status.capacity).toMatchObject({ cpu: '2', pods: '30' });
  });

  it('costs until it goes; the new one from its launch on', async () => {
    const cluster = await started(scenario(LOST, '', 'spot: true'));
    cluster.run({ until: seconds(1000) });
    // 1000 s, 100 s and 870 s at 0.09 an hour.
    const bill = cluster.provider.bills.get('base');
    expect(bill?.instances).toBe(2);
    expect(bill?.instanceHours).toBeCloseTo(1970 / 3600, 9);
    expect(bill?.cost).toBeCloseTo((0.09 * 1970) / 3600, 9);
  });

  it('is replaced in another zone while its own has none, and waited for while none has any', async () => {
    const elsewhere = await started(scenario(LOST, 'stockOuts: [{ zone: b, at: 0s, for: 1h }]'));
    elsewhere.run({ until: seconds(200) });
    expect(elsewhere.provider.instance('base-2')?.zone).toBe('a');
    const nowhere = await started(scenario(LOST, 'stockOuts: [{ type: small, at: 0s, for: 180s }]'));
    // Tried at 130 s, and again some 5, 10, 20 and 40 s after that.
    nowhere.run({ until: seconds(200) });
    expect(nowhere.provider.groups.shortage('base')).toMatchObject({
      error: 'InsufficientInstanceCapacity',
      missing: 1,
    });
    nowhere.run({ until: seconds(215) });
    expect(nowhere.provider.instance('base-2')).toMatchObject({ state: 'pending', zone: 'b' });
  });
});

describe('a group that grows', () => {
  it('stops at the quota, which booting instances count in', async () => {
    const cluster = await started(scenario('', 'quota: { vcpus: 7 }'));
    cluster.provider.groups.resize('base', 5);
    cluster.run({ until: seconds(1) });
    expect(cluster.provider.groups.shortage('base')).toMatchObject({ error: 'QuotaExceeded', missing: 2 });
    expect(cluster.provider.instancesOf('base').map(({ state }) => state)).toEqual(['running', 'running', 'pending']);
  });
});

describe('the cloud controllers', () => {
  it('put addresses right that have come to differ, at the next pass of 5 minutes', async () => {
    const cluster = await started(scenario(''));
    cluster.run({ until: seconds(100) });
    const before = node(cluster, 'base-0')?.status.addresses;
    const patch = { status: { addresses: [{ type: 'InternalIP', address: '1.2.3.4' }] } };
    cluster.server.handle({ verb: 'patch', subresource: 'status', kind: 'Node', namespace: '', name: 'base-0', patch });
    cluster.run({ until: seconds(299) });
    expect(node(cluster, 'base-0')?.status.addresses).toHaveLength(1);
    cluster.run({ until: seconds(301) });
    expect(node(cluster, 'base-0')?.status.addresses).toEqual(before);
  });

  it('taint a node whose instance is switched off until it is Ready again', async () => {
    const cluster = await started(scenario('{ at: 100s, kind: node-shutdown, nodes: [base-1], for: 5m }'));
    cluster.run({ until: seconds(170) });
    expect(taints(node(cluster, 'base-1'))).toContain('node.cloudprovider.kubernetes.io/shutdown');
    cluster.run({ until: seconds(430) });
    expect(taints(node(cluster, 'base-1'))).toEqual([]);
  });

  it('wait after calls that the provider refuses, and try again', async () => {
    const faults = '{ at: 100s, kind: instance-gone, group: base }';
    const cluster = await started(scenario(faults, '').replace('api: {', 'api: { qps: 0.05, burst: 1,'));
    cluster.run({ until: seconds(400) });
    expect(cluster.provider.counts.throttled).toBeGreaterThan(3);
    expect(taints(node(cluster, 'base-2'))).toEqual([]);
    expect(taints(node(cluster, 'base-3'))).toEqual([]);
  });
});

describe('the route controller', () => {
  it('keeps pods off a new node until its route is there', async () => {
    const cluster = await started(scenario(LOST, 'routes: { latency: { median: 7s, p99: 7s } }'));
    const taintedFrom: number[] = [];
    cluster.server.observe(({ kind, object, time }) => {
      if (kind === 'Node' && object.metadata.name === 'base-2') {
        if (taints(object as KubeNode).includes('node.kubernetes.io/network-unavailable')) taintedFrom.push(time / 1e6);
      }
    });
    // Registered at 185 s; the pass at 190 s has a route made, which takes 7 s.
    cluster.run({ until: seconds(196.9) });
    expect(taintedFrom[0]).toBeLessThan(186);
    expect(taints(node(cluster, 'base-2'))).toEqual(['node.kubernetes.io/network-unavailable']);
    cluster.run({ until: seconds(197.2) });
    expect(taints(node(cluster, 'base-2'))).toEqual([]);
    const condition = node(cluster, 'base-2')?.status.conditions?.find(({ type }) => type === 'NetworkUnavailable');
    expect(condition).toMatchObject({ status: 'False', reason: 'RouteCreated' });
  });
});

describe('a run with a provider', () => {
  it('goes on alike from a saved state, with an instance that boots and one that has registered', async () => {
    const make = await clusterMaker(scenario(LOST, 'routes: {}'));
    const end = (cluster: Cluster): string => {
      cluster.run({ until: seconds(600) });
      return `${cluster.server.hash} ${cluster.kernel.dispatched} ${JSON.stringify([...(cluster.provider?.bills ?? [])])}`;
    };
    const whole = make();
    whole.start();
    const expected = end(whole);
    for (const at of [150, 185.5, 192, 300]) {
      const original = make();
      original.start();
      original.run({ until: seconds(at) });
      const saved = structuredClone(original.save());
      const branch = make();
      branch.restore(saved);
      expect(end(branch)).toBe(expected);
      original.run({ until: seconds(500) });
      original.restore(saved);
      expect(end(original)).toBe(expected);
    }
  });
});
