import { quantileSorted } from 'simple-statistics';
import { clusterOptions } from '../../cluster-options.ts';
import { scenarioPolicies } from '../../scenario-policies.ts';
import { Cluster } from '../../sim/cluster.ts';
import { parseScenario } from '../../workloads/scenario.ts';

/** 50th, 90th and 99th percentile, in seconds. */
export type Percentiles = readonly [p50: number, p90: number, p99: number];

/** Their names. */
export const PERCENTILES = ['p50', 'p90', 'p99'] as const;

/** A measured row, and what the simulation comes to. */
export interface PublishedRow {
  readonly what: string;
  readonly published: Percentiles;
  readonly found: Percentiles;
  /** The percentiles that free parameters were fitted to; they are no predictions. */
  readonly given?: readonly (typeof PERCENTILES)[number][];
  /** Why the row is known to lie outside of the band; absent: it is to lie inside. */
  readonly outside?: string;
}

/** Rows of one publication, from one set-up. */
export interface Publication {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** What was measured on what, and which free parameters come from where; lines of at most 80 characters. */
  readonly circumstances?: readonly string[];
  /** @param set - settings of its scenario that are made otherwise, `path=value`, to see what they are worth */
  run(set?: readonly string[]): Promise<readonly PublishedRow[]>;
}

/** How far from real clusters' kubemark's 99th percentiles were, by verb: kubernetes/kubernetes#44701. */
export const BAND = [0.65, 3.36] as const;

/** Whether a row's percentiles, save the one that was given, lie within the band of the published. */
export function isWithinBand({ published, found, given }: PublishedRow): boolean {
  return published.every((value, i) => {
    if (given?.includes(PERCENTILES[i] as (typeof PERCENTILES)[number]) === true) return true;
    const ratio = (found[i] as number) / value;
    return ratio >= BAND[0] && ratio <= BAND[1];
  });
}

/** Percentiles of values in seconds. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return [Number.NaN, Number.NaN, Number.NaN];
  const at = (share: number): number => quantileSorted(sorted, share);
  return [at(0.5), at(0.9), at(0.99)];
}

/** A cluster of a scenario, not started; `set` makes settings of it otherwise, `path=value`. */
export async function clusterOf(scenario: string, set: readonly string[] = []): Promise<Cluster> {
  const parsed = parseScenario(scenario, 'published.yaml', { set });
  const policies = await scenarioPolicies(parsed, (failure) => {
    throw failure;
  });
  return new Cluster(clusterOptions(parsed, {}, policies));
}
