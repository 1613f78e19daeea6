import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../src/sim/api/core.ts';
import type { EndpointSlice, PodDisruptionBudget } from '../../src/sim/api/workloads.ts';
import type { ApiRequest, PropagationPolicy } from '../../src/sim/apiserver/request.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

const SHOP = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: shop }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 3, capacity: { cpu: 4, memory: 8Gi }, zones: [a, b, c] }] }
workloads:
  - name: shop
    options: { namespace: shop }
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 4
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: web }] }
      ---
      apiVersion: v1
      kind: Service
      metadata: { name: web }
      spec: { selector: { app: web }, ports: [{ port: 80 }] }
      ---
      apiVersion: policy/v1
      kind: PodDisruptionBudget
      metadata: { name: web }
      spec: { minAvailable: 75%, selector: { matchLabels: { app: web } } }
`;

let cluster: Cluster;
let now = 0;

function passes(by: number): void {
  now += by;
  cluster.run({ until: seconds(now) });
}

function counts(): Record<string, number> {
  const kinds = ['Deployment', 'ReplicaSet', 'Pod', 'Service', 'EndpointSlice'];
  return Object.fromEntries(kinds.map((kind) => [kind, cluster.server.list(kind, { namespace: 'shop' }).items.length]));
}

function remove(kind: string, name: string, propagationPolicy?: PropagationPolicy): void {
  const request: ApiRequest = {
    verb: 'delete',
    kind,
    namespace: kind === 'Namespace' ? '' : 'shop',
    name,
    ...(propagationPolicy === undefined ? {} : { options: { propagationPolicy } }),
  };
  expect(cluster.server.handle(request).ok).toBe(true);
}

const pods = (): readonly Pod[] => cluster.server.list<Pod>('Pod', { namespace: 'shop' }).items;

beforeEach(async () => {
  cluster = (await clusterMaker(SHOP))();
  cluster.start();
  now = 0;
  passes(60);
  expect(counts()).toEqual({ Deployment: 1, ReplicaSet: 1, Pod: 4, Service: 1, EndpointSlice: 1 });
});

describe('what is owned', () => {
  it('goes after its owner, in the background', () => {
    remove('Deployment', 'web');
    expect(counts()['Deployment']).toBe(0);
    passes(10);
    expect(counts()).toMatchObject({ ReplicaSet: 0, Pod: 0 });
  });

  it('goes before its owner, in the foreground', () => {
    remove('Deployment', 'web', 'Foreground');
    expect(counts()).toMatchObject({ Deployment: 1, Pod: 4 });
    passes(0.5);
    expect(counts()['Deployment']).toBe(1);
    passes(15);
    expect(counts()).toMatchObject({ Deployment: 0, ReplicaSet: 0, Pod: 0 });
  });

  it('stays where it is orphaned', () => {
    remove('Deployment', 'web', 'Orphan');
    passes(10);
    expect(counts()).toMatchObject({ Deployment: 0, ReplicaSet: 1, Pod: 4 });
    const [set] = cluster.server.list('ReplicaSet', { namespace: 'shop' }).items;
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
  });
});

/** A ConfigMap with owners, in the shop's namespace. */
function configMap(name: string, owners: readonly object[], finalizers: readonly string[] = []): string {
  const metadata = { name, namespace: 'shop', ownerReferences: owners, finalizers };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
  const result = cluster.server.handle({ verb: 'create', kind: 'ConfigMap', namespace: 'shop', name, body });
  if (!result.ok) throw new Error(result.status.message);
  return result.object.metadata.uid;
}

const owner = (kind: string, name: string, uid: string, apiVersion = 'v1'): object => ({
  apiVersion,
  kind,
  name,
  uid,
  blockOwnerDeletion: true,
});
const isThere = (name: string): boolean => cluster.server.get('ConfigMap', 'shop', name) !== undefined;

describe('references to owners', () => {
  it.each([
    ['that is not there', owner('ConfigMap', 'none', 'u'), false],
    ['whose name another has', owner('Deployment', 'web', 'u', 'apps/v1'), false],
    ['of a kind of the whole cluster that is not there', owner('Node', 'n-9', 'u'), false],
    ['of a kind that the server does not know', owner('Rollout', 'web', 'u', 'argoproj.io/v1alpha1'), true],
    ['of a known kind in another group', owner('Deployment', 'web', 'u', 'example.com/v1'), true],
  ])('to one %s: the dependent stays: %s', (_what, reference, stays) => {
    configMap('dependent', [reference]);
    passes(5);
    expect(isThere('dependent')).toBe(stays as boolean);
  });

  it('are taken off as long as one of several owners is there', () => {
    const uid = configMap('owner', []);
    configMap('dependent', [owner('ConfigMap', 'owner', uid), owner('ConfigMap', 'none', 'u')]);
    passes(5);
    const { ownerReferences } = cluster.server.get('ConfigMap', 'shop', 'dependent')?.metadata ?? {};
    expect(ownerReferences).toMatchObject([{ name: 'owner' }]);
  });

  it('of owners of every kind are followed when these go', () => {
    const { uid } = cluster.server.get('PodDisruptionBudget', 'shop', 'web')?.metadata ?? { uid: '' };
    configMap('dependent', [owner('PodDisruptionBudget', 'web', uid, 'policy/v1')]);
    passes(5);
    expect(isThere('dependent')).toBe(true);
    remove('PodDisruptionBudget', 'web');
    passes(5);
    expect(isThere('dependent')).toBe(false);
  });

  it('in a circle do not hold up a deletion in the foreground', () => {
    const first = configMap('first', []);
    const second = configMap('second', [owner('ConfigMap', 'first', first)]);
    const patch = { metadata: { ownerReferences: [owner('ConfigMap', 'second', second)] } };
    cluster.server.handle({ verb: 'patch', kind: 'ConfigMap', namespace: 'shop', name: 'first', patch });
    passes(5);
    remove('ConfigMap', 'first', 'Foreground');
    passes(10);
    expect([isThere('first'), isThere('second')]).toEqual([false, false]);
  });

  it('that do not block are followed without holding their owner up', () => {
    const uid = configMap('owner', []);
    configMap('slow', [{ ...owner('ConfigMap', 'owner', uid), blockOwnerDeletion: false }], ['example.com/hold']);
    passes(5);
    remove('ConfigMap', 'owner', 'Foreground');
    passes(5);
    expect([isThere('owner'), isThere('slow')]).toEqual([false, true]);
    const { deletionTimestamp } = cluster.server.get('ConfigMap', 'shop', 'slow')?.metadata ?? {};
    expect(deletionTimestamp).toBeDefined();
  });
});

describe('a namespace', () => {
  it('is emptied, pods first, and then goes', () => {
    remove('Namespace', 'shop');
    expect(cluster.server.get('Namespace', '', 'shop')).toMatchObject({ status: { phase: 'Terminating' } });
    passes(4);
    expect(counts()['Deployment']).toBe(1);
    passes(60);
    expect(cluster.server.get('Namespace', '', 'shop')).toBeUndefined();
    expect(Object.values(counts())).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('the endpoints of a Service', () => {
  const endpoints = (): EndpointSlice['endpoints'] =>
    cluster.server
      .list<EndpointSlice>('EndpointSlice', { namespace: 'shop' })
      .items.flatMap((slice) => slice.endpoints);

  it('are its ready pods, with their addresses, nodes and zones', () => {
    const wanted = pods().map(({ status, spec }) => [status.podIP, spec.nodeName]);
    const found = endpoints().map(({ addresses, nodeName }) => [addresses[0], nodeName]);
    expect(new Set(found.map(String))).toEqual(new Set(wanted.map(String)));
    expect(endpoints().every(({ conditions, zone }) => conditions.ready && zone !== undefined)).toBe(true);
  });

  it('are not ready any more when their pods are told to go, and are replaced', () => {
    const [victim] = pods();
    remove('Pod', victim?.metadata.name ?? '');
    passes(0.3);
    const leaving = endpoints().find(({ targetRef }) => targetRef?.uid === victim?.metadata.uid);
    expect(leaving?.conditions).toMatchObject({ ready: false, terminating: true });
    passes(20);
    expect(endpoints()).toHaveLength(4);
    expect(endpoints().some(({ targetRef }) => targetRef?.uid === victim?.metadata.uid)).toBe(false);
  });
});

describe('a PodDisruptionBudget', () => {
  const budget = (): PodDisruptionBudget['status'] =>
    cluster.server.get<PodDisruptionBudget>('PodDisruptionBudget', 'shop', 'web')?.status;
  const evict = (index: number): ApiRequest => ({
    verb: 'evict',
    kind: 'Pod',
    namespace: 'shop',
    name: pods()[index]?.metadata.name ?? '',
  });

  it('rounds its percentage up and lets one pod go at a time', () => {
    expect(budget()).toMatchObject({ expectedPods: 4, desiredHealthy: 3, currentHealthy: 4, disruptionsAllowed: 1 });
    expect(cluster.server.handle(evict(0)).ok).toBe(true);
    const second = cluster.server.handle(evict(1));
    expect(second).toMatchObject({ ok: false, status: { code: 429, reason: 'TooManyRequests' } });
    passes(20);
    expect(budget()).toMatchObject({ currentHealthy: 4, disruptionsAllowed: 1 });
    expect(cluster.server.handle(evict(1)).ok).toBe(true);
  });
});
