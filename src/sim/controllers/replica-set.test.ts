import { describe, expect, it } from 'vitest';

import { TinyCluster, template } from '../../../test/support/tiny-cluster.ts';
import type { Pod } from '../api/core.ts';
import type { ReplicaSet } from '../api/workloads.ts';
import { isActive } from './pod-state.ts';
import type { ScaleDownPolicy } from './policies.ts';
import { replicaSetController, replicationController } from './replica-set.ts';
import { scaleDownOrder } from './scale-down-order.ts';

const scaleDown: ScaleDownPolicy = {
  name: 'usual',
  rank: (pods, { calendar, now, relatedOnNode }) => scaleDownOrder(pods, calendar, now, relatedOnNode),
};
const controllers = [replicaSetController({ scaleDown }), replicationController({ scaleDown })];

function replicaSet(name: string, replicas: number, more: object = {}): never {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name), ...more },
  } as never;
}

describe('the ReplicaSet controller', () => {
  it('creates its pods once, under one spec, and reports them ready', () => {
    const cluster = new TinyCluster({ controllers });
    const set = cluster.create<ReplicaSet>(replicaSet('web', 10));
    cluster.until(5);
    const { pods } = cluster;
    expect(pods).toHaveLength(10);
    expect(pods[0]?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
    expect(pods.every((pod) => pod.metadata.ownerReferences?.[0]?.uid === set.metadata.uid)).toBe(true);
    expect(new Set(pods.map((pod) => pod.spec.containers)).size).toBe(1);
    expect(cluster.get<ReplicaSet>('ReplicaSet', 'web').status).toEqual({
      replicas: 10,
      fullyLabeledReplicas: 10,
      readyReplicas: 10,
      availableReplicas: 10,
      observedGeneration: 1,
    });
    expect(cluster.reasons('ReplicaSet').filter((reason) => reason === 'SuccessfulCreate')).toHaveLength(10);
  });

  it('sends creations in batches of 1, 2, 4, … and 20 a second after a burst of 30', () => {
    const cluster = new TinyCluster({ controllers });
    cluster.create(replicaSet('web', 100));
    cluster.until(0.1);
    const early = cluster.pods.length;
    expect([1, 3, 7, 15, 28, 29, 30, 31]).toContain(early);
    cluster.until(3.4);
    expect(cluster.pods.length).toBeLessThan(100);
    cluster.until(4.5);
    expect(cluster.pods).toHaveLength(100);
  });

  it('stops creating after a batch with a refusal and says why', () => {
    const cluster = new TinyCluster({ controllers });
    const refused = template('web');
    const spec = { ...refused.spec, priorityClassName: 'missing' };
    cluster.create(replicaSet('web', 20, { template: { ...refused, spec } }));
    cluster.until(2);
    const creations = cluster.requests.filter(({ verb, kind }) => verb === 'create' && kind === 'Pod');
    // One a try: 5 ms, 10 ms, 20 ms … apart.
    expect(creations.length).toBeGreaterThan(5);
    expect(creations.length).toBeLessThan(10);
    expect(cluster.reasons('ReplicaSet')[0]).toBe('FailedCreate');
    const { conditions } = cluster.get<ReplicaSet>('ReplicaSet', 'web').status;
    expect(conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }]);
    cluster.create({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'missing' },
      value: 5,
    } as never);
    cluster.until(30);
    expect(cluster.pods).toHaveLength(20);
    expect(cluster.get<ReplicaSet>('ReplicaSet', 'web').status.conditions ?? []).toEqual([]);
  });

  it('replaces a pod as soon as its deletion begins, and a failed one without deleting it', () => {
    const cluster = new TinyCluster({ controllers, lifeOf: () => ({ stops: 20 }) });
    cluster.create(replicaSet('web', 3));
    cluster.until(5);
    cluster.delete('Pod', cluster.pods[0]?.metadata.name ?? '');
    cluster.until(5.1);
    expect(cluster.pods).toHaveLength(4);
    expect(cluster.pods.filter((pod) => isActive(pod))).toHaveLength(3);
    const failing = cluster.pods[1]?.metadata.name ?? '';
    cluster.do({
      verb: 'patch',
      kind: 'Pod',
      namespace: 'default',
      name: failing,
      subresource: 'status',
      patch: { status: { phase: 'Failed' } },
    });
    cluster.until(10);
    expect(cluster.pods.filter((pod) => isActive(pod))).toHaveLength(3);
    expect(cluster.get<Pod>('Pod', failing).status.phase).toBe('Failed');
  });

  it('adopts orphans that match and releases pods that do so no more', () => {
    const cluster = new TinyCluster({ controllers });
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lone', namespace: 'default' } };
    const { metadata, spec } = template('web');
    cluster.create({ ...pod, metadata: { ...pod.metadata, ...metadata }, spec } as never);
    cluster.until(1);
    const set = cluster.create<ReplicaSet>(replicaSet('web', 2));
    cluster.until(4);
    expect(cluster.pods).toHaveLength(2);
    expect(cluster.get<Pod>('Pod', 'lone').metadata.ownerReferences?.[0]?.uid).toBe(set.metadata.uid);
    cluster.patch('Pod', 'lone', { metadata: { labels: { app: 'debug' } } });
    cluster.until(8);
    expect(cluster.get<Pod>('Pod', 'lone').metadata.ownerReferences).toEqual([]);
    expect(cluster.pods).toHaveLength(3);
  });

  it('counts pods as available minReadySeconds after they became ready', () => {
    const cluster = new TinyCluster({ controllers, lifeOf: () => ({ starts: 1, ready: 1 }) });
    cluster.create(replicaSet('web', 2, { minReadySeconds: 10 }));
    cluster.until(10.5);
    const available = (): number | undefined => cluster.get<ReplicaSet>('ReplicaSet', 'web').status.availableReplicas;
    expect(available()).toBeUndefined();
    cluster.until(12.2);
    expect(available()).toBe(2);
  });

  it('does nothing more when nothing changes', () => {
    const cluster = new TinyCluster({ controllers });
    cluster.create(replicaSet('web', 5));
    cluster.until(10);
    const before = cluster.requests.length;
    cluster.until(3600);
    expect(cluster.requests.length).toBe(before);
    expect(cluster.kernel.pending).toBe(0);
  });

  it('keeps a ReplicationController, whose selector is a plain set of labels', () => {
    const cluster = new TinyCluster({ controllers });
    cluster.create({
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'old', namespace: 'default' },
      spec: { replicas: 2, selector: { app: 'old' }, template: template('old') },
    } as never);
    cluster.until(5);
    expect(cluster.get<ReplicaSet>('ReplicationController', 'old').status.readyReplicas).toBe(2);
  });
});

