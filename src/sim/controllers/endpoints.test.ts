import { describe, expect, it } from 'vitest';
import { TinyCluster, template } from '../../../test/support/tiny-cluster.ts';
import type { Pod } from '../api/core.ts';
import type { Endpoints, EndpointSlice } from '../api/workloads.ts';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring.ts';
import { endpointsController } from './endpoints.ts';

/** A Service over three pods; the stand-in for kubelets gives no addresses, so the test does. */
function start(): TinyCluster {
  const cluster = new TinyCluster({ controllers: [endpointsController, endpointSliceMirroringController] });
  for (const name of ['a', 'b', 'c']) {
    const { metadata, spec } = template('web');
    cluster.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name, namespace: 'default' },
      spec,
    } as never);
  }
  const metadata = { name: 'web', namespace: 'default', labels: { app: 'web' } };
  const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
  cluster.create({ apiVersion: 'v1', kind: 'Service', metadata, spec } as never);
  return cluster.until(5);
}

function address(cluster: TinyCluster, name: string, podIP: string): void {
  const target = { kind: 'Pod', namespace: 'default', name };
  cluster.do({ ...target, verb: 'patch', subresource: 'status', patch: { status: { podIP } } });
}

function addresses(cluster: TinyCluster): { readonly ready: string[]; readonly notReady: string[] } {
  const [subset] = cluster.get<Endpoints>('Endpoints', 'web').subsets ?? [];
  const ips = (list: readonly { readonly ip: string }[] = []): string[] => list.map(({ ip }) => ip);
  return { ready: ips(subset?.addresses), notReady: ips(subset?.notReadyAddresses) };
}

describe('the Endpoints controller', () => {
  it('has one object a Service: ready addresses, those that are not, none that stop', () => {
    const cluster = start();
    expect(cluster.get<Endpoints>('Endpoints', 'web').metadata.labels).toEqual({
      app: 'web',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    });
    for (const [name, ip] of [
      ['a', '10.0.0.1'],
      ['b', '10.0.0.2'],
      ['c', '10.0.0.3'],
    ] as const)
      address(cluster, name, ip);
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: cluster.calendar.timestamp(0) }];
    cluster.do({
      verb: 'patch',
      kind: 'Pod',
      namespace: 'default',
      name: 'b',
      subresource: 'status',
      patch: { status: { conditions } },
    });
    // A write that finds the object changed is tried again after a second.
    expect(addresses(cluster.until(9))).toEqual({ ready: ['10.0.0.1', '10.0.0.3'], notReady: ['10.0.0.2'] });
    cluster.delete('Pod', 'c');
    expect(addresses(cluster.until(9.5))).toEqual({ ready: ['10.0.0.1'], notReady: ['10.0.0.2'] });
    expect(cluster.get<Endpoints>('Endpoints', 'web').subsets?.[0]?.ports).toEqual([
      { name: '', port: 8080, protocol: 'TCP' },
    ]);
    expect(cluster.list<Pod>('Pod').length).toBeGreaterThan(0);
  });

  it('goes with its Service', () => {
    const cluster = start();
    cluster.delete('Service', 'web');
    cluster.until(7);
    expect(cluster.list('Endpoints')).toEqual([]);
  });
});

describe('the EndpointSlice mirroring controller', () => {
  const slices = (cluster: TinyCluster): [string[], boolean[]][] =>
    cluster
      .list<EndpointSlice>('EndpointSlice')
      .map(({ endpoints }) => [
        endpoints.flatMap(({ addresses: ips }) => ips),
        endpoints.map(({ conditions }) => conditions.ready),
      ]);

  it('shows Endpoints that somebody wrote for a Service without a selector, one slice a subset', () => {
    const cluster = new TinyCluster({ controllers: [endpointSliceMirroringController] });
    const metadata = { name: 'db', namespace: 'default' };
    const subsets = [
      { addresses: [{ ip: '192.0.2.1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ port: 5432 }] },
      { addresses: [{ ip: '192.0.2.3' }], ports: [{ port: 5433 }] },
    ];
    cluster.create({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets } as never);
    expect(slices(cluster.until(1))).toEqual([]);
    cluster.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 5432 }] } } as never);
    expect(slices(cluster.until(2))).toEqual([
      [
        ['192.0.2.1', '192.0.2.2'],
        [true, false],
      ],
      [['192.0.2.3'], [true]],
    ]);
    cluster.patch('Endpoints', 'db', { subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ port: 5432 }] }] });
    expect(slices(cluster.until(3))).toEqual([[['192.0.2.9'], [true]]]);
    cluster.patch('Service', 'db', { spec: { selector: { app: 'db' } } });
    expect(slices(cluster.until(4))).toEqual([]);
  });

  it('leaves alone what the Endpoints controller wrote', () => {
    const cluster = start();
    expect(cluster.list('Endpoints')).toHaveLength(1);
    expect(cluster.list('EndpointSlice')).toEqual([]);
  });
});
