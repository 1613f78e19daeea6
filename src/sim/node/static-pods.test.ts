import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../test/support/scenario-cluster.ts';
import type { Pod } from '../api/core.ts';
import { Invariants } from '../checks/invariants.ts';
import type { Cluster } from '../cluster.ts';
import { SECOND, seconds } from '../kernel/time.ts';

const NAME = 'proxy-n-0';

async function made(rest = '', annotations = '{}'): Promise<() => Cluster> {
  return clusterMaker(`
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: test }
duration: 1h
cluster:
  nodeGroups:
    - name: n
      count: 2
      capacity: { cpu: 4, memory: 8Gi }
      staticPods:
        inline: |
          apiVersion: v1
          kind: Pod
          metadata: { name: proxy, namespace: kube-system, labels: { app: proxy }, annotations: ${annotations} }
          spec: { containers: [{ name: c, image: proxy:1, resources: { requests: { cpu: 1 } } }] }
components: { kubelet: { imagesPresent: all } }
${rest}`);
}

interface Watched {
  readonly cluster: Cluster;
  /** When a container of the pod began or ended, in seconds. */
  readonly runs: number[];
  /** `time type uid` of each write of the mirror. */
  readonly writes: string[];
}

async function started(rest?: string, annotations?: string): Promise<Watched> {
  const cluster = (await made(rest, annotations))();
  const runs: number[] = [];
  const writes: string[] = [];
  new Invariants(cluster.server);
  cluster.kubelets.observeRuns((node) => {
    if (node === 'n-0') runs.push(cluster.kernel.now / SECOND);
  });
  cluster.server.observe(({ type, object, time }) => {
    if (object.metadata.name === NAME) writes.push(`${Math.floor(time / SECOND)} ${type} ${object.metadata.uid}`);
  });
  cluster.start();
  return { cluster, runs, writes };
}

const mirror = ({ server }: Cluster): Pod | undefined => server.get<Pod>('Pod', 'kube-system', NAME);
const isReady = (pod: Pod | undefined): boolean =>
  pod?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
const until = (cluster: Cluster, time: number): void => void cluster.run({ until: seconds(time) });

