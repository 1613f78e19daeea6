/** What the autoscaler computes, on numbers worked out by hand from replica_calculator.go and horizontal.go. */
import { describe, expect, it } from 'vitest';
import { TinyCluster, template } from '../../../../test/support/tiny-cluster.ts';
import type { Pod } from '../../api/core.ts';
import type { HorizontalPodAutoscaler } from '../../api/workloads.ts';
import { Calendar } from '../../api/timestamps.ts';
import { seconds } from '../../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../../default-settings.ts';
import { scaleDownOrder } from '../scale-down-order.ts';
import { workloadControllers } from '../workload-controllers.ts';
import { allowedByBehavior, allowedByDefault, NO_MEMORY, remembered } from './recommendations.ts';
import { replicasForAverage, replicasForExternal, replicasForUtilization } from './replica-calculator.ts';

const calendar = new Calendar('2024-01-01T00:00:00Z');
const NOW = seconds(3600);
const calculation = { calendar, now: NOW, settings: DEFAULT_SETTINGS.controllerManager };

/** A pod that asks for one core, an hour old and ready, unless said otherwise. */
function pod(name: string, { phase = 'Running', ready = true, started = 0, changed = 1, deleting = false } = {}): Pod {
  const metadata = { name, uid: name, ...(deleting ? { deletionTimestamp: calendar.timestamp(NOW) } : {}) };
  const condition = {
    type: 'Ready',
    status: ready ? 'True' : 'False',
    lastTransitionTime: calendar.timestamp(seconds(changed)),
  };
  const status = { phase, startTime: calendar.timestamp(seconds(started)), conditions: [condition] };
  const spec = { containers: [{ name: 'c', resources: { requests: { cpu: '1', memory: '1Gi' } } }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status } as never;
}

/** Replicas for a target in per cent; usage is in per cent of a core by pod, undefined where it is not known. */
function forCpu(replicas: number, target: number, pods: readonly (readonly [Pod, number | undefined])[]): number {
  const usage = new Map(pods);
  const metricOf = (one: Pod) => {
    const percent = usage.get(one);
    return percent === undefined ? undefined : { amount: percent * 10, time: NOW - seconds(5), window: seconds(15) };
  };
  return replicasForUtilization(replicas, target, 'cpu', [...usage.keys()], metricOf, calculation).replicas;
}

const equal = (count: number, percent: number): (readonly [Pod, number])[] =>
  Array.from({ length: count }, (_, i) => [pod(`p${i}`), percent] as const);

describe('replicas for a utilisation', () => {
  it.each([
    [4, 50, 200, 16],
    [4, 50, 55, 4],
    [4, 50, 56, 5],
    [4, 50, 45, 4],
    [4, 50, 44, 4],
    [4, 50, 37, 3],
    [3, 80, 240, 9],
    [10, 50, 1, 1],
  ])('of %d pods, target %d %%, at %d %%: %d', (count, target, percent, wanted) => {
    expect(forCpu(count, target, equal(count, percent))).toBe(wanted);
  });

  it('takes pods that are not ready yet for idle when it would grow', () => {
    const starting = pod('s', { ready: false, started: 3590, changed: 3590 });
    // (3 × 200 + 0) / 4 = 150 %, of 50: three times four.
    expect(forCpu(4, 50, [...equal(3, 200), [starting, 10]])).toBe(12);
    expect(forCpu(4, 50, [...equal(3, 200), [pod('p', { phase: 'Pending' }), undefined]])).toBe(12);
  });

  it('takes pods of which nothing is known for busy when it would shrink, for idle when it would grow', () => {
    // (3 × 20 + 100) / 4 = 40 %, of 50: 3.2.
    expect(forCpu(4, 50, [...equal(3, 20), [pod('m'), undefined]])).toBe(4);
    expect(forCpu(8, 50, [...equal(7, 10), [pod('m'), undefined]])).toBe(4);
    expect(forCpu(4, 50, [...equal(3, 100), [pod('m'), undefined]])).toBe(6);
  });

  it('changes nothing where the unknown pods could turn it round', () => {
    expect(forCpu(3, 50, [...equal(1, 70), [pod('a'), undefined], [pod('b'), undefined]])).toBe(3);
  });

  it('does not count pods that failed or are being deleted', () => {
    const gone = [pod('f', { phase: 'Failed' }), pod('d', { deleting: true })] as const;
    expect(forCpu(2, 50, [...equal(2, 100), [gone[0], 900], [gone[1], 900]])).toBe(4);
  });

  it('trusts a pod that has just become ready only when its metric is of the time since', () => {
    const fresh = (changed: number): Pod => pod('new', { started: 3500, changed });
    // The sample at 3595 covers 15 s.
    expect(forCpu(2, 50, [...equal(1, 100), [fresh(3585), 100]])).toBe(2);
    expect(forCpu(2, 50, [...equal(1, 100), [fresh(3579), 100]])).toBe(4);
  });

  it('says what is missing', () => {
    const bare = { ...pod('x'), spec: { containers: [{ name: 'c' }] } } as Pod;
    expect(() => forCpu(1, 50, [[bare, 10]])).toThrow('missing request for cpu in container c of Pod x');
    expect(() => forCpu(1, 50, [])).toThrow('no pods returned by selector');
    expect(() => forCpu(1, 50, [[pod('x'), undefined]])).toThrow('did not receive metrics for targeted pods');
  });
});

describe('replicas for an amount', () => {
  const average = (count: number, milli: number, target: number): number =>
    replicasForAverage(
      count,
      target,
      'cpu',
      equal(count, 0).map(([one]) => one),
      () => ({ amount: milli, time: NOW, window: 0 }),
      calculation,
    ).replicas;

  it('keeps the average at it', () => {
    expect([average(4, 300, 100), average(4, 105, 100), average(4, 50, 100)]).toEqual([12, 4, 2]);
  });

  it('keeps a figure of the outside at its value, or each pod’s part of it', () => {
    const pods = equal(4, 0).map(([one]) => one);
    const outside = (usage: number, target: object): number =>
      replicasForExternal(4, usage, target, pods, 4, calculation).replicas;
    expect([outside(300, { value: 100 }), outside(105, { value: 100 })]).toEqual([12, 4]);
    expect([outside(900, { averageValue: 100 }), outside(430, { averageValue: 100 })]).toEqual([9, 4]);
  });
});

describe('what memory and rules allow', () => {
  const limits = { minimum: 1, maximum: 100, windowSeconds: 300 };

  it('without a behaviour: up at most to double, or 4', () => {
    const up = (current: number, proposed: number): number =>
      allowedByDefault(NO_MEMORY, NOW, current, proposed, limits).replicas;
    expect([up(1, 50), up(4, 50), up(4, 6), up(60, 200)]).toEqual([4, 8, 6, 100]);
  });

  it('without a behaviour: down to the highest proposal of five minutes', () => {
    const memory = remembered(remembered(NO_MEMORY, NOW - seconds(301), 9, 0), NOW - seconds(300), 7, 0);
    expect(allowedByDefault(memory, NOW, 10, 2, limits).replicas).toBe(7);
    expect(allowedByDefault(memory, NOW + 1, 10, 2, limits).replicas).toBe(2);
  });

  const allowed = (behavior: object, current: number, proposed: number, memory = NO_MEMORY): number =>
    allowedByBehavior(memory, NOW, current, proposed, { minimum: 1, maximum: 100, behavior }).replicas;

  it('with a behaviour: its policies, the largest change unless told otherwise', () => {
    const policies = [
      { type: 'Pods', value: 2, periodSeconds: 60 },
      { type: 'Percent', value: 10, periodSeconds: 60 },
    ];
    const quick = { stabilizationWindowSeconds: 0, policies };
    // 50 × 1.1 is a little more than 55 to a computer, the original's included.
    expect(allowed({ scaleUp: quick }, 50, 90)).toBe(56);
    expect(allowed({ scaleUp: { ...quick, selectPolicy: 'Min' } }, 50, 90)).toBe(52);
    expect(allowed({ scaleUp: { ...quick, selectPolicy: 'Disabled' } }, 50, 90)).toBe(50);
    expect(allowed({ scaleDown: quick }, 50, 10)).toBe(45);
    expect(allowed({ scaleDown: { ...quick, selectPolicy: 'Min' } }, 50, 10)).toBe(48);
    // Up in whole pods at least, down in whole pods at most.
    expect(allowed({ scaleUp: { policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }] } }, 5, 9)).toBe(6);
    expect(allowed({ scaleDown: { ...quick, policies: [policies[1]] } }, 5, 1)).toBe(4);
  });

  it('with a behaviour: what changed in the period counts', () => {
    const policies = [{ type: 'Pods', value: 4, periodSeconds: 60 }];
    const memory = remembered(NO_MEMORY, NOW - seconds(30), 8, 3);
    // Eight now, five a minute ago: nine is the limit.
    expect(allowed({ scaleUp: { policies } }, 8, 20, memory)).toBe(9);
  });

  it('with a behaviour: windows in both directions', () => {
    const memory = remembered(remembered(NO_MEMORY, NOW - seconds(100), 5, 0), NOW - seconds(50), 12, 0);
    expect(allowed({ scaleUp: { stabilizationWindowSeconds: 120 } }, 4, 20, memory)).toBe(5);
    expect(allowed({ scaleUp: { stabilizationWindowSeconds: 60 } }, 4, 20, memory)).toBe(8);
    expect(allowed({ scaleDown: {} }, 14, 2, memory)).toBe(12);
  });
});

