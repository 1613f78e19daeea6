import { describe, expect, it } from 'vitest';
import type { KubeNode, Pod } from '../api/core.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

const running = ({ phase }: Seen): boolean => phase === 'Running';
const gone = (seen: Seen): boolean => seen.gone;

describe('a pod on its node', () => {
  it('runs one to two seconds after it was bound, where its image is present', () => {
    const bench = new Bench().start();
    bench.pod('a');
    bench.until(60);
    const at = bench.when('a', running);
    expect(at).toBeGreaterThan(0.6);
    expect(at).toBeLessThan(3);
    expect(bench.get('a')?.status).toMatchObject({ hostIP: '172.16.0.0', podIP: '10.128.0.1', qosClass: 'Burstable' });
    expect(bench.reasons.map((text) => text.slice(2))).toEqual(['Pulled', 'Created', 'Started']);
    const conditions = bench.get('a')?.status.conditions?.map(({ type, status }) => `${type}=${status}`);
    expect(conditions?.sort()).toEqual([
      'ContainersReady=True',
      'Initialized=True',
      'PodReadyToStartContainers=True',
      'Ready=True',
    ]);
  });

  it('costs some ten kernel events', () => {
    const bench = new Bench().start();
    bench.until(1);
    const before = bench.kernel.dispatched;
    for (let i = 0; i < 5; i++) bench.pod(`p${i}`);
    bench.until(30);
    expect((bench.kernel.dispatched - before) / 5).toBeLessThanOrEqual(12);
  });

  it('waits for its image: one pull at a time on a node, as long as size and bandwidth say', () => {
    const bench = new Bench({ imagesPresent: 'none' }).start();
    bench.pod('a', { container: { image: 'one:1' } });
    bench.pod('b', { container: { image: 'two:1' } });
    bench.pod('c', { container: { image: 'one:1' } });
    bench.until(60);
    const times = ['a', 'b', 'c'].map((name) => bench.when(name, running));
    // 0.5 s + 200 MB / 100 MB/s, ±20 %: 2 to 3 s each, one after the other; the third image is there already.
    expect(Math.min(...times)).toBeGreaterThan(2);
    expect(Math.max(...times)).toBeGreaterThan(4.5);
    expect(Math.max(...times)).toBeLessThan(9);
    bench.pod('d', { container: { image: 'one:1' } });
    bench.until(120);
    expect(bench.when('d', running) - 60).toBeLessThan(3);
  });

  it.each([
    ['Succeeded', {}, 'Never'],
    ['Failed', { 'orrery.dev/exit-code': '3' }, 'Never'],
    ['Succeeded', {}, 'OnFailure'],
  ] as const)('ends %s by its exit code %j with restartPolicy %s', (phase, behaviour, restartPolicy) => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: { 'orrery.dev/duration': '20s', ...behaviour }, restartPolicy });
    bench.until(60);
    expect(bench.get('a')?.status.phase).toBe(phase);
    const ended = bench.when('a', (seen) => seen.phase === phase) - bench.when('a', running);
    expect(ended).toBeGreaterThan(18.9);
    expect(ended).toBeLessThan(21.1);
  });

  it.each([
    ['OutOfcpu', { containers: [{ name: 'c', image: 'app:1', resources: { requests: { cpu: '9' } } }] }],
    ['NodeAffinity', { nodeSelector: { pool: 'b' } }],
    ['NodePorts', { containers: [{ name: 'c', image: 'app:1', ports: [{ containerPort: 80, hostPort: 80 }] }] }],
    ['TaintToleration', { tolerations: [{ key: 'wet', operator: 'Exists' as const }] }],
  ])('is refused with %s where the node cannot take it', (reason, spec) => {
    const bench = new Bench().start();
    const ports = [{ containerPort: 8080, hostPort: 80 }];
    bench.pod('other', { container: { ports } });
    bench.until(5);
    if (reason === 'TaintToleration') {
      const patch = { spec: { taints: ['wet', 'cold'].map((key) => ({ key, effect: 'NoExecute' })) } };
      bench.server.handle({ verb: 'patch', kind: 'Node', namespace: '', name: 'n0', patch });
    }
    bench.pod('a', spec);
    bench.until(10);
    expect(bench.get('a')?.status).toMatchObject({ phase: 'Failed', reason });
    expect(bench.get('other')?.status.phase).toBe('Running');
  });

  it('has its node list the image within ten seconds of the pull, largest images first', () => {
    const bench = new Bench({ imagesPresent: 'none', imageBytes: { 'small:1': 1e6, 'big:1': 5e8 } }).start();
    bench.pod('a', { container: { image: 'small:1' } });
    bench.pod('b', { container: { image: 'big:1' } });
    bench.until(120);
    const pulled = bench.reasons.filter((reason) => reason.endsWith(' Pulled'));
    expect(pulled).toHaveLength(2);
    const { images } = bench.server.get<KubeNode>('Node', '', 'n0')?.status ?? {};
    expect(images).toEqual([
      { names: ['big:1'], sizeBytes: 5e8 },
      { names: ['small:1'], sizeBytes: 1e6 },
    ]);
  });

  it('runs its init containers in order, sidecars first where they stand first, and is ready after them', () => {
    const bench = new Bench().start();
    const initContainers = [
      { name: 'sidecar', image: 'app:1', restartPolicy: 'Always' as const },
      { name: 'init', image: 'app:1' },
    ];
    bench.pod('a', { initContainers });
    bench.until(30);
    const { status } = bench.get('a') as Pod;
    expect(status.initContainerStatuses?.map(({ state }) => Object.keys(state)[0])).toEqual(['running', 'terminated']);
    expect(status.containerStatuses?.[0]?.state.running).toBeDefined();
    // The sandbox takes some 0.4 s at least, the init container 1 s.
    expect(bench.when('a', ({ ready }) => ready)).toBeGreaterThan(1.5);
  });

  it('becomes ready at the first look of its readiness probe after ready-after', () => {
    const bench = new Bench().start();
    const container = { readinessProbe: { periodSeconds: 10, httpGet: {} } };
    bench.pod('a', { annotations: { 'orrery.dev/ready-after': '12s' }, container });
    bench.until(60);
    const wait = bench.when('a', ({ ready }) => ready) - bench.when('a', running);
    expect(wait).toBeGreaterThan(18);
    expect(wait).toBeLessThan(20.1);
  });

  it('fails after activeDeadlineSeconds', () => {
    const bench = new Bench().start();
    bench.pod('a', { activeDeadlineSeconds: 30 });
    bench.until(60);
    expect(bench.get('a')?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  it.each([
    ['as long as its containers take', '5s', undefined, 5, 6.2],
    ['no longer than its grace period', '90s', undefined, 30, 31.2],
    ['no longer than the grace period of its deletion', '90s', 3, 3, 4.2],
  ])('takes %s to go', (_what, time, grace, least, most) => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: { 'orrery.dev/termination-time': time } });
    bench.until(20);
    bench.delete('a', grace);
    bench.until(80);
    expect(bench.get('a')).toBeUndefined();
    const took = bench.when('a', gone) - 20;
    expect(took).toBeGreaterThan(least);
    expect(took).toBeLessThan(most);
    expect(bench.reasons).toContain('a Killing');
  });

  it('sleeps in its preStop hook before its containers are told to stop', () => {
    const bench = new Bench().start();
    bench.pod('a', { container: { lifecycle: { preStop: { sleep: { seconds: 10 } } } } });
    bench.until(20);
    bench.delete('a');
    bench.until(60);
    expect(bench.when('a', gone) - 20).toBeGreaterThan(11);
    expect(bench.when('a', gone) - 20).toBeLessThan(12.2);
  });
});

