import { describe, expect, it } from 'vitest';

import { TinyCluster, template } from '../../../../test/support/tiny-cluster.ts';
import type { PodLife } from '../../../../test/support/tiny-cluster.ts';
import type { Pod } from '../../api/core.ts';
import type { Deployment, ReplicaSet } from '../../api/workloads.ts';
import { isActive, isReady } from '../pod-state.ts';
import { replicaSetController } from '../replica-set.ts';
import { scaleDownOrder } from '../scale-down-order.ts';
import { deploymentController } from './deployment.ts';
import { sizeOf } from './view.ts';

const controllers = [
  deploymentController(),
  replicaSetController({
    scaleDown: { name: 'usual', rank: (pods, { calendar, now }) => scaleDownOrder(pods, calendar, now) },
  }),
];

function deployment(replicas: number, more: object = {}): never {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web'), ...more },
  } as never;
}

function start(replicas: number, more: object = {}, lifeOf?: (pod: Pod) => PodLife): TinyCluster {
  const cluster = new TinyCluster({ controllers, ...(lifeOf === undefined ? {} : { lifeOf }) });
  cluster.create(deployment(replicas, more));
  return cluster.until(100);
}

function rollTo(cluster: TinyCluster, image: string): void {
  cluster.patch('Deployment', 'web', { spec: { template: template('web', image) } });
}

function status(cluster: TinyCluster): Deployment['status'] {
  return cluster.get<Deployment>('Deployment', 'web').status;
}

/** Sizes of the ReplicaSets with pods, by image. */
function sizes(cluster: TinyCluster): Record<string, number> {
  return Object.fromEntries(
    cluster.list<ReplicaSet>('ReplicaSet').map((set) => [set.spec.template.spec.containers[0]?.image, sizeOf(set)]),
  );
}

function progress(cluster: TinyCluster): string | undefined {
  return status(cluster).conditions?.find(({ type }) => type === 'Progressing')?.reason;
}

