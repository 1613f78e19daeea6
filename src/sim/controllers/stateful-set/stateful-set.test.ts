import { describe, expect, it } from 'vitest';

import { TinyCluster, template } from '../../../../test/support/tiny-cluster.ts';
import type { PodLife } from '../../../../test/support/tiny-cluster.ts';
import type { Pod } from '../../api/core.ts';
import type { StatefulSet } from '../../api/workloads.ts';
import { statefulSetController } from './stateful-set.ts';

function start(replicas: number, more: object = {}, lifeOf?: (pod: Pod) => PodLife): TinyCluster {
  const cluster = new TinyCluster({
    controllers: [statefulSetController],
    ...(lifeOf === undefined ? {} : { lifeOf }),
  });
  cluster.create({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default' },
    spec: { replicas, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template('db'), ...more },
  } as never);
  return cluster;
}

function names(cluster: TinyCluster): string[] {
  return cluster.pods.map(({ metadata }) => metadata.name);
}

function status(cluster: TinyCluster): StatefulSet['status'] {
  return cluster.get<StatefulSet>('StatefulSet', 'db').status;
}

function images(cluster: TinyCluster): Record<string, string | undefined> {
  const pods = [...cluster.pods].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return Object.fromEntries(pods.map((pod) => [pod.metadata.name, pod.spec.containers[0]?.image]));
}

describe('the StatefulSet controller', () => {
  it('creates members in order, each when the one before is ready', () => {
    const cluster = start(3, {}, () => ({ starts: 1, ready: 10 }));
    cluster.until(9);
    expect(names(cluster)).toEqual(['db-0']);
    cluster.until(19);
    expect(names(cluster)).toEqual(['db-0', 'db-1']);
    cluster.until(40);
    expect(names(cluster)).toEqual(['db-0', 'db-1', 'db-2']);
    const { currentRevision, updateRevision, ...counts } = status(cluster);
    expect(counts).toEqual({
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
    });
    expect(currentRevision).toBe(updateRevision);
    expect(cluster.pods[1]?.metadata.labels).toMatchObject({
      'apps.kubernetes.io/pod-index': '1',
      'statefulset.kubernetes.io/pod-name': 'db-1',
      'controller-revision-hash': currentRevision,
    });
  });

  it('creates all members at once with podManagementPolicy Parallel', () => {
    const cluster = start(5, { podManagementPolicy: 'Parallel' }, () => ({ starts: 1, ready: 10 }));
    cluster.until(1);
    expect(names(cluster)).toHaveLength(5);
  });

  it('scales down from the highest ordinal, one at a time', () => {
    const cluster = start(3, {}, () => ({ stops: 10 }));
    cluster.until(20);
    cluster.patch('StatefulSet', 'db', { spec: { replicas: 1 } });
    cluster.until(29);
    expect(names(cluster)).toHaveLength(3);
    cluster.until(31);
    expect(names(cluster)).toEqual(['db-0', 'db-1']);
    cluster.until(50);
    expect(names(cluster)).toEqual(['db-0']);
  });

  it('updates from the highest ordinal down to the partition', () => {
    const cluster = start(4, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
    cluster.until(30);
    cluster.patch('StatefulSet', 'db', { spec: { template: template('db', 'app:2') } });
    cluster.until(33);
    expect(images(cluster)).toMatchObject({ 'db-2': 'app:1' });
    cluster.until(60);
    expect(images(cluster)).toEqual({ 'db-0': 'app:1', 'db-1': 'app:1', 'db-2': 'app:2', 'db-3': 'app:2' });
    expect(status(cluster)).toMatchObject({ currentReplicas: 2, updatedReplicas: 2 });
    expect(status(cluster).currentRevision).not.toBe(status(cluster).updateRevision);

    // A member below the partition comes back as it was.
    cluster.delete('Pod', 'db-1');
    cluster.until(70);
    expect(images(cluster)['db-1']).toBe('app:1');

    cluster.patch('StatefulSet', 'db', { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } });
    cluster.until(120);
    expect(new Set(Object.values(images(cluster)))).toEqual(new Set(['app:2']));
    expect(status(cluster).currentRevision).toBe(status(cluster).updateRevision);
    expect(cluster.list('ControllerRevision')).toHaveLength(2);
  });

  it('waits with an update for a member that does not get ready', () => {
    const lifeOf = (pod: Pod): PodLife => (pod.spec.containers[0]?.image === 'app:2' ? { starts: Infinity } : {});
    const cluster = start(3, {}, lifeOf);
    cluster.until(20);
    cluster.patch('StatefulSet', 'db', { spec: { template: template('db', 'app:2') } });
    cluster.until(100);
    expect(images(cluster)).toEqual({ 'db-0': 'app:1', 'db-1': 'app:1', 'db-2': 'app:2' });
  });

  it('deletes a failed member and makes it anew under its name', () => {
    const cluster = start(2);
    cluster.until(20);
    const { uid } = cluster.get<Pod>('Pod', 'db-0').metadata;
    cluster.do({
      verb: 'patch',
      kind: 'Pod',
      namespace: 'default',
      name: 'db-0',
      subresource: 'status',
      patch: { status: { phase: 'Failed' } },
    });
    cluster.until(30);
    const pod = cluster.get<Pod>('Pod', 'db-0');
    expect(pod.metadata.uid).not.toBe(uid);
    expect(pod.status.phase).toBe('Running');
    expect(cluster.reasons('StatefulSet')).toContain('RecreatingFailedPod');
  });

  it('does not replace a member that is stuck terminating', () => {
    const cluster = start(2, {}, () => ({ stops: 100_000 }));
    cluster.until(20);
    cluster.delete('Pod', 'db-1');
    cluster.until(1000);
    expect(names(cluster)).toEqual(['db-0', 'db-1']);
    expect(cluster.get<Pod>('Pod', 'db-1').metadata.deletionTimestamp).toBeDefined();
  });

  it('makes a claim for each member and keeps it when the member goes', () => {
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }];
    const cluster = start(2, { volumeClaimTemplates });
    cluster.until(20);
    expect(cluster.get<Pod>('Pod', 'db-1').spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } },
    ]);
    cluster.patch('StatefulSet', 'db', { spec: { replicas: 0 } });
    cluster.until(40);
    expect(names(cluster)).toEqual([]);
    expect(cluster.list('PersistentVolumeClaim').map(({ metadata }) => metadata.name)).toEqual([
      'data-db-0',
      'data-db-1',
    ]);
  });

  it('comes to rest', () => {
    const cluster = start(3, { minReadySeconds: 5 });
    cluster.until(60);
    expect(status(cluster)).toMatchObject({ availableReplicas: 3 });
    const { length } = cluster.requests;
    cluster.until(10_000);
    expect(cluster.requests).toHaveLength(length);
  });
});
