/** Controllers whose caches lie behind the store: what they do wrong is refused, and nothing is done twice. */
import { describe, expect, it } from 'vitest';
import type { Lease, Pod } from '../../src/sim/api/core.ts';
import type { Deployment, Job, ReplicaSet, StatefulSet } from '../../src/sim/api/workloads.ts';
import type { ApiRequest, ApiResult } from '../../src/sim/apiserver/request.ts';
import { workloadControllers } from '../../src/sim/controllers/workload-controllers.ts';
import { isActive } from '../../src/sim/controllers/pod-state.ts';
import { defaultScaleDown } from '../../src/policies/reconcile/default-scale-down.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';
import { TinyCluster, template } from '../support/tiny-cluster.ts';

const MANAGER = 'kube-controller-manager';

function tiny(): TinyCluster {
  return new TinyCluster({ controllers: workloadControllers({ scaleDown: defaultScaleDown }) });
}

/** Objects that a cluster is given. */
function workload(kind: 'Deployment' | 'StatefulSet' | 'ReplicaSet', replicas: number): never {
  const spec = { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web') };
  return { apiVersion: 'apps/v1', kind, metadata: { name: 'web', namespace: 'default' }, spec } as never;
}

/** Requests that were refused, with the reason. */
function refusals(cluster: TinyCluster): string[] {
  const refused: string[] = [];
  cluster.server.observeRequests((request: ApiRequest, result: ApiResult) => {
    if (!result.ok) refused.push(`${request.verb} ${request.kind}: ${result.status.reason}`);
  });
  return refused;
}

describe('a controller that does not know yet what others have written', () => {
  it('is refused with Conflict, and tries again until its cache has caught up', () => {
    const cluster = tiny();
    cluster.create(workload('Deployment', 3));
    cluster.until(60);
    const refused = refusals(cluster);
    const set = cluster.list<ReplicaSet>('ReplicaSet')[0] as ReplicaSet;
    // The scaling is on its way; what is written to the ReplicaSet in the same instant stays unknown for two seconds.
    cluster.patch('Deployment', 'web', { spec: { replicas: 5 } });
    cluster.environment.hub.delay(MANAGER, seconds(62));
    cluster.patch('ReplicaSet', set.metadata.name, { metadata: { annotations: { note: 'mine' } } });
    cluster.until(61.9);
    // After 5, 10, 20 … ms: eight or nine tries in two seconds.
    expect(refused.length).toBeGreaterThan(5);
    expect(refused.length).toBeLessThan(12);
    expect(new Set(refused)).toEqual(new Set(['update ReplicaSet: Conflict']));
    cluster.until(70);
    expect(cluster.get<Deployment>('Deployment', 'web').status).toMatchObject({ replicas: 5, readyReplicas: 5 });
    const after = cluster.get<ReplicaSet>('ReplicaSet', set.metadata.name);
    expect(after.metadata.annotations).toMatchObject({ note: 'mine' });
    expect(cluster.pods).toHaveLength(5);
  });

  it('creates a ReplicaSet once, though it asks for it again before it has seen the first', () => {
    const cluster = tiny();
    cluster.until(60);
    const refused = refusals(cluster);
    cluster.create(workload('Deployment', 3));
    // Two changes of the Deployment reach the controller; the ReplicaSet that it makes for the first does not.
    cluster.until(60.012);
    cluster.patch('Deployment', 'web', { metadata: { annotations: { more: '1' } } });
    cluster.environment.hub.delay(MANAGER, seconds(63));
    cluster.until(62);
    expect(refused).toEqual(['create ReplicaSet: AlreadyExists']);
    cluster.until(90);
    expect(cluster.list('ReplicaSet')).toHaveLength(1);
    expect(cluster.pods).toHaveLength(3);
  });

  it('survives a real race for one name: another has just created the pod that it is about to create', () => {
    const cluster = tiny();
    cluster.create(workload('StatefulSet', 2));
    cluster.until(60);
    const refused = refusals(cluster);
    const [pod] = cluster.pods.filter(({ metadata }) => metadata.name === 'web-1');
    const { resourceVersion: _, uid: __, ...metadata } = (pod as NonNullable<typeof pod>).metadata;
    // Removed and made anew behind the controller's back: it hears of the removal, but not of the new one.
    cluster.do({
      verb: 'delete',
      kind: 'Pod',
      namespace: 'default',
      name: 'web-1',
      options: { gracePeriodSeconds: 0 },
    });
    cluster.environment.hub.delay(MANAGER, seconds(62));
    cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: template('web').spec } as never);
    cluster.until(61);
    expect(refused).toContain('create Pod: AlreadyExists');
    cluster.until(80);
    expect(cluster.pods.map(({ metadata: { name } }) => name).sort()).toEqual(['web-0', 'web-1']);
    expect(cluster.get<StatefulSet>('StatefulSet', 'web').status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  });

  it('does not create pods twice while it has not seen those it created: expectations', () => {
    const cluster = tiny();
    let most = 0;
    cluster.server.observe(({ kind }) => {
      if (kind === 'Pod') most = Math.max(most, cluster.pods.filter((pod) => isActive(pod)).length);
    });
    cluster.create(workload('ReplicaSet', 10));
    cluster.until(0.02);
    cluster.environment.hub.delay(MANAGER, seconds(20));
    for (let at = 1; at < 20; at++) {
      cluster.until(at);
      // Every second something brings the ReplicaSet up again.
      cluster.patch('ReplicaSet', 'web', { metadata: { annotations: { at: String(at) } } });
    }
    cluster.until(60);
    expect(most).toBe(10);
    expect(cluster.pods).toHaveLength(10);
  });

  it('counts each pod of a Job once, however late it hears of its own writes', () => {
    const controllers = workloadControllers({ scaleDown: defaultScaleDown });
    const cluster = new TinyCluster({ controllers, lifeOf: () => ({ starts: 1, succeeds: 3 }) });
    cluster.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'work', namespace: 'default' },
      spec: { completions: 20, parallelism: 5, template: { spec: { ...template('w').spec, restartPolicy: 'Never' } } },
    } as never);
    for (let at = 2; at < 40; at += 5) {
      cluster.until(at);
      cluster.environment.hub.delay(MANAGER, seconds(at + 3));
    }
    cluster.until(120);
    expect(cluster.get<Job>('Job', 'work').status).toMatchObject({ succeeded: 20 });
    expect(cluster.pods).toHaveLength(20);
  });
});

