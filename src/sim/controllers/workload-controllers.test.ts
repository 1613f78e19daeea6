import { describe, expect, it } from 'vitest';

import { TinyCluster, template } from '../../../test/support/tiny-cluster.ts';
import type { PodLife } from '../../../test/support/tiny-cluster.ts';
import type { Pod } from '../api/core.ts';
import { scaleDownOrder } from './scale-down-order.ts';
import { workloadControllers } from './workload-controllers.ts';

/** Services start slowly; every third pod of the batch kinds fails. */
function lifeOf(pod: Pod): PodLife {
  const { labels, uid } = pod.metadata;
  if (labels?.['app'] !== 'batch') return { starts: 1, ready: 4, stops: 3 };
  return Number.parseInt(uid.slice(0, 8), 16) % 3 === 0 ? { starts: 1, fails: 3 } : { starts: 1, succeeds: 6 };
}

function make(): TinyCluster {
  const scaleDown = {
    name: 'usual',
    rank: (pods: readonly Pod[], { calendar, now }: { calendar: never; now: number }) =>
      scaleDownOrder(pods, calendar, now),
  };
  return new TinyCluster({ controllers: workloadControllers({ scaleDown: scaleDown as never }), lifeOf });
}

/** One of each kind; a minute later all of them change. */
function play(cluster: TinyCluster, from: number, to: number): TinyCluster {
  const object = (apiVersion: string, kind: string, spec: object): never =>
    ({ apiVersion, kind, metadata: { name: 'x', namespace: 'default' }, spec }) as never;
  const service = { selector: { matchLabels: { app: 'service' } }, template: template('service') };
  const batch = { ...template('batch'), spec: { ...template('batch').spec, restartPolicy: 'Never' } };
  const acts: [number, () => void][] = [
    [
      0,
      () => {
        for (let i = 0; i < 5; i++) {
          const status = { conditions: [{ type: 'Ready', status: 'True' }] };
          cluster.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: `n${i}` }, spec: {}, status } as never);
        }
        cluster.create(object('apps/v1', 'Deployment', { ...service, replicas: 6 }));
        cluster.create(object('apps/v1', 'StatefulSet', { ...service, replicas: 3, serviceName: 'x' }));
        cluster.create(object('apps/v1', 'DaemonSet', { ...service, minReadySeconds: 3 }));
        cluster.create(object('batch/v1', 'Job', { template: batch, completions: 8, parallelism: 3 }));
        const jobTemplate = { spec: { template: batch, ttlSecondsAfterFinished: 40 } };
        cluster.create(object('batch/v1', 'CronJob', { schedule: '* * * * *', jobTemplate }));
      },
    ],
    [
      60,
      () => {
        const spec = { template: template('service', 'app:2') };
        for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) cluster.patch(kind, 'x', { spec });
        cluster.patch('Deployment', 'x', { spec: { replicas: 9 } });
      },
    ],
  ];
  for (const [time, act] of acts) {
    if (time < from || time >= to) continue;
    cluster.until(time);
    act();
  }
  return cluster.until(to);
}

describe('the workload controllers together', () => {
  // DaemonSet, StatefulSet and Deployment share labels here on purpose: ownership, not labels, keeps them apart.
  it('bring all kinds to what was asked for', () => {
    const cluster = play(make(), 0, 170);
    const images = (owner: string): string[] =>
      cluster.pods
        .filter(
          (pod) => pod.metadata.ownerReferences?.[0]?.kind === owner && pod.metadata.labels?.['app'] === 'service',
        )
        .map((pod) => pod.spec.containers[0]?.image ?? '');
    expect(images('ReplicaSet')).toEqual(Array.from({ length: 9 }, () => 'app:2'));
    expect(images('StatefulSet')).toEqual(Array.from({ length: 3 }, () => 'app:2'));
    expect(images('DaemonSet')).toEqual(Array.from({ length: 5 }, () => 'app:2'));
    expect(cluster.get<never>('Job', 'x')).toMatchObject({ status: { succeeded: 8 } });
    expect(cluster.get<never>('CronJob', 'x')).toMatchObject({ status: { lastScheduleTime: '2024-01-01T00:02:00Z' } });
  });

  it.each([0.05, 1.3, 5, 12.7, 60.02, 61, 66.6, 121])('go on alike from what was saved at %d s', (instant) => {
    const whole = play(make(), 0, instant);
    const saved = whole.save();
    play(whole, instant, 170);
    const branch = play(make().restore(saved), instant, 170);
    expect(branch.server.hash).toBe(whole.server.hash);
    expect(branch.pods.map(({ metadata }) => metadata.name)).toEqual(whole.pods.map(({ metadata }) => metadata.name));
  });
});
