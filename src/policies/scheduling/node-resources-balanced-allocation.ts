import { MAX_NODE_SCORE } from '../../sim/scheduler/framework.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { PodInfo, SpecClass } from '../../sim/scheduler/pod-class.ts';
import { SKIP } from '../../sim/scheduler/status.ts';
import { allocatableOf, isCpuAndMemory, requestedOf, resourcesInUse } from './resource-score.ts';
import type { ResourceUse, ScoredResource } from './resource-score.ts';

/** NodeResourcesBalancedAllocationArgs. */
export interface NodeResourcesBalancedAllocationArgs {
  readonly resources?: readonly ScoredResource[];
}

const DEFAULT_RESOURCES: readonly ScoredResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** What a plugin that balances cpu and memory has for a joint form: the plain score of a row. */
export class BalanceOfPair {
  readonly at: (table: NodeTable, pod: PodInfo, row: number) => number;

  constructor(at: BalanceOfPair['at']) {
    this.at = at;
  }
}

/** Prefers nodes whose resources would be used in equal parts: 100 less the standard deviation of the shares. */
export function nodeResourcesBalancedAllocation(args: NodeResourcesBalancedAllocationArgs = {}): Plugin {
  const resources = args.resources === undefined || args.resources.length === 0 ? DEFAULT_RESOURCES : args.resources;
  const memory = new WeakMap<SpecClass, readonly ResourceUse[]>();
  const usesOf = (table: NodeTable, { podClass: { spec } }: PodInfo): readonly ResourceUse[] => {
    let uses = memory.get(spec);
    if (uses === undefined) memory.set(spec, (uses = resourcesInUse(table, spec, resources, false)));
    return uses;
  };
  const asksNothing = (table: NodeTable, pod: PodInfo): boolean =>
    usesOf(table, pod).every(({ request }) => request === 0);
  const shares = new Float64Array(Math.max(2, resources.length));
  const scoreAt = (table: NodeTable, uses: readonly ResourceUse[], row: number): number => {
    let count = 0;
    let total = 0;
    for (const use of uses) {
      const allocatable = allocatableOf(table, use)[row] ?? 0;
      if (allocatable === 0) continue;
      const share = Math.min(1, ((requestedOf(table, use)[row] ?? 0) + use.request) / allocatable);
      total += share;
      shares[count++] = share;
    }
    return Math.trunc((1 - deviation(shares, count, total)) * MAX_NODE_SCORE);
  };
  return {
    name: 'NodeResourcesBalancedAllocation',
    scope: 'row',
    repeatable: true,
    events: [],
    preScore({ table }, pod) {
      return asksNothing(table, pod) ? SKIP : undefined;
    },
    skipsScore({ table }, pod) {
      return asksNothing(table, pod);
    },
    score({ table }, pod, { row }) {
      return scoreAt(table, usesOf(table, pod), row);
    },
    scoreRows({ table }, pod, rows, count, scores) {
      const uses = usesOf(table, pod);
      const [one, other] = uses;
      if (uses.length === 2 && one !== undefined && other !== undefined)
        scorePair(table, one, other, rows, count, scores);
      else for (let i = 0; i < count; i++) scores[i] = scoreAt(table, uses, rows[i] as number);
    },
    ...(isCpuAndMemory(resources) && {
      offer: new BalanceOfPair((table, pod, row) => scoreAt(table, usesOf(table, pod), row)),
    }),
  };
}

/** The usual case, two resources, over many rows. */
function scorePair(
  table: NodeTable,
  one: ResourceUse,
  other: ResourceUse,
  rows: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  const [firstRoom, secondRoom] = [allocatableOf(table, one), allocatableOf(table, other)];
  const [firstUsed, secondUsed] = [requestedOf(table, one), requestedOf(table, other)];
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const first = firstRoom[row] as number;
    const second = secondRoom[row] as number;
    let distance = 0;
    // Of a single resource there is nothing to balance.
    if (first > 0 && second > 0) {
      const share = Math.min(1, ((firstUsed[row] as number) + one.request) / first);
      distance = Math.abs((share - Math.min(1, ((secondUsed[row] as number) + other.request) / second)) / 2);
    }
    scores[i] = Math.trunc((1 - distance) * MAX_NODE_SCORE);
  }
}

/** Population standard deviation; of two shares half their difference. */
function deviation(shares: Float64Array, count: number, total: number): number {
  if (count < 2) return 0;
  if (count === 2) return Math.abs(((shares[0] as number) - (shares[1] as number)) / 2);
  const mean = total / count;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += ((shares[i] as number) - mean) ** 2;
  return Math.sqrt(sum / count);
}
