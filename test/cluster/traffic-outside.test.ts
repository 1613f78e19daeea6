/** Requests from outside of the cluster: through load balancers, node ports, and nodes that are down. */
import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/sim/kernel/time.ts';
import { REQUEST } from '../../src/sim/traffic/totals.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';
import { failingSeconds, run, scenario } from '../support/traffic-run.ts';

const outside = (): string =>
  `[{ name: t, service: web, from: { outside: true }, at: 1m, serviceTime: 20ms, timeout: 2s, requestsPerSecond: 200 }]`;
const WAITS = ', lifecycle: { preStop: { sleep: { seconds: 5 } } }';
const NODE_PORT = ', type: NodePort';
const CRASH = 'faults: [{ at: 15m, kind: node-crash, nodes: [n-1], for: 5m }]';

describe('requests from outside', () => {
  it('that come to a node which is down are lost until the balancer has looked at it twice', async () => {
    const done = await run({ traffic: outside(), service: NODE_PORT, container: WAITS, more: CRASH });
    const failing = failingSeconds(done, 60, ['unreachable_node']);
    expect(failing[0]).toBe(902);
    // The first look comes within 10 s, the second 10 s later; the last clients wait for 2 s.
    expect(failing.at(-1)).toBeGreaterThanOrEqual(911);
    expect(failing.at(-1)).toBeLessThanOrEqual(922);
    const { failed } = done.traffic.totals(0);
    // One of six nodes is the way in, for 10 to 20 s.
    expect(failed.unreachable_node / REQUEST).toBeGreaterThan((200 / 6) * 10);
    expect(failed.unreachable_node / REQUEST).toBeLessThan((200 / 6) * 20);
  });

  it('by externalTrafficPolicy Local come to nodes with pods alone, and stay there', async () => {
    const local = `${NODE_PORT}, externalTrafficPolicy: Local`;
    const done = await run({ traffic: outside(), service: local, container: WAITS, more: CRASH, replicas: 3 });
    const { failed, served } = done.traffic.totals(0);
    expect(served / REQUEST).toBeGreaterThan(200 * 18 * 60);
    // A pod that has gone leaves a node to which requests come until two looks have failed: while its hook lasts it serves,
    // then nobody does.
    expect(failed.no_endpoint / REQUEST).toBeGreaterThan(100);
    expect(failed.no_endpoint / REQUEST).toBeLessThan(4 * 20 * (200 / 3));
    expect(failed.stale_endpoint).toBeLessThan(failed.no_endpoint);
  });

  it('go to a load balancer of the provider where the Service has one', async () => {
    const text = scenario({ traffic: outside(), service: ', type: LoadBalancer', container: WAITS })
      .replace('capacity: { cpu: 4, memory: 8Gi }', 'instanceType: m')
      .replace('cluster: {', 'cluster: { provider: { instanceTypes: [{ name: m, cpu: 4, memory: 8Gi, price: 1 }] },');
    const cluster = (await clusterMaker(text))();
    cluster.start();
    cluster.run({ until: seconds(300) });
    const { traffic, provider } = cluster;
    expect(provider?.balancers.targets('default/web')?.length).toBe(6);
    const { served, sent, inFlight } = traffic?.totals(0) ?? {};
    expect(sent).toBeGreaterThan(200 * 120 * REQUEST);
    expect(served).toBe((sent ?? 0) - (inFlight ?? 0));
  });
});
