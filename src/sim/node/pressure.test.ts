import { describe, expect, it } from 'vitest';
import type { KubeNode } from '../api/core.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

const running = ({ phase }: Seen): boolean => phase === 'Running';
const failed = ({ phase }: Seen): boolean => phase === 'Failed';

/** A container's resources, requests and, where given, limits. */
function resources(memory: string, limit?: string): { readonly resources: object } {
  const limits = limit === undefined ? {} : { limits: { memory: limit } };
  return { resources: { requests: { cpu: '100m', memory }, ...limits } };
}

describe('a container that reaches its memory limit', () => {
  it('is killed (OOMKilled, 137) when what it uses says so, and started again behind the back-off', () => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: { 'orrery.dev/memory-growth': '10Mi/1s' }, container: resources('50Mi', '100Mi') });
    bench.until(60);
    const [status] = bench.get('a')?.status.containerStatuses ?? [];
    expect(status?.lastState?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    // 100 Mi at 10 Mi a second: 10 s a run; restarts at once, then after 10 to 17 s.
    const { startedAt = '', finishedAt = '' } = status?.lastState?.terminated ?? {};
    expect((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000).toBeCloseTo(10, -1);
    expect(status?.restartCount).toBe(2);
  });

  it('is left alone while it stays below', () => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: { 'orrery.dev/memory-usage': '99Mi' }, container: resources('50Mi', '100Mi') });
    bench.until(3600);
    expect(bench.get('a')?.status.containerStatuses?.[0]?.restartCount).toBe(0);
  });
});

const GUARANTEED = { cpu: '1', memory: '4Gi' };

