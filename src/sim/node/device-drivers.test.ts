import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../test/support/scenario-cluster.ts';
import type { Pod } from '../api/core.ts';
import type { ResourceClaim, ResourceSlice } from '../api/resource.ts';
import { SECOND } from '../kernel/time.ts';

const SCENARIO = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: devices}
duration: 30m
cluster:
  nodeGroups:
    - name: gpu
      count: 2
      capacity: {cpu: 8, memory: 32Gi}
      devices:
        - {driver: gpu.example.com, name: big, count: 2, attributes: {model: H100, numa: 0, ok: true, version: {version: 1.2.3}}, capacity: {memory: 80Gi}}
        - {driver: nic.example.com, name: port}
    - {name: plain, count: 1, capacity: {cpu: 8, memory: 32Gi}}
workloads:
  - name: train
    inline: |
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: gpu}
      spec: {selectors: [{cel: {expression: 'device.driver == "gpu.example.com"'}}]}
      ---
      apiVersion: resource.k8s.io/v1
      kind: ResourceClaimTemplate
      metadata: {name: two}
      spec: {spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu, count: 2}}]}}}
      ---
      apiVersion: batch/v1
      kind: Job
      metadata: {name: train}
      spec:
        completions: 4
        parallelism: 4
        template:
          metadata: {annotations: {orrery.dev/duration: 5m}}
          spec:
            restartPolicy: Never
            resourceClaims: [{name: gpus, resourceClaimTemplateName: two}]
            containers: [{name: c, image: 'train:1', resources: {claims: [{name: gpus}]}}]
`;

describe('devices of a node group', () => {
  it('are published by each node, one slice a driver, from the start of the run', async () => {
    const cluster = (await clusterMaker(SCENARIO))();
    cluster.start();
    const slices = cluster.server.list<ResourceSlice>('ResourceSlice').items;
    expect(slices.map(({ metadata }) => metadata.name)).toEqual([
      'gpu-0-gpu.example.com',
      'gpu-0-nic.example.com',
      'gpu-1-gpu.example.com',
      'gpu-1-nic.example.com',
    ]);
    expect(slices[0]?.spec).toEqual({
      driver: 'gpu.example.com',
      nodeName: 'gpu-0',
      pool: { name: 'gpu-0', generation: 1, resourceSliceCount: 1 },
      devices: ['big-0', 'big-1'].map((name) => ({
        name,
        attributes: {
          model: { string: 'H100' },
          numa: { int: 0 },
          ok: { bool: true },
          version: { version: '1.2.3' },
        },
        capacity: { memory: { value: '80Gi' } },
      })),
    });
    expect(slices[1]?.spec.devices).toEqual([{ name: 'port-0' }]);
  });

  it('go with their Node', async () => {
    const cluster = (await clusterMaker(SCENARIO))();
    cluster.start();
    cluster.run({ until: SECOND });
    cluster.server.handle({ verb: 'delete', kind: 'Node', namespace: '', name: 'gpu-1' });
    cluster.run({ until: 10 * SECOND });
    const nodes = cluster.server.list<ResourceSlice>('ResourceSlice').items.map(({ spec }) => spec.nodeName);
    expect(nodes).toEqual(['gpu-0', 'gpu-0']);
  });

  it('serve one pod after the other: claims are made, allocated, given back and removed', async () => {
    const cluster = (await clusterMaker(SCENARIO))();
    cluster.start();
    cluster.run({ until: 60 * SECOND });
    const claims = (): readonly ResourceClaim[] => cluster.server.list<ResourceClaim>('ResourceClaim').items;
    const nodes = (): (string | undefined)[] => cluster.server.list<Pod>('Pod').items.map(({ spec }) => spec.nodeName);
    expect(claims()).toHaveLength(4);
    expect(claims().filter(({ status }) => status?.allocation !== undefined)).toHaveLength(2);
    expect(
      nodes()
        .filter((name) => name !== undefined)
        .sort(),
    ).toEqual(['gpu-0', 'gpu-1']);
    // The first two end after five minutes, and the others get their devices within seconds.
    cluster.run({ until: 330 * SECOND });
    expect(nodes().every((name) => name?.startsWith('gpu-') === true)).toBe(true);
    expect(claims()).toHaveLength(2);
    cluster.run({ until: 700 * SECOND });
    expect(claims()).toEqual([]);
  });

  it('branch like all else: a run that was saved amid it all goes on to the same end', async () => {
    const make = await clusterMaker(SCENARIO);
    const [whole, branch] = [make(), make()];
    whole.start();
    // While the first claims are being allocated.
    const busy = (): boolean =>
      whole.server
        .list<ResourceClaim>('ResourceClaim')
        .items.some(({ metadata, status }) => metadata.finalizers !== undefined && status?.allocation === undefined);
    for (let at = 0; at < 10 * SECOND && !busy(); at += 1000) whole.run({ until: at });
    expect(busy()).toBe(true);
    branch.restore(structuredClone(whole.save()));
    for (const cluster of [whole, branch]) cluster.run({ until: 400 * SECOND });
    expect(branch.server.hash).toBe(whole.server.hash);
  });
});