/** Seconds from the first start to each restart: the range that the constants of the kubelet's back-off imply. */
const CRASH_LOOP = [
  [0, 1],
  [10.3, 18],
  [33, 49.5],
  [73, 104],
  [154, 197],
  [316, 372],
  [617, 684],
  [918, 995],
] as const;

describe('a container that crashes at once', () => {
  it('is restarted with the real back-off: at once, then after 10, 20, 40 … 300 s and the wait for the next look', () => {
    const bench = new Bench({}, 1).start();
    const names = Array.from({ length: 8 }, (_, index) => `p${index}`);
    const annotations = { 'orrery.dev/duration': '0s', 'orrery.dev/exit-code': '1' };
    for (const name of names) bench.pod(name, { annotations });
    const starts = new Map<string, number[]>();
    const startOf = (name: string): number[] => starts.get(name) ?? [];
    while (bench.kernel.now < seconds(1050)) {
      const from = bench.reasons.length;
      if (!bench.kernel.step()) break;
      for (const text of bench.reasons.slice(from)) {
        const [name = '', reason] = text.split(' ');
        if (reason === 'Started') starts.set(name, [...startOf(name), bench.kernel.now / SECOND]);
      }
    }
    for (const name of names) {
      const [first = 0, ...again] = startOf(name);
      for (const [index, [least, most]] of CRASH_LOOP.entries()) {
        const time = (again[index] as number) - first;
        // Each restart adds its start cost of some 0.2 s.
        expect(time, `restart ${index + 1} of ${name}`).toBeGreaterThan(least - 0.5);
        expect(time, `restart ${index + 1} of ${name}`).toBeLessThan(most + 0.5);
      }
    }
    expect(bench.seen.get('p0')?.some(({ state }) => state === 'CrashLoopBackOff')).toBe(true);
    expect(bench.get('p0')?.status.containerStatuses?.[0]?.restartCount).toBeGreaterThanOrEqual(8);
  });
});

it('gives a pod the same luck on whichever node it is', () => {
  const times = ['n0', 'n1'].map((nodeName) => {
    const bench = new Bench({ imagesPresent: 'none' }, 2).start();
    bench.pod('other', { nodeName: 'n1', container: { image: 'other:1' } });
    bench.until(20);
    bench.pod('a', { nodeName, annotations: { 'orrery.dev/duration': 'lognormal(20s, 60s)' }, restartPolicy: 'Never' });
    bench.until(300);
    const state = bench.get('a')?.status.containerStatuses?.[0]?.state.terminated;
    return [state?.startedAt, state?.finishedAt];
  });
  expect(times[0]).toEqual(times[1]);
});