describe('a node short of memory', () => {
  /**
   * 16 Gi, of which at least 100 Mi must be left. `leak` grows by 4 Mi a second from about 1 s on; the others use
   * 15.5 Gi: so 16 Gi - 100 Mi - 15.5 Gi = 412 Mi are used up after 103 s. (Much faster, and the system's own killer would
   * come before the kubelet's next pass.)
   */
  function shortOfMemory(seed = 3): Bench {
    const bench = new Bench({}, 1, seed).start();
    const uses = (amount: string) => ({ annotations: { 'orrery.dev/memory-usage': amount } });
    const dear = { priorityClassName: 'dear' };
    const value = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'dear' }, value: 100 };
    bench.server.handle({ verb: 'create', kind: 'PriorityClass', namespace: '', name: 'dear', body: value });
    bench.pod('guaranteed', { ...uses('4Gi'), container: { resources: { requests: GUARANTEED, limits: GUARANTEED } } });
    bench.pod('modest', { ...uses('2Gi'), container: resources('3Gi') });
    bench.pod('greedy', { ...uses('3Gi'), container: resources('1Gi') });
    bench.pod('greedy-but-dear', { ...uses('6656Mi'), container: resources('512Mi'), ...dear });
    bench.pod('leak', { annotations: { 'orrery.dev/memory-growth': '4Mi/1s' }, container: resources('1Gi'), ...dear });
    return bench;
  }

  it('evicts those first that use more than they ask for, by priority, then by how much', () => {
    // 3 Gi are free once `greedy` is gone, for 768 s; then `greedy-but-dear` exceeds its request by more than `leak`.
    const bench = shortOfMemory().until(4000);
    const [first = 0, second = 0, third = 0] = ['greedy', 'greedy-but-dear', 'leak'].map((name) =>
      bench.when(name, failed),
    );
    expect(second - first).toBeGreaterThan(768 - 25);
    expect(second - first).toBeLessThan(768 + 25);
    // 6.5 Gi.
    expect(third - second).toBeGreaterThan(1664 - 25);
    expect(third - second).toBeLessThan(1664 + 25);
    expect(bench.get('guaranteed')?.status.phase).toBe('Running');
    expect(bench.get('modest')?.status.phase).toBe('Running');
    expect(bench.get('greedy')?.status).toMatchObject({ reason: 'Evicted' });
    expect(bench.get('greedy')?.status.message).toContain(
      'The node was low on resource: memory. Threshold quantity: 100Mi',
    );
    expect(bench.get('greedy')?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', reason: 'TerminationByKubelet' }),
    );
  });

  it.each([1, 2, 3])('notices at the next pass of its 10 s, and ends a pod within its second (seed %d)', (seed) => {
    const bench = shortOfMemory(seed).until(200);
    const crossing = bench.when('leak', running) + 103;
    // Running is told up to a second after the start; a pass up to 10 s after the crossing; 1 s to stop, 1 s of relist.
    expect(bench.when('greedy', failed)).toBeGreaterThan(crossing - 1.2);
    expect(bench.when('greedy', failed)).toBeLessThan(crossing + 10 + 1 + 1 + 0.1);
  });

  it('says so by its condition, for five minutes after it is over', () => {
    const bench = shortOfMemory().until(200);
    const over = bench.when('greedy', failed);
    const at = (time: number): string | undefined => bench.until(time).condition('MemoryPressure');
    // The condition is told with the next report, within 10 s of the pass that found it.
    expect(at(Math.max(200, over + 10))).toBe('True');
    expect(at(over + 285)).toBe('True');
    // Five minutes since it was seen last, the next pass (10 s), and the next report (10 s).
    expect(at(over + 300 + 10 + 10 + 2)).toBe('False');
  });

  it('takes in no BestEffort pods meanwhile, but others', () => {
    const bench = shortOfMemory().until(200);
    bench.pod('best-effort', { container: { resources: {} } });
    bench.pod('burstable', { container: resources('10Mi') });
    bench.until(220);
    expect(bench.get('best-effort')?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(bench.get('burstable')?.status.phase).toBe('Running');
  });

  it('waits for the grace period of a soft threshold, and then grants the pod its own', () => {
    const soft = {
      evictionSoft: { 'memory.available': '4Gi' },
      evictionSoftGracePeriodSeconds: { 'memory.available': 60 },
      evictionMaxPodGracePeriodSeconds: 20,
    } as const;
    const bench = new Bench(soft).start();
    const annotations = { 'orrery.dev/memory-usage': '0s=1Gi, 30s=13Gi', 'orrery.dev/termination-time': '15s' };
    bench.pod('a', { annotations, container: resources('1Gi') });
    bench.until(300);
    // Seen 0 to 10 s after 30 s; 60 s later, at a pass; then 15 s to stop.
    expect(bench.when('a', failed)).toBeGreaterThan(30 + 60 + 15);
    expect(bench.when('a', failed)).toBeLessThan(30 + 10 + 60 + 10 + 15 + 1.2);
  });

  it('has its system kill the container with the highest score where the kubelet comes too late', () => {
    const bench = new Bench().start();
    // 16 Gi within 4 s: full before most passes; the one that has least to show for it is killed.
    bench.pod('guaranteed', {
      annotations: { 'orrery.dev/memory-usage': '8Gi' },
      container: { resources: { requests: { cpu: '1', memory: '8Gi' }, limits: { cpu: '1', memory: '8Gi' } } },
    });
    bench.pod('burst', { annotations: { 'orrery.dev/memory-growth': '4Gi/1s' }, container: resources('1Gi') });
    bench.until(6);
    expect(bench.reasons).toContain('burst SystemOOM');
    expect(bench.get('guaranteed')?.status.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('costs nothing where nobody uses more than there is', () => {
    const bench = new Bench({ nodeStatusReportFrequencySeconds: 1e6 }).start();
    bench.pod('a', { annotations: { 'orrery.dev/memory-usage': '2Gi' }, container: resources('1Gi', '3Gi') });
    bench.until(30);
    const before = bench.kernel.dispatched;
    bench.until(86_400);
    expect(bench.kernel.dispatched).toBe(before);
  });
});

describe('a node short of disk', () => {
  const DISK = { 'ephemeral-storage': '10G' };
  const imageBytes = { 'old:1': 3e9, 'new:1': 3e9, 'app:1': 1e9 };

  it('removes images that nobody has, the longest unused first, at a look of its five minutes', () => {
    const bench = new Bench({ imagesPresent: 'none', imageBytes, evictionHard: {} }, 1, 3, DISK).start();
    for (const [at, image] of [
      [1, 'old:1'],
      [60, 'new:1'],
      [120, 'app:1'],
    ] as const) {
      bench.until(at);
      const once =
        image === 'app:1' ? {} : { annotations: { 'orrery.dev/duration': '1s' }, restartPolicy: 'Never' as const };
      bench.pod(`p${at}`, { container: { image }, ...once });
    }
    bench.until(250);
    const images = () => bench.server.get<KubeNode>('Node', '', 'n0')?.status.images?.map(({ names }) => names[0]);
    expect(images()).toEqual(['new:1', 'old:1', 'app:1']);
    // 7 GB of images and 1.6 GB: more than 85 % of 10 GB are 8.6 GB: 0.6 GB over the 80 % that are wanted; the oldest image is enough.
    bench.pod('big', { annotations: { 'orrery.dev/disk-usage': '1600M' }, container: { image: 'app:1' } });
    bench.until(290);
    expect(images()).toContain('old:1');
    bench.until(320);
    expect(images()).toEqual(['new:1', 'app:1']);
  });

  it('evicts who uses most of it beyond a request, where images are not to blame', () => {
    const bench = new Bench({ imagesPresent: 'all' }, 1, 3, DISK).start();
    const fill = { 'orrery.dev/disk-growth': '100M/1s' };
    bench.pod('filler', { annotations: fill });
    bench.pod('asks', {
      annotations: { 'orrery.dev/disk-usage': '2G' },
      container: { resources: { requests: { cpu: '1', 'ephemeral-storage': '3G' } } },
    });
    bench.until(120);
    // imagefs.available < 15 %: 8.5 GB used, 6.5 GB of them by the filler, after 65 s.
    expect(bench.when('filler', failed)).toBeGreaterThan(65);
    expect(bench.when('filler', failed)).toBeLessThan(65 + 3 + 10 + 2.1);
    expect(bench.get('filler')?.status.message).toContain('ephemeral-storage');
    expect(bench.get('asks')?.status.phase).toBe('Running');
    expect(bench.condition('DiskPressure')).toBe('True');
    bench.pod('late', { container: resources('10Mi') });
    bench.until(125);
    expect(bench.get('late')?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
  });
});

describe('a pod that uses more of the disk than its limit', () => {
  const DISK = { 'ephemeral-storage': '100G' };
  const limited = (limit: string): object => ({
    resources: { requests: { cpu: '100m' }, limits: { 'ephemeral-storage': limit } },
  });

  it('is evicted at the next pass, whatever the node has left, within a second', () => {
    const bench = new Bench({}, 1, 3, DISK).start();
    // 1 G at 20 M a second: 50 s after its start; a pass up to 10 s later; 1 s of grace and 1 s of relist.
    bench.pod('a', { annotations: { 'orrery.dev/disk-growth': '20M/1s' }, container: limited('1G') });
    bench.pod('b', { annotations: { 'orrery.dev/disk-usage': '1G' }, container: limited('1G') });
    bench.until(200);
    const started = bench.when('a', running);
    expect(bench.when('a', failed) - started).toBeGreaterThan(50 - 1.1);
    expect(bench.when('a', failed) - started).toBeLessThan(50 + 10 + 2.1);
    expect(bench.get('a')?.status).toMatchObject({
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1G. ',
    });
    // The limit itself may be used, and nothing runs short on the node.
    expect(bench.get('b')?.status.phase).toBe('Running');
    expect(bench.condition('DiskPressure')).toBe('False');
  });

  it('is evicted for a volume of its own that holds more than its limit', () => {
    const bench = new Bench({}, 1, 3, DISK).start();
    const volumes = [{ name: 'cache', emptyDir: { sizeLimit: '1G' } }];
    // 1 G at 20 M a second from its start on, whatever its containers may use.
    bench.pod('a', { volumes, annotations: { 'orrery.dev/volume-growth.cache': '20M/1s' } });
    bench.pod('b', { volumes, annotations: { 'orrery.dev/volume-usage.cache': '1G' } });
    bench.until(200);
    expect(bench.when('a', failed)).toBeGreaterThan(50);
    expect(bench.when('a', failed)).toBeLessThan(50 + 10 + 3.1);
    expect(bench.get('a')?.status).toMatchObject({
      reason: 'Evicted',
      message: 'Usage of EmptyDir volume "cache" exceeds the limit "1G". ',
    });
    expect(bench.get('b')?.status.phase).toBe('Running');
  });

  it('has its volumes counted with its containers, and not those that are of memory', () => {
    const bench = new Bench({}, 1, 3, DISK).start();
    const uses = { 'orrery.dev/disk-usage': '600M', 'orrery.dev/volume-usage.cache': '600M' };
    bench.pod('disk', { volumes: [{ name: 'cache', emptyDir: {} }], annotations: uses, container: limited('1G') });
    const volumes = [{ name: 'cache', emptyDir: { medium: 'Memory' } }];
    bench.pod('memory', { volumes, annotations: uses, container: limited('1G') });
    bench.until(60);
    expect(bench.get('disk')?.status.message).toBe(
      'Pod ephemeral local storage usage exceeds the total limit of containers 1G. ',
    );
    expect(bench.get('memory')?.status.phase).toBe('Running');
  });

  it('is told which of its containers it was where all together use less than they may', () => {
    const bench = new Bench({}, 1, 3, DISK).start();
    const containers = ['x', 'y'].map((name) => ({ name, image: 'app:1', ...limited('1G') }));
    bench.pod('a', { containers, annotations: { 'orrery.dev/disk-usage.y': '0s=100M, 30s=1500M' } });
    bench.until(60);
    expect(bench.when('a', failed)).toBeGreaterThan(30);
    expect(bench.when('a', failed)).toBeLessThan(30 + 10 + 2.1);
    expect(bench.get('a')?.status.message).toBe('Container y exceeded its local ephemeral storage limit "1G". ');
  });

  it('costs nothing before', () => {
    const bench = new Bench({ nodeStatusReportFrequencySeconds: 1e6 }, 1, 3, DISK).start();
    bench.pod('a', { annotations: { 'orrery.dev/disk-usage': '900M' }, container: limited('1G') });
    bench.until(30);
    const before = bench.kernel.dispatched;
    bench.until(86_400);
    expect(bench.kernel.dispatched).toBe(before);
  });
});

it('a node short of inodes has disk pressure, and evicts who has most of them', () => {
  const bench = new Bench({ inodes: 100_000 }).start();
  bench.pod('few', { annotations: { 'orrery.dev/inode-usage': '10000' } });
  bench.pod('many', { annotations: { 'orrery.dev/inode-growth': '1000/1s' } });
  bench.until(200);
  // Less than 5 % free: more than 95,000 used, 85,000 of them by `many`: 85 s after its start, and a pass.
  const started = bench.when('many', running);
  expect(bench.when('many', failed) - started).toBeGreaterThan(85 - 1.1);
  expect(bench.when('many', failed) - started).toBeLessThan(85 + 10 + 2.1);
  expect(bench.get('many')?.status.message).toContain('The node was low on resource: inodes. Threshold quantity: 5%');
  expect(bench.condition('DiskPressure')).toBe('True');
  bench.pod('late');
  bench.until(205);
  expect(bench.get('late')?.status.message).toBe('The node had condition: [DiskPressure]. ');
  expect(bench.get('few')?.status.phase).toBe('Running');
});

describe('the processor', () => {
  const work = { 'orrery.dev/duration': '20s' };

  /** Seconds from the start of a pod's container to its end. */
  function took(bench: Bench, name: string): number {
    const { startedAt = '', finishedAt = '' } = bench.get(name)?.status.containerStatuses?.[0]?.state.terminated ?? {};
    return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  }

  it('is throttled by a limit: what wants two cores and may have one takes twice as long', () => {
    const bench = new Bench().start();
    const container = { resources: { requests: { cpu: '500m' }, limits: { cpu: '1' } } };
    bench.pod('a', { annotations: { ...work, 'orrery.dev/cpu-usage': '2' }, container, restartPolicy: 'Never' });
    bench.until(100);
    expect(Math.abs(took(bench, 'a') - 40)).toBeLessThanOrEqual(1);
  });

  it('is shared by requests where all want more than there is', () => {
    const bench = new Bench({
      sandboxLatency: { medianMilliseconds: 500, p99Milliseconds: 500 },
      containerStartLatency: { medianMilliseconds: 100, p99Milliseconds: 100 },
    }).start();
    const wants = { annotations: { ...work, 'orrery.dev/cpu-usage': '8' }, restartPolicy: 'Never' as const };
    bench.pod('a', { ...wants, container: { resources: { requests: { cpu: '1' } } } });
    bench.pod('b', { ...wants, container: { resources: { requests: { cpu: '3' } } } });
    bench.until(100);
    // 8 cores: 2 for a, 6 for b. b does 20 s of work at 3/4 in 26.7 s; a has done 6.7 s of its own by then, and does the
    // other 13.3 s alone.
    expect(Math.abs(took(bench, 'b') - 26.7)).toBeLessThanOrEqual(1);
    expect(Math.abs(took(bench, 'a') - 40)).toBeLessThanOrEqual(1);
  });

  it('does all three times as slowly on a node that is slowed down, from then on', () => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: work, restartPolicy: 'Never' });
    bench.until(11);
    bench.kubelets.slowDown('n0', 3);
    bench.until(100);
    // Some 10 s at full speed, the rest at a third.
    const started = bench.when('a', running);
    expect(took(bench, 'a')).toBeGreaterThan(11 - started + 3 * (20 - 11 + started - 1.2) - 1);
    expect(took(bench, 'a')).toBeLessThan(11 + 3 * 11);
    bench.kubelets.slowDown('n0', 1);
    bench.pod('b', { annotations: work, restartPolicy: 'Never' });
    bench.until(200);
    expect(Math.abs(took(bench, 'b') - 20)).toBeLessThanOrEqual(1);
  });
});

