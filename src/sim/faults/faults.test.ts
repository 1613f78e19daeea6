import { describe, expect, it } from 'vitest';
import { at, FaultRun, isReady, readyIs } from '../../../test/support/fault-run.ts';
import type { FaultRunOptions } from '../../../test/support/fault-run.ts';
import type { KubeNode, Pod } from '../api/core.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { FailureModel } from './failure-model.ts';
import type { FailureResponse, Remedy } from './failure-response.ts';

const always = (remedy: Remedy): FailureResponse => ({ name: remedy.action, respond: () => remedy });

describe('a node that loses its power', () => {
  it('turns Unknown after 39.6 to 55.1 s, its pods are deleted 300 s later and replaced, and stay as they are', () => {
    const run = new FaultRun({ faults: [at(100, 'node-crash', { nodes: ['n3'] })] }).start().until(99);
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
    const run = new FaultRun({ faults: [at(100, 'node-crash', { nodes: ['n3'], forMicros: seconds(120) })] }).start();
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
    const run = new FaultRun({ cloud: true, faults: [at(100, 'instance-gone', { nodes: ['n3'] })] }).start().until(400);
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
    const run = new FaultRun({ faults }).start().until(300);
    expect(run.cluster.kubelets.machineState('n0')).toBe('off');
    expect(run.cluster.kubelets.machineState('n1')).toBe('running');
    run.until(400);
    for (const name of ['n0', 'n2', 'n4', 'n6']) expect(isReady(run, name)).toBe(true);
  });
});

describe('what people do', () => {
  it('drain: the node is cordoned, its pods move, and it is schedulable again when the drain is over', () => {
    const faults = [at(100, 'drain', { nodes: ['n2'], forMicros: seconds(100) })];
    const run = new FaultRun({ faults }).start().until(150);
    expect(run.node('n2')?.spec.unschedulable).toBe(true);
    expect(run.podsOn('n2')).toEqual([]);
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
    run.until(210);
    expect(run.node('n2')?.spec.unschedulable).toBeUndefined();
  });

  it('drain: waits for a PodDisruptionBudget to allow each eviction', () => {
    const run = new FaultRun({ nodes: 2, faults: [at(100, 'drain', { nodes: ['n0'] })] }).start(8);
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
    const run = new FaultRun({ faults: [at(100, 'pod-kill', { count: 3, pods: { namespace: 'default' } })] }).start();
    run.until(99);
    const before = new Set(run.pods.map(({ metadata }) => metadata.uid));
    run.until(100.2);
    expect(run.pods.filter(({ metadata }) => before.has(metadata.uid))).toHaveLength(13);
  });
});