describe('the order of scaling down', () => {
  it('takes unassigned, pending and unready pods first, then crowded nodes, then the youngest', () => {
    const cluster = new TinyCluster({ controllers: [] });
    const pod = (name: string, more: { node?: string; phase?: string; ready?: string; created?: string }): Pod =>
      ({
        metadata: { name, uid: name, creationTimestamp: more.created ?? '2023-12-31T00:00:00Z' },
        spec: { containers: [], ...(more.node === undefined ? {} : { nodeName: more.node }) },
        status: {
          phase: more.phase ?? 'Running',
          ...(more.ready === undefined
            ? {}
            : { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: more.ready }] }),
        },
      }) as unknown as Pod;
    const old = '2023-12-31T00:00:00Z';
    const pods = [
      pod('settled', { node: 'a', ready: old }),
      pod('settled-too', { node: 'a', ready: '2023-12-31T01:00:00Z' }),
      pod('crowded', { node: 'b', ready: old }),
      pod('fresh', { node: 'a', ready: '2023-12-31T23:59:50Z' }),
      pod('unready', { node: 'a' }),
      pod('pending', { node: 'a', phase: 'Pending' }),
      pod('unassigned', { phase: 'Pending' }),
    ];
    const order = scaleDownOrder(pods, cluster.calendar, 0, (node) => (node === 'b' ? 2 : 1));
    expect(order.map(({ metadata }) => metadata.name)).toEqual([
      'unassigned',
      'pending',
      'unready',
      'crowded',
      'fresh',
      // One day and 23 hours are of one order of magnitude: the UID decides.
      'settled',
      'settled-too',
    ]);
  });
});
