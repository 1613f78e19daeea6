import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/sim/api/core.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import type { ListCounts } from '../../src/sim/apiserver/flow-control/list-figures.ts';
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

/** What a load's lists came to: how long they took, in seconds, and where they were read, by source. */
interface Seen {
  readonly took: readonly number[];
  readonly from: Readonly<Partial<Record<'cache' | 'etcd', ListCounts>>>;
}

/** The informers have their lists by then, and the load has not begun. */
const BEFORE = 9;

/** Makes ConfigMaps in a cluster that runs on. */
function ran(cluster: Cluster, { objects = 2000, bytes = 1000, until = 60 } = {}): Seen {
  const took: number[] = [];
  cluster.server.observeRequests(({ verb }, result, micros) => {
    const sent = cluster.kernel.now - micros;
    if (verb === 'list' && result.ok && sent > seconds(BEFORE)) took.push(micros / SECOND);
  });
  cluster.start();
  const data = { content: 'x'.repeat(bytes) };
  for (let i = 0; i < objects; i++) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `o-${i}` }, data };
    cluster.server.handle({ verb: 'create', kind: 'ConfigMap', namespace: 'default', name: '', body });
  }
  cluster.run({ until: seconds(Math.min(BEFORE, until)) });
  const before = countsOf(cluster, 'ConfigMap');
  cluster.run({ until: seconds(until) });
  return { took, from: since(before, countsOf(cluster, 'ConfigMap')) };
}

function countsOf(cluster: Cluster, kind: string): Seen['from'] {
  const all = [...(cluster.controlPlane.flow?.lists.counts ?? [])].filter(([key]) => key.endsWith(` ${kind}`));
  return Object.fromEntries(all.map(([key, row]) => [key.split(' ')[0], { ...row }]));
}

function since(before: Seen['from'], now: Seen['from']): Seen['from'] {
  const rows = Object.entries(now).map(([source, { lists, fetched, returned }]) => {
    const old = before[source as 'cache' | 'etcd'] ?? { lists: 0, fetched: 0, returned: 0 };
    const more = { lists: lists - old.lists, fetched: fetched - old.fetched, returned: returned - old.returned };
    return [source, more] as const;
  });
  return Object.fromEntries(rows.filter(([, { lists }]) => lists > 0));
}

const median = ({ took }: Seen): number => [...took].sort((a, b) => a - b)[took.length >> 1] as number;

describe('lists that find nothing', () => {
  const load = 'verb: list, selects: none, requestsPerSecond: 2';

  it('come from the watch cache in milliseconds, and from etcd as long as it takes to decode all objects', async () => {
    const cached = (await clusterMaker(scenario(load)))();
    const read = (await clusterMaker(scenario(load, '{ consistentListFromCache: false }')))();
    const [fromCache, fromEtcd] = [ran(cached), ran(read)];
    const [fast, slow] = [median(fromCache), median(fromEtcd)];
    expect(fast).toBeLessThan(0.01);
    // 2,000 objects of 1 kB: 35 µs each and 4.8 ns a byte.
    expect(slow).toBeGreaterThan(0.078);
    expect(slow).toBeLessThan(0.095);
    expect(Object.keys(fromCache.from)).toEqual(['cache']);
    expect(Object.keys(fromEtcd.from)).toEqual(['etcd']);
    expect(fromEtcd.from.etcd).toMatchObject({ fetched: 2000 * fromEtcd.took.length, returned: 0 });
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
    const { took, from } = ran(now);
    const old = ran(before).from;
    const { sent = 0 } = now.controlPlane.loads[0] ?? {};
    expect(took).toHaveLength(4 * sent);
    expect(from).toEqual({ cache: { lists: 4 * sent, fetched: 0, returned: 2000 * sent } });
    expect(old).toMatchObject({ cache: { lists: sent }, etcd: { lists: 3 * sent } });
  });
});

describe('an exact revision', () => {
  it('comes from etcd when the watch cache does not reach back to it, and not at all once it is compacted away', async () => {
    const load = "verb: list, resourceVersion: '300', resourceVersionMatch: Exact, requestsPerSecond: 2";
    const yaml = scenario(load, '{}', '{ compactionIntervalSeconds: 0 }');
    const young = (await clusterMaker(yaml))();
    const fresh = ran(young);
    expect(fresh.took.length).toBeGreaterThan(10);
    expect(Object.keys(fresh.from)).toEqual(['cache']);
    // The objects are older than 75 s then, and the ring holds the latest hundred.
    const old = (await clusterMaker(yaml.replace('at: 10s', 'at: 100s')))();
    const late = ran(old, { until: 150 });
    expect(late.took.length).toBeGreaterThan(10);
    expect(Object.keys(late.from)).toEqual(['etcd']);
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
    const { from } = ran(refused, many);
    const peak = (cluster: Cluster): number => cluster.controlPlane.flow?.lists.peakBytes ?? 0;
    expect(peak(streamed)).toBeGreaterThanOrEqual(2_000_000);
    expect(peak(refused) / peak(streamed)).toBeGreaterThan(20);
    expect(Object.keys(from)).toEqual(['etcd']);
  });
});

describe('the lists that informers begin with', () => {
  const yaml = (apiServer: string): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: informers }
duration: 10m
cluster: { nodeGroups: [{ name: n, count: 5, capacity: { cpu: 8, memory: 32Gi } }] }
components: { apiServer: ${apiServer} }
faults: [{ at: 60s, for: 10s, kind: api-server-loss }]
`;

  /** When the first of so many pods had its node, in seconds. */
  async function firstBinding(apiServer: string): Promise<{ readonly cluster: Cluster; readonly at: number }> {
    const cluster = (await clusterMaker(yaml(apiServer)))();
    let at = Infinity;
    cluster.server.observe(({ kind, object, time }) => {
      if (kind === 'Pod' && (object as Pod).spec.nodeName !== undefined) at = Math.min(at, time / SECOND);
    });
    cluster.start();
    for (let i = 0; i < 1000; i++) {
      const spec = { containers: [{ name: 'c', resources: { requests: { cpu: '10m' } } }] };
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `p-${i}` }, spec };
      cluster.server.handle({ verb: 'create', kind: 'Pod', namespace: 'default', name: '', body });
    }
    cluster.run({ until: seconds(50) });
    return { cluster, at };
  }

  it('take as long as any list of so many objects: a scheduler that starts is late by that', async () => {
    const quick = await firstBinding('{}');
    const slow = await firstBinding('{ listCpuMicrosecondsPerObject: 2000 }');
    expect(quick.at).toBeLessThan(0.3);
    expect(slow.at).toBeGreaterThan(2);
    expect(slow.at).toBeLessThan(4);
    expect(slow.cluster.controlPlane.flow?.figures.dispatched.get('workload-high kube-scheduler')).toBeGreaterThan(0);
  });

  it('are asked for again, after a while, when the server is lost with them in hand', async () => {
    const slow = '{ listCpuMicrosecondsPerObject: 80000 }';
    const { cluster, at } = await firstBinding(slow);
    expect(at).toBe(Infinity);
    const lists = (): number => countsOf(cluster, 'Pod').cache?.lists ?? 0;
    const before = lists();
    cluster.run({ until: seconds(90) });
    expect(lists()).toBeGreaterThan(before);
  });
});
