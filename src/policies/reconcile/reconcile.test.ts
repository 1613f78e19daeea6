/** What the built-in reconcile policies decide, in clusters that a person could watch. */
import { describe, expect, it } from 'vitest';
import { TinyCluster, template } from '../../../test/support/tiny-cluster.ts';
import type { PodLife } from '../../../test/support/tiny-cluster.ts';
import type { Pod } from '../../sim/api/core.ts';
import type { Deployment, Job, ReplicaSet } from '../../sim/api/workloads.ts';
import type { AutoscalerView, AutoscalingPolicy } from '../../sim/controllers/horizontal/autoscaling-policy.ts';
import type { ReconcilePolicies } from '../../sim/controllers/policies.ts';
import type { QueuePolicy } from '../../sim/controllers/queue-policy.ts';
import { workloadControllers } from '../../sim/controllers/workload-controllers.ts';
import { seconds } from '../../sim/kernel/time.ts';
import { DEFAULT_SETTINGS } from '../../sim/default-settings.ts';
import { predictiveAutoscaling, stepAutoscaling } from './autoscaling.ts';
import { defaultScaleDown } from './default-scale-down.ts';
import { constantRetry, exponentialRetry } from './job-retries.ts';
import { patientEviction } from './patient-eviction.ts';
import { batching, fairNamespaces, newestFirst } from './queue-orders.ts';
import { blueGreenRollOut, canaryRollOut, recreateRollOut } from './roll-outs.ts';

type Policies = Partial<ReconcilePolicies>;

function clusterWith(policies: Policies, lifeOf?: (pod: Pod) => PodLife): TinyCluster {
  const controllers = workloadControllers({ scaleDown: defaultScaleDown, ...policies });
  return new TinyCluster({ controllers, ...(lifeOf === undefined ? {} : { lifeOf }) });
}

/** Sizes of the old and the new ReplicaSet as they change, with the seconds since the new template came. */
function rollOutOf(replicas: number, policies: Policies): [at: number, old: number, fresh: number][] {
  const cluster = clusterWith(policies, () => ({ starts: 1, ready: 2 }));
  cluster.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web') },
  } as never);
  cluster.until(100);
  const steps: [number, number, number][] = [];
  cluster.server.observe(({ kind }) => {
    if (kind !== 'ReplicaSet') return;
    const sizes = { 'app:1': 0, 'app:2': 0 } as Record<string, number>;
    for (const { spec } of cluster.list<ReplicaSet>('ReplicaSet')) {
      sizes[spec.template.spec.containers[0]?.image ?? ''] = spec.replicas ?? 0;
    }
    const [old = 0, fresh = 0] = [sizes['app:1'], sizes['app:2']];
    const last = steps.at(-1);
    if (last?.[1] !== old || last[2] !== fresh) steps.push([cluster.kernel.now / 1e6 - 100, old, fresh]);
  });
  cluster.patch('Deployment', 'web', { spec: { template: template('web', 'app:2') } });
  cluster.until(400);
  expect(steps.at(-1)?.slice(1)).toEqual([0, replicas]);
  return steps;
}

