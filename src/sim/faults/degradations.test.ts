import { describe, expect, it } from 'vitest';
import { at, FaultRun, isReady, readyIs } from '../../../test/support/fault-run.ts';
import type { KubeNode, Pod } from '../api/core.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';

const N3 = { nodes: ['n3'] };

/** Whether a node has a taint. */
const tainted =
  (key: string) =>
  ({ spec }: KubeNode): boolean =>
    (spec.taints ?? []).some((taint) => taint.key === `node.kubernetes.io/${key}`);

describe('a partition that is one-way', () => {
  it('out: the node turns Unknown, and its kubelet hears that pods are deleted and stops them', () => {
    const faults = [at(100, 'partition-out', { ...N3, forMicros: seconds(500) })];
    const run = new FaultRun({ faults }).start().until(99);
    const [pod] = run.podsOn('n3');
    run.until(550);
    expect(readyIs('Unknown')(run.node('n3') as KubeNode)).toBe(true);
    // Deleted by then, and stopped; but the kubelet cannot say so.
    const { name, namespace = '' } = (pod as Pod).metadata;
    expect(run.cluster.server.get<Pod>('Pod', namespace, name)?.metadata.deletionTimestamp).toBeDefined();
    expect(run.cluster.kubelets.runs('n3', (pod as Pod).metadata.uid)).toBe(false);
    run.until(620);
    expect(run.cluster.server.get('Pod', namespace, name)).toBeUndefined();
    expect(isReady(run, 'n3')).toBe(true);
  });

  it('in: the node stays Ready and hears of nothing', () => {
    const faults = [at(100, 'partition-in', { ...N3, forMicros: seconds(500) })];
    const run = new FaultRun({ faults }).start().until(99);
    const [pod] = run.podsOn('n3');
    run.until(150);
    const { name, uid } = (pod as Pod).metadata;
    run.cluster.server.handle({ verb: 'delete', kind: 'Pod', namespace: 'default', name, options: {} });
    run.until(590);
    expect(isReady(run, 'n3')).toBe(true);
    expect(run.cluster.kubelets.runs('n3', uid)).toBe(true);
    run.until(640);
    expect(run.cluster.kubelets.runs('n3', uid)).toBe(false);
  });
});

describe('what is taken of a node', () => {
  it('fills its disk: it says so, is tainted, and is in order five minutes after it is over', () => {
    const run = new FaultRun({ faults: [at(100, 'disk-full', { ...N3, forMicros: seconds(200) })] }).start().until(900);
    const pressed = run.when('Node', 'n3', 100, tainted('disk-pressure'));
    // The manager's pass and the report come every 10 s each.
    expect(pressed).toBeLessThan(100 + 10 + 10.5);
    const over = run.when('Node', 'n3', pressed, (node: KubeNode) => !tainted('disk-pressure')(node));
    expect(over).toBeGreaterThan(300 + 300 - 11);
    expect(over).toBeLessThan(300 + 300 + 21);
  });

  it('leaks its memory until the kubelet sees it, and a reboot ends that', () => {
    // 16 Gi at 64 Mi a second: short of 100 Mi after 254 s.
    const leak = at(100, 'memory-leak', { ...N3, perSecond: 64 * 2 ** 20 });
    const response = { name: 'reboot', respond: () => undefined };
    const run = new FaultRun({ faults: [leak, at(600, 'node-reboot', N3)], failureResponse: response }).start();
    run.until(1300);
    const pressed = run.when('Node', 'n3', 100, tainted('memory-pressure'));
    expect(pressed).toBeGreaterThan(354);
    expect(pressed).toBeLessThan(354 + 20.5);
    const { conditions } = (run.node('n3') as KubeNode).status;
    expect(conditions?.find(({ type }) => type === 'MemoryPressure')?.status).toBe('False');
  });
});

