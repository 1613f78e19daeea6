/** Requests to Services through the rules of the clients' nodes: what is lost when pods are replaced, and when they fail. */
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/sim/kernel/time.ts';
import { failedOf, REQUEST } from '../../src/sim/traffic/totals.ts';
import type { FailureCause, Totals } from '../../src/sim/traffic/totals.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';
import { failingSeconds, FLUID, OPEN, run, SAMPLED, scenario } from '../support/traffic-run.ts';

/** A node's rules lag by the watch, the second between two syncs, and the syncs themselves, two at worst. */
const SYNC_LAG = 0.01 + 1 + 2 * 0.051;
const LOST: readonly FailureCause[] = ['no_endpoint', 'stale_endpoint', 'killed'];

describe('a roll-out', () => {
  it.each(['fluid', 'sampled'])('loses nothing where pods wait for the rules before they end (%s)', async (mode) => {
    const container = ', lifecycle: { preStop: { sleep: { seconds: 5 } } }';
    const done = await run({ traffic: mode === 'fluid' ? FLUID : SAMPLED, container });
    const totals = done.traffic.totals(0);
    expect(failingSeconds(done, 60, LOST)).toEqual([]);
    expect(failedOf(totals)).toBe(0);
    expect(totals.served / REQUEST).toBeCloseTo((mode === 'fluid' ? 200 : 20) * 19 * 60, mode === 'fluid' ? -1 : -3);
    expect(done.conservation.checked).toBeGreaterThan(20);
  });

  it('breaks a Service for no longer than the rules lag where pods end at once', async () => {
    const done = await run({ traffic: FLUID, annotations: 'orrery.dev/termination-time: 0s' });
    // Four pods are replaced, each sends its last requests to nowhere until the slowest node has new rules.
    const failing = failingSeconds(done, 600, LOST);
    expect(failing.length).toBeGreaterThan(0);
    expect(failing.length).toBeLessThanOrEqual(4 * Math.ceil(SYNC_LAG + 1));
    const { failed } = done.traffic.totals(0);
    // A quarter or a fifth of the requests, for the lag of each node at most.
    expect(failed.stale_endpoint / REQUEST).toBeGreaterThan(1);
    expect(failed.stale_endpoint / REQUEST).toBeLessThan(4 * SYNC_LAG * (200 / 4));
    expect(failed.no_endpoint).toBe(0);
  });
});

describe('a crash of a node', () => {
  const crash = 'faults: [{ at: 15m, kind: node-crash, nodes: [n-1] }]';
  const setting = {
    traffic: FLUID,
    replicas: 6,
    more: crash,
    container: ', lifecycle: { preStop: { sleep: { seconds: 5 } } }',
  };

  it('breaks a Service for no longer than its detection and the lag of the rules', async () => {
    const done = await run(setting);
    const failing = failingSeconds(done, 900, LOST);
    // The lease is renewed every 10 s; grace 50 s, looked at every 5 s; then the endpoint goes, and the rules; requests
    // that nobody answers are given up after their timeout of 2 s.
    const detected = 50 + 5 + 1;
    expect(failing[0]).toBe(900);
    expect(failing.at(-1)).toBeLessThanOrEqual(900 + detected + SYNC_LAG + 2 + 1);
    expect(failing.length).toBeGreaterThan(35);
    const { failed } = done.traffic.totals(0);
    expect(failed.killed / REQUEST).toBeGreaterThan(0.1);
    expect(failed.stale_endpoint / REQUEST).toBeLessThan((200 / 6) * (detected + SYNC_LAG));
  });
});

describe('a container that crashes', () => {
  it('breaks a Service until the kubelet has seen it and the rules are new', async () => {
    const annotations = 'orrery.dev/duration: exponential(10m), orrery.dev/exit-code: "1"';
    const done = await run({ traffic: `[{ ${OPEN}, requestsPerSecond: 200 }]`, annotations, replicas: 2 });
    const failing = failingSeconds(done, 60, ['stale_endpoint']);
    expect(failing.length).toBeGreaterThan(0);
    // PLEG's relist within 1 s, the status, the endpoint, the rules; in whole seconds.
    let longest = 0;
    let length = 0;
    for (const [i, second] of failing.entries()) {
      length = failing[i - 1] === second - 1 ? length + 1 : 1;
      longest = Math.max(longest, length);
    }
    expect(longest).toBeLessThanOrEqual(Math.ceil(1 + 0.1 + SYNC_LAG) + 1);
  });
});

