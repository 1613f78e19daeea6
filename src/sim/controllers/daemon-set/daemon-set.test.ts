import { describe, expect, it } from 'vitest';

import { TinyCluster, template } from '../../../../test/support/tiny-cluster.ts';
import type { PodLife } from '../../../../test/support/tiny-cluster.ts';
import type { Pod } from '../../api/core.ts';
import type { DaemonSet } from '../../api/workloads.ts';
import { isActive, isReady } from '../pod-state.ts';
import { daemonSetController } from './daemon-set.ts';
import { targetNode } from './eligibility.ts';

function start(nodes: number, more: object = {}, lifeOf?: (pod: Pod) => PodLife): TinyCluster {
  const cluster = new TinyCluster({
    controllers: [daemonSetController],
    ...(lifeOf === undefined ? {} : { lifeOf }),
  });
  for (let i = 0; i < nodes; i++) addNode(cluster, `n${i}`);
  cluster.create({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent'), ...more },
  } as never);
  return cluster;
}

function addNode(cluster: TinyCluster, name: string, more: { labels?: object; spec?: object } = {}): void {
  const status = { conditions: [{ type: 'Ready', status: 'True' }] };
  const metadata = { name, labels: { disk: 'ssd', ...more.labels } };
  cluster.create({ apiVersion: 'v1', kind: 'Node', metadata, spec: more.spec ?? {}, status } as never);
}

function changeNode(cluster: TinyCluster, name: string, patch: object): void {
  cluster.do({ verb: 'patch', kind: 'Node', namespace: '', name, patch });
}

function status(cluster: TinyCluster): DaemonSet['status'] {
  return cluster.get<DaemonSet>('DaemonSet', 'agent').status;
}

/** Nodes with a pod, in order. */
function places(cluster: TinyCluster): string[] {
  return cluster.pods.map((pod) => targetNode(pod) ?? '').sort((a, b) => (a < b ? -1 : 1));
}

describe('the DaemonSet controller', () => {
  it('puts a pod on every node, pinned by affinity, tolerating what nodes suffer from', () => {
    const cluster = start(3);
    cluster.until(5);
    expect(places(cluster)).toEqual(['n0', 'n1', 'n2']);
    const pod = cluster.pods[0] as Pod;
    expect(pod.spec.nodeName).toBe(targetNode(pod));
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    expect(required?.nodeSelectorTerms).toEqual([
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: [pod.spec.nodeName] }] },
    ]);
    const tolerated = pod.spec.tolerations?.map(({ key, effect, tolerationSeconds }) => [
      key,
      effect,
      tolerationSeconds,
    ]);
    expect(tolerated).toContainEqual(['node.kubernetes.io/unreachable', 'NoExecute', undefined]);
    expect(tolerated).toContainEqual(['node.kubernetes.io/unschedulable', 'NoSchedule', undefined]);
    expect(status(cluster)).toEqual({
      observedGeneration: 1,
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      numberReady: 3,
      numberAvailable: 3,
      updatedNumberScheduled: 3,
    });
  });

  it('follows nodes that come and change: labels, NoSchedule and NoExecute taints', () => {
    const selector = { spec: { ...template('agent').spec, nodeSelector: { disk: 'ssd' } } };
    const cluster = start(2, { template: { ...template('agent'), ...selector } });
    cluster.until(5);
    addNode(cluster, 'n2');
    addNode(cluster, 'n3', { labels: { disk: 'hdd' } });
    addNode(cluster, 'n4', { spec: { taints: [{ key: 'own', effect: 'NoSchedule' }] } });
    cluster.until(10);
    expect(places(cluster)).toEqual(['n0', 'n1', 'n2']);

    changeNode(cluster, 'n0', { spec: { taints: [{ key: 'own', effect: 'NoSchedule' }] } });
    changeNode(cluster, 'n1', { spec: { taints: [{ key: 'own', effect: 'NoExecute' }] } });
    changeNode(cluster, 'n2', { metadata: { labels: { disk: 'hdd' } } });
    changeNode(cluster, 'n4', { spec: { taints: [] } });
    cluster.until(20);
    // n0's pod stays though it would not be put there now.
    expect(places(cluster)).toEqual(['n0', 'n4']);
    expect(status(cluster)).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1, numberReady: 1 });
  });

  it('rolls a new template out node by node', () => {
    const cluster = start(4, {}, () => ({ starts: 1, ready: 3, stops: 2 }));
    cluster.until(10);
    let least = 4;
    cluster.server.observe(({ kind }) => {
      if (kind === 'Pod') least = Math.min(least, cluster.pods.filter((pod) => isActive(pod) && isReady(pod)).length);
    });
    cluster.patch('DaemonSet', 'agent', { spec: { template: template('agent', 'app:2') } });
    cluster.until(18);
    expect(status(cluster)).toMatchObject({ desiredNumberScheduled: 4, updatedNumberScheduled: 2 });
    cluster.until(40);
    expect(least).toBe(3);
    expect(cluster.pods.map(({ spec }) => spec.containers[0]?.image)).toEqual(['app:2', 'app:2', 'app:2', 'app:2']);
    expect(status(cluster)).toMatchObject({ updatedNumberScheduled: 4, numberAvailable: 4 });
  });

  it('with maxSurge starts the new pod beside the old one', () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } };
    const cluster = start(4, { updateStrategy }, () => ({ starts: 1, ready: 3 }));
    cluster.until(10);
    let least = 4;
    let most = 0;
    cluster.server.observe(({ kind }) => {
      if (kind !== 'Pod') return;
      // Of 4 nodes, 50 % may have a new pod that is not ready yet beside their old one.
      const active = cluster.pods.filter((pod) => isActive(pod));
      least = Math.min(least, active.filter((pod) => isReady(pod)).length);
      most = Math.max(most, active.filter((pod) => !isReady(pod)).length);
    });
    cluster.patch('DaemonSet', 'agent', { spec: { template: template('agent', 'app:2') } });
    cluster.until(40);
    expect([least, most]).toEqual([4, 2]);
    expect(cluster.pods.map(({ spec }) => spec.containers[0]?.image)).toEqual(['app:2', 'app:2', 'app:2', 'app:2']);
  });

  it('replaces failed pods, waiting longer each time', () => {
    const cluster = start(1, {}, () => ({ starts: 0.5, fails: 1 }));
    const times: number[] = [];
    cluster.server.observe(({ kind, type }) => {
      if (kind === 'Pod' && type === 'ADDED') times.push(cluster.kernel.now / 1e6);
    });
    cluster.until(120);
    const gaps = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(gaps.slice(1).every((gap, index) => gap > (gaps[index] as number) - 0.1)).toBe(true);
    expect(gaps.at(-1)).toBeGreaterThan(15);
    expect(cluster.reasons('DaemonSet')).toContain('FailedDaemonPod');
  });

  it('gives up pods that wait for a node that is gone', () => {
    const cluster = start(2, {}, (pod) => (targetNode(pod) === 'n1' ? { starts: Infinity } : {}));
    cluster.until(0.2);
    cluster.do({ verb: 'delete', kind: 'Node', namespace: '', name: 'n1' });
    cluster.until(0.28);
    expect(places(cluster)).toEqual(['n0']);
  });

  it('creates 600 pods in bursts and then looks only at nodes where something happens', () => {
    const cluster = start(600);
    cluster.until(60);
    expect(status(cluster)).toMatchObject({ numberAvailable: 600 });
    const { length } = cluster.requests;
    cluster.until(10_000);
    expect(cluster.requests).toHaveLength(length);
  });
});