describe('a shutdown that the kubelet knows of', () => {
  const SHUTDOWN = { shutdownGracePeriodSeconds: 30, shutdownGracePeriodCriticalPodsSeconds: 10 };

  it('ends plain pods first, within 20 s, then critical ones within 10 s, and takes in none', () => {
    const bench = new Bench(SHUTDOWN).start();
    const slow = { 'orrery.dev/termination-time': '100s' };
    bench.pod('plain', { annotations: slow });
    bench.pod('critical', { annotations: slow, priorityClassName: 'system-cluster-critical' });
    bench.until(20);
    bench.kubelets.shutDown('n0');
    bench.until(22);
    expect(bench.condition('Ready')).toBe('False');
    bench.pod('late');
    bench.until(120);
    expect(bench.get('late')?.status).toMatchObject({ phase: 'Failed', reason: 'NodeShutdown' });
    expect(bench.get('plain')?.status).toMatchObject({ phase: 'Failed', reason: 'Terminated' });
    expect(bench.when('plain', failed) - 20).toBeGreaterThan(20);
    expect(bench.when('plain', failed) - 20).toBeLessThan(21.2);
    expect(bench.kubelets.machineState('n0')).toBe('off');
    // The critical group's time is over before its end is seen: the machine goes off with the status unwritten.
    expect(bench.get('critical')?.status.phase).toBe('Running');
  });

  it('is over as soon as all pods have ended', () => {
    const bench = new Bench(SHUTDOWN).start();
    bench.pod('a');
    bench.until(20);
    bench.kubelets.shutDown('n0');
    bench.until(24);
    expect(bench.kubelets.machineState('n0')).toBe('off');
    expect(bench.get('a')?.status.phase).toBe('Failed');
  });
});
