import { describe, expect, it } from 'vitest';
import { defaultEviction } from '../../policies/reconcile/default-eviction.ts';
import { defaultScaleDown } from '../../policies/reconcile/default-scale-down.ts';
import { DEFAULT_PROFILE } from '../../policies/scheduling/default-profile.ts';
import type { KubeNode, Pod } from '../api/core.ts';
import { Invariants } from '../checks/invariants.ts';
import { Cluster } from '../cluster.ts';
import type { ClusterOptions } from '../cluster.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { MachineSpec } from '../node/machines.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import type { FailureModel } from './failure-model.ts';
import type { FailureResponse, Remedy } from './failure-response.ts';
import type { FaultNotice, TimedFault } from './timed-fault.ts';

function machine(index: number, cloud: boolean): MachineSpec {
  const zone = index % 2 === 0 ? 'a' : 'b';
  const capacity = { cpu: '8', memory: '16Gi', pods: '110' };
  const labels = { 'topology.kubernetes.io/zone': zone, 'topology.kubernetes.io/region': 'r' };
  const status = { capacity, allocatable: capacity };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: `n${index}`, labels }, spec: {}, status } as const;
  return { node, group: 'n', zone, cloud };
}

interface RunOptions extends Partial<ClusterOptions> {
  readonly nodes?: number;
  readonly cloud?: boolean;
}

/** A cluster of eight nodes in two zones with a Deployment of sixteen pods, and a log of what befell it. */
class Run {
  readonly cluster: Cluster;
  readonly notices: FaultNotice[] = [];
  readonly #written: { at: number; kind: string; name: string; object: KubeNode | Pod; deleted: boolean }[] = [];

  constructor({ nodes = 8, cloud = false, ...options }: RunOptions = {}) {
    this.cluster = new Cluster({
      seed: '5',
      startTime: '2026-01-01T00:00:00Z',
      settings: { ...DEFAULT_SETTINGS, kubelet: { ...DEFAULT_SETTINGS.kubelet, imagesPresent: 'all' } },
      machines: Array.from({ length: nodes }, (_, index) => machine(index, cloud)),
      arrivals: [],
      profiles: [DEFAULT_PROFILE],
      reconcile: { scaleDown: defaultScaleDown, eviction: defaultEviction },
      ...options,
    });
    this.cluster.faults.observe((notice) => this.notices.push(notice));
    this.cluster.server.observe(({ time, kind, object, type }) => {
      if (kind !== 'Node' && kind !== 'Pod') return;
      const { name } = object.metadata;
      const deleted = type === 'DELETED';
      this.#written.push({ at: time / SECOND, kind, name, object: object as KubeNode | Pod, deleted });
    });
  }

  start(replicas = 16): this {
    this.cluster.start();
    new Invariants(this.cluster.server);
    const labels = { app: 'web' };
    const containers = [{ name: 'c', image: 'web:1', resources: { requests: { cpu: '500m' } } }];
    const template = { metadata: { labels }, spec: { containers } };
    const spec = { replicas, selector: { matchLabels: labels }, template };
    const metadata = { name: 'web', namespace: 'default' };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
    this.cluster.server.handle({ verb: 'create', kind: 'Deployment', namespace: 'default', name: 'web', body });
    return this;
  }

  restore(state: unknown): this {
    this.cluster.restore(state);
    new Invariants(this.cluster.server);
    return this;
  }

  until(time: number): this {
    this.cluster.run({ until: seconds(time) });
    return this;
  }

  /** When a node or pod was first written in a state, after an instant. */
  when(kind: string, name: string, from: number, holds: (object: never, deleted: boolean) => boolean): number {
    const write = this.#written.find(
      (one) => one.kind === kind && one.name === name && one.at > from && holds(one.object as never, one.deleted),
    );
    return write?.at ?? Infinity;
  }

  get pods(): readonly Pod[] {
    return this.cluster.server.list<Pod>('Pod').items;
  }

  podsOn(node: string): readonly Pod[] {
    return this.pods.filter(({ spec }) => spec.nodeName === node);
  }

  node(name: string): KubeNode | undefined {
    return this.cluster.server.get<KubeNode>('Node', '', name);
  }

  /** `kind node…` of each begin, with its time in seconds. */
  get begins(): [number, string][] {
    return this.notices
      .filter(({ phase }) => phase === 'begin')
      .map(({ time, kind, nodes }) => [time / SECOND, `${kind} ${nodes.join(' ')}`]);
  }
}

