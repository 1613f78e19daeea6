/** No request is lost or made out of nothing, whatever happens: at every change, and at instants in between. */
import { describe, expect, it } from 'vitest';
import { TrafficConservation } from '../../src/sim/checks/traffic-conservation.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { MINUTE, seconds } from '../../src/sim/kernel/time.ts';
import { FAILURE_CAUSES, failedOf } from '../../src/sim/traffic/totals.ts';
import type { Totals } from '../../src/sim/traffic/totals.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';
import { EVENTFUL } from './eventful.ts';

/** Most has gone wrong by the first of them. */
const END = (process.env['VERIFY'] !== '1' ? 17 : 40) * MINUTE;

const LOADS = [
  'from: { pods: { selector: { matchLabels: { app: agent } } } }, requestsPerSecond: "ramp(0s=5, 10m=40, 40m=10)"',
  'from: { nodes: { zone: b } }, users: 20, thinkTime: { uniform: { low: 0.5s, high: 2s } }',
  'from: { outside: true }, requestsPerSecond: { daily: { low: 3, high: 20, peak: 1h } }',
];

const withTraffic = (mode: string): string =>
  `${EVENTFUL.replace('ports: [{ port: 80 }] }', 'ports: [{ port: 80 }], type: NodePort, sessionAffinity: ClientIP }')}
traffic:
${LOADS.map((load, i) => `  - { name: t${i}, service: web, mode: ${mode}, at: 1m, for: ${END / MINUTE - 2}m, ${load}, serviceTime: { lognormal: { median: 80ms, p99: 2s } }, concurrency: 2, queue: 3, timeout: 1500ms }`).join('\n')}
`;

function balanced(totals: Totals): boolean {
  const counts = [totals.served, totals.inFlight, ...FAILURE_CAUSES.map((cause) => totals.failed[cause])];
  const whole = counts.every((count) => Number.isSafeInteger(count) && count >= 0);
  return whole && totals.sent === totals.served + failedOf(totals) + totals.inFlight;
}

describe.each(['fluid', 'sampled'])('requests in an eventful time (%s)', (mode) => {
  const finished = ({ traffic, kernel, server }: Cluster): string =>
    `${LOADS.map((_, i) => JSON.stringify(traffic?.totals(i))).join()} ${server.hash} ${kernel.dispatched}`;

  it('are sent, served, failed or in flight, exactly, and the same when the run is taken up in the middle', async () => {
    const make = await clusterMaker(withTraffic(mode));
    const cluster = make();
    const { traffic, kernel } = cluster;
    if (traffic === undefined) throw new Error('there is no traffic');
    const conservation = new TrafficConservation(traffic, () => kernel.now);
    const unbalanced: unknown[] = [];
    let looks = 0;
    kernel.observe({
      next: 0,
      onTime: (time) => {
        for (const [i] of LOADS.entries()) {
          looks++;
          if (!balanced(traffic.totals(i))) unbalanced.push([time, i, traffic.totals(i)]);
        }
        return time + 733_333;
      },
    });
    cluster.start();
    const saved: unknown[] = [];
    for (const at of process.env['VERIFY'] !== '1' ? [735] : [430, 735, 1201]) {
      cluster.run({ until: seconds(at) });
      saved.push(structuredClone(cluster.save()));
    }
    cluster.run({ until: END });
    expect(unbalanced).toEqual([]);
    expect(looks).toBeGreaterThan(3 * 1300);
    expect(conservation.checked).toBeGreaterThan(500);
    for (const state of saved) {
      const branch = make();
      branch.restore(state);
      branch.run({ until: END });
      expect(finished(branch)).toBe(finished(cluster));
    }
    // Everything that was sent is over a while after the last was, and every way to fail was met.
    const all = LOADS.map((_, i) => traffic.totals(i));
    for (const { inFlight } of all) expect(inFlight).toBe(0);
    for (const cause of FAILURE_CAUSES) {
      const met = all.reduce((sum, { failed }) => sum + failed[cause], 0);
      expect([cause, met]).toEqual([cause, expect.toSatisfy((count: number) => count > 0)]);
    }
  });
});