const SCENARIO = (fault: string): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: stale }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 4, capacity: { cpu: 8, memory: 16Gi } }] }
components: { kubelet: { imagesPresent: all } }
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 6
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: web }] }
  - { name: more, at: 12m, scale: [{ kind: Deployment, name: web, replicas: 9 }] }
faults: [${fault}]
`;

async function started(fault: string): Promise<Cluster> {
  const cluster = (await clusterMaker(SCENARIO(fault)))();
  cluster.start();
  return cluster;
}

function podsAt(cluster: Cluster, time: number): number {
  cluster.run({ until: seconds(time) });
  return cluster.server.list('Pod', { namespace: 'default' }).items.length;
}

describe('a watch that breaks', () => {
  it('goes on where it was, if the history is still there', async () => {
    const cluster = await started('{ at: 11m, for: 2m, kind: watch-cut }');
    expect(podsAt(cluster, 779)).toBe(6);
    expect(podsAt(cluster, 785)).toBe(9);
  });

  it('begins with a list, if what it missed has been compacted: 410 Gone', async () => {
    // Compaction every 5 min, to what was 5 min before.
    const cluster = await started('{ at: 11m, for: 15m, kind: watch-cut }');
    expect(podsAt(cluster, 1559)).toBe(6);
    expect(podsAt(cluster, 1565)).toBe(9);
  });

  it('keeps the scheduler from placing pods, and nobody else from working', async () => {
    const cluster = await started('{ at: 11m, for: 3m, kind: watch-lag, process: kube-scheduler }');
    expect(podsAt(cluster, 830)).toBe(9);
    const placed = (): number =>
      cluster.server.list<Pod>('Pod').items.filter(({ spec }) => spec.nodeName !== undefined).length;
    expect(placed()).toBe(6);
    podsAt(cluster, 845);
    expect(placed()).toBe(9);
  });
});

describe('the death of the leading controller manager', () => {
  it('stops all controllers until another process leads, and loses nothing', async () => {
    const cluster = await started('{ at: 719s, kind: controller-manager-crash }');
    expect(podsAt(cluster, 731)).toBe(6);
    expect(podsAt(cluster, 750)).toBe(9);
    const lease = cluster.server.get<Lease>('Lease', 'kube-system', MANAGER);
    expect(lease?.spec).toMatchObject({ leaseTransitions: 1, leaseDurationSeconds: 15 });
  });

  it('lasts until the process is back where there is no other, and its lease has expired', async () => {
    const yaml = SCENARIO('{ at: 719s, for: 60s, kind: controller-manager-crash }');
    const one = yaml.replace('components: {', 'components: { controllerManager: { replicas: 1 },');
    const cluster = (await clusterMaker(one))();
    cluster.start();
    // Back at 779 s, it waits 15 s from its first look at the lease.
    expect(podsAt(cluster, 794)).toBe(6);
    expect(podsAt(cluster, 805)).toBe(9);
  });

  it('does not begin the pause of a canary anew: it stands on the Deployment', async () => {
    const canary = 'rollout: { use: canary, with: { steps: [{ percent: 50, pauseSeconds: 300 }] } }';
    const release = `
  - name: release
    at: 12m
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 6
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: 'web:2' }] }
policies: { reconcile: { ${canary} } }
faults:`;
    const yaml = SCENARIO('{ at: 840s, kind: controller-manager-crash }')
      .replace(/ {2}- \{ name: more.*\n/, '')
      .replace('\nfaults:', release);
    const cluster = (await clusterMaker(yaml))();
    cluster.start();
    const fresh = (): number | undefined =>
      cluster.server
        .list<ReplicaSet>('ReplicaSet')
        .items.find(({ spec }) => spec.template.spec.containers[0]?.image === 'web:2')?.spec.replicas;
    cluster.run({ until: seconds(839) });
    expect(fresh()).toBe(3);
    const { annotations = {} } = (cluster.server.get<Deployment>('Deployment', 'default', 'web') as Deployment)
      .metadata;
    const { since } = JSON.parse(annotations['orrery.dev/roll-out'] ?? '{}') as { readonly since: number };
    expect(since).toBeGreaterThan(seconds(720));
    expect(since).toBeLessThan(seconds(730));
    cluster.run({ until: since + seconds(299) });
    expect(fresh()).toBe(3);
    cluster.run({ until: since + seconds(310) });
    expect(fresh()).toBe(6);
  });
});
