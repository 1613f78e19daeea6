import { describe, expect, it } from 'vitest';
import { SECOND } from '../kernel/time.ts';
import { Bench } from './kubelet-bench.ts';

/** Pods start at once, so that derivations need no margins for it. */
const AT_ONCE = {
  sandboxLatency: { medianMilliseconds: 500, p99Milliseconds: 500 },
  containerStartLatency: { medianMilliseconds: 100, p99Milliseconds: 100 },
};

const bench = (cpu: string): Bench => new Bench(AT_ONCE, 1, 3, { cpu }).start();
const container = (resources: object): { container: { resources: object } } => ({ container: { resources } });
const uses = (cpu: string): { annotations: Record<string, string> } => ({
  annotations: { 'orrery.dev/cpu-usage': cpu },
});

/** Seconds that containers have lost so far. */
function lost({ kubelets }: Bench): { throttled: number; waiting: number; limited: number } {
  const { throttled, waiting, limited } = kubelets.processors.lost;
  return { throttled: throttled / SECOND, waiting: waiting / SECOND, limited: limited / SECOND };
}

describe('time that containers lose', () => {
  it('is throttled by a limit: what wants a core and may have half of one stands still for half of the time', () => {
    const run = bench('8');
    run.pod('a', { ...uses('1'), ...container({ requests: { cpu: '100m' }, limits: { cpu: '500m' } }) });
    run.until(100);
    const before = lost(run);
    run.until(200);
    expect(lost(run).throttled - before.throttled).toBeCloseTo(50, 6);
    expect(lost(run).limited - before.limited).toBeCloseTo(100, 6);
    expect(lost(run).waiting).toBe(0);
  });

  it('is spent waiting where others have the processor', () => {
    const run = bench('1');
    run.pod('a', { ...uses('1'), ...container({ requests: { cpu: '750m' } }) });
    run.pod('b', { ...uses('1'), ...container({ requests: { cpu: '250m' } }) });
    run.until(100);
    const before = lost(run);
    run.until(200);
    // A quarter of the time for a, three quarters for b.
    expect(lost(run).waiting - before.waiting).toBeCloseTo(100, 6);
    expect(lost(run).throttled).toBe(0);
    run.delete('b', 0);
    run.until(250);
    const alone = lost(run);
    run.until(300);
    expect(lost(run).waiting - alone.waiting).toBe(0);
  });

  it('is not used: what a metrics-server is told of is what a pod has had', () => {
    const run = bench('1');
    run.pod('a', { ...uses('1'), ...container({ requests: { cpu: '750m' } }) });
    run.until(100);
    run.pod('b', { ...uses('1'), ...container({ requests: { cpu: '250m' } }) });
    run.until(200);
    const { processors } = run.kubelets;
    const had = (name: string, from: number, to: number): object | undefined =>
      processors.had('n0', run.get(name)?.metadata.uid ?? '', from * SECOND, to * SECOND);
    // Alone it has had what it wanted, of which nothing is kept; then its part by weight, 30 of 40 or 10.
    expect(had('a', 0, 50)).toMatchObject({ amount: 0, until: Infinity });
    expect(had('a', 150, 160)).toMatchObject({ amount: 750 * 10 * SECOND });
    expect(had('b', 150, 160)).toMatchObject({ amount: 250 * 10 * SECOND });
    run.delete('b', 0);
    run.until(300);
    expect(had('a', 290, 300)).toMatchObject({ amount: 0 });
  });

  it('follows a usage that changes, and goes on after a restart of the run', () => {
    const run = bench('8');
    run.pod('a', { ...uses('0s=400m, 100s=1, 200s=100m'), ...container({ limits: { cpu: '500m' } }) });
    run.until(150);
    expect(lost(run).throttled).toBeCloseTo(25, 6);
    const again = new Bench(AT_ONCE, 1, 3, { cpu: '8' }).restore(run.save());
    for (const one of [run, again]) {
      one.until(400);
      expect(lost(one).throttled).toBeCloseTo(50, 6);
    }
  });

  it('is none where nothing can be in anybody’s way, and nothing is reckoned there', () => {
    const run = bench('8');
    run.pod('a', { ...uses('0s=1, 100s=2, 200s=1'), ...container({ requests: { cpu: '1' } }) });
    const events = run.until(50).kernel.dispatched;
    expect(lost(run.until(250))).toEqual({ throttled: 0, waiting: 0, limited: 0 });
    expect(run.kernel.dispatched - events).toBe(idleEvents(50, 250));
  });
});

/** Events of the same node in the same time, of a pod of which nothing is said. */
function idleEvents(from: number, to: number): number {
  const run = bench('8');
  run.pod('a', container({ requests: { cpu: '1' } }));
  const before = run.until(from).kernel.dispatched;
  return run.until(to).kernel.dispatched - before;
}
