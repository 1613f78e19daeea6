import type { Cluster } from '../../sim/cluster.ts';
import { SECOND, seconds } from '../../sim/kernel/time.ts';
import { clusterOf, percentilesOf } from './publication.ts';
import type { Percentiles, Publication } from './publication.ts';

const scenario = (kind: string, selects: 'all' | 'none', requestsPerSecond: number, lasts: number): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: lists }
duration: 10m
cluster: { nodeGroups: [{ name: node, count: 1, capacity: { cpu: 8, memory: 32Gi } }] }
apiLoad:
  - { name: lister, verb: list, kind: ${kind}, selects: ${selects}, requestsPerSecond: ${requestsPerSecond}, at: 10s, for: ${lasts}s }
`;

/** Puts so many objects there, as somebody did before the measurement. */
function fill(cluster: Cluster, kind: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const metadata = { name: `o-${i}` };
    const body = kind === 'Pod' ? { spec: { nodeSelector: { none: 'x' }, containers: [{ name: 'c' }] } } : {};
    const object = { apiVersion: 'v1', kind, metadata, ...body };
    const result = cluster.server.handle({ verb: 'create', kind, namespace: 'default', name: '', body: object });
    if (!result.ok) throw new RangeError(result.status.message);
  }
}

async function lists(
  kind: string,
  count: number,
  selects: 'all' | 'none',
  requestsPerSecond: number,
  lasts: number,
): Promise<Percentiles> {
  const cluster = await clusterOf(scenario(kind, selects, requestsPerSecond, lasts));
  const took: number[] = [];
  cluster.server.observeRequests(({ verb }, result, micros) => {
    if (verb === 'list' && result.ok) took.push(micros / SECOND);
  });
  cluster.start();
  fill(cluster, kind, count);
  cluster.run({ until: seconds(10 + lasts + 60) });
  return percentilesOf(took);
}

export const podLists: Publication = {
  id: 'pod-lists',
  title: 'lists of all pods of 5,000 nodes',
  source: 'KEP-3157',
  run: async () => [
    {
      what: '165,000 pods',
      published: [1.95, 15.208, 60],
      found: await lists('Pod', 165_000, 'all', 0.1, 120),
      outside: 'how many lists ran at a time was not published; here it is one',
    },
  ],
};

export const selectiveLists: Publication = {
  id: 'selective-lists',
  title: 'lists from the watch cache that select nothing, one a second',
  source: 'KEP-2340; the time of a core for an object is given by its cores in use',
  run: async () => [
    {
      what: 'of 300,000 ConfigMaps',
      published: [0.499, 0.582, 0.648],
      found: await lists('ConfigMap', 300_000, 'none', 1, 120),
    },
    {
      what: 'of 300 large ConfigMaps',
      published: [0.025, 0.045, 0.0495],
      found: await lists('ConfigMap', 300, 'none', 1, 120),
      outside: 'published are the percentiles of a bucket up to 50 ms, which hold nothing below it',
    },
  ],
};