describe('roll-out policies', () => {
  it('recreate: no old pod is wanted when the first new one is', () => {
    expect(rollOutOf(10, { rollout: recreateRollOut }).map(([, old, fresh]) => [old, fresh])).toEqual([
      [0, 0],
      [0, 10],
    ]);
  });

  it('canary: stops at each share of new pods, for as long as the step says', () => {
    const policy = canaryRollOut({
      steps: [
        { percent: 10, pauseSeconds: 60 },
        { percent: 50, pauseSeconds: 30 },
      ],
    });
    const steps = rollOutOf(10, { rollout: policy });
    const until = (fresh: number): number => steps.find(([, , size]) => size > fresh)?.[0] ?? Number.NaN;
    // The first new pod is available after 2 s.
    expect(until(1)).toBeGreaterThan(61.9);
    expect(until(1)).toBeLessThan(63);
    const atFirst = steps.filter(([at]) => at < until(1));
    expect(atFirst.at(-1)?.slice(1)).toEqual([9, 1]);
    const atSecond = steps.filter(([at]) => at < until(5));
    expect(atSecond.at(-1)?.slice(1)).toEqual([5, 5]);
    expect(until(5) - until(1)).toBeGreaterThan(31.9);
    expect(until(5) - until(1)).toBeLessThan(37);
  });

  it('blue-green: all new pods beside all old ones, which go at once after a while', () => {
    const steps = rollOutOf(10, { rollout: blueGreenRollOut({ holdSeconds: 40 }) });
    expect(steps.map(([, old, fresh]) => [old, fresh])).toEqual([
      [10, 10],
      [0, 10],
    ]);
    expect(steps[1]?.[0]).toBeGreaterThan(41.9);
    expect(steps[1]?.[0]).toBeLessThan(43);
  });

  it('a first roll-out is not held up', () => {
    const cluster = clusterWith({ rollout: canaryRollOut({ steps: [{ percent: 10, pauseSeconds: 1e6 }] }) });
    cluster.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: { replicas: 10, selector: { matchLabels: { app: 'web' } }, template: template('web') },
    } as never);
    expect(cluster.until(10).pods).toHaveLength(10);
  });
});

describe('autoscaling policies', () => {
  const view = (more: Partial<AutoscalerView>): AutoscalerView => ({
    now: seconds(1000),
    autoscaler: {} as never,
    current: 10,
    minimum: 1,
    maximum: 100,
    ratio: 1,
    proposed: 10,
    allowed: 10,
    history: [],
    lastScaled: undefined,
    ...more,
  });

  it('predictive: demand that grew by 1 each 10 s is continued for a minute', () => {
    const policy = predictiveAutoscaling({ windowSeconds: 300, horizonSeconds: 60 });
    const history = [960, 970, 980, 990].map((at, i) => ({ time: seconds(at), demand: 6 + i }));
    // Six more than the 10 of now.
    expect(policy.replicas(view({ history }))).toBe(16);
    const falling = [960, 970, 980, 990].map((at, i) => ({ time: seconds(at), demand: 14 - i }));
    expect(policy.replicas(view({ history: falling }))).toBe(10);
    expect(policy.replicas(view({ history: history.slice(-1) }))).toBe(10);
  });

  it.each([
    [1, 10],
    [1.2, 11],
    [1.6, 15],
    [0.7, 9],
    [0.4, 7],
  ])('step: at %f times the target, 10 replicas become %i', (ratio, replicas) => {
    const policy: AutoscalingPolicy = stepAutoscaling({
      above: [
        { ratio: 1.1, percent: 10 },
        { ratio: 1.5, percent: 50 },
      ],
      below: [
        { ratio: 0.8, percent: -10 },
        { ratio: 0.5, percent: -30 },
      ],
      cooldownSeconds: 300,
    });
    expect(policy.replicas(view({ ratio }))).toBe(replicas);
    expect(policy.replicas(view({ ratio, lastScaled: seconds(800) }))).toBe(10);
    expect(policy.replicas(view({ ratio, lastScaled: seconds(700) }))).toBe(replicas);
  });
});

describe('job retry policies', () => {
  /** When the pods of a Job are created whose pods fail 2 s after their creation. */
  function creations(policies: Policies, until: number): { times: number[]; job: Job } {
    const cluster = clusterWith(policies, () => ({ starts: 1, fails: 2 }));
    const times: number[] = [];
    cluster.server.observe(({ kind, type }) => {
      if (kind === 'Pod' && type === 'ADDED') times.push(cluster.kernel.now / 1e6);
    });
    const { spec } = template('work');
    cluster.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'work', namespace: 'default' },
      spec: { backoffLimit: 6, template: { spec: { ...spec, restartPolicy: 'Never' } } },
    } as never);
    return { times, job: cluster.until(until).get<Job>('Job', 'work') };
  }

  it('constant: the same wait after each failure', () => {
    const { times } = creations({ jobRetry: constantRetry({ seconds: 5 }) }, 60);
    expect(times).toHaveLength(7);
    for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] as number)).toBeCloseTo(7, -0.5);
  });

  it('exponential: grows by the factor, and gives up when it is told to', () => {
    const policy = exponentialRetry({ firstSeconds: 3, factor: 3, longestSeconds: 20, giveUpAfter: 4 });
    expect([1, 2, 3, 4].map((failures) => policy.waitSeconds({ failures, limit: 6, job: {} as never }))).toEqual([
      3, 9, 20, 20,
    ]);
    const { times, job } = creations({ jobRetry: policy }, 200);
    expect(times).toHaveLength(4);
    expect(job.status.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toContain(
      'Failed BackoffLimitExceeded',
    );
  });
});

