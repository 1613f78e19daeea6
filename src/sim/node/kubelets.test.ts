import { describe, expect, it } from 'vitest';
import type { Container, KubeNode, Pod, PodSpec } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import { Calendar } from '../api/timestamps.ts';
import { ApiClients } from '../apiserver/api-client.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import { EventRecorder } from '../apiserver/event-recorder.ts';
import { WatchHub } from '../apiserver/watch-hub.ts';
import { Kernel } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import type { KubeletSettings } from '../settings.ts';
import { Kubelets } from './kubelets.ts';
import type { MachineSpec } from './machines.ts';

/** What a pod looked like after each write of it. */
interface Seen {
  readonly at: number;
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: string;
  readonly gone: boolean;
}

/** An API server and kubelets; the test binds pods itself. */
class Bench {
  readonly kernel: Kernel;
  readonly server: ApiServer;
  readonly kubelets: Kubelets;
  readonly seen = new Map<string, Seen[]>();
  readonly reasons: string[] = [];
  readonly #parts: { save(): unknown; restore(state: never): void }[];

  constructor(changes: Partial<KubeletSettings> = {}, nodes = 1, seed = 3) {
    const kubelet: KubeletSettings = { ...DEFAULT_SETTINGS.kubelet, imagesPresent: 'all', ...changes };
    const settings = { ...DEFAULT_SETTINGS, kubelet };
    const kernel = new Kernel({ seed });
    const calendar = new Calendar('2026-01-01T00:00:00Z');
    const server = new ApiServer(kernel, calendar, settings.apiServer);
    const hub = new WatchHub(kernel, server, settings.apiServer);
    const clients = new ApiClients(kernel, server, settings.apiServer);
    const events = new EventRecorder(kernel, settings.apiServer);
    this.kernel = kernel;
    this.server = server;
    const machines = Array.from({ length: nodes }, (_, index) => machine(`n${index}`));
    this.kubelets = new Kubelets({ kernel, calendar, settings, server, hub, clients, events }, machines);
    this.#parts = [kernel, server, clients, hub, events, this.kubelets];
    events.observe(({ reason, name }) => this.reasons.push(`${name} ${reason}`));
    server.observe(({ kind, type, object }) => {
      if (kind !== 'Pod') return;
      const pod = object as Pod;
      const list = this.seen.get(pod.metadata.name) ?? [];
      this.seen.set(pod.metadata.name, list);
      const [status] = pod.status.containerStatuses ?? [];
      list.push({
        at: kernel.now / SECOND,
        phase: pod.status.phase,
        ready: pod.status.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True',
        restarts: status?.restartCount ?? 0,
        state: status?.state.waiting?.reason ?? Object.keys(status?.state ?? {})[0] ?? '',
        gone: type === 'DELETED',
      });
    });
  }

  start(): this {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
    this.server.handle({ verb: 'create', kind: 'Namespace', namespace: '', name: 'default', body });
    this.kubelets.start();
    return this.until(0.1);
  }

