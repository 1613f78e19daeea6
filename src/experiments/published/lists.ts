import type { Cluster } from '../../sim/cluster.ts';
import { SECOND, seconds } from '../../sim/kernel/time.ts';
import { histogramPercentiles } from './prometheus-quantile.ts';
import { clusterOf } from './publication.ts';
import type { Percentiles, Publication } from './publication.ts';

/** Lists of one kind, and what they find. */
interface Lists {
  readonly kind: 'Pod' | 'ConfigMap';
  readonly objects: number;
  /** How large an object is, beside its few fields. */
  readonly bytes: number;
  /** Objects that are there as the lists begin; the others come while they are sent, so many a second. */
  readonly comePerSecond?: number;
  /** Of the API server, and of the load. */
  readonly apiServer?: string;
  readonly load: string;
  readonly lasts: number;
}

/** The informers have their own lists by then. */
const START = 60;

/** Longest time that a list of those here may still take when no more are sent. */
const REST = 120;

const scenario = ({ kind, apiServer = '{}', load, lasts }: Lists): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: lists }
duration: 1h
cluster: { nodeGroups: [{ name: node, count: 1, capacity: { cpu: 8, memory: 32Gi } }] }
components: { apiServer: ${apiServer} }
apiLoad:
  - { name: lister, kind: ${kind}, ${load}, at: ${START}s, for: ${lasts}s }
`;

/** Puts objects there, as somebody did before the measurement or does beside it. */
function fill(cluster: Cluster, { kind, bytes }: Lists, from: number, to: number): void {
  const content = 'x'.repeat(bytes);
  for (let i = from; i < to; i++) {
    const named = { name: `o-${i}`, ...(kind === 'Pod' ? { annotations: { content } } : {}) };
    const pod = { spec: { nodeSelector: { none: 'x' }, containers: [{ name: 'c' }] } };
    const object = { apiVersion: 'v1', kind, metadata: named, ...(kind === 'Pod' ? pod : { data: { content } }) };
    const result = cluster.server.handle({ verb: 'create', kind, namespace: 'default', name: '', body: object });
    if (!result.ok) throw new RangeError(result.status.message);
  }
}

/** How long the lists took, as Prometheus would tell it. */
async function took(lists: Lists, set: readonly string[]): Promise<Percentiles> {
  const { objects, comePerSecond, lasts } = lists;
  const cluster = await clusterOf(scenario(lists), set);
  const durations: number[] = [];
  cluster.server.observeRequests(({ verb }, result, micros) => {
    // Not what informers begin with.
    const sent = cluster.kernel.now - micros;
    if (verb === 'list' && result.ok && sent >= seconds(START)) durations.push(micros / SECOND);
  });
  cluster.start();
  let there = comePerSecond === undefined ? objects : 0;
  fill(cluster, lists, 0, there);
  for (let second = 0; there < objects; second++) {
    cluster.run({ until: seconds(START + second) });
    const next = Math.min(objects, there + (comePerSecond ?? 0));
    fill(cluster, lists, there, next);
    there = next;
  }
  cluster.run({ until: seconds(START + lasts + REST) });
  return histogramPercentiles(durations);
}

/** What a pod of the scale tests takes: 1572 MB by 165,492, less its other fields here. Source: kubernetes/kubernetes#138327. */
const POD_BYTES = 9000;

/** Lists all pods about as often as the scale tests did, while they come as fast as there. */
const podLists = (apiServer: string, set: readonly string[]): Promise<Percentiles> =>
  took(
    {
      kind: 'Pod',
      objects: 165_000,
      bytes: POD_BYTES,
      comePerSecond: 100,
      apiServer,
      load: 'verb: watch-list, requestsPerSecond: 0.3',
      lasts: 1650,
    },
    set,
  );

export const watchLists: Publication = {
  id: 'watch-lists',
  title: 'streamed lists of all pods of 5,000 nodes',
  source: 'KEP-3157',
  circumstances: [
    'Published are 486 and 547 lists of whole load tests, whatever pods there were',
    'then. Here 165,000 of 9.5 kB come, 100 a second. Given: encoding, compressing',
    'and sending, by traces of one list each (kubernetes/kubernetes#138327).',
  ],
  run: async (set = []) => {
    const outside = 'as pods came and went, its clients waited on the network (kubernetes/kubernetes#138670)';
    return [
      { what: 'as they are in 1.34', published: [1.95, 15.208, 60], found: await podLists('{}', set), outside },
      {
        what: 'compressed, as in 1.37',
        published: [0.969, 17.15, 29.673],
        found: await podLists('{ watchListCompression: true }', set),
        outside,
      },
    ];
  },
};

const SMALL = { kind: 'ConfigMap', objects: 300_000, bytes: 1000 } as const;
const LARGE = { kind: 'ConfigMap', objects: 300, bytes: 1_000_000 } as const;
const FROM_ETCD = '{ consistentListFromCache: false }';

/** Lists that find nothing: one a second, at most ten at a time, which etcd's could not keep up with (0.86 a second). */
const selectiveLists = (
  objects: typeof SMALL | typeof LARGE,
  apiServer: string,
  set: readonly string[],
): Promise<Percentiles> =>
  took(
    {
      ...objects,
      apiServer,
      load: 'verb: list, selects: none, requestsPerSecond: 1, maxInFlight: 10',
      lasts: 300,
    },
    set,
  );

export const consistentLists: Publication = {
  id: 'consistent-lists',
  title: 'lists that select nothing, one a second',
  source: 'KEP-2340',
  circumstances: [
    '300,000 ConfigMaps of 1 kB (small) or 300 of 1 MB (large), at most ten lists at',
    'a time (kubernetes/test-infra#30094). Given: what an object takes, by the cores',
    'in use, and a byte, by the large ones from etcd. All as their histogram tells',
    'it: what is below 50 ms is spread over them.',
  ],
  run: async (set = []) => [
    {
      what: 'large, from etcd',
      published: [1.438, 1.856, 1.986],
      found: await selectiveLists(LARGE, FROM_ETCD, set),
      given: ['p50'],
    },
    {
      what: 'small, from etcd',
      published: [10.494, 17.911, 21.8],
      found: await selectiveLists(SMALL, FROM_ETCD, set),
    },
    { what: 'large, from the cache', published: [0.025, 0.045, 0.0495], found: await selectiveLists(LARGE, '{}', set) },
    { what: 'small, from the cache', published: [0.499, 0.582, 0.648], found: await selectiveLists(SMALL, '{}', set) },
  ],
};
