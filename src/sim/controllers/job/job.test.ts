import { describe, expect, it } from 'vitest';

import { TinyCluster, template } from '../../../../test/support/tiny-cluster.ts';
import type { PodLife } from '../../../../test/support/tiny-cluster.ts';
import type { Pod } from '../../api/core.ts';
import type { Job } from '../../api/workloads.ts';
import { isActive } from '../pod-state.ts';
import { IndexSet } from './index-set.ts';
import { completionIndex } from './job-pods.ts';
import { jobController } from './job.ts';
import { ttlAfterFinishedController } from './ttl-after-finished.ts';

const controllers = [jobController(), ttlAfterFinishedController];

function run(spec: object, lifeOf: (pod: Pod) => PodLife, restartPolicy = 'Never'): TinyCluster {
  const cluster = new TinyCluster({ controllers, lifeOf });
  const { spec: podSpec } = template('work');
  cluster.create({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work', namespace: 'default' },
    spec: { ...spec, template: { spec: { ...podSpec, restartPolicy } } },
  } as never);
  return cluster;
}

function status(cluster: TinyCluster): Job['status'] {
  return cluster.get<Job>('Job', 'work').status;
}

function conditions(cluster: TinyCluster): string[] {
  return (status(cluster).conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value} ${reason}`);
}

/** Seconds at which pods were created. */
function creations(cluster: TinyCluster): number[] {
  const times: number[] = [];
  cluster.server.observe(({ kind, type }) => {
    if (kind === 'Pod' && type === 'ADDED') times.push(cluster.kernel.now / 1e6);
  });
  return times;
}

const succeeding = (): PodLife => ({ starts: 1, succeeds: 4 });

describe('the Job controller', () => {
  it('keeps `parallelism` pods at work until `completions` have succeeded', () => {
    const cluster = run({ completions: 5, parallelism: 2 }, succeeding);
    let most = 0;
    cluster.server.observe(() => {
      most = Math.max(most, cluster.pods.filter((pod) => isActive(pod)).length);
    });
    cluster.until(60);
    expect(most).toBe(2);
    expect(status(cluster)).toMatchObject({ succeeded: 5, uncountedTerminatedPods: {} });
    expect(conditions(cluster)).toEqual([
      'SuccessCriteriaMet=True CompletionsReached',
      'Complete=True CompletionsReached',
    ]);
    expect(cluster.pods).toHaveLength(5);
    expect(cluster.pods.every(({ metadata }) => metadata.finalizers?.length === 0)).toBe(true);
    expect(cluster.pods[0]?.metadata.labels).toMatchObject({ 'batch.kubernetes.io/job-name': 'work' });
    expect(status(cluster).completionTime).toBeDefined();
    expect(cluster.reasons('Job')).toContain('Completed');
  });

  it('waits 10, 20, 40 … s after failures and gives up after backoffLimit + 1 of them', () => {
    // Facts, timeline (e): pods fail 2 s after their creation.
    const cluster = run({ backoffLimit: 6 }, () => ({ starts: 1, fails: 2 }));
    const times = creations(cluster);
    cluster.until(640);
    expect(conditions(cluster)).toEqual([]);
    cluster.until(700);
    const expected = [0, 12, 34, 76, 158, 320, 642];
    expect(times).toHaveLength(7);
    for (const [index, time] of times.entries()) {
      expect(time - (expected[index] as number)).toBeGreaterThan(-1 * index - 0.1);
      expect(time - (expected[index] as number)).toBeLessThan(1.5 * index + 0.2);
    }
    expect(status(cluster)).toMatchObject({ failed: 7 });
    expect(conditions(cluster)).toEqual([
      'FailureTarget=True BackoffLimitExceeded',
      'Failed=True BackoffLimitExceeded',
    ]);
  });

  it('counts restarts instead with restartPolicy OnFailure', () => {
    const cluster = run({ backoffLimit: 3 }, () => ({ starts: 1 }), 'OnFailure');
    cluster.until(5);
    const pod = cluster.pods[0]?.metadata.name ?? '';
    const restart = (restartCount: number): unknown =>
      cluster.do({
        verb: 'patch',
        kind: 'Pod',
        namespace: 'default',
        name: pod,
        subresource: 'status',
        patch: { status: { containerStatuses: [{ name: 'main', ready: false, restartCount, state: {} }] } },
      });
    restart(2);
    cluster.until(10);
    expect(conditions(cluster)).toEqual([]);
    restart(3);
    cluster.until(20);
    expect(conditions(cluster)).toContain('Failed=True BackoffLimitExceeded');
    expect(cluster.pods).toEqual([]);
  });

  it('forgets failures after a success', () => {
    let made = 0;
    const fate = new Map<string, PodLife>();
    const lifeOf = (pod: Pod): PodLife => {
      const { uid } = pod.metadata;
      if (!fate.has(uid)) fate.set(uid, made++ % 2 === 0 ? { starts: 1, fails: 2 } : { starts: 1, succeeds: 2 });
      return fate.get(uid) as PodLife;
    };
    const cluster = run({ completions: 3 }, lifeOf);
    const times = creations(cluster);
    cluster.until(200);
    expect(status(cluster)).toMatchObject({ succeeded: 3, failed: 3 });
    const gaps = times.slice(1).map((time, index) => Math.round(time - (times[index] as number)));
    // 2 s until the failure and 10 s of waiting; after a success only the 2 s and the batch of 1 s.
    expect(gaps.map((gap) => (gap > 6 ? 'waits' : 'at once'))).toEqual([
      'waits',
      'at once',
      'waits',
      'at once',
      'waits',
    ]);
  });

  it('works through the indexes of an Indexed Job, lowest first, and does a failed one again', () => {
    const tries = new Map<number, number>();
    const lifeOf = (pod: Pod): PodLife => {
      const index = completionIndex(pod) ?? -1;
      const attempt = tries.get(index) ?? 0;
      return index === 1 && attempt < 1 ? { starts: 1, fails: 2 } : { starts: 1, succeeds: 3 };
    };
    const cluster = run({ completions: 6, parallelism: 3, completionMode: 'Indexed' }, lifeOf);
    const order: (number | undefined)[] = [];
    cluster.server.observe(({ kind, type, object }) => {
      if (kind !== 'Pod' || type !== 'ADDED') return;
      order.push(completionIndex(object as Pod));
    });
    cluster.until(2.5);
    tries.set(1, 1);
    cluster.until(100);
    // Requests that go out together arrive in any order.
    expect(new Set(order.slice(0, 3))).toEqual(new Set([0, 1, 2]));
    expect([...order].sort((a, b) => (a ?? -1) - (b ?? -1))).toEqual([0, 1, 1, 2, 3, 4, 5]);
    expect(status(cluster)).toMatchObject({ succeeded: 6, failed: 1, completedIndexes: '0-5' });
    expect(conditions(cluster)).toContain('Complete=True CompletionsReached');
    expect(cluster.pods[0]?.metadata.name).toMatch(/^work-0-.{5}$/);
  });

  it('kills its pods when activeDeadlineSeconds have passed', () => {
    const cluster = run({ activeDeadlineSeconds: 30, parallelism: 2 }, () => ({ starts: 1, stops: 5 }));
    cluster.until(29);
    expect(cluster.pods).toHaveLength(2);
    cluster.until(31);
    expect(conditions(cluster)).toEqual(['FailureTarget=True DeadlineExceeded']);
    cluster.until(40);
    expect(cluster.pods).toEqual([]);
    expect(status(cluster)).toMatchObject({ failed: 2 });
    expect(conditions(cluster)).toContain('Failed=True DeadlineExceeded');
  });

  it('runs nothing while suspended and starts its clock anew when resumed', () => {
    const cluster = run({ suspend: true, activeDeadlineSeconds: 100 }, () => ({ starts: 1 }));
    cluster.until(50);
    expect(cluster.pods).toEqual([]);
    expect(status(cluster).startTime).toBeUndefined();
    expect(conditions(cluster)).toEqual(['Suspended=True JobSuspended']);
    cluster.patch('Job', 'work', { spec: { suspend: false } });
    cluster.until(55);
    expect(cluster.pods).toHaveLength(1);
    expect(conditions(cluster)).toEqual(['Suspended=False JobResumed']);
    cluster.patch('Job', 'work', { spec: { suspend: true } });
    cluster.until(60);
    expect(cluster.pods).toEqual([]);
    cluster.patch('Job', 'work', { spec: { suspend: false } });
    cluster.until(159);
    expect(conditions(cluster)).toEqual(['Suspended=False JobResumed']);
    cluster.until(170);
    expect(conditions(cluster)).toContain('Failed=True DeadlineExceeded');
    expect(cluster.reasons('Job').filter((reason) => /^(Suspended|Resumed)/.test(reason))).toEqual([
      'Suspended',
      'Resumed',
      'Suspended',
      'Resumed',
    ]);
  });

  it('replaces a pod whose deletion begins; with podReplacementPolicy Failed only when it has ended', () => {
    for (const [policy, early] of [
      ['TerminatingOrFailed', 2],
      ['Failed', 1],
    ] as const) {
      const cluster = run({ podReplacementPolicy: policy }, () => ({ starts: 1, stops: 60 }));
      cluster.until(5);
      cluster.delete('Pod', cluster.pods[0]?.metadata.name ?? '');
      cluster.until(30);
      expect(cluster.pods).toHaveLength(early);
    }
  });

  it('does not count failures that a pod failure policy ignores, and ends at once on one that is fatal', () => {
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'Ready', status: 'False' }] }];
    const ignored = run({ backoffLimit: 0, podFailurePolicy: { rules } }, () => ({ starts: 1, fails: 3 }));
    ignored.until(20);
    expect(status(ignored).failed).toBeUndefined();
    expect(ignored.pods.length).toBeGreaterThan(2);
    const fatal = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }];
    const ended = run({ podFailurePolicy: { rules: fatal } }, () => ({ starts: 1, fails: 3 }));
    ended.until(10);
    expect(conditions(ended)).toContain('Failed=True PodFailurePolicy');
  });

  it('is deleted ttlSecondsAfterFinished after its end', () => {
    const cluster = run({ ttlSecondsAfterFinished: 20 }, succeeding);
    cluster.until(24);
    expect(cluster.list('Job')).toHaveLength(1);
    cluster.until(30);
    // Its pods go with it by the garbage collector; the finalizer that says so waits for that.
    expect(cluster.get<Job>('Job', 'work').metadata.finalizers).toEqual(['foregroundDeletion']);
  });

  it('lets the pods go of a Job that is no more', () => {
    const cluster = run({}, () => ({ starts: 1 }));
    cluster.until(5);
    cluster.delete('Job', 'work');
    cluster.until(8);
    expect(cluster.pods.map(({ metadata }) => metadata.finalizers)).toEqual([[]]);
  });

  it('creates many pods at the pace of its client', () => {
    const cluster = run({ completions: 200, parallelism: 200 }, () => ({ starts: 1, succeeds: 20 }));
    cluster.until(120);
    expect(status(cluster)).toMatchObject({ succeeded: 200 });
    expect(cluster.pods).toHaveLength(200);
  });
});

describe('a set of completion indexes', () => {
  it('reads and writes intervals', () => {
    const set = new IndexSet('0-2,5');
    expect(set.size).toBe(4);
    set.add(4);
    set.add(8);
    expect(set.toString()).toBe('0-2,4,5,8');
    set.add(3);
    expect(set.toString()).toBe('0-5,8');
    expect([set.has(3), set.has(6)]).toEqual([true, false]);
  });
});

describe('an Indexed Job', () => {
  const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
  const failingAt =
    (...indexes: number[]) =>
    (pod: Pod): PodLife =>
      indexes.includes(completionIndex(pod) ?? -1) ? { starts: 1, fails: 2 } : { starts: 1, succeeds: 4 };

  it('gives an index up after backoffLimitPerIndex failures, with a wait of its own, and goes on with the others', () => {
    const cluster = run({ ...indexed, backoffLimitPerIndex: 1 }, failingAt(1));
    const made: [index: number, at: number, failures: string | undefined][] = [];
    cluster.server.observe(({ kind, type, object }) => {
      if (kind !== 'Pod' || type !== 'ADDED') return;
      const count = object.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'];
      made.push([completionIndex(object as Pod) ?? -1, Math.round(cluster.kernel.now / 1e6), count]);
    });
    cluster.until(60);
    // Fails at 2 s; the wait of 10 s counts from there, times are whole seconds.
    expect(made.filter(([index]) => index === 1)).toEqual([
      [1, 0, '0'],
      [1, expect.toBeOneOf([11, 12]) as number, '1'],
    ]);
    expect(made).toHaveLength(4);
    expect(status(cluster)).toMatchObject({ completedIndexes: '0,2', failedIndexes: '1', succeeded: 2, failed: 2 });
    expect(conditions(cluster)).toEqual(['FailureTarget=True FailedIndexes', 'Failed=True FailedIndexes']);
  });

  it('fails at once when more than maxFailedIndexes have failed', () => {
    const spec = { ...indexed, completions: 6, parallelism: 2, backoffLimitPerIndex: 0, maxFailedIndexes: 1 };
    const cluster = run(spec, failingAt(0, 1)).until(60);
    expect(status(cluster)).toMatchObject({ failedIndexes: '0,1' });
    expect(conditions(cluster)).toEqual([
      'FailureTarget=True MaxFailedIndexesExceeded',
      'Failed=True MaxFailedIndexesExceeded',
    ]);
  });

  it('gives an index up at once where a failure policy says FailIndex', () => {
    const rules = [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }];
    const spec = { ...indexed, backoffLimitPerIndex: 5, podFailurePolicy: { rules } };
    const cluster = run(spec, failingAt(2)).until(60);
    expect(status(cluster)).toMatchObject({ completedIndexes: '0,1', failedIndexes: '2', failed: 1 });
  });

  it('does not count failures that its policy ignores, and waits longer after each', () => {
    const rules = [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }];
    const spec = { ...indexed, completions: 1, backoffLimitPerIndex: 0, podFailurePolicy: { rules } };
    const cluster = run(spec, () => ({ starts: 1, fails: 2 }));
    const times = creations(cluster);
    cluster.until(120);
    expect(times.map((at) => Math.round(at / 2))).toEqual([0, 6, 17, 38]);
    expect(status(cluster).failed).toBeUndefined();
  });

  it.each([
    ['the leader alone', { succeededIndexes: '0' }, [1, 2]],
    ['two of all', { succeededCount: 2 }, [2]],
    ['one of the last two', { succeededIndexes: '1-2', succeededCount: 1 }, [0, 2]],
  ])('has succeeded by its successPolicy with %s', (_, rule, failing) => {
    const cluster = run({ ...indexed, backoffLimit: 100, successPolicy: { rules: [rule] } }, failingAt(...failing));
    cluster.until(60);
    expect(conditions(cluster)).toEqual(['SuccessCriteriaMet=True SuccessPolicy', 'Complete=True SuccessPolicy']);
    expect(cluster.pods.filter((pod) => isActive(pod))).toEqual([]);
  });
});