describe('the controller', () => {
  function clusterWith(spec: object, annotations: object = {}, replicas = 2): TinyCluster {
    const scaleDown = {
      name: 'usual',
      rank: (pods: readonly Pod[], { calendar: clock, now }: { calendar: Calendar; now: number }) =>
        scaleDownOrder(pods, clock, now),
    };
    const cluster = new TinyCluster({ controllers: workloadControllers({ scaleDown }) });
    const web = template('web');
    const metadata = { name: 'web', namespace: 'default' };
    cluster.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: web },
    } as never);
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const body = { scaleTargetRef, maxReplicas: 10, ...spec };
    cluster.create({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { ...metadata, annotations },
      spec: body,
    } as never);
    return cluster;
  }

  const replicasOf = (cluster: TinyCluster): unknown =>
    (cluster.get('Deployment', 'web') as unknown as { spec: { replicas: number } }).spec.replicas;
  const statusOf = (cluster: TinyCluster): HorizontalPodAutoscaler['status'] =>
    cluster.get<HorizontalPodAutoscaler>('HorizontalPodAutoscaler', 'web').status;

  const external = {
    type: 'External',
    external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: 10 } },
  };

  it('follows a metric of the outside, a look every 15 s, and says so', () => {
    const cluster = clusterWith({ metrics: [external] }, { 'orrery.dev/metric.queue': '0s=20, 60s=70' });
    cluster.until(59);
    expect(replicasOf(cluster)).toBe(2);
    cluster.until(70);
    expect(replicasOf(cluster)).toBe(4);
    cluster.until(80);
    expect(replicasOf(cluster)).toBe(7);
    expect(cluster.reasons('HorizontalPodAutoscaler')).toEqual(['SuccessfulRescale', 'SuccessfulRescale']);
    expect(statusOf(cluster)).toMatchObject({ desiredReplicas: 7 });
    const active = statusOf(cluster)?.conditions?.find(({ type }) => type === 'ScalingActive');
    expect(active).toMatchObject({ status: 'True', reason: 'ValidMetricFound' });
  });

  it('brings a target between its limits', () => {
    const cluster = clusterWith({ metrics: [external], minReplicas: 3 }, { 'orrery.dev/metric.queue': '1' });
    cluster.until(20);
    expect(replicasOf(cluster)).toBe(3);
  });

  it('lets a target that is scaled to nothing alone', () => {
    const cluster = clusterWith({ metrics: [external] }, { 'orrery.dev/metric.queue': '500' }, 0);
    cluster.until(60);
    expect(replicasOf(cluster)).toBe(0);
    const active = statusOf(cluster)?.conditions?.find(({ type }) => type === 'ScalingActive');
    expect(active).toMatchObject({ status: 'False', reason: 'ScalingDisabled' });
  });

  it('changes nothing without metrics, and says why', () => {
    const cluster = clusterWith({});
    cluster.until(60);
    expect(replicasOf(cluster)).toBe(2);
    expect(cluster.reasons('HorizontalPodAutoscaler')).toContain('FailedComputeMetricsReplicas');
    const active = statusOf(cluster)?.conditions?.find(({ type }) => type === 'ScalingActive');
    expect(active?.message).toContain('did not receive metrics for targeted pods');
  });
});
