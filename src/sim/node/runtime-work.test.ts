import { describe, expect, it } from 'vitest';
import type { KubeletSettings } from '../settings.ts';
import { Bench } from './kubelet-bench.ts';
import type { Seen } from './kubelet-bench.ts';
import { operationSpeed } from './runtime-work.ts';

const running = ({ phase }: Seen): boolean => phase === 'Running';

/** Sandbox and container take a second each, alone, and what runs is seen at once. */
const SECONDS_EACH: Partial<KubeletSettings> = {
  sandboxLatency: { medianMilliseconds: 1000, p99Milliseconds: 1000 },
  containerStartLatency: { medianMilliseconds: 1000, p99Milliseconds: 1000 },
  plegRelistSeconds: 0.001,
};

function starts(settings: Partial<KubeletSettings>, pods: number): number[] {
  const bench = new Bench({ ...SECONDS_EACH, ...settings }).start();
  const names = Array.from({ length: pods }, (_, i) => `p${i}`);
  for (const name of names) bench.pod(name, { container: { resources: {} } });
  bench.until(300);
  return names.map((name) => bench.when(name, running));
}

describe('the pace of an operation', () => {
  it.each([
    ['nobody says what the runtime can do', 9, 40, 0, 0.02, 1],
    ['there is room', 2, 2, 4, 0, 1],
    ['twice as many go on as it can do', 8, 8, 4, 0, 0.5],
    ['pods take half of it', 1, 25, 1, 0.02, 0.5],
    ['pods take half of it, and two share the rest', 2, 25, 1, 0.02, 0.25],
    ['pods would take all of it: an equal part for each is left', 1, 99, 1, 0.02, 0.01],
  ])('is right where %s', (_, operations, pods, runtimeConcurrency, runtimeLoadPerPod, expected) => {
    expect(operationSpeed(operations, pods, { runtimeConcurrency, runtimeLoadPerPod })).toBeCloseTo(expected, 10);
  });
});

describe('sandboxes and containers on a node', () => {
  it('take no notice of each other where its runtime has no limit', () => {
    for (const at of starts({}, 6)) expect(at).toBeCloseTo(2.1, 0);
  });

  it('take twice as long where twice as many are made as the runtime can', () => {
    for (const at of starts({ runtimeConcurrency: 3 }, 6)) {
      expect(at).toBeGreaterThan(4);
      expect(at).toBeLessThan(4.3);
    }
  });

  it('take longer the more pods there are', () => {
    const alone = starts({ runtimeConcurrency: 1, runtimeLoadPerPod: 0.02 }, 1);
    expect(alone[0]).toBeGreaterThan(2 / 0.98);
    expect(alone[0]).toBeLessThan(2.3);
    const bench = new Bench({ ...SECONDS_EACH, runtimeConcurrency: 1, runtimeLoadPerPod: 0.02 }).start();
    for (let i = 0; i < 29; i++) bench.pod(`p${i}`, { container: { resources: {} } });
    bench.until(300);
    bench.pod('last', { container: { resources: {} } });
    bench.until(320);
    // Thirty pods leave 0.4 of the runtime.
    expect(bench.when('last', running)).toBeGreaterThan(300 + 2 / 0.4);
    expect(bench.when('last', running)).toBeLessThan(300 + 2 / 0.4 + 0.3);
  });

  it('are begun anew after a crash', () => {
    const bench = new Bench({ ...SECONDS_EACH, runtimeConcurrency: 1, nodeStartupSeconds: 10 }).start();
    bench.pod('a');
    bench.pod('b');
    bench.until(1.5);
    bench.kubelets.crash('n0');
    bench.kubelets.powerOn('n0');
    bench.until(60);
    for (const name of ['a', 'b']) {
      expect(bench.when(name, running)).toBeGreaterThan(1.5 + 10 + 4);
      expect(bench.when(name, running)).toBeLessThan(1.5 + 10 + 4.5);
    }
  });

  it('go on after a save as they would have without', () => {
    const settings = { ...SECONDS_EACH, runtimeConcurrency: 1, runtimeLoadPerPod: 0.01 };
    const whole = new Bench(settings).start();
    for (const name of ['a', 'b', 'c']) whole.pod(name);
    whole.until(2);
    const saved = whole.save();
    const resumed = new Bench(settings).restore(saved).until(60);
    whole.until(60);
    for (const name of ['a', 'b', 'c']) expect(resumed.when(name, running)).toBe(whole.when(name, running));
    expect(resumed.when('a', running)).toBeLessThan(60);
  });
});
