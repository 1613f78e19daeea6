/**
 * Examples of Kubernetes' own documentation, applied as its pages have it, with what the pages show. Sources: the pages
 * "Deployments", "StatefulSet Basics", "CronJob", "Indexed Job" and "HorizontalPodAutoscaler Walkthrough" of kubernetes.io.
 */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/sim/api/core.ts';
import type { KubeObject } from '../../src/sim/api/meta.ts';
import type { CronJob, Deployment, HorizontalPodAutoscaler, Job, ReplicaSet } from '../../src/sim/api/workloads.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { isReady } from '../../src/sim/controllers/pod-state.ts';
import { SECOND, seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

/** A cluster in which this happens, started. Everything below runs on three nodes, images present. */
async function clusterOf(workloads: string, duration = '1h'): Promise<Cluster> {
  const make = await clusterMaker(`
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: documented }
startTime: 2026-03-02T00:00:00Z
duration: ${duration}
cluster: { nodeGroups: [{ name: node, count: 3, capacity: { cpu: 16, memory: 32Gi } }] }
components: { kubelet: { imagesPresent: all } }
workloads:
${workloads}
`);
  const cluster = make();
  cluster.start();
  return cluster;
}

function at(cluster: Cluster, time: number): Cluster {
  cluster.run({ until: seconds(time) });
  return cluster;
}

function list<T extends KubeObject>(cluster: Cluster, kind: string): readonly T[] {
  return cluster.server.list<T>(kind, { namespace: 'default' }).items;
}

function deployment(cluster: Cluster): Deployment {
  return list<Deployment>(cluster, 'Deployment')[0] as Deployment;
}

const imageOf = (object: ReplicaSet | Pod): string =>
  (object.kind === 'Pod' ? (object as Pod).spec : (object as ReplicaSet).spec.template.spec).containers[0]?.image ?? '';

/** `kubectl get rs`: DESIRED, CURRENT and READY by image. */
function sets(cluster: Cluster): Record<string, readonly [number, number, number]> {
  return Object.fromEntries(
    list<ReplicaSet>(cluster, 'ReplicaSet').map((set) => [
      imageOf(set),
      [set.spec.replicas ?? 0, set.status.replicas, set.status.readyReplicas ?? 0],
    ]),
  );
}

/** `kubectl rollout history`: revisions by image. */
function history(cluster: Cluster): Record<string, string | undefined> {
  return Object.fromEntries(
    list<ReplicaSet>(cluster, 'ReplicaSet').map((set) => [
      imageOf(set),
      set.metadata.annotations?.['deployment.kubernetes.io/revision'],
    ]),
  );
}

/** `kubectl rollout status`, in its words. Source: kubectl/pkg/polymorphichelpers/rollout_status.go. */
function rolloutStatus(cluster: Cluster): string {
  const { spec, status, metadata } = deployment(cluster);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const wanted = spec.replicas ?? 1;
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) return 'Waiting for deployment spec update';
  const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return 'exceeded its progress deadline';
  if (updatedReplicas < wanted) return `${updatedReplicas} out of ${wanted} new replicas have been updated`;
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} old replicas are pending termination`;
  if (availableReplicas < updatedReplicas)
    return `${availableReplicas} of ${updatedReplicas} updated replicas available`;
  return 'successfully rolled out';
}

const nginx = (image: string, more = '', replicas = 3, annotations = '{}'): string => `
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: nginx-deployment, labels: { app: nginx } }
      spec:
        replicas: ${replicas}
        selector: { matchLabels: { app: nginx } }
        ${more}
        template:
          metadata: { labels: { app: nginx }, annotations: ${annotations} }
          spec: { containers: [{ name: nginx, image: '${image}', ports: [{ containerPort: 80 }] }] }`;
/** An image that does not exist: such pods never get ready. */
const NEVER = '{ orrery.dev/ready-after: 30d }';
/** With a readiness probe, without which ready-after says nothing. */
const probed = (manifest: string): string =>
  manifest.replace('ports: [{ containerPort: 80 }]', 'readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 }');

describe('the page "Deployments"', () => {
  /** Created, updated, updated to an image that does not exist (with a progress deadline), and what comes after. */
  const story = (then: string): string =>
    [
      ['first', 0, nginx('nginx:1.14.2')],
      ['second', 60, nginx('nginx:1.16.1')],
      ['third', 120, probed(nginx('nginx:1.161', 'progressDeadlineSeconds: 600', 3, NEVER))],
    ]
      .map(([name, time, manifest]) => `  - name: ${name}\n    at: ${time}s\n    inline: |${manifest}`)
      .concat(then)
      .join('\n');

  it('updating: the old ReplicaSet is left with 0, the new one has 3', async () => {
    const cluster = await clusterOf(story(''));
    expect(rolloutStatus(at(cluster, 60.5))).toMatch(/out of 3 new replicas have been updated|pending termination/);
    expect(rolloutStatus(at(cluster, 119))).toBe('successfully rolled out');
    expect(sets(cluster)).toEqual({ 'nginx:1.14.2': [0, 0, 0], 'nginx:1.16.1': [3, 3, 3] });
    expect(history(cluster)).toEqual({ 'nginx:1.14.2': '1', 'nginx:1.16.1': '2' });
  });

  it('rolling over to an image that does not exist: one new pod, three old ones stay', async () => {
    const cluster = await clusterOf(story(''));
    expect(rolloutStatus(at(cluster, 200))).toBe('1 out of 3 new replicas have been updated');
    expect(sets(cluster)).toEqual({ 'nginx:1.14.2': [0, 0, 0], 'nginx:1.16.1': [3, 3, 3], 'nginx:1.161': [1, 1, 0] });
    expect(deployment(cluster).status).toMatchObject({ unavailableReplicas: 1, availableReplicas: 3 });
  });

  it('a failed deployment: after progressDeadlineSeconds it says so, and nothing is rolled back', async () => {
    const cluster = await clusterOf(story(''));
    const progressing = () => deployment(cluster).status.conditions?.find(({ type }) => type === 'Progressing');
    // The last progress is the new pod's creation, within a second of the update.
    at(cluster, 719);
    expect(progressing()?.status).toBe('True');
    at(cluster, 725);
    expect(progressing()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(rolloutStatus(cluster)).toBe('exceeded its progress deadline');
    expect(sets(at(cluster, 3000))['nginx:1.161']).toEqual([1, 1, 0]);
  });

  it('rolling back to the previous revision: it becomes the newest, and its old number is gone', async () => {
    const undo = '  - { name: back, at: 300s, rollout: [{ do: undo, kind: Deployment, name: nginx-deployment }] }';
    const cluster = await clusterOf(story(undo));
    expect(rolloutStatus(at(cluster, 330))).toBe('successfully rolled out');
    expect(history(cluster)).toEqual({ 'nginx:1.14.2': '1', 'nginx:1.161': '3', 'nginx:1.16.1': '4' });
    expect(sets(cluster)['nginx:1.16.1']).toEqual([3, 3, 3]);
  });

  it('rolling back to revision 1', async () => {
    const undo =
      '  - { name: back, at: 300s, rollout: [{ do: undo, kind: Deployment, name: nginx-deployment, toRevision: 1 }] }';
    const cluster = await clusterOf(story(undo));
    expect(rolloutStatus(at(cluster, 330))).toBe('successfully rolled out');
    expect(history(cluster)).toEqual({ 'nginx:1.16.1': '2', 'nginx:1.161': '3', 'nginx:1.14.2': '4' });
    expect(sets(cluster)['nginx:1.14.2']).toEqual([3, 3, 3]);
  });

  it('proportional scaling: 10 with 3 and 2, stuck at 8 and 5, scaled to 15, are 11 and 7', async () => {
    const strategy = 'strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } }';
    const cluster = await clusterOf(`
  - name: first
    inline: |${nginx('nginx:1', strategy, 10)}
  - name: second
    at: 60s
    inline: |${probed(nginx('nginx:sometag', strategy, 10, NEVER))}
  - { name: more, at: 120s, scale: [{ kind: Deployment, name: nginx-deployment, replicas: 15 }] }`);
    expect(sets(at(cluster, 119))).toEqual({ 'nginx:1': [8, 8, 8], 'nginx:sometag': [5, 5, 0] });
    expect(sets(at(cluster, 140))).toEqual({ 'nginx:1': [11, 11, 11], 'nginx:sometag': [7, 7, 0] });
  });

  it('pausing: changes while it is paused start one roll-out when it is resumed', async () => {
    const pause = (name: string, time: number, what: string) =>
      `  - { name: ${name}, at: ${time}s, rollout: [{ do: ${what}, kind: Deployment, name: nginx-deployment }] }`;
    const cluster = await clusterOf(`
  - name: first
    inline: |${nginx('nginx:1.14.2')}
