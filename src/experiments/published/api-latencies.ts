import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND, seconds } from '../../sim/kernel/time.ts';
import { packageFolder } from '../../workloads/data-files.ts';
import { clusterOf, percentilesOf } from './publication.ts';
import type { PublishedRow, Publication } from './publication.ts';

/** A density test of 1,500 pods on 100 nodes, with the median and the 99th percentile of PUT pods for all writes. */
const SCENARIO = join(packageFolder(), 'scenarios', 'api-latencies.yaml');

/** What the test did of its own, and then took away. */
const LASTS = 480;

const ONE_FOR_ALL = 'one distribution stands for all writes; what a verb adds to it was not published';
const STALL = 'storing took 0.8 s for a moment, and few other node updates came; the fault etcd-stall is like it';

/** Rows of the publication: what the simulation calls them, and why some cannot be met. */
const ROWS: readonly (Omit<PublishedRow, 'found'> & { readonly request: string })[] = [
  { what: 'PUT pods', request: 'update Pod', published: [0.0106, 0.0478, 0.234], given: ['p50', 'p99'] },
  { what: 'POST pods', request: 'create Pod', published: [0.0185, 0.0836, 0.11], outside: ONE_FOR_ALL },
  { what: 'DELETE pods', request: 'delete Pod', published: [0.0135, 0.169, 0.199], outside: ONE_FOR_ALL },
  { what: 'POST bindings', request: 'bind Pod', published: [0.0289, 0.0592, 0.108], outside: ONE_FOR_ALL },
  { what: 'PUT nodes (now PATCH)', request: 'patch Node', published: [0.0075, 0.933, 1.188], outside: STALL },
];

export const apiLatencies: Publication = {
  id: 'api-latencies',
  title: 'writes in a density test, kubemark 2016',
  source: 'kubernetes/kubernetes#25827',
  circumstances: ['Given: the median and the 99th percentile of PUT pods, for all writes.'],
  run: async (set = []) => {
    const cluster = await clusterOf(readFileSync(SCENARIO, 'utf8'), set);
    const took = new Map<string, number[]>(ROWS.map(({ request }) => [request, []]));
    cluster.server.observeRequests(({ verb, kind }, _result, micros) => {
      // The machines' first reports are written as the run begins, in no time.
      if (micros > 0) took.get(`${verb} ${kind}`)?.push(micros / SECOND);
    });
    cluster.start();
    cluster.run({ until: seconds(LASTS) });
    return ROWS.map(({ request, ...row }) => ({ ...row, found: percentilesOf(took.get(request) ?? []) }));
  },
};