  pod(name: string, { annotations, container, ...spec }: PodInput = {}): void {
    const containers = [{ name: 'c', image: 'app:1', resources: { requests: { cpu: '1' } }, ...container }];
    const metadata = { name, namespace: 'default', ...(annotations === undefined ? {} : { annotations }) };
    const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'n0', containers, ...spec } };
    const result = this.server.handle({ verb: 'create', kind: 'Pod', namespace: 'default', name, body });
    if (!result.ok) throw new Error(result.status.message);
  }

  delete(name: string, gracePeriodSeconds?: number): void {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    this.server.handle({ verb: 'delete', kind: 'Pod', namespace: 'default', name, options });
  }

  get(name: string): Pod | undefined {
    return this.server.get<Pod>('Pod', 'default', name);
  }

  /** The first sight of the pod for which something holds. */
  when(name: string, holds: (seen: Seen) => boolean): number {
    return this.seen.get(name)?.find(holds)?.at ?? Infinity;
  }

  until(time: number): this {
    this.kernel.run({ until: seconds(time) });
    return this;
  }

  save(): unknown[] {
    return structuredClone(this.#parts.map((part) => part.save()));
  }

  restore(states: unknown[]): this {
    for (const [index, part] of this.#parts.entries()) part.restore(states[index] as never);
    return this;
  }
}

type PodInput = Partial<PodSpec> & { annotations?: StringMap; container?: Partial<Container> };

function machine(name: string): MachineSpec {
  const capacity = { cpu: '8', memory: '16Gi', pods: '110' };
  const status = { capacity, allocatable: capacity };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { pool: 'a' } }, spec: {}, status } as const;
  return { node, group: 'n', zone: 'z', cloud: true };
}

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
  ])('is refused with %s where the node cannot take it', (reason, spec) => {
    const bench = new Bench().start();
    bench.pod('a', spec);
    bench.until(5);
    expect(bench.get('a')?.status).toMatchObject({ phase: 'Failed', reason });
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

describe('a machine', () => {
  it('has its node registered and Ready when the run begins, and reports every five minutes', () => {
    const bench = new Bench({}, 3);
    const reports: number[] = [];
    bench.server.observe(({ kind, time }) => {
      if (kind === 'Node' && time > 0) reports.push(time);
    });
    bench.start().until(3600);
    const ready = bench.server.get<KubeNode>('Node', '', 'n1')?.status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'True', reason: 'KubeletReady' });
    expect(reports.length / 3).toBeGreaterThanOrEqual(11);
    expect(reports.length / 3).toBeLessThanOrEqual(13);
  });

  it('that loses power and boots again starts its pods anew, but not those deleted meanwhile', () => {
    const bench = new Bench().start();
    bench.pod('stays');
    bench.pod('goes');
    bench.until(30);
    bench.kubelets.crash('n0');
    bench.until(60);
    bench.delete('goes', 0);
    bench.until(90);
    bench.kubelets.powerOn('n0');
    bench.until(150);
    expect(bench.get('stays')?.status.containerStatuses).toMatchObject([{ restartCount: 1, ready: true }]);
    expect(bench.get('goes')).toBeUndefined();
    expect(bench.reasons.filter((text) => text === 'goes Started')).toHaveLength(1);
  });

  it('that was cut off kills what was deleted meanwhile, and says how the others stand', () => {
    const bench = new Bench().start();
    bench.pod('stays');
    bench.pod('goes', { annotations: { 'orrery.dev/termination-time': '4s' } });
    bench.until(30);
    bench.kubelets.partition('n0', true);
    bench.until(40);
    bench.delete('goes');
    const conditions = [{ type: 'Ready', status: 'False' }];
    const patch = { status: { conditions } };
    bench.server.handle({
      verb: 'patch',
      subresource: 'status',
      kind: 'Pod',
      namespace: 'default',
      name: 'stays',
      patch,
    });
    bench.until(100);
    expect(bench.get('goes')).toBeDefined();
    bench.kubelets.partition('n0', false);
    bench.until(110);
    expect(bench.get('goes')).toBeUndefined();
    expect(bench.when('goes', gone)).toBeGreaterThan(104);
    expect(bench.get('stays')?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True' }) as object,
    );
  });

  it('whose image pull a partition overlaps finishes it', () => {
    const bench = new Bench({ imagesPresent: 'none', imageDefaultBytes: 1e9 }).start();
    bench.pod('a');
    bench.until(3);
    bench.kubelets.partition('n0', true);
    bench.until(5);
    bench.kubelets.partition('n0', false);
    bench.until(60);
    expect(bench.get('a')?.status.phase).toBe('Running');
  });

  it('whose kubelet hangs runs its containers on; their end is told when it comes to itself', () => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: { 'orrery.dev/duration': '20s' }, restartPolicy: 'Never' });
    bench.until(10);
    bench.kubelets.freeze('n0');
    bench.until(100);
    expect(bench.get('a')?.status.phase).toBe('Running');
    bench.kubelets.thaw('n0');
    bench.until(103);
    expect(bench.get('a')?.status.phase).toBe('Succeeded');
    const finished = bench.get('a')?.status.containerStatuses?.[0]?.state.terminated?.finishedAt ?? '';
    expect(finished < '2026-01-01T00:00:30Z').toBe(true);
  });

  it('that is replaced registers anew under its name and keeps nothing', () => {
    const bench = new Bench().start();
    bench.pod('a');
    bench.until(30);
    bench.kubelets.remove('n0');
    expect(bench.kubelets.exists('n0')).toBe(false);
    bench.server.handle({ verb: 'delete', kind: 'Node', namespace: '', name: 'n0' });
    bench.delete('a', 0);
    bench.until(60);
    bench.kubelets.replace('n0');
    bench.until(90);
    expect(bench.kubelets.machineState('n0')).toBe('running');
    expect(bench.server.get<KubeNode>('Node', '', 'n0')?.metadata.creationTimestamp).toBe('2026-01-01T00:01:15Z');
    bench.pod('b');
    bench.until(120);
    expect(bench.get('b')?.status.phase).toBe('Running');
  });
});