describe('fluid traffic', () => {
  const crash = 'faults: [{ at: 15m, kind: node-crash, nodes: [n-1], for: 3m }]';
  const kinds: readonly (readonly [name: string, load: string, container: string])[] = [
    ['open', 'requestsPerSecond: 60, serviceTime: { exponential: { mean: 100ms } }, concurrency: 3', ''],
    ['late', 'requestsPerSecond: 50, serviceTime: { lognormal: { median: 100ms, p99: 3s } }, concurrency: 20', ''],
    [
      'waiting',
      'requestsPerSecond: 45, serviceTime: { exponential: { mean: 150ms } }, concurrency: 2, queue: 10, timeout: 3s',
      '',
    ],
    ['closed', 'users: 60, thinkTime: { exponential: { mean: 1s } }, serviceTime: 60ms, concurrency: 2', ''],
    [
      'slowed',
      'requestsPerSecond: 60, serviceTime: { lognormal: { median: 50ms, p99: 500ms } }, cpuTime: 40ms, concurrency: 9',
      ', resources: { limits: { cpu: 1 } }',
    ],
  ];

  it.each(kinds)(
    'comes to what sampled traffic does, within three standard errors (%s)',
    async (_name, load, container) => {
      const traffic = `name: t, service: web, from: { nodes: {} }, at: 1m, ${load.includes('timeout') ? '' : 'timeout: 1s,'} ${load}`;
      const totals: Totals[] = [];
      const latencies: (number | undefined)[][] = [];
      for (const mode of ['fluid', 'sampled']) {
        const done = await run({ traffic: `[{ ${traffic}, mode: ${mode} }]`, more: crash, container });
        totals.push(done.traffic.totals(0));
        latencies.push([0.5, 0.99].map((share) => done.traffic.latency(0, share)));
      }
      const [fluid, sampled] = totals as [Totals, Totals];
      const close = (of: (totals: Totals) => number): void => {
        const a = of(fluid) / REQUEST;
        const b = of(sampled) / REQUEST;
        // Counts scatter as Poisson's do. And half a per cent: few users do not come quite as at random, so of a closed load
        // some two per cent too many are refused.
        expect(Math.abs(a - b)).toBeLessThan(3 * Math.sqrt(Math.max(a, b)) + 0.005 * a + 5);
      };
      close(({ sent }) => sent);
      close(({ served }) => served);
      close(({ failed }) => failed.stale_endpoint);
      close(({ failed }) => failed.overloaded);
      close(({ failed }) => failed.timed_out);
      for (const [i, latency] of (latencies[0] ?? []).entries()) {
        expect(Math.abs(Math.log((latency ?? 0) / (latencies[1]?.[i] ?? 0)))).toBeLessThan(0.05);
      }
    },
  );

  it('costs no more for a million requests a second than for one', async () => {
    const events = async (rate: number): Promise<number> => {
      const done = await run({
        traffic: `[{ ${OPEN}, requestsPerSecond: ${rate}, concurrency: 1000000 }]`,
        more: crash,
      });
      return done.cluster.kernel.dispatched;
    };
    expect(await events(1e6)).toBe(await events(1));
  });
});

describe('a run with traffic', () => {
  const more = 'faults: [{ at: 15m, kind: node-crash, nodes: [n-1], for: 3m }]';

  it('is the run without it, as nothing in the cluster looks at requests that want no processor time', async () => {
    const { cluster } = await run({ traffic: FLUID, more });
    const without = (await clusterMaker(scenario({ traffic: '[]', more })))();
    without.start();
    without.run({ until: 20 * MINUTE });
    expect(cluster.server.hash).toBe(without.server.hash);
    expect(without.traffic).toBeUndefined();
  });
});
