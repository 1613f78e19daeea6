/** Which way requests go: by the Service's policies, its clients' places, and what the nodes know. */
import { describe, expect, it } from 'vitest';
import { failedOf, REQUEST } from '../../src/sim/traffic/totals.ts';
import { failingSeconds, OPEN, run } from '../support/traffic-run.ts';

/** Clients in zone a, of which nodes n-0 and n-3 are. */
const FROM_A =
  '[{ name: t, service: web, from: { nodes: { zone: a } }, at: 1m, serviceTime: 20ms, timeout: 2s, requestsPerSecond: 200 }]';
const ALL = `[{ ${OPEN}, requestsPerSecond: 200 }]`;
const CRASH_B = 'faults: [{ at: 15m, kind: node-crash, zone: b }]';
const WAITS = ', lifecycle: { preStop: { sleep: { seconds: 5 } } }';

describe('requests', () => {
  it('of a zone stay in it where the Service prefers that, and do not notice when another one fails', async () => {
    const setting = { traffic: FROM_A, more: CRASH_B, container: WAITS, replicas: 6 };
    const spread = await run(setting);
    expect(failedOf(spread.traffic.totals(0)) / REQUEST).toBeGreaterThan(1000);
    const close = await run({ ...setting, service: ', trafficDistribution: PreferClose' });
    expect(failedOf(close.traffic.totals(0))).toBe(0);
  });

  it('by internalTrafficPolicy Local go to pods of the client’s own node, or nowhere', async () => {
    // Four pods on six nodes, spread: a third of the clients has none on its node.
    const { traffic } = await run({ traffic: ALL, service: ', internalTrafficPolicy: Local' }, 9 * 60e6);
    const { sent, failed, served } = traffic.totals(0);
    expect(failed.no_endpoint / sent).toBeCloseTo(2 / 6, 3);
    expect(served / sent).toBeCloseTo(4 / 6, 3);
  });

  it('go to a pod that ends as long as it serves and there is no other', async () => {
    const more = '  - { name: end, at: 9m, scale: [{ kind: Deployment, name: web, replicas: 0 }] }';
    const lines = { traffic: `${ALL}`, container: WAITS, replicas: 1 };
    const done = await run({ ...lines, workloads: more }, 9.5 * 60e6);
    // It takes requests for the five seconds of its hook and the second that it takes to stop; then nobody is left.
    const [first = 0] = failingSeconds(done, 540, ['no_endpoint', 'stale_endpoint', 'killed']);
    expect(first).toBeGreaterThanOrEqual(545);
    expect(first).toBeLessThanOrEqual(547);
    expect(done.traffic.totals(0).failed.no_endpoint / REQUEST).toBeGreaterThan(200 * 20);
  });

  it('to a headless Service go by answers of the DNS, which nodes keep for half a minute', async () => {
    const annotations = 'orrery.dev/termination-time: 0s';
    const proxied = await run({ traffic: ALL, annotations });
    const headless = await run({ traffic: ALL, annotations, service: ', clusterIP: None' });
    const stale = (done: typeof proxied): number => done.traffic.totals(0).failed.stale_endpoint / REQUEST;
    // A quarter of the requests to each of four pods, for half a minute at most, a quarter of one on average.
    expect(stale(headless)).toBeGreaterThan(10 * stale(proxied));
    expect(stale(headless)).toBeLessThan(4 * 30 * (200 / 4));
    const failing = failingSeconds(headless, 600, ['stale_endpoint']);
    expect(failing.at(-1)).toBeGreaterThan(610);
  });

  it('of one client stay with one pod where the Service has session affinity', async () => {
    const traffic = FROM_A;
    const crash = 'faults: [{ at: 15m, kind: node-crash, nodes: [n-1, n-2, n-4, n-5] }]';
    const setting = { traffic, container: WAITS, more: crash, replicas: 6, service: ', sessionAffinity: ClientIP' };
    const { traffic: affine, ledger } = await run(setting);
    // Two clients, each with a pod; one of the two pods is gone: half of the requests fail, where it would be two thirds.
    const worst = Math.max(
      ...ledger.stretches
        .filter(({ from }) => from >= 903e6)
        .map(({ counts: { failed, sent } }) => failed.stale_endpoint / sent),
    );
    expect(worst).toBeCloseTo(0.5, 2);
    expect(affine.totals(0).sent / REQUEST).toBeGreaterThan(1000);
  });
});

describe('a pod that does not answer', () => {
  it('gets no more requests when its readiness probe has failed three times and the rules are new', async () => {
    const annotations = 'orrery.dev/unready: "exponential(5m) for 1m"';
    const done = await run({ traffic: ALL, annotations, container: WAITS, replicas: 3 }, 9 * 60e6);
    const failing = failingSeconds(done, 60, ['stale_endpoint', 'killed']);
    let longest = 0;
    let length = 0;
    for (const [i, second] of failing.entries()) {
      length = failing[i - 1] === second - 1 ? length + 1 : 1;
      longest = Math.max(longest, length);
    }
    // Three looks, 2 s apart, the first up to 2 s later; status, endpoint and rules; 2 s until the clients give up.
    expect(longest).toBeGreaterThan(3);
    expect(longest).toBeLessThanOrEqual(6 + 2 + 2 + 1);
  });
});
