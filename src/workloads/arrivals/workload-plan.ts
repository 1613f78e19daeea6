import type { ArrivalSource } from '../../sim/arrivals.ts';
import type { Draft } from '../../sim/api/meta.ts';

/** A workload of a scenario, ready to run. */
export interface WorkloadPlan {
  readonly name: string;
  readonly source: ArrivalSource;
  /** Objects created or applied, by kind; `undefined` counts are not known before the run. */
  readonly counts: Readonly<Record<string, number | undefined>>;
  /** Namespaces its objects are in. */
  readonly namespaces: ReadonlySet<string>;
  /** What it applies, for later workloads that scale or delete it; absent where the names are made as it runs. */
  readonly objects?: () => readonly Draft[];
  readonly warnings: readonly string[];
}

/** Counts by kind, in the order of first appearance. */
export function countKinds(objects: readonly Draft[], times = 1): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of objects) counts[kind] = (counts[kind] ?? 0) + times;
  return counts;
}

/** The namespaces of objects. */
export function namespacesOf(objects: readonly Draft[]): Set<string> {
  return new Set(objects.flatMap(({ metadata }) => (metadata.namespace === undefined ? [] : [metadata.namespace])));
}