describe('a static pod', () => {
  it('runs on each node of its group, and has a mirror that its node owns', async () => {
    const { cluster } = await started();
    until(cluster, 10);
    const pods = cluster.server.list<Pod>('Pod').items;
    expect(pods.map(({ metadata }) => metadata.name).sort()).toEqual(['proxy-n-0', 'proxy-n-1']);
    const { metadata, spec, status } = mirror(cluster) as Pod;
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'n-0', controller: true }]);
    const { annotations = {} } = metadata;
    expect(annotations['kubernetes.io/config.source']).toBe('file');
    expect(annotations['kubernetes.io/config.mirror']).toBe(annotations['kubernetes.io/config.hash']);
    expect(metadata.labels).toEqual({ app: 'proxy' });
    expect(spec).toMatchObject({ nodeName: 'n-0' });
    expect(spec.tolerations).toContainEqual({ operator: 'Exists', effect: 'NoExecute' });
    expect([status.phase, isReady(mirror(cluster))]).toEqual(['Running', true]);
    expect(cluster.kubelets.runs('n-0', metadata.uid)).toBe(true);
  });

  it('runs on when its mirror is deleted or evicted, and gets another one', async () => {
    const { cluster, runs, writes } = await started();
    until(cluster, 10);
    const { uid } = (mirror(cluster) as Pod).metadata;
    const begun = runs.length;
    const target = { kind: 'Pod', namespace: 'kube-system', name: NAME } as const;
    cluster.server.handle({ verb: 'delete', ...target });
    until(cluster, 12);
    const second = mirror(cluster) as Pod;
    expect(second.metadata.uid).not.toBe(uid);
    expect(isReady(second)).toBe(true);
    cluster.server.handle({ verb: 'evict', ...target });
    until(cluster, 14);
    expect(mirror(cluster)?.metadata.uid).not.toBe(second.metadata.uid);
    expect(isReady(mirror(cluster))).toBe(true);
    expect(runs).toHaveLength(begun);
    expect(writes.filter((write) => write.includes('DELETED'))).toHaveLength(2);
  });

  it('is not evicted with the other pods of a node that is cut off, nor drained', async () => {
    const rest = `workloads:
  - name: web
    inline: [{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { nodeName: n-0, containers: [{ name: c, image: i }] } }]
faults:
  - { at: 1m, kind: partition, nodes: [n-0], for: 10m }
  - { at: 20m, kind: drain, nodes: [n-1], for: 5m }`;
    const { cluster, writes } = await started(rest);
    until(cluster, 600);
    // Ready=False by the node controller some 50 s after the cut; 300 s later the other pod is marked for deletion.
    expect(cluster.server.get<Pod>('Pod', 'default', 'web')?.metadata.deletionTimestamp).toBeDefined();
    expect([mirror(cluster)?.metadata.deletionTimestamp, isReady(mirror(cluster))]).toEqual([undefined, false]);
    until(cluster, 700);
    expect(isReady(mirror(cluster))).toBe(true);
    until(cluster, 1500);
    expect(writes.filter((write) => write.includes('DELETED'))).toEqual([]);
    expect(cluster.server.get('Pod', 'kube-system', 'proxy-n-1')).toBeDefined();
  });

  it('is restarted by its kubelet while the API server is gone, which is told afterwards', async () => {
    // Runs of 20 s: the second begins at once, the third 10 s after the second has ended, the fourth after 20 s more.
    const rest = 'faults: [{ at: 10s, kind: api-server-outage, for: 2m }]';
    const { cluster, runs } = await started(rest, '{ orrery.dev/duration: 20s }');
    until(cluster, 125);
    const [begun = 0] = runs;
    // Begins and ends by turns; an end is seen, and a start made, within some two seconds.
    const expected = [0, 20, 20, 40, 50, 70, 90, 110].map((time) => time + begun);
    for (const [index, time] of expected.entries()) {
      expect((runs[index] as number) - time).toBeGreaterThanOrEqual(-0.001);
      // The kubelet comes to a pod in back-off every 10 to 16 s; two such waits add up.
      expect((runs[index] as number) - time).toBeLessThan(index < 4 ? 3 : 36);
    }
    expect(mirror(cluster)?.status.containerStatuses?.[0]?.restartCount).toBe(0);
    until(cluster, 150);
    expect(mirror(cluster)?.status.containerStatuses?.[0]?.restartCount).toBeGreaterThanOrEqual(2);
  });

  it('starts with its machine, after a crash, a replacement and a shutdown', async () => {
    const rest = `
faults:
  - { at: 1m, kind: node-crash, nodes: [n-0], for: 1m }
  - { at: 10m, kind: spot-reclaim, nodes: [n-0], for: 5m }
  - { at: 30m, kind: node-shutdown, nodes: [n-0], for: 2m }`;
    const { cluster, writes } = await started(rest);
    for (const [time, count] of [
      [300, 0],
      [1200, 1],
    ] as const) {
      until(cluster, time);
      expect(isReady(mirror(cluster))).toBe(true);
      expect(writes.filter((write) => write.includes('DELETED'))).toHaveLength(count);
    }
    until(cluster, 2400);
    expect(isReady(mirror(cluster))).toBe(true);
  });
});

it('a run with static pods that is saved goes on as if nothing had been', async () => {
  const make = await made(
    'faults: [{ at: 20s, kind: partition, nodes: [n-0], for: 1m }]',
    '{ orrery.dev/duration: 15s }',
  );
  const cluster = make();
  cluster.start();
  until(cluster, 50);
  const branch = make();
  branch.restore(structuredClone(cluster.save()));
  for (const one of [cluster, branch]) until(one, 300);
  expect(branch.server.hash).toBe(cluster.server.hash);
});
