import { MAX_NODE_SCORE } from '../../sim/scheduler/framework.ts';
import { dividedBy } from '../../sim/scheduler/integer-division.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { SpecClass } from '../../sim/scheduler/pod-class.ts';
import { CPU, isScalarResource, MEMORY } from '../../sim/scheduler/resource-names.ts';

/** A resource that scoring looks at, and how much it counts. */
export interface ScoredResource {
  readonly name: string;
  readonly weight: number;
}

/** A scored resource as one spec uses it: its columns, and what the spec asks for. */
export interface ResourceUse {
  readonly id: number;
  readonly weight: number;
  readonly request: number;
  /** Scores go by requests with defaults for containers that do not say; cpu and memory only. */
  readonly scoring: boolean;
}

/** How one resource scores on a node: from what will be requested and what is allocatable, both whole numbers. */
export type ResourceScorer = (requested: number, allocatable: number) => number;

/** The resources that count for a spec: a scalar resource it does not request counts for nothing. */
export function resourcesInUse(
  table: NodeTable,
  spec: SpecClass,
  resources: readonly ScoredResource[],
  withDefaults: boolean,
): ResourceUse[] {
  return resources.flatMap(({ name, weight }) => {
    const id = table.classes.resources.id(name);
    const amounts = withDefaults ? spec.requests.incoming : spec.requests.amounts;
    const request = amounts.get(name) ?? 0;
    if (request === 0 && isScalarResource(name)) return [];
    return [{ id, weight, request, scoring: withDefaults && (id === CPU || id === MEMORY) }];
  });
}

/** Allocatable amounts of a resource by row. */
export function allocatableOf(table: NodeTable, { id }: ResourceUse): Float64Array {
  return table.allocatable.column(id);
}

/** What pods on nodes request of a resource, by row, as scoring counts it. */
export function requestedOf(table: NodeTable, { id, scoring }: ResourceUse): Float64Array {
  if (scoring) return id === CPU ? table.scoringCpu : table.scoringMemory;
  return table.requested.column(id);
}

/** Whether these are the two that every node has. */
export function isCpuAndMemory(resources: readonly ScoredResource[]): boolean {
  const names = resources.map(({ name }) => name).sort();
  return names.length === 2 && names[0] === 'cpu' && names[1] === 'memory';
}

/** The less is requested the better. */
export function leastRequested(requested: number, allocatable: number): number {
  if (requested > allocatable) return 0;
  return dividedBy((allocatable - requested) * MAX_NODE_SCORE, allocatable);
}

/** The more is requested the better. */
export function mostRequested(requested: number, allocatable: number): number {
  return dividedBy(Math.min(requested, allocatable) * MAX_NODE_SCORE, allocatable);
}

/** A point of a RequestedToCapacityRatio shape; scores 0 to 10. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** Scores go 0 to 10 in the shape. */
const SHAPE_SCALE = MAX_NODE_SCORE / 10;

/** Straight lines between the points of a shape, by whole per cent of utilisation. */
export function shapedScore(shape: readonly ShapePoint[]): ResourceScorer {
  const at = (utilization: number): number => {
    for (const [index, point] of shape.entries()) {
      if (utilization > point.utilization) continue;
      const former = shape[index - 1];
      if (former === undefined) return point.score * SHAPE_SCALE;
      const rise = (point.score - former.score) * SHAPE_SCALE * (utilization - former.utilization);
      return former.score * SHAPE_SCALE + Math.trunc(rise / (point.utilization - former.utilization));
    }
    return (shape.at(-1)?.score ?? 0) * SHAPE_SCALE;
  };
  return (requested, allocatable) => at(requested > allocatable ? 100 : dividedBy(requested * 100, allocatable));
}
