/** Probes of containers that get too little of the processor to answer in time. */
import { describe, expect, it } from 'vitest';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';

const exec = { command: ['true'] };

/** Lags of what the kubelet sees and writes. */
const LAG = 1.2;

/**
 * A node of one core. Of it `a` wants two and asks for 100m, weight 4; `noise`, from 60 s to 150 s, asks for 900m, weight 36, and
 * wants as much. So `a` gets 1000m of 2000m, then 100m: a twentieth of its speed, and answers in 2 s what takes 100 ms.
 */
function starved(probes: object, more: Readonly<Record<string, string>> = {}): Bench {
  const bench = new Bench({}, 1, 3, { cpu: '1' }).start();
  bench.pod('a', {
    annotations: { 'orrery.dev/cpu-usage': '2', 'orrery.dev/probe-time': '100ms', ...more },
    container: { resources: { requests: { cpu: '100m' } }, ...probes },
  });
  bench.until(60);
  const limits = { cpu: '900m', memory: '1Gi' };
  bench.pod('noise', {
    annotations: { 'orrery.dev/cpu-usage': '2' },
    container: { resources: { requests: limits, limits } },
  });
  bench.until(150);
  bench.delete('noise', 0);
  return bench.until(300);
}

const restarts = (bench: Bench): number => bench.get('a')?.status.containerStatuses?.[0]?.restartCount ?? -1;
/** When `a` was first ready, then no more, then again. */
function turns(bench: Bench): readonly [number, number, number] {
  const ready = bench.when('a', (seen: Seen) => seen.ready);
  const out = bench.when('a', (seen: Seen) => seen.at > ready && !seen.ready);
  return [ready, out, bench.when('a', (seen: Seen) => seen.at > out && seen.ready)];
}

describe('a container that gets a twentieth of what it wants', () => {
  it('is taken for unready after three late answers, and for ready as soon as it has neighbours no more', () => {
    const [ready, out, back] = turns(starved({ readinessProbe: { exec, periodSeconds: 5 } }));
    expect(ready).toBeLessThan(5);
    // The neighbour runs some two seconds after it has come; the third look after that is 10 s to 15 s later.
    expect(out).toBeGreaterThan(60 + 10);
    expect(out).toBeLessThan(60 + 3 + 15 + LAG);
    expect(back).toBeGreaterThan(150);
    expect(back).toBeLessThan(150 + 5 + 2 + LAG);
  });

  it('is in time for a probe that waits for longer', () => {
    const bench = starved({ readinessProbe: { exec, periodSeconds: 5, timeoutSeconds: 2 } });
    expect(turns(bench)[1]).toBe(Infinity);
  });

  it('is killed where its liveness probe does not wait, again and again', () => {
    const bench = starved({ livenessProbe: { exec, periodSeconds: 10 } });
    expect(restarts(bench)).toBeGreaterThan(0);
    expect(bench.reasons).toContain('a Killing');
  });

  it('does not pass its start-up probe in that time', () => {
    // It is up 70 s after its start, when it is starved; and again 80 s later.
    const startupProbe = { exec, periodSeconds: 5, failureThreshold: 100 };
    const bench = starved({ startupProbe }, { 'orrery.dev/ready-after': '70s' });
    const [ready] = turns(bench);
    expect(ready).toBeGreaterThan(150);
    expect(ready).toBeLessThan(150 + 5 + 2 + LAG);
  });

  it('answers at once where nothing is said of how long that takes', () => {
    const bench = starved({ readinessProbe: { exec, periodSeconds: 5 } }, { 'orrery.dev/probe-time': '0s' });
    expect(turns(bench)[1]).toBe(Infinity);
  });
});