describe('queue policies', () => {
  const order = (policy: QueuePolicy, keys: readonly string[]): string[] => {
    let waiting = [...keys];
    const taken: string[] = [];
    while (waiting.length > 0) {
      const next = policy.next?.(waiting, taken.at(-1), 'replicaset') as string;
      taken.push(next);
      waiting = waiting.filter((key) => key !== next);
    }
    return taken;
  };
  const KEYS = ['a/1', 'a/2', 'a/3', 'b/1', 'c/1', 'c/2'];

  it('newest-first: what came last goes first', () => {
    expect(order(newestFirst, KEYS)).toEqual([...KEYS].reverse());
  });

  it('fair-namespaces: namespaces take turns', () => {
    expect(order(fairNamespaces, KEYS)).toEqual(['a/1', 'b/1', 'c/1', 'a/2', 'c/2', 'a/3']);
  });

  it('batching: many events of one object make one sync, later', () => {
    const syncs = (queue: QueuePolicy | undefined): { writes: number; ready: number } => {
      const cluster = new TinyCluster({
        controllers: workloadControllers({ scaleDown: defaultScaleDown }),
        ...(queue === undefined ? {} : { queue }),
      });
      cluster.create({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'default' },
        spec: { replicas: 20, selector: { matchLabels: { app: 'web' } }, template: template('web') },
      } as never);
      cluster.until(30);
      const writes = cluster.requests.filter(({ kind, verb }) => kind === 'ReplicaSet' && verb === 'update').length;
      return {
        writes,
        ready: cluster.get<Deployment>('Deployment', 'web').status.readyReplicas ?? 0,
      };
    };
    const usual = syncs(undefined);
    const batched = syncs(batching({ seconds: 1 }));
    expect(usual.ready).toBe(20);
    expect(batched.ready).toBe(20);
    expect(batched.writes).toBeLessThan(usual.writes / 2);
    expect(batching({ seconds: 1, controllers: ['endpointslice'] }).batchSeconds?.('job')).toBe(0);
  });
});

describe('the patient eviction policy', () => {
  const policy = patientEviction({ tolerationSeconds: 60, statefulSeconds: 600, unhealthyZoneThreshold: 0.3 });
  const pod = (owner: string): Pod => ({ metadata: { ownerReferences: [{ kind: owner }] } }) as never;
  const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' } as const;

  it('gives pods of StatefulSets more time, and lets what stays for ever stay', () => {
    expect(policy.toleratedSeconds?.(pod('ReplicaSet'), unreachable, 300)).toBe(60);
    expect(policy.toleratedSeconds?.(pod('StatefulSet'), unreachable, 300)).toBe(600);
    expect(policy.toleratedSeconds?.(pod('DaemonSet'), unreachable, Infinity)).toBe(Infinity);
    expect(policy.toleratedSeconds?.(pod('ReplicaSet'), { key: 'maintenance', effect: 'NoExecute' }, 0)).toBe(0);
  });

  it('takes a zone for disturbed earlier', () => {
    const { controllerManager } = DEFAULT_SETTINGS;
    const state = (nodes: number, notReady: number) =>
      policy.zoneState?.({ zone: 'a', nodes, notReady }, controllerManager);
    expect([state(10, 2), state(10, 3), state(10, 10)]).toEqual(['Normal', 'PartialDisruption', 'FullDisruption']);
    expect(
      policy.nodesPerSecond({ zone: 'a', nodes: 10, notReady: 3, state: 'PartialDisruption' }, controllerManager),
    ).toBe(0);
  });
});
