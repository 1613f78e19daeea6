import { apiLatencies } from './api-latencies.ts';
import { consistentLists, watchLists } from './lists.ts';
import { podStarts2015, podStarts2017, podStarts2020 } from './pod-starts.ts';
import type { Publication } from './publication.ts';

/** Published measurements that the simulation is held against, those first that its free parameters come from. */
export const PUBLICATIONS: readonly Publication[] = [
  podStarts2015,
  podStarts2017,
  podStarts2020,
  apiLatencies,
  consistentLists,
  watchLists,
];