${pause('pause', 60, 'pause')}
  - name: second
    at: 70s
    inline: |${nginx('nginx:1.15', 'paused: true')}
  - name: third
    at: 80s
    inline: |${nginx('nginx:1.16.1', 'paused: true')}
${pause('resume', 90, 'resume')}`);
    expect(history(at(cluster, 89))).toEqual({ 'nginx:1.14.2': '1' });
    expect(deployment(cluster).status.conditions?.find(({ type }) => type === 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
    });
    expect(rolloutStatus(at(cluster, 120))).toBe('successfully rolled out');
    expect(history(cluster)).toEqual({ 'nginx:1.14.2': '1', 'nginx:1.16.1': '2' });
  });

  it('maxUnavailable 0: there are never fewer available than wanted', async () => {
    const strategy = 'strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }';
    const slow = '{ orrery.dev/ready-after: 10s }';
    const cluster = await clusterOf(`
  - name: first
    inline: |${probed(nginx('nginx:1', strategy, 4, slow))}
  - name: second
    at: 60s
    inline: |${probed(nginx('nginx:2', strategy, 4, slow))}`);
    at(cluster, 60);
    let fewest = Infinity;
    let most = 0;
    cluster.server.observe(({ kind }) => {
      if (kind !== 'Pod') return;
      const pods = list<Pod>(cluster, 'Pod').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      most = Math.max(most, pods.length);
      fewest = Math.min(fewest, pods.filter((pod) => isReady(pod)).length);
    });
    expect(rolloutStatus(at(cluster, 200))).toBe('successfully rolled out');
    expect([fewest, most]).toEqual([4, 5]);
    expect(sets(cluster)['nginx:2']).toEqual([4, 4, 4]);
  });
});

describe('the page "StatefulSet Basics"', () => {
  const web = (image: string, more = '', replicas = 3): string => `
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: { name: web }
      spec:
        serviceName: nginx
        replicas: ${replicas}
        selector: { matchLabels: { app: nginx } }
        ${more}
        template:
          metadata: { labels: { app: nginx }, annotations: { orrery.dev/ready-after: 5s } }
          spec:
            containers: [{ name: nginx, image: '${image}', readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 } }]`;

  /** What pods do, in order: created, ready, deleted, by name. */
  function courseOf(cluster: Cluster): string[] {
    const course: string[] = [];
    cluster.server.observe(({ kind, type, object, previous }) => {
      if (kind !== 'Pod') return;
      const pod = object as Pod;
      const before = previous as Pod | undefined;
      if (type === 'ADDED') course.push(`+${pod.metadata.name}`);
      if (type === 'DELETED') course.push(`-${pod.metadata.name}`);
      if (type === 'MODIFIED' && isReady(pod) && before !== undefined && !isReady(before)) {
        course.push(`ready ${pod.metadata.name}`);
      }
    });
    return course;
  }

  const steps = (...manifests: readonly (readonly [time: number, manifest: string])[]): string =>
    manifests.map(([time, text], i) => `  - name: s${i}\n    at: ${time}s\n    inline: |${text}`).join('\n');

  it('creates pods in order, each when the one before is ready; scales down in reverse', async () => {
    const cluster = await clusterOf(steps([0, web('nginx:1')], [100, web('nginx:1', '', 1)]));
    const course = courseOf(cluster);
    at(cluster, 99);
    expect(course).toEqual(['+web-0', 'ready web-0', '+web-1', 'ready web-1', '+web-2', 'ready web-2']);
    course.length = 0;
    at(cluster, 200);
    expect(course).toEqual(['-web-2', '-web-1']);
  });

  it('updates from the highest ordinal down, one pod at a time', async () => {
    const cluster = await clusterOf(steps([0, web('nginx:1')], [100, web('nginx:2')]));
    at(cluster, 99);
    const course = courseOf(cluster);
    at(cluster, 300);
    const one = (name: string): string[] => [`-${name}`, `+${name}`, `ready ${name}`];
    expect(course).toEqual([...one('web-2'), ...one('web-1'), ...one('web-0')]);
    expect(list<Pod>(cluster, 'Pod').map(imageOf)).toEqual(['nginx:2', 'nginx:2', 'nginx:2']);
  });

  it('stages an update with a partition, and rolls a canary out with the next', async () => {
    const partition = (ordinal: number) => `updateStrategy: { rollingUpdate: { partition: ${ordinal} } }`;
    const cluster = await clusterOf(
      steps(
        [0, web('nginx:1', partition(3))],
        [100, web('nginx:2', partition(3))],
        [200, web('nginx:2', partition(2))],
      ),
    );
    const images = (): Record<string, string> =>
      Object.fromEntries(list<Pod>(cluster, 'Pod').map((pod) => [pod.metadata.name, imageOf(pod)]));
    at(cluster, 199);
    expect(images()).toEqual({ 'web-0': 'nginx:1', 'web-1': 'nginx:1', 'web-2': 'nginx:1' });
    at(cluster, 300);
    expect(images()).toEqual({ 'web-0': 'nginx:1', 'web-1': 'nginx:1', 'web-2': 'nginx:2' });
  });

  it('Parallel: all pods at once, in both directions', async () => {
    const parallel = 'podManagementPolicy: Parallel';
    const cluster = await clusterOf(steps([0, web('nginx:1', parallel)], [100, web('nginx:1', parallel, 0)]));
    const course = courseOf(cluster);
    at(cluster, 99);
    expect(course.slice(0, 3).toSorted()).toEqual(['+web-0', '+web-1', '+web-2']);
    course.length = 0;
    at(cluster, 110);
    expect(course.toSorted()).toEqual(['-web-0', '-web-1', '-web-2']);
  });

  it('persistentVolumeClaimRetentionPolicy: claims go with scaled-away pods, and with the set', async () => {
    const claims = `volumeClaimTemplates: [{ metadata: { name: www }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } }]`;
    const keep = (policy: string) => `persistentVolumeClaimRetentionPolicy: ${policy}\n        ${claims}`;
    const remaining = async (policy: string): Promise<readonly string[][]> => {
      const removal = '\n  - { name: gone, at: 300s, delete: [{ kind: StatefulSet, name: web }] }';
      const cluster = await clusterOf(
        steps([0, web('nginx:1', keep(policy))], [100, web('nginx:1', keep(policy), 2)]) + removal,
      );
      const names = (time: number): string[] =>
        list<Pod>(at(cluster, time), 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
      return [names(99), names(250), names(400)];
    };
    const all = ['www-web-0', 'www-web-1', 'www-web-2'];
    const two = all.slice(0, 2);
    expect(await remaining('{ whenDeleted: Retain, whenScaled: Retain }')).toEqual([all, all, all]);
    expect(await remaining('{ whenDeleted: Retain, whenScaled: Delete }')).toEqual([all, two, two]);
    expect(await remaining('{ whenDeleted: Delete, whenScaled: Retain }')).toEqual([all, all, []]);
    expect(await remaining('{ whenDeleted: Delete, whenScaled: Delete }')).toEqual([all, two, []]);
  });
});

describe('the page "CronJob"', () => {
  const hello = (policy: string, runs: string): string => `
  - name: hello
    inline: |
      apiVersion: batch/v1
      kind: CronJob
      metadata: { name: hello }
      spec:
        schedule: '* * * * *'
        concurrencyPolicy: ${policy}
        jobTemplate:
          spec:
            template:
              metadata: { annotations: { orrery.dev/duration: ${runs} } }
              spec: { restartPolicy: OnFailure, containers: [{ name: hello, image: busybox }] }`;

  /** Minutes in which Jobs began, and how many ran at once. */
  async function courseOf(policy: string, runs: string): Promise<{ began: number[]; most: number; cluster: Cluster }> {
    const cluster = await clusterOf(hello(policy, runs));
    const began: number[] = [];
    const running = new Set<string>();
    let most = 0;
    cluster.server.observe(({ kind, type, key, object }) => {
      if (kind !== 'Job') return;
      const done = (object as Job).status.conditions?.some(({ type: name }) => name === 'Complete') === true;
      if (type === 'ADDED') began.push(Math.floor(cluster.kernel.now / SECOND / 60));
      if (type === 'DELETED' || done) running.delete(key);
      else running.add(key);
      most = Math.max(most, running.size);
    });
    return { began, most: (at(cluster, 605), most), cluster };
  }

  it('Allow: a Job each minute, several at once', async () => {
    const { began, most } = await courseOf('Allow', '150s');
    expect(began).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(most).toBe(3);
  });

  it('Forbid: none while one runs; the latest missed one begins when it has ended', async () => {
    const { began, most } = await courseOf('Forbid', '150s');
    // The Job of minute 1 ends in minute 3; that of minute 3 is due then, and begins late.
    expect(began).toEqual([1, 3, 6, 8]);
    expect(most).toBe(1);
  });

  it('Replace: the one that runs is replaced', async () => {
    const { began, most, cluster } = await courseOf('Replace', '150s');
    expect(began).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(most).toBe(1);
    expect(list<Job>(cluster, 'Job')).toHaveLength(1);
  });

  it('keeps three Jobs that succeeded', async () => {
    const { cluster } = await courseOf('Allow', '5s');
    at(cluster, 630);
    expect(list<Job>(cluster, 'Job').map(({ metadata }) => metadata.name)).toHaveLength(3);
    expect(list<CronJob>(cluster, 'CronJob')[0]?.status.lastScheduleTime).toBe('2026-03-02T00:10:00Z');
  });
});

describe('the page "Indexed Job for Parallel Processing"', () => {
  it('has three completions, each its index', async () => {
    const cluster = await clusterOf(`
  - name: indexed
    inline: |
      apiVersion: batch/v1
      kind: Job
      metadata: { name: indexed-job }
      spec:
        completions: 3
        parallelism: 3
        completionMode: Indexed
        template:
          metadata: { annotations: { orrery.dev/duration: 10s } }
          spec: { restartPolicy: Never, containers: [{ name: worker, image: busybox }] }`);
    const [job] = list<Job>(at(cluster, 60), 'Job');
    expect(job?.status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
    const indexes = list<Pod>(cluster, 'Pod').map(
      ({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-completion-index'],
    );
    expect(new Set(indexes)).toEqual(new Set(['0', '1', '2']));
    expect(list<Pod>(cluster, 'Pod').every(({ metadata }) => /^indexed-job-\d-/.test(metadata.name))).toBe(true);
  });
});

describe('the page "HorizontalPodAutoscaler Walkthrough"', () => {
  it('goes from 1 to 7 replicas at 305 % of a target of 50 %, and back to 1 when the load is gone', async () => {
    // 305 % of the request of 200m on one replica; it begins after 10 minutes and lasts 10.
    const cluster = await clusterOf(`
  - name: php-apache
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: php-apache }
      spec:
        selector: { matchLabels: { run: php-apache } }
        template:
          metadata: { labels: { run: php-apache }, annotations: { orrery.dev/cpu-demand: '0s=1m, 10m=610m, 20m=1m' } }
          spec: { containers: [{ name: php-apache, image: hpa-example, resources: { requests: { cpu: 200m } } }] }
      ---
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: { name: php-apache }
      spec:
        scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: php-apache }
        minReplicas: 1
        maxReplicas: 10
        metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]`);
    const replicas = (): number => deployment(cluster).spec.replicas ?? 0;
    const sizes: number[] = [];
    cluster.server.observe(({ kind }) => {
      if (kind === 'Deployment' && replicas() !== sizes.at(-1)) sizes.push(replicas());
    });
    at(cluster, 599);
    expect(replicas()).toBe(1);
    at(cluster, 900);
    expect(replicas()).toBe(7);
    const [autoscaler] = list<HorizontalPodAutoscaler>(cluster, 'HorizontalPodAutoscaler');
    expect(autoscaler?.status).toMatchObject({ currentReplicas: 7, desiredReplicas: 7 });
    at(cluster, 1200);
    expect(replicas()).toBe(7);
    at(cluster, 1200 + 300 + 75);
    expect(replicas()).toBe(1);
    // Up by at most twice or to four; down at once, or in two steps where the first look sees a part of the load still.
    expect(sizes.slice(0, 3)).toEqual([1, 4, 7]);
    expect(sizes.length).toBeLessThan(6);
  });
});
