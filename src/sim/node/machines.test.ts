import { describe, expect, it } from 'vitest';
import type { KubeNode } from '../api/core.ts';
import { SECOND } from '../kernel/time.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

const gone = (seen: Seen): boolean => seen.gone;

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

  it('that was cut off when pods ended, and boots again, tells of those that had ended and runs what it had evicted', () => {
    const bench = new Bench({}, 1, 3, { 'ephemeral-storage': '10G' }).start();
    bench.pod('done', { annotations: { 'orrery.dev/duration': '50s' }, restartPolicy: 'Never' });
    bench.pod('evicted', { annotations: { 'orrery.dev/disk-usage': '100M' } });
    bench.until(30);
    bench.kubelets.partition('n0', true);
    bench.kubelets.strain('n0', [{ fault: 1, resource: 'disk', since: 0, share: 0.95, perSecond: 0 }]);
    bench.until(100);
    expect(bench.reasons).toContain('evicted Evicted');
    bench.kubelets.strain('n0', []);
    bench.kubelets.crash('n0');
    // The API server can be reached again before the kubelet has come up.
    bench.kubelets.partition('n0', false);
    bench.kubelets.powerOn('n0');
    bench.until(200);
    expect(bench.get('done')?.status.phase).toBe('Succeeded');
    expect(bench.get('evicted')?.status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true }] });
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
