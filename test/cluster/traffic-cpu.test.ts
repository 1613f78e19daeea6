/** Requests at pods that have less of the processor than they want. */
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../src/sim/api/workloads.ts';
import { MINUTE } from '../../src/sim/kernel/time.ts';
import { REQUEST } from '../../src/sim/traffic/totals.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';
import { run, scenario } from '../support/traffic-run.ts';
import type { Setting } from '../support/traffic-run.ts';

/** Before the roll-out of the common setting. */
const UNTIL = 9 * MINUTE;

const FROM = 'name: t, service: web, from: { nodes: {} }, at: 1m';
const MODES = ['fluid', 'sampled'] as const;
const resources = (text: string): string => `, resources: { ${text} }`;

/** The median latency of a setting's requests, in milliseconds, and the share that is served. */
async function fared(setting: Setting): Promise<{ median: number; served: number }> {
  const { traffic, conservation } = await run(setting, UNTIL);
  const { sent, served } = traffic.totals(0);
  expect(conservation.checked).toBeGreaterThan(0);
  return { median: (traffic.latency(0, 0.5) ?? 0) / 1000, served: served / sent };
}

describe.each(MODES)('%s requests', (mode) => {
  const sends = (more: string): string => `[{ ${FROM}, mode: ${mode}, ${more} }]`;

  it('take twice as long at pods that want a core and may have half of one', async () => {
    const setting = {
      replicas: 1,
      annotations: "orrery.dev/cpu-usage: '1'",
      container: resources('limits: { cpu: 500m }'),
      traffic: sends('requestsPerSecond: 20, serviceTime: 20ms'),
    };
    expect((await fared(setting)).median).toBeCloseTo(40, 0);
  });

  it('take as long as ever while neighbours leave enough, and longer by what they take', async () => {
    // On 4 cores, two pods of web ask for 1 and want 3 each, a neighbour on each node wants 4 and asks for 1 as well.
    const noisy = (annotations: string): Setting => ({
      replicas: 6,
      annotations: "orrery.dev/cpu-usage: '3'",
      container: resources('requests: { cpu: 1 }'),
      traffic: sends('requestsPerSecond: 20, serviceTime: 20ms'),
      workloads: `
  - name: noise
    inline: |
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: { name: noise }
      spec:
        selector: { matchLabels: { app: noise } }
        template:
          metadata: { labels: { app: noise }, annotations: { ${annotations} } }
          spec: { containers: [{ name: c, image: noise, resources: { requests: { cpu: 1 } } }] }`,
    });
    expect((await fared(noisy("orrery.dev/cpu-usage: '1'"))).median).toBeCloseTo(20, 0);
    // One pod a node: weights are equal, so each has 2 cores: web works at two thirds of its speed.
    expect((await fared(noisy("orrery.dev/cpu-usage: '4'"))).median).toBeCloseTo(30, 0);
  });

  it('take three times as long on nodes that are slow', async () => {
    const traffic = sends('requestsPerSecond: 20, serviceTime: 20ms');
    const more = 'faults: [{ at: 30s, kind: slow-node, group: n, factor: 3 }]';
    expect((await fared({ traffic, more })).median).toBeCloseTo(60, 0);
  });

  it('share the processor that they want: at 80 % of it, five times as long', async () => {
    // 80 requests a second of 10 ms to a pod that may have a core: 1 / (1 - 0.8).
    const setting = {
      replicas: 1,
      container: resources('limits: { cpu: 1 }'),
      traffic: sends('requestsPerSecond: 80, serviceTime: 10ms, cpuTime: 10ms'),
    };
    const { median, served } = await fared(setting);
    expect(median).toBeCloseTo(50, 0);
    expect(served).toBeGreaterThan(0.999);
  });

  it('are not served beyond what the processor can do', async () => {
    // 200 a second, where 50 can be done by half a core.
    const setting = {
      replicas: 1,
      container: resources('limits: { cpu: 500m }'),
      traffic: sends('requestsPerSecond: 200, serviceTime: 10ms, cpuTime: 10ms, concurrency: 20, timeout: 5s'),
    };
    const { served } = await fared(setting);
    expect(served).toBeGreaterThan(0.23);
    expect(served).toBeLessThan(0.265);
  });
});

it('is asked by users as often as they get answers: by many, as often as the processor can give one', async () => {
  // A thousand users who think for a second, a core that answers a request in 10 ms.
  const traffic = `[{ ${FROM}, users: 1000, thinkTime: 1s, serviceTime: 10ms, cpuTime: 10ms, concurrency: 2000, timeout: 60s }]`;
  const done = await run({ replicas: 1, container: resources('limits: { cpu: 1 }'), traffic }, UNTIL);
  const before = done.traffic.totals(0).served;
  done.cluster.run({ until: UNTIL + MINUTE / 2 });
  expect((done.traffic.totals(0).served - before) / REQUEST / 30).toBeCloseTo(100, 0);
});

describe('the loop from requests to replicas', () => {
  const loop: Setting = {
    replicas: 1,
    container: resources('requests: { cpu: 500m }, limits: { cpu: 500m }'),
    traffic: `[{ ${FROM}, requestsPerSecond: 200, serviceTime: 10ms, cpuTime: 10ms, concurrency: 20 }]`,
    workloads: `
  - name: scaling
    inline: |
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: { name: web }
      spec:
        scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
        minReplicas: 1
        maxReplicas: 20
        metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]`,
  };

  it('doubles throttled pods until requests have what they want: 2 cores at half of 500m each are 8 pods', async () => {
    const { cluster, traffic } = await run(loop, UNTIL);
    const replicas = (): number => cluster.server.get<Deployment>('Deployment', 'default', 'web')?.spec.replicas ?? 0;
    expect(replicas()).toBe(8);
    const seen: string[] = [];
    const again = (await clusterMaker(scenario(loop)))();
    again.events.observe(({ reason, message }) => {
      if (reason === 'SuccessfulRescale') seen.push(message.replace(/;.*/, ''));
    });
    again.start();
    again.run({ until: UNTIL });
    // A throttled pod is seen to use its limit, 100 % of its request, however much is wanted of it.
    expect(seen).toEqual(['New size: 2', 'New size: 4', 'New size: 8']);
    const before = traffic.totals(0);
    cluster.run({ until: UNTIL + MINUTE / 2 });
    const after = traffic.totals(0);
    expect(after.sent - before.sent).toBeGreaterThan(5000 * REQUEST);
    expect((after.served - before.served) / (after.sent - before.sent)).toBeGreaterThan(0.999);
  });

  it('goes on from a saved state as it would have', async () => {
    const make = await clusterMaker(scenario(loop));
    const one = make();
    one.start();
    one.run({ until: 2 * MINUTE });
    const other = make();
    other.restore(structuredClone(one.save()));
    for (const cluster of [one, other]) cluster.run({ until: UNTIL });
    expect(other.server.hash).toBe(one.server.hash);
    expect(other.traffic?.totals(0)).toEqual(one.traffic?.totals(0));
  });
});