describe('the Deployment controller', () => {
  it('makes a ReplicaSet named after its template, and reports the roll-out complete', () => {
    const cluster = start(3);
    const [set] = cluster.list<ReplicaSet>('ReplicaSet');
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{6,10}$/);
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(cluster.pods[0]?.metadata.name).toMatch(new RegExp(`^web-${hash}-.{5}$`));
    expect(status(cluster)).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(progress(cluster)).toBe('NewReplicaSetAvailable');
    expect(cluster.get<Deployment>('Deployment', 'web').metadata.annotations).toEqual({
      'deployment.kubernetes.io/revision': '1',
    });
    expect(cluster.events.filter(({ kind }) => kind === 'Deployment').map(({ message }) => message)).toEqual([
      `Scaled up replica set web-${hash} from 0 to 3`,
    ]);
  });

  it('rolls ten pods over in two waves, never under 8 available, never over 13 in all', () => {
    // Facts, timeline (b): pods are ready 11.5 s after their creation.
    const cluster = start(10, {}, () => ({ starts: 1.5, ready: 11.5, stops: 30 }));
    const steps: [number, number][] = [];
    let least = Infinity;
    let most = 0;
    const readyAt = new Set<number>();
    cluster.server.observe(({ kind, object }) => {
      const seconds = cluster.kernel.now / 1e6 - 100;
      if (kind === 'ReplicaSet') {
        const { 'app:1': before = 0, 'app:2': after = 0 } = sizes(cluster);
        most = Math.max(most, before + after);
        if (steps.at(-1)?.[0] !== before || steps.at(-1)?.[1] !== after) steps.push([before, after]);
      }
      if (kind !== 'Pod') return;
      least = Math.min(least, cluster.pods.filter((pod) => isActive(pod) && isReady(pod)).length);
      const pod = object as Pod;
      if (pod.spec.containers[0]?.image === 'app:2' && isReady(pod)) readyAt.add(Math.round(seconds));
    });
    rollTo(cluster, 'app:2');
    cluster.until(122);
    expect(progress(cluster)).toBe('ReplicaSetUpdated');
    cluster.until(126);
    expect(progress(cluster)).toBe('NewReplicaSetAvailable');
    expect(steps[0]).toEqual([10, 3]);
    expect(steps).toContainEqual([8, 5]);
    expect(steps.at(-1)).toEqual([0, 10]);
    expect(least).toBe(8);
    expect(most).toBe(13);
    expect([...readyAt].every((time) => [11, 12, 13, 23, 24].includes(time))).toBe(true);
    const revision = cluster.get<Deployment>('Deployment', 'web').metadata.annotations;
    expect(revision?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  it('stops a roll-out whose pods do not get ready, says so after progressDeadlineSeconds, and can be rolled back', () => {
    const bad = (pod: Pod): PodLife => (pod.spec.containers[0]?.image === 'app:bad' ? { starts: Infinity } : {});
    const cluster = start(4, { progressDeadlineSeconds: 60 }, bad);
    rollTo(cluster, 'app:bad');
    cluster.until(150);
    expect(sizes(cluster)).toEqual({ 'app:1': 3, 'app:bad': 2 });
    expect(progress(cluster)).toBe('ReplicaSetUpdated');
    cluster.until(170);
    expect(progress(cluster)).toBe('ProgressDeadlineExceeded');
    expect(status(cluster)).toMatchObject({ availableReplicas: 3, updatedReplicas: 2, unavailableReplicas: 2 });

    rollTo(cluster, 'app:1');
    cluster.until(180);
    expect(sizes(cluster)).toEqual({ 'app:1': 4, 'app:bad': 0 });
    expect(progress(cluster)).toBe('NewReplicaSetAvailable');
    const old = cluster.list<ReplicaSet>('ReplicaSet')[0];
    expect(old?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(cluster.list('ReplicaSet')).toHaveLength(2);
  });

  it('scales the ReplicaSet without a roll-out', () => {
    const cluster = start(3);
    cluster.patch('Deployment', 'web', { spec: { replicas: 8 } });
    cluster.until(110);
    expect(status(cluster)).toMatchObject({ replicas: 8, readyReplicas: 8 });
    cluster.patch('Deployment', 'web', { spec: { replicas: 2 } });
    cluster.until(120);
    expect(cluster.pods).toHaveLength(2);
    expect(cluster.list('ReplicaSet')).toHaveLength(1);
  });

  it('shares a scaling in the middle of a roll-out in proportion', () => {
    const stuck = (pod: Pod): PodLife => (pod.spec.containers[0]?.image === 'app:2' ? { starts: Infinity } : {});
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    const cluster = start(10, { strategy }, stuck);
    rollTo(cluster, 'app:2');
    cluster.until(110);
    expect(sizes(cluster)).toEqual({ 'app:1': 8, 'app:2': 5 });
    cluster.patch('Deployment', 'web', { spec: { replicas: 15 } });
    cluster.until(120);
    // 18 allowed: 8 * 18 / 13 = 11.08 and 5 * 18 / 13 = 6.92.
    expect(sizes(cluster)).toEqual({ 'app:1': 11, 'app:2': 7 });
  });

  it('with Recreate waits for the last old pod to be gone', () => {
    const cluster = start(3, { strategy: { type: 'Recreate' } }, () => ({ stops: 20 }));
    rollTo(cluster, 'app:2');
    cluster.until(119);
    expect(cluster.pods.every(({ spec }) => spec.containers[0]?.image === 'app:1')).toBe(true);
    cluster.until(125);
    expect(cluster.pods.map(({ spec }) => spec.containers[0]?.image)).toEqual(['app:2', 'app:2', 'app:2']);
    expect(progress(cluster)).toBe('NewReplicaSetAvailable');
  });

  it('keeps as many old ReplicaSets as revisionHistoryLimit says', () => {
    const cluster = start(1, { revisionHistoryLimit: 2 });
    for (let version = 2; version <= 6; version++) {
      rollTo(cluster, `app:${version}`);
      cluster.until(100 + version * 20);
    }
    expect(sizes(cluster)).toEqual({ 'app:4': 0, 'app:5': 0, 'app:6': 1 });
  });

  it('rolls nothing out while paused', () => {
    const cluster = start(3);
    cluster.patch('Deployment', 'web', { spec: { paused: true } });
    rollTo(cluster, 'app:2');
    cluster.until(110);
    expect(sizes(cluster)).toEqual({ 'app:1': 3 });
    expect(progress(cluster)).toBe('DeploymentPaused');
    cluster.patch('Deployment', 'web', { spec: { paused: false } });
    cluster.until(130);
    expect(sizes(cluster)).toEqual({ 'app:1': 0, 'app:2': 3 });
  });

  it('comes to rest', () => {
    const cluster = start(3);
    const { length } = cluster.requests;
    cluster.until(10_000);
    expect(cluster.requests).toHaveLength(length);
    expect(cluster.kernel.pending).toBe(0);
  });
});