const at = (time: number, kind: TimedFault['kind'], more: Partial<TimedFault> = {}): TimedFault => {
  return { at: seconds(time), kind, ...more };
};

const readyIs =
  (wanted: string) =>
  (node: KubeNode): boolean =>
    node.status.conditions?.find(({ type }) => type === 'Ready')?.status === wanted;
const isReady = (run: Run, name: string): boolean => {
  const node = run.node(name);
  return node !== undefined && readyIs('True')(node);
};

const always = (remedy: Remedy): FailureResponse => ({ name: remedy.action, respond: () => remedy });

describe('a node that loses its power', () => {
  it('turns Unknown after 39.6 to 55.1 s, its pods are deleted 300 s later and replaced, and stay as they are', () => {
    const run = new Run({ faults: [at(100, 'node-crash', { nodes: ['n3'] })] }).start().until(99);
    const [pod] = run.podsOn('n3');
    const { name } = (pod as Pod).metadata;
    run.until(600);
    const unknown = run.when('Node', 'n3', 100, readyIs('Unknown')) - 100;
    expect(unknown).toBeGreaterThanOrEqual(39.6);
    expect(unknown).toBeLessThanOrEqual(55.2);
    const tainted = run.when('Node', 'n3', 100, ({ spec }: KubeNode) =>
      (spec.taints ?? []).some(({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoExecute'),
    );
    expect(tainted - 100 - unknown).toBeLessThan(0.3);
    const deleted = run.when('Pod', name, 100, ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined) - 100;
    expect(deleted).toBeGreaterThanOrEqual(339.7);
    expect(deleted).toBeLessThanOrEqual(355.5);
    // No kubelet confirms that it has stopped.
    expect(run.podsOn('n3').map((one) => one.metadata.name)).toContain(name);
    const elsewhere = run.pods.filter(({ spec, status }) => spec.nodeName !== 'n3' && status.phase === 'Running');
    expect(elsewhere).toHaveLength(16);
    expect(run.notices).toEqual([
      { time: seconds(100), kind: 'node-crash', nodes: ['n3'], phase: 'begin', source: 'timed' },
    ]);
  });

  it('is Ready again when its power is back, with its pods restarted', () => {
    const run = new Run({ faults: [at(100, 'node-crash', { nodes: ['n3'], forMicros: seconds(120) })] }).start();
    run.until(219);
    expect(isReady(run, 'n3')).toBe(false);
    run.until(300);
    expect(isReady(run, 'n3')).toBe(true);
    expect(run.podsOn('n3').length).toBeGreaterThan(0);
    for (const pod of run.podsOn('n3')) expect(pod.status.containerStatuses?.[0]?.restartCount).toBe(1);
    expect(run.notices.map(({ phase, time }) => [phase, time / SECOND])).toEqual([
      ['begin', 100],
      ['end', 220],
    ]);
  });

  it('of a cloud is deleted when its machine is gone, and its pods with it, long before they would be evicted', () => {
    const run = new Run({ cloud: true, faults: [at(100, 'instance-gone', { nodes: ['n3'] })] }).start().until(400);
    const gone = run.when('Node', 'n3', 100, (_node: KubeNode, deleted) => deleted) - 100;
    expect(gone).toBeGreaterThanOrEqual(39.6);
    expect(gone).toBeLessThanOrEqual(60.5);
    expect(run.podsOn('n3')).toEqual([]);
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
  });
});

describe('faults that overlap', () => {
  it('end when the last of them is over', () => {
    const faults = [
      at(100, 'node-crash', { nodes: ['n0'], forMicros: seconds(100) }),
      at(150, 'zone-outage', { zone: 'a', forMicros: seconds(200) }),
    ];
    const run = new Run({ faults }).start().until(300);
    expect(run.cluster.kubelets.machineState('n0')).toBe('off');
    expect(run.cluster.kubelets.machineState('n1')).toBe('running');
    run.until(400);
    for (const name of ['n0', 'n2', 'n4', 'n6']) expect(isReady(run, name)).toBe(true);
  });
});

describe('what people do', () => {
  it('drain: the node is cordoned, its pods move, and it is schedulable again when the drain is over', () => {
    const faults = [at(100, 'drain', { nodes: ['n2'], forMicros: seconds(100) })];
    const run = new Run({ faults }).start().until(150);
    expect(run.node('n2')?.spec.unschedulable).toBe(true);
    expect(run.podsOn('n2')).toEqual([]);
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
    run.until(210);
    expect(run.node('n2')?.spec.unschedulable).toBeUndefined();
  });

  it('drain: waits for a PodDisruptionBudget to allow each eviction', () => {
    const run = new Run({ nodes: 2, faults: [at(100, 'drain', { nodes: ['n0'] })] }).start(8);
    const spec = { minAvailable: 7, selector: { matchLabels: { app: 'web' } } };
    const metadata = { name: 'web', namespace: 'default' };
    const body = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec };
    run.cluster.server.handle({ verb: 'create', kind: 'PodDisruptionBudget', namespace: 'default', name: 'web', body });
    run.until(99);
    const leaving = run.podsOn('n0').length;
    expect(leaving).toBeGreaterThan(2);
    run.until(101);
    expect(
      run.podsOn('n0').filter(({ metadata: { deletionTimestamp } }) => deletionTimestamp === undefined).length,
    ).toBe(leaving - 1);
    run.until(200);
    expect(run.podsOn('n0')).toEqual([]);
  });

  it('pod-kill: so many pods, drawn by the seed, go without grace', () => {
    const run = new Run({ faults: [at(100, 'pod-kill', { count: 3, pods: { namespace: 'default' } })] }).start();
    run.until(99);
    const before = new Set(run.pods.map(({ metadata }) => metadata.uid));
    run.until(100.2);
    expect(run.pods.filter(({ metadata }) => before.has(metadata.uid))).toHaveLength(13);
  });
});

describe('an outage of the API server', () => {
  it('stops all writes; afterwards nodes are Ready and nothing was lost', () => {
    const run = new Run({ faults: [at(100, 'api-server-outage', { forMicros: seconds(200) })] }).start().until(101);
    const { revision } = run.cluster.server;
    run.until(299);
    expect(run.cluster.server.revision).toBe(revision);
    run.until(400);
    for (let i = 0; i < 8; i++) expect(isReady(run, `n${i}`)).toBe(true);
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
    expect(run.node('n0')?.spec.taints ?? []).toEqual([]);
  });
});

describe('a failure model', () => {
  const crashes: FailureModel = {
    name: 'test',
    next: ({ identity }, ordinal) => ({
      afterSeconds: 200 + (identity % 500) + 50 * ordinal,
      kind: 'node-crash',
      forSeconds: 90,
    }),
  };

  it('counts each time from the end of the failure before', () => {
    const run = new Run({ failureModels: [{ model: crashes }] }).start(2).until(3000);
    const [first, second, third] = run.begins.filter(([, what]) => what === 'node-crash n1').map(([time]) => time);
    const wait = (second as number) - (first as number);
    expect(wait).toBeCloseTo((first as number) + 90 + 50, 5);
    expect((third as number) - (second as number)).toBeCloseTo(wait + 50, 5);
  });

  it('strikes the same machines at the same times whatever runs on them', () => {
    const begins = [2, 24].map(
      (replicas) => new Run({ failureModels: [{ model: crashes }] }).start(replicas).until(2000).begins,
    );
    expect(begins[0]).toEqual(begins[1]);
    expect(begins[0]?.length).toBeGreaterThan(8);
  });

  it('strikes whole zones, and only the machines it is meant for', () => {
    const zones: FailureModel = {
      name: 'zones',
      strikes: 'zone',
      next: (_zone, ordinal) => (ordinal > 0 ? undefined : { afterSeconds: 100, kind: 'partition', forSeconds: 60 }),
    };
    const nodes = { matchLabels: { 'topology.kubernetes.io/zone': 'b' } };
    const run = new Run({ failureModels: [{ model: zones, nodes }] }).start().until(300);
    expect(
      run.notices.map(({ kind, nodes: struck, zone, phase, source }) => ({ kind, struck, zone, phase, source })),
    ).toEqual([
      { kind: 'partition', struck: ['n1', 'n3', 'n5', 'n7'], zone: 'b', phase: 'begin', source: 'zones' },
      { kind: 'partition', struck: ['n1', 'n3', 'n5', 'n7'], zone: 'b', phase: 'end', source: 'zones' },
    ]);
  });
});

describe('a failure response', () => {
  const crash = [at(100, 'node-crash', { nodes: ['n3'] })];

  it('reboots what is not Ready for so long', () => {
    const failureResponse = always({ action: 'reboot', afterSeconds: 60 });
    const run = new Run({ faults: crash, failureResponse }).start().until(300);
    const rebooted = run.begins[1]?.[0] ?? 0;
    // Not Ready after 40 to 55 s, and 60 s of patience.
    expect(rebooted).toBeGreaterThan(199);
    expect(rebooted).toBeLessThan(216);
    expect(isReady(run, 'n3')).toBe(true);
  });

  it('tries again while it does not help, and does not wait where it does', () => {
    const faults = [at(100, 'zone-outage', { zone: 'b', forMicros: seconds(600) })];
    const failureResponse = always({ action: 'reboot', afterSeconds: 100 });
    const run = new Run({ faults, failureResponse }).start().until(1500);
    const reboots = run.begins.filter(([, what]) => what === 'reboot n3').map(([time]) => time);
    // Every 100 s from some 150 s on, while there is no power.
    expect(reboots.length).toBeGreaterThanOrEqual(4);
    expect(reboots.length).toBeLessThanOrEqual(7);
    expect(Math.max(...reboots)).toBeLessThan(820);
    expect(isReady(run, 'n3')).toBe(true);
  });

  it('leaves alone what recovers before its time', () => {
    const faults = [at(100, 'node-freeze', { nodes: ['n3'], forMicros: seconds(120) })];
    const failureResponse = always({ action: 'reboot', afterSeconds: 300 });
    const run = new Run({ faults, failureResponse }).start().until(900);
    expect(run.begins.map(([, what]) => what)).toEqual(['node-freeze n3']);
  });

  it('replaces the machine: the node is deleted and registers anew, with nothing on it', () => {
    const failureResponse = always({ action: 'replace', afterSeconds: 60 });
    const run = new Run({ cloud: true, faults: crash, failureResponse }).start().until(99);
    const uid = run.node('n3')?.metadata.uid;
    run.until(400);
    expect(isReady(run, 'n3')).toBe(true);
    expect(run.node('n3')?.metadata.uid).not.toBe(uid);
    expect(run.notices.map(({ kind, phase }) => `${kind} ${phase}`)).toEqual([
      'node-crash begin',
      'replace begin',
      'node-crash end',
      'replace end',
    ]);
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
  });

  it('drains before it reboots, and takes the cordon away when the node is Ready', () => {
    const faults = [at(100, 'node-freeze', { nodes: ['n3'] })];
    const failureResponse = always({ action: 'drain-and-reboot', afterSeconds: 60, drainSeconds: 30 });
    const run = new Run({ faults, failureResponse }).start().until(400);
    expect(isReady(run, 'n3')).toBe(true);
    expect(run.node('n3')?.spec.unschedulable).toBeUndefined();
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
  });

  it('lets the model go on from the repair where a failure has no end of its own', () => {
    const model: FailureModel = { name: 'm', next: () => ({ afterSeconds: 500, kind: 'node-crash' }) };
    const failureResponse = always({ action: 'reboot', afterSeconds: 60 });
    const nodes = { matchLabels: { 'topology.kubernetes.io/zone': 'b' } };
    const run = new Run({ failureModels: [{ model, nodes }], failureResponse }).start().until(1900);
    const times = run.begins.filter(([, what]) => what.endsWith(' n3')).map(([time]) => time);
    expect(times).toHaveLength(6);
    expect((times[2] as number) - (times[1] as number)).toBeCloseTo(500, 5);
  });
});

it('a run that is saved with faults under way goes on as if nothing had been', () => {
  const options: RunOptions = {
    cloud: true,
    faults: [
      at(100, 'node-crash', { nodes: ['n0'] }),
      at(120, 'partition', { zone: 'b', forMicros: seconds(150) }),
      at(200, 'drain', { nodes: ['n2'], forMicros: seconds(300) }),
      at(210, 'slow-pulls', { group: 'n', factor: 3, forMicros: seconds(300) }),
      at(230, 'api-server-outage', { forMicros: seconds(20) }),
    ],
    failureModels: [
      { model: { name: 'm', next: (_s, n) => ({ afterSeconds: 300 + n, kind: 'node-freeze', forSeconds: 77 }) } },
    ],
    failureResponse: always({ action: 'replace', afterSeconds: 70 }),
  };
  const whole = new Run(options).start().until(1200);
  for (const time of [101, 200.003, 235, 262, 350]) {
    const first = new Run(options).start().until(time);
    const second = new Run(options).restore(structuredClone(first.cluster.save()));
    expect(second.until(1200).cluster.server.hash, `saved at ${time} s`).toBe(whole.cluster.server.hash);
  }
});