describe('an outage of the API server', () => {
  it('stops all writes; afterwards nodes are Ready and nothing was lost', () => {
    const run = new FaultRun({ faults: [at(100, 'api-server-outage', { forMicros: seconds(200) })] })
      .start()
      .until(101);
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
    const run = new FaultRun({ failureModels: [{ model: crashes }] }).start(2).until(3000);
    const [first, second, third] = run.begins.filter(([, what]) => what === 'node-crash n1').map(([time]) => time);
    const wait = (second as number) - (first as number);
    expect(wait).toBeCloseTo((first as number) + 90 + 50, 5);
    expect((third as number) - (second as number)).toBeCloseTo(wait + 50, 5);
  });

  it('strikes the same machines at the same times whatever runs on them', () => {
    const begins = [2, 24].map(
      (replicas) => new FaultRun({ failureModels: [{ model: crashes }] }).start(replicas).until(2000).begins,
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
    const run = new FaultRun({ failureModels: [{ model: zones, nodes }] }).start().until(300);
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
    const run = new FaultRun({ faults: crash, failureResponse }).start().until(300);
    const rebooted = run.begins[1]?.[0] ?? 0;
    // Not Ready after 40 to 55 s, and 60 s of patience.
    expect(rebooted).toBeGreaterThan(199);
    expect(rebooted).toBeLessThan(216);
    expect(isReady(run, 'n3')).toBe(true);
  });

  it('tries again while it does not help, and does not wait where it does', () => {
    const faults = [at(100, 'zone-outage', { zone: 'b', forMicros: seconds(600) })];
    const failureResponse = always({ action: 'reboot', afterSeconds: 100 });
    const run = new FaultRun({ faults, failureResponse }).start().until(1500);
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
    const run = new FaultRun({ faults, failureResponse }).start().until(900);
    expect(run.begins.map(([, what]) => what)).toEqual(['node-freeze n3']);
  });

  it('replaces the machine: the node is deleted and registers anew, with nothing on it', () => {
    const failureResponse = always({ action: 'replace', afterSeconds: 60 });
    const run = new FaultRun({ cloud: true, faults: crash, failureResponse }).start().until(99);
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

  it('that comes after a machine is there again ends no fault, and leaves none behind', () => {
    // The machine is gone from 100 to 240 s. What fills the disk of the new one is over at 400 s by itself; the instance
    // that was ordered after a minute of NotReady comes when a machine stands there already.
    const faults = [
      at(100, 'instance-gone', { nodes: ['n3'], forMicros: seconds(140) }),
      at(150, 'disk-full', { nodes: ['n3'], forMicros: seconds(250) }),
    ];
    const failureResponse = always({ action: 'replace', afterSeconds: 60 });
    const run = new FaultRun({ cloud: true, faults, failureResponse }).start().until(390);
    const pressure = (): string | undefined =>
      run.node('n3')?.status.conditions?.find(({ type }) => type === 'DiskPressure')?.status;
    const replaced = run.notices.filter(({ kind }) => kind === 'replace').map(({ time }) => time / SECOND);
    expect(replaced).toHaveLength(2);
    expect(replaced[0]).toBeLessThan(240);
    expect(replaced[1]).toBeGreaterThan(240);
    expect(pressure()).toBe('True');
    // Seen no more at 400 s, and the condition stays for the five minutes of the transition period, and a pass of 10 s.
    run.until(400 + 300 + 21);
    expect(pressure()).toBe('False');
    expect(isReady(run, 'n3')).toBe(true);
  });

  it('drains before it reboots, and takes the cordon away when the node is Ready', () => {
    const faults = [at(100, 'node-freeze', { nodes: ['n3'] })];
    const failureResponse = always({ action: 'drain-and-reboot', afterSeconds: 60, drainSeconds: 30 });
    const run = new FaultRun({ faults, failureResponse }).start().until(400);
    expect(isReady(run, 'n3')).toBe(true);
    expect(run.node('n3')?.spec.unschedulable).toBeUndefined();
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
  });

  it('lets the model go on from the repair where a failure has no end of its own', () => {
    const model: FailureModel = { name: 'm', next: () => ({ afterSeconds: 500, kind: 'node-crash' }) };
    const failureResponse = always({ action: 'reboot', afterSeconds: 60 });
    const nodes = { matchLabels: { 'topology.kubernetes.io/zone': 'b' } };
    const run = new FaultRun({ failureModels: [{ model, nodes }], failureResponse }).start().until(1900);
    const times = run.begins.filter(([, what]) => what.endsWith(' n3')).map(([time]) => time);
    expect(times).toHaveLength(6);
    expect((times[2] as number) - (times[1] as number)).toBeCloseTo(500, 5);
  });
});

it('a run that is saved with faults under way goes on as if nothing had been', () => {
  const options: FaultRunOptions = {
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
  const whole = new FaultRun(options).start().until(1200);
  for (const time of [101, 200.003, 235, 262, 350]) {
    const first = new FaultRun(options).start().until(time);
    const second = new FaultRun(options).restore(structuredClone(first.cluster.save()));
    expect(second.until(1200).cluster.server.hash, `saved at ${time} s`).toBe(whole.cluster.server.hash);
  }
});
