import { describe, expect, it } from 'vitest';
import type { Pod } from '../api/core.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

/** Everything below lags by the PLEG's relist (at most 1 s) and the status's way to the server (some 10 ms). */
const LAG = 1.1;

const running = ({ phase }: Seen): boolean => phase === 'Running';
const statusOf = (pod: Pod | undefined) => pod?.status.containerStatuses?.[0];
const exec = { command: ['true'] };

/** Start of the container's first run, whole seconds as its status has it. */
function startOf(bench: Bench): number {
  const status = statusOf(bench.get('a'));
  const { startedAt = '' } = status?.state.running ?? status?.lastState?.terminated ?? {};
  return (Date.parse(startedAt) - Date.parse('2026-01-01T00:00:00Z')) / 1000;
}

describe('a readiness probe', () => {
  // It looks at t0 (seen to run), t0 + 10, t0 + 20 …; unsound from 25 s to 65 s after the start: looks at 30, 40, 50 and
  // 60 fail. With a failureThreshold of 3 the pod turns unready at the third (t0 + 50) and ready again at the first good
  // one (t0 + 70).
  it('takes a pod out after failureThreshold bad looks, and puts it back after successThreshold good ones', () => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: { 'orrery.dev/unready': '25s for 40s' }, container: { readinessProbe: { exec } } });
    bench.until(200);
    const ready = bench.when('a', (seen) => seen.ready);
    const out = bench.when('a', (seen) => seen.at > ready && !seen.ready);
    const back = bench.when('a', (seen) => seen.at > out && seen.ready);
    expect(out - ready).toBeCloseTo(50, 1);
    expect(back - ready).toBeCloseTo(70, 1);
    expect(statusOf(bench.get('a'))?.restartCount).toBe(0);
  });

  it('does not notice what is over before failureThreshold looks have seen it', () => {
    const bench = new Bench().start();
    // At most two looks of 10 s fall into 15 s.
    bench.pod('a', {
      annotations: { 'orrery.dev/unready': 'every 25s for 15s' },
      container: { readinessProbe: { exec } },
    });
    bench.until(2000);
    const ready = bench.when('a', (seen) => seen.ready);
    expect(bench.when('a', (seen) => seen.at > ready && !seen.ready)).toBe(Infinity);
  });

  it('counts successThreshold good looks before the pod is ready', () => {
    const bench = new Bench().start();
    bench.pod('a', { container: { readinessProbe: { exec, successThreshold: 3, periodSeconds: 5 } } });
    bench.until(60);
    // Looks at 0, 5 and 10 s.
    expect(bench.when('a', (seen) => seen.ready) - bench.when('a', running)).toBeCloseTo(10, 1);
  });

  it('does not look before initialDelaySeconds', () => {
    const bench = new Bench().start();
    bench.pod('a', { container: { readinessProbe: { exec, initialDelaySeconds: 12 } } });
    bench.until(60);
    // Looks at 0, 10 and 20 s after it was seen to run; the first at or after 12 s of its run counts.
    expect(bench.when('a', (seen) => seen.ready) - bench.when('a', running)).toBeCloseTo(20, 1);
  });
});

describe('a liveness probe', () => {
  // Looks come every 10 s since the pod came to the node, so the first bad one is up to 10 s after the container hangs,
  // the third 20 s later: killed 20 to 30 s after. It takes its 1 s to stop, is started again at once (the look that had
  // it killed knows no earlier run that ended), and hangs again 40 s later.
  it('has a container that hangs killed and started again', () => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: { 'orrery.dev/unhealthy': '40s' }, container: { livenessProbe: { exec } } });
    bench.until(80);
    const started = startOf(bench);
    const { lastState, restartCount } = statusOf(bench.get('a')) ?? {};
    expect(restartCount).toBe(1);
    expect(lastState?.terminated?.exitCode).toBe(143);
    const killed = (Date.parse(lastState?.terminated?.finishedAt ?? '') - Date.parse('2026-01-01T00:00:00Z')) / 1000;
    const first = (Date.parse(lastState?.terminated?.startedAt ?? '') - Date.parse('2026-01-01T00:00:00Z')) / 1000;
    // Times in a status are whole seconds.
    expect(killed - first).toBeGreaterThanOrEqual(40 + 20);
    expect(killed - first).toBeLessThanOrEqual(40 + 30 + 1 + 1);
    expect(started - killed).toBeLessThanOrEqual(1);
  });

  // The n-th kill (n ≥ 2) waits only if the run before it ended less than the back-off ago. Runs of 60 to 71 s are longer
  // than 10, 20 and 40 s: the first four restarts come at once; the fifth kill finds a back-off of 80 s.
  it('waits behind the back-off only where that is longer than the run was', () => {
    const bench = new Bench().start();
    bench.pod('a', { annotations: { 'orrery.dev/unhealthy': '40s' }, container: { livenessProbe: { exec } } });
    bench.until(700);
    const waits = bench.seen.get('a')?.filter(({ state }) => state === 'CrashLoopBackOff') ?? [];
    expect(waits[0]?.restarts).toBe(5);
  });

  it('leaves alone a container that hangs shorter than its threshold, and one whose pod is being deleted', () => {
    const bench = new Bench().start();
    const livenessProbe = { exec, failureThreshold: 2 };
    bench.pod('a', { annotations: { 'orrery.dev/unhealthy': 'every 60s for 9s' }, container: { livenessProbe } });
    bench.pod('b', {
      annotations: { 'orrery.dev/unhealthy': '20s', 'orrery.dev/termination-time': '100s' },
      container: { livenessProbe },
      terminationGracePeriodSeconds: 90,
    });
    bench.until(15);
    bench.delete('b');
    bench.until(100);
    expect(bench.get('b')?.status.containerStatuses?.[0]?.restartCount).toBe(0);
    bench.until(600);
    expect(statusOf(bench.get('a'))?.restartCount).toBe(0);
  });

  it('costs nothing while all is well', () => {
    const bench = new Bench({ nodeStatusReportFrequencySeconds: 1e6 }).start();
    const probes = { livenessProbe: { exec, periodSeconds: 1 }, readinessProbe: { exec, periodSeconds: 1 } };
    bench.pod('a', { container: probes });
    bench.until(30);
    const before = bench.kernel.dispatched;
    bench.until(86_400);
    expect(bench.kernel.dispatched).toBe(before);
  });
});

describe('a start-up probe', () => {
  it('holds the other probes back until it has passed', () => {
    const bench = new Bench().start();
    const container = { startupProbe: { exec, failureThreshold: 30, periodSeconds: 5 }, readinessProbe: { exec } };
    bench.pod('a', { annotations: { 'orrery.dev/ready-after': '32s' }, container });
    bench.until(120);
    // The first look at or after 32 s, looks coming every 5 s since the pod came to the node.
    const wait = bench.when('a', ({ ready }) => ready) - bench.when('a', running);
    expect(wait).toBeGreaterThan(32 - LAG);
    expect(wait).toBeLessThan(37 + LAG);
  });

  it('has a container killed that is not up after failureThreshold looks', () => {
    const bench = new Bench().start();
    const container = { startupProbe: { exec, failureThreshold: 3, periodSeconds: 5 } };
    bench.pod('a', { annotations: { 'orrery.dev/ready-after': '60s' }, container, terminationGracePeriodSeconds: 5 });
    bench.until(30);
    expect(statusOf(bench.get('a'))?.restartCount).toBe(1);
    expect(bench.reasons).toContain('a Killing');
  });
});
