import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/sim/cluster.ts';
import { SECOND, seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

const scenario = (load: string, apiServer = '{}', etcd = '{}'): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: lists }
duration: 10m
cluster: { nodeGroups: [{ name: n, count: 1, capacity: { cpu: 8, memory: 32Gi } }] }
components: { apiServer: ${apiServer}, etcd: ${etcd} }
apiLoad:
  - { name: lister, kind: ConfigMap, ${load}, at: 10s, for: 20s }
`;

/** Makes ConfigMaps in a cluster that runs on, and answers how long lists of them took, in seconds. */
function ran(cluster: Cluster, { objects = 2000, bytes = 1000, until = 60 } = {}): readonly number[] {
  const took: number[] = [];
  cluster.server.observeRequests(({ verb }, result, micros) => {
    if (verb === 'list' && result.ok) took.push(micros / SECOND);
  });
  cluster.start();
  const data = { content: 'x'.repeat(bytes) };
  for (let i = 0; i < objects; i++) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `o-${i}` }, data };
    cluster.server.handle({ verb: 'create', kind: 'ConfigMap', namespace: 'default', name: '', body });
  }
  cluster.run({ until: seconds(until) });
  return took;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;
const counts = (cluster: Cluster): Record<string, unknown> =>
  Object.fromEntries(cluster.controlPlane.flow?.lists.counts ?? []);

describe('lists that find nothing', () => {
  const load = 'verb: list, selects: none, requestsPerSecond: 2';

  it('come from the watch cache in milliseconds, and from etcd as long as it takes to decode all objects', async () => {
    const cached = (await clusterMaker(scenario(load)))();
    const read = (await clusterMaker(scenario(load, '{ consistentListFromCache: false }')))();
    const [fast, slow] = [median(ran(cached)), median(ran(read))];
    expect(fast).toBeLessThan(0.01);
    // 2,000 objects of 1 kB: 35 µs each and 4.8 ns a byte.
    expect(slow).toBeGreaterThan(0.078);
    expect(slow).toBeLessThan(0.095);
    expect(Object.keys(counts(cached))).toEqual(['cache ConfigMap']);
    expect(counts(read)).toMatchObject({ 'etcd ConfigMap': { returned: 0 } });
  });

  it('take longer where the objects are larger, if etcd serves them', async () => {
    const make = await clusterMaker(scenario(load, '{ consistentListFromCache: false }'));
    const large = median(ran(make(), { objects: 20, bytes: 1_000_000 }));
    const small = median(ran(make(), { objects: 20, bytes: 1000 }));
    expect(large / small).toBeGreaterThan(15);
  });
});

describe('lists at the same time', () => {
  it('share the cores: on one, five together take five times as long as one alone', async () => {
    const load = (most: number): string =>
      `verb: list, requestsPerSecond: 100, maxInFlight: ${most}, groups: ['system:masters']`;
    const server = '{ cpuCores: 1, listCpuMicrosecondsPerObject: 100, apiResponseCompression: false }';
    const alone = median(ran((await clusterMaker(scenario(load(1), server)))()));
    const five = median(ran((await clusterMaker(scenario(load(5), server)))()));
    expect(five / alone).toBeGreaterThan(4.5);
    expect(five / alone).toBeLessThan(5.5);
  });

  it('can be saved and resumed in the middle', async () => {
    const load = 'verb: list, limit: 500, requestsPerSecond: 100, maxInFlight: 20';
    const make = await clusterMaker(scenario(load, '{ cpuCores: 1, consistentListFromCache: false }'));
    const whole = make();
    ran(whole, { until: 15 });
    const resumed = make();
    resumed.restore(structuredClone(whole.save()));
    for (const cluster of [whole, resumed]) cluster.run({ until: seconds(40) });
    expect(resumed.controlPlane).toEqual(whole.controlPlane);
    expect(whole.controlPlane.loads[0]?.answered).toBeGreaterThan(50);
  });
});

describe('pages', () => {
  it('are asked for one by one, and come from snapshots of the watch cache, or without those from etcd', async () => {
    const load = 'verb: list, limit: 500, requestsPerSecond: 1';
    const now = (await clusterMaker(scenario(load)))();
    const before = (await clusterMaker(scenario(load, '{ listFromCacheSnapshot: false }')))();
    const pages = ran(now).length;
    ran(before);
    const { sent = 0 } = now.controlPlane.loads[0] ?? {};
    expect(pages).toBe(4 * sent);
    expect(counts(now)).toEqual({ 'cache ConfigMap': { lists: 4 * sent, fetched: 0, returned: 2000 * sent } });
    expect(counts(before)).toMatchObject({ 'cache ConfigMap': { lists: sent }, 'etcd ConfigMap': { lists: 3 * sent } });
  });
});

describe('an exact revision', () => {
  it('comes from etcd when the watch cache does not reach back to it, and not at all once it is compacted away', async () => {
    const load = "verb: list, resourceVersion: '300', resourceVersionMatch: Exact, requestsPerSecond: 2";
    const yaml = scenario(load, '{}', '{ compactionIntervalSeconds: 0 }');
    const young = (await clusterMaker(yaml))();
    expect(ran(young).length).toBeGreaterThan(10);
    expect(Object.keys(counts(young))).toEqual(['cache ConfigMap']);
    // The objects are older than 75 s then, and the ring holds the latest hundred.
    const old = (await clusterMaker(yaml.replace('at: 10s', 'at: 100s')))();
    expect(ran(old, { until: 150 }).length).toBeGreaterThan(10);
    expect(Object.keys(counts(old))).toEqual(['etcd ConfigMap']);
    const gone = (await clusterMaker(yaml))();
    ran(gone, { until: 5 });
    gone.server.compact(1000);
    gone.run({ until: seconds(60) });
    const { sent, failed } = gone.controlPlane.loads[0] ?? {};
    expect(failed).toBe(sent);
  });
});

describe('streamed lists', () => {
  const pods = 'verb: watch-list, requestsPerSecond: 2';

  it('hold little of the memory that lists from etcd hold, and are lists where the server has no WatchList', async () => {
    const streamed = (await clusterMaker(scenario(pods)))();
    const refused = (await clusterMaker(scenario(pods, '{ watchList: false, consistentListFromCache: false }')))();
    const many = { objects: 20_000 };
    ran(streamed, many);
    ran(refused, many);
    const peak = (cluster: Cluster): number => cluster.controlPlane.flow?.lists.peakBytes ?? 0;
    expect(peak(streamed)).toBeGreaterThanOrEqual(2_000_000);
    expect(peak(refused) / peak(streamed)).toBeGreaterThan(20);
    expect(Object.keys(counts(refused))).toEqual(['etcd ConfigMap']);
  });
});
