/** Controllers that keep small things in order: quotas' usage, default service accounts, the nodes' TTL annotation. */
import { describe, expect, it } from 'vitest';
import type { KubeNode, Pod } from '../../src/sim/api/core.ts';
import type { KubeObject } from '../../src/sim/api/meta.ts';
import type { ResourceQuota } from '../../src/sim/api/workloads.ts';
import { nodeTtlController } from '../../src/sim/controllers/node-ttl.ts';
import { resourceQuotaController } from '../../src/sim/controllers/resource-quota.ts';
import { serviceAccountController } from '../../src/sim/controllers/service-account.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';
import { TinyCluster } from '../support/tiny-cluster.ts';
import type { PodLife } from '../support/tiny-cluster.ts';

const controllers = [resourceQuotaController, serviceAccountController, nodeTtlController];

function pod(name: string, cpu: string): never {
  const containers = [{ name: 'c', image: 'c', resources: { requests: { cpu } } }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: { containers } } as never;
}

function quota(hard: Readonly<Record<string, string>>): never {
  const metadata = { name: 'q', namespace: 'default' };
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } } as never;
}

describe('the ResourceQuota controller', () => {
  const used = (cluster: TinyCluster): unknown => cluster.get<ResourceQuota>('ResourceQuota', 'q').status?.used;

  it('counts what was there before the quota, and what goes and ends', () => {
    const lifeOf = ({ metadata }: Pod): PodLife => (metadata.name === 'ends' ? { starts: 1, succeeds: 20 } : {});
    const cluster = new TinyCluster({ controllers, lifeOf });
    for (const [name, cpu] of [
      ['stays', '1'],
      ['goes', '500m'],
      ['ends', '250m'],
    ] as const)
      cluster.create(pod(name, cpu));
    cluster.until(5);
    cluster.create(quota({ pods: '5', 'requests.cpu': '4', 'count/configmaps': '3' }));
    cluster.until(6);
    expect(used(cluster)).toEqual({ pods: '3', 'requests.cpu': '1750m', 'count/configmaps': '0' });
    cluster.delete('Pod', 'goes');
    // It counts until it is gone, one second later here.
    expect(used(cluster.until(6.5))).toMatchObject({ pods: '3' });
    expect(used(cluster.until(8))).toMatchObject({ pods: '2', 'requests.cpu': '1250m' });
    expect(used(cluster.until(25))).toMatchObject({ pods: '1', 'requests.cpu': '1' });
  });

  it('counts all anew every --resource-quota-sync-period, whatever was written into its status', () => {
    const cluster = new TinyCluster({ controllers });
    cluster.create(pod('stays', '1'));
    cluster.create(quota({ pods: '5' }));
    cluster.until(10);
    const wrong = { hard: { pods: '5' }, used: { pods: '4' } };
    const target = { kind: 'ResourceQuota', namespace: 'default', name: 'q' };
    cluster.do({ ...target, verb: 'patch', subresource: 'status', patch: { status: wrong } });
    expect(used(cluster.until(290))).toEqual({ pods: '4' });
    expect(used(cluster.until(310))).toEqual({ pods: '1' });
  });
});

describe('the ServiceAccount controller', () => {
  it('gives every namespace a default account, and gives it back where somebody deletes it', () => {
    const cluster = new TinyCluster({ controllers });
    cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as never);
    cluster.until(1);
    const names = (): string[] =>
      cluster.list<KubeObject>('ServiceAccount').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(names()).toEqual(['default/default', 'shop/default']);
    cluster.delete('ServiceAccount', 'default');
    cluster.until(2);
    expect(new Set(names())).toEqual(new Set(['default/default', 'shop/default']));
  });
});

describe('the TTL controller', () => {
  it('annotates nodes that come by the size of the cluster', () => {
    const cluster = new TinyCluster({ controllers });
    cluster.until(1);
    const add = (from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        cluster.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: `n${i}` }, spec: {}, status: {} } as never);
      }
    };
    const ttl = (name: string): string | undefined =>
      cluster.server.get<KubeNode>('Node', '', name)?.metadata.annotations?.['node.alpha.kubernetes.io/ttl'];
    add(0, 100);
    cluster.until(20);
    expect([ttl('n0'), ttl('n99')]).toEqual(['0', '0']);
    add(100, 102);
    cluster.until(30);
    expect([ttl('n100'), ttl('n101')]).toEqual(['15', '15']);
  });
});

describe('the pod garbage collector', () => {
  it('begins a pass a period after the last one has ended, however slow its client is', async () => {
    const cluster = (
      await clusterMaker(`
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: held }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 1, capacity: { cpu: 4, memory: 8Gi } }] }
components:
  controllerManager: { terminatedPodGcThreshold: 10, qps: 2, burst: 1 }
workloads:
  - name: held
    copies: 100
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: { name: held, finalizers: [example.com/hold], annotations: { orrery.dev/duration: 1s } }
      spec: { restartPolicy: Never, containers: [{ name: c, image: c }] }
`)
    )();
    const deletions: number[] = [];
    cluster.server.observeRequests(({ verb, kind }) => {
      if (verb === 'delete' && kind === 'Pod') deletions.push(cluster.kernel.now / 1e6);
    });
    cluster.start();
    cluster.run({ until: seconds(600) });
    // 90 pods too many, of which none goes: a pass takes 45 s at two a second, and then there are 20 s until the next.
    const gaps = deletions.slice(1).map((at, i) => at - (deletions[i] as number));
    const pauses = gaps.filter((gap) => gap > 5);
    expect(pauses.length).toBeGreaterThan(5);
    for (const pause of pauses) expect(pause).toBeCloseTo(20, 0);
    expect(cluster.server.count('Pod')).toBe(100);
  });
});