describe('leases', () => {
  it.each([7, 8])('are the same whether renewals are events or computed when asked for (seed %i)', (seed) => {
    const lazy = new Bench({ heartbeats: 'lazy' }, 4, seed).start();
    const plain = new Bench({ heartbeats: 'plain' }, 4, seed).start();
    for (const [index, time] of [7, 31, 32, 95, 240, 241, 300, 1000].entries()) {
      lazy.until(time);
      plain.until(time);
      const names = ['n0', 'n1', 'n2', 'n3'];
      const look = (bench: Bench): unknown =>
        names.map((name) => bench.kubelets.leases.lastRenewal(name, bench.kernel.now));
      // Looking must not matter either: only every other time.
      if (index % 2 === 0) expect(look(lazy)).toEqual(look(plain));
      for (const bench of [lazy, plain]) {
        if (time === 31) bench.kubelets.crash('n1');
        if (time === 95) bench.kubelets.powerOn('n1');
        if (time === 32) bench.kubelets.partition('n2', true);
        if (time === 241) bench.kubelets.partition('n2', false);
        if (time === 240) bench.kubelets.freeze('n3');
        if (time === 300) bench.kubelets.thaw('n3');
      }
    }
    expect(lazy.server.hash).toBe(plain.server.hash);
    expect(lazy.kernel.dispatched).toBeLessThan(plain.kernel.dispatched);
  });

  it('are renewed every 10 s and up to 4 % more, and stop with their kubelet', () => {
    const bench = new Bench({}, 1).start().until(200);
    const last = bench.kubelets.leases.lastRenewal('n0', bench.kernel.now) ?? 0;
    expect(200 - last / SECOND).toBeLessThanOrEqual(10.4);
    bench.kubelets.crash('n0');
    bench.until(400);
    expect(bench.kubelets.leases.lastRenewal('n0', bench.kernel.now)).toBe(last);
  });
});

describe('saved kubelets', () => {
  it.each([1, 2.2, 3.1, 14, 31, 52])('go on as if nothing had been (saved at %d s)', (time) => {
    const act = (bench: Bench, from: number): Bench => {
      const at = (when: number, what: () => void): void => {
        if (when < from) return;
        bench.until(when);
        what();
      };
      at(12, () => bench.kubelets.crash('n0'));
      at(20, () => bench.kubelets.powerOn('n0'));
      at(30, () => bench.kubelets.partition('n1', true));
      at(45, () => bench.kubelets.partition('n1', false));
      at(50, () => bench.delete('a'));
      return bench.until(400);
    };
    const begin = (): Bench => {
      const bench = new Bench({ imagesPresent: 'none' }, 2).start();
      bench.pod('a', { annotations: { 'orrery.dev/termination-time': '5s' } });
      bench.pod('b', { annotations: { 'orrery.dev/duration': '3s', 'orrery.dev/failure-probability': '0.5' } });
      bench.pod('c', { nodeName: 'n1', container: { image: 'other:2' } });
      return bench;
    };
    const whole = act(begin(), 0);
    const first = begin();
    for (const when of [12, 20, 30, 45, 50].filter((one) => one < time)) {
      first.until(when);
      if (when === 12) first.kubelets.crash('n0');
      if (when === 20) first.kubelets.powerOn('n0');
      if (when === 30) first.kubelets.partition('n1', true);
      if (when === 45) first.kubelets.partition('n1', false);
      if (when === 50) first.delete('a');
    }
    first.until(time);
    const saved = first.save();
    const second = new Bench({ imagesPresent: 'none' }, 2).restore(saved);
    expect(act(second, time).server.hash).toBe(whole.server.hash);
    expect(act(first, time).server.hash).toBe(whole.server.hash);
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