describe('faults that go on in steps', () => {
  it('flapping: the kubelet hangs for half of each period', () => {
    const faults = [at(100, 'flapping', { ...N3, everyMicros: seconds(240), forMicros: seconds(1200) })];
    const run = new FaultRun({ faults }).start().until(1500);
    // It hangs from 100, 340, 580 … for 120 s each: Unknown some 50 s after each of the five.
    let falls = 0;
    for (let from = 100; ; falls++) {
      from = run.when('Node', 'n3', from, readyIs('Unknown'));
      if (from === Infinity) break;
      from = run.when('Node', 'n3', from, readyIs('True'));
    }
    expect(falls).toBe(5);
    expect(isReady(run, 'n3')).toBe(true);
  });

  it('runtime-outage: the node is not Ready after some 30 s, its containers run on, and are found again as they are', () => {
    const fault = at(100, 'runtime-outage', { ...N3, forMicros: seconds(200) });
    const run = new FaultRun({ faults: [fault] }).start().until(99);
    const before = run.podsOn('n3').map(({ metadata }) => metadata.uid);
    const [leaves] = run.podsOn('n3') as [Pod];
    run.until(200);
    // Silent for 30 s since a check of up to 5 s before; the node's next look at itself comes within 10 s.
    const notReady = run.when('Node', 'n3', 100, readyIs('False'));
    expect(notReady - 100).toBeGreaterThan(25);
    expect(notReady - 100).toBeLessThan(40.2);
    for (const { metadata } of run.podsOn('n3')) expect(run.cluster.kubelets.runs('n3', metadata.uid)).toBe(true);
    // What is deleted meanwhile cannot be stopped.
    const { namespace = '', name } = leaves.metadata;
    run.cluster.server.handle({ verb: 'delete', kind: 'Pod', namespace, name });
    run.until(299);
    expect(run.podsOn('n3').map(({ metadata }) => metadata.name)).toContain(name);
    run.until(400);
    // Asked every 5 s, told within 10 s; 1 s to stop and a second to see it.
    const ready = run.when('Node', 'n3', 300, readyIs('True'));
    expect(ready - 300).toBeLessThan(5 + 10 + 0.2);
    const gone = run.when('Pod', name, 300, (_pod: Pod, removed) => removed);
    expect(gone - 300).toBeLessThan(5 + 1 + 1.2 + 0.2);
    const after = run.podsOn('n3').filter(({ metadata }) => before.includes(metadata.uid));
    expect(after).toHaveLength(before.length - 1);
    for (const { status } of after) {
      expect(status.containerStatuses?.[0]?.restartCount).toBe(0);
      expect(status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    }
  });

  it('bad-rollout: one batch after the other is rebooted and suffers, until it is taken back', () => {
    const rollout = { batch: 2, everyMicros: seconds(300), effect: 'node-freeze' as const, forMicros: seconds(1200) };
    const nodes = Array.from({ length: 8 }, (_, index) => `n${index}`);
    const run = new FaultRun({ faults: [at(100, 'bad-rollout', { nodes, ...rollout })] }).start();
    // What is wrong shows a minute after the reboot, and is noticed some 50 s later.
    const unready = (): number => nodes.filter((name) => !isReady(run, name)).length;
    expect(unready()).toBe(0);
    const seen = [300, 600, 900, 1250].map((time) => {
      run.until(time);
      return unready();
    });
    expect(seen).toEqual([2, 4, 6, 8]);
    run.until(1600);
    expect(unready()).toBe(0);
  });
});

describe('what all nodes share', () => {
  it('registry-outage: no image is pulled until it is over', () => {
    const settings = { ...DEFAULT_SETTINGS, kubelet: { ...DEFAULT_SETTINGS.kubelet, imagesPresent: 'none' as const } };
    const outage = at(0, 'registry-outage', { forMicros: seconds(300) });
    const run = new FaultRun({ faults: [outage], settings }).start().until(299);
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(0);
    run.until(900);
    expect(run.pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(16);
  });

  it('zone-partition: nodes of the zones that do not reach the control plane turn Unknown', () => {
    const cut = at(100, 'zone-partition', { zones: ['a', 'b'], forMicros: seconds(200) });
    const run = new FaultRun({ faults: [cut], controlPlaneZone: 'a' }).start().until(200);
    const unknown = ['n0', 'n1', 'n2', 'n3'].filter((name) => !isReady(run, name));
    expect(unknown).toEqual(['n1', 'n3']);
    run.until(400);
    expect(isReady(run, 'n1')).toBe(true);
  });
});

describe('a machine that is switched off in good order', () => {
  it('has its pods told of it where the kubelet is, and comes back', () => {
    const kubelet = { ...DEFAULT_SETTINGS.kubelet, imagesPresent: 'all' as const, shutdownGracePeriodSeconds: 60 };
    const off = at(100, 'node-shutdown', { ...N3, forMicros: seconds(120) });
    const run = new FaultRun({ faults: [off], settings: { ...DEFAULT_SETTINGS, kubelet } }).start().until(99);
    const pods = run.podsOn('n3').map(({ metadata }) => metadata.name);
    run.until(400);
    for (const name of pods) {
      const failed = run.when('Pod', name, 100, ({ status }: Pod) => status.phase === 'Failed');
      expect(failed).toBeGreaterThan(101);
      expect(failed).toBeLessThan(102.5);
    }
    expect(run.when('Node', 'n3', 100, readyIs('False'))).toBeLessThan(100.2);
    expect(isReady(run, 'n3')).toBe(true);
    expect(run.cluster.kernel.now).toBe(400 * SECOND);
  });
});
