/** `kubectl rollout` in a scenario: back, anew, and a halt. */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/sim/api/core.ts';
import type { Deployment, ReplicaSet } from '../../src/sim/api/workloads.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

const object = (kind: string, image: string): string => `
      apiVersion: apps/v1
      kind: ${kind}
      metadata: { name: web }
      spec:
        ${kind === 'DaemonSet' ? '' : 'replicas: 3'}
        ${kind === 'StatefulSet' ? 'serviceName: web' : ''}
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: '${image}' }] }`;

const scenario = (kind: string, actions: string): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: rollout }
duration: 1h
components: { kubelet: { imagesPresent: all } }
cluster: { nodeGroups: [{ name: n, count: 3, capacity: { cpu: 4, memory: 8Gi } }] }
workloads:
  - name: one
    inline: |${object(kind, 'web:1')}
  - name: two
    at: 5m
    inline: |${object(kind, 'web:2')}
  - name: three
    at: 10m
    inline: |${object(kind, 'web:3')}
${actions}`;

async function after(kind: string, actions: string, minutes: number): Promise<{ cluster: Cluster; refused: string[] }> {
  const cluster = (await clusterMaker(scenario(kind, actions)))();
  const refused: string[] = [];
  cluster.users.observe(({ message }) => refused.push(message));
  cluster.start();
  cluster.run({ until: seconds(60 * minutes) });
  return { cluster, refused };
}

const images = (cluster: Cluster): string[] =>
  cluster.server.list<Pod>('Pod').items.map(({ spec }) => spec.containers[0]?.image ?? '');
const rollout = (at: string, what: string): string => `  - { name: at-${at}, at: ${at}, rollout: [{ ${what} }] }\n`;

describe('a roll-out', () => {
  it.each(['Deployment', 'StatefulSet', 'DaemonSet'])('of a %s goes back to the revision before', async (kind) => {
    const { cluster, refused } = await after(kind, rollout('15m', `do: undo, kind: ${kind}, name: web`), 20);
    expect(refused).toEqual([]);
    expect(images(cluster)).toEqual(['web:2', 'web:2', 'web:2']);
  });

  it('of a Deployment goes back to a numbered revision, which becomes the newest', async () => {
    const { cluster } = await after(
      'Deployment',
      rollout('15m', 'do: undo, kind: Deployment, name: web, toRevision: 1'),
      20,
    );
    expect(images(cluster)).toEqual(['web:1', 'web:1', 'web:1']);
    const sets = cluster.server.list<ReplicaSet>('ReplicaSet').items;
    expect(sets.map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'])).toEqual([
      '4',
      '2',
      '3',
    ]);
    expect(sets.map(({ spec }) => spec.replicas)).toEqual([3, 0, 0]);
    const [first] = sets;
    expect(first?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1');
  });

  it('twice back is where it was', async () => {
    const twice =
      rollout('15m', 'do: undo, kind: Deployment, name: web') + rollout('20m', 'do: undo, kind: Deployment, name: web');
    const { cluster } = await after('Deployment', twice, 25);
    expect(images(cluster)).toEqual(['web:3', 'web:3', 'web:3']);
  });

  it('anew replaces every pod', async () => {
    const { cluster } = await after('Deployment', rollout('15m', 'do: restart, kind: Deployment, name: web'), 20);
    const pods = cluster.server.list<Pod>('Pod').items;
    expect(pods.map(({ metadata }) => metadata.annotations?.['kubectl.kubernetes.io/restartedAt'])).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/:15:00Z$/) as unknown),
    );
  });

  it('that is paused stands still until it is resumed', async () => {
    const actions =
      rollout('9m', 'do: pause, kind: Deployment, name: web') +
      rollout('15m', 'do: resume, kind: Deployment, name: web');
    expect(images((await after('Deployment', actions, 14)).cluster)).toEqual(['web:2', 'web:2', 'web:2']);
    expect(images((await after('Deployment', actions, 20)).cluster)).toEqual(['web:3', 'web:3', 'web:3']);
  });

  it.each([
    ['undo, kind: Deployment, name: web, toRevision: 9', 'unable to find specified revision 9 in history'],
    ['resume, kind: Deployment, name: web', 'deployment.apps/web is not paused'],
  ])('is refused as kubectl refuses it: %s', async (what, answer) => {
    const { cluster, refused } = await after('Deployment', rollout('15m', `do: ${what}`), 20);
    expect(refused).toEqual([answer]);
    expect(cluster.server.get<Deployment>('Deployment', 'default', 'web')?.status.updatedReplicas).toBe(3);
  });
});
