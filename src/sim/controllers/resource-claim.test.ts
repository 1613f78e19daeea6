import { describe, expect, it } from 'vitest';
import { ask, claim } from '../../../test/support/devices.ts';
import { TinyCluster } from '../../../test/support/tiny-cluster.ts';
import type { PodLife } from '../../../test/support/tiny-cluster.ts';
import type { Pod } from '../api/core.ts';
import type { AllocationResult, ResourceClaim } from '../api/resource.ts';
import { garbageCollector } from './garbage-collector.ts';
import { resourceClaimController } from './resource-claim.ts';

function cluster(life: PodLife = {}): TinyCluster {
  return new TinyCluster({ controllers: [resourceClaimController, garbageCollector], lifeOf: () => life });
}

const TEMPLATE = {
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaimTemplate',
  metadata: { name: 't', namespace: 'default' },
  spec: { metadata: { labels: { made: 'so' } }, spec: { devices: { requests: [{ name: 'r', exactly: ask() }] } } },
};

function podWith(name: string, ...resourceClaims: object[]) {
  const spec = { containers: [{ name: 'c', image: 'x' }], resourceClaims, restartPolicy: 'Never' };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec };
}

const fromTemplate = { name: 'gpu', resourceClaimTemplateName: 't' };

const claims = (made: TinyCluster): readonly ResourceClaim[] => made.list<ResourceClaim>('ResourceClaim');

const ALLOCATION: AllocationResult = {
  devices: { results: [{ request: 'r', driver: 'd', pool: 'p', device: 'g' }] },
};

function setStatus(made: TinyCluster, name: string, status: object): void {
  made.do({
    verb: 'patch',
    subresource: 'status',
    kind: 'ResourceClaim',
    namespace: 'default',
    name,
    patch: { status },
  });
}

function allocate(made: TinyCluster, name: string, ...pods: readonly string[]): void {
  const reservedFor = pods.map((pod) => {
    const { uid } = (made.get<Pod>('Pod', pod) as Pod).metadata;
    return { resource: 'pods', name: pod, uid };
  });
  const metadata = { finalizers: ['resource.kubernetes.io/delete-protection'] };
  made.patch('ResourceClaim', name, { metadata });
  setStatus(made, name, { allocation: ALLOCATION, reservedFor });
}

describe('the resource claim controller', () => {
  it('makes a claim from a template, owned by the pod, and tells the pod its name', () => {
    const made = cluster();
    made.create(TEMPLATE);
    made.create(podWith('p', fromTemplate));
    made.until(1);
    const [{ metadata, spec }] = claims(made) as [ResourceClaim];
    const pod = made.get<Pod>('Pod', 'p') as Pod;
    expect(metadata.name).toMatch(/^p-gpu-.{5}$/);
    expect(metadata.labels).toEqual({ made: 'so' });
    expect(metadata.annotations).toEqual({ 'resource.kubernetes.io/pod-claim-name': 'gpu' });
    expect(metadata.ownerReferences).toMatchObject([
      { kind: 'Pod', name: 'p', uid: pod.metadata.uid, controller: true },
    ]);
    expect(spec.devices?.requests).toEqual([{ name: 'r', exactly: ask() }]);
    expect(pod.status.resourceClaimStatuses).toEqual([{ name: 'gpu', resourceClaimName: metadata.name }]);
  });

  it('makes one for each entry, and no more', () => {
    const made = cluster();
    made.create(TEMPLATE);
    made.create(podWith('p', fromTemplate, { ...fromTemplate, name: 'nic' }));
    made.until(60);
    expect(claims(made).map(({ metadata }) => metadata.annotations?.['resource.kubernetes.io/pod-claim-name'])).toEqual(
      ['gpu', 'nic'],
    );
    expect(made.get<Pod>('Pod', 'p')?.status.resourceClaimStatuses).toHaveLength(2);
  });

  it('tries again until the template is there', () => {
    const made = cluster();
    made.create(podWith('p', fromTemplate));
    made.until(1);
    expect(made.events[0]?.message).toBe(
      'PodResourceClaim gpu: resource claim template "t": resourceclaimtemplate.resource.k8s.io "t" not found',
    );
    made.create(TEMPLATE);
    made.until(5);
    expect(claims(made)).toHaveLength(1);
  });

  it('frees the devices when the last pod of a shared claim has ended', () => {
    const made = cluster({ succeeds: 10 });
    made.create(claim('shared', TEMPLATE.spec.spec.devices));
    for (const name of ['p', 'q']) made.create(podWith(name, { name: 'gpu', resourceClaimName: 'shared' }));
    made.until(1);
    allocate(made, 'shared', 'p', 'q');
    made.delete('Pod', 'p');
    made.until(5);
    const shared = (): ResourceClaim => made.get<ResourceClaim>('ResourceClaim', 'shared') as ResourceClaim;
    expect(shared().status?.reservedFor?.map(({ name }) => name)).toEqual(['q']);
    expect(shared().status?.allocation).toEqual(ALLOCATION);
    // q succeeds 10 s after its creation.
    made.until(12);
    expect(shared().status).toEqual({ reservedFor: [] });
    expect(shared().metadata.finalizers ?? []).toEqual([]);
  });

  it('removes the claim that was made for a pod once that has ended', () => {
    const made = cluster({ succeeds: 5 });
    made.create(TEMPLATE);
    made.create(podWith('p', fromTemplate));
    made.until(1);
    allocate(made, claims(made)[0]?.metadata.name ?? '', 'p');
    made.until(4);
    expect(claims(made)).toHaveLength(1);
    made.until(8);
    expect(claims(made)).toEqual([]);
  });

  it('lets the garbage collector take the claim of a pod that is gone', () => {
    const made = cluster();
    made.create(TEMPLATE);
    made.create(podWith('p', fromTemplate));
    made.until(1);
    allocate(made, claims(made)[0]?.metadata.name ?? '', 'p');
    made.delete('Pod', 'p');
    made.until(10);
    expect(claims(made)).toEqual([]);
  });

  it('lets a claim go that is deleted while nobody uses it', () => {
    const made = cluster();
    made.create(claim('c', TEMPLATE.spec.spec.devices));
    made.until(1);
    allocate(made, 'c');
    made.delete('ResourceClaim', 'c');
    made.until(2);
    expect(claims(made)).toEqual([]);
  });

  it('reserves a claim with devices for a pod that got its node without the scheduler', () => {
    const made = cluster();
    made.create(claim('c', TEMPLATE.spec.spec.devices));
    made.create(podWith('p', { name: 'gpu', resourceClaimName: 'c' }));
    made.until(0.5);
    setStatus(made, 'c', { allocation: ALLOCATION });
    made.until(2);
    made.create(podWith('q', { name: 'gpu', resourceClaimName: 'c' }));
    made.until(4);
    const [{ status }] = claims(made) as [ResourceClaim];
    expect(status?.reservedFor?.map(({ name }) => name)).toContain('q');
  });
});
