import type { KubeNode, Pod } from '../../sim/api/core.ts';
import { resourceAmount } from '../../sim/api/quantity.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { EventRegistration } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import { dividedBy } from '../../sim/scheduler/integer-division.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { PodInfo, SpecClass } from '../../sim/scheduler/pod-class.ts';
import { podRequests } from '../../sim/scheduler/pod-resources.ts';
import { CPU, isExtendedResource, MEMORY } from '../../sim/scheduler/resource-names.ts';
import type { ResourceNames } from '../../sim/scheduler/resource-names.ts';
import { scoresNodes } from '../../sim/scheduler/node-scoring.ts';
import { PASSES, unresolvable, unschedulable } from '../../sim/scheduler/status.ts';
import type { Status } from '../../sim/scheduler/status.ts';
import { BalanceOfPair } from './node-resources-balanced-allocation.ts';
import {
  allocatableOf,
  isCpuAndMemory,
  leastRequested,
  mostRequested,
  requestedOf,
  resourcesInUse,
  shapedScore,
} from './resource-score.ts';
import { resourcesInOnePass } from './resources-in-one-pass.ts';
import type { PairDemand } from './resources-in-one-pass.ts';
import type { ResourceScorer, ResourceUse, ScoredResource, ShapePoint } from './resource-score.ts';

const NAME = 'NodeResourcesFit';

/** NodeResourcesFitArgs. */
export interface NodeResourcesFitArgs {
  readonly ignoredResources?: readonly string[];
  /** Prefixes before the slash. */
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: {
    readonly type?: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
    readonly resources?: readonly ScoredResource[];
    readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] };
  };
}

const DEFAULT_RESOURCES: readonly ScoredResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** What one spec asks for, as lists. */
interface Demand {
  /** Resource ids that the filter looks at. */
  readonly ids: readonly number[];
  readonly requests: readonly number[];
  /** Anything requested at all; otherwise only the number of pods counts. */
  readonly any: boolean;
  readonly uses: readonly ResourceUse[];
  /** The same where it is cpu and memory alone; null where it is not, absent where nobody has asked. */
  pair?: PairDemand | null;
  /** Refusals by which resources are short (bits) and of which the node has too little as a whole (bits). */
  readonly refusals: Map<number, Status>;
}

const TOO_MANY_PODS = 'Too many pods';

/** Keeps pods off nodes without room for their requests, and scores nodes by how full they would be. */
export function nodeResourcesFit(args: NodeResourcesFitArgs = {}): Plugin {
  const strategy = args.scoringStrategy ?? {};
  const resources =
    strategy.resources === undefined || strategy.resources.length === 0 ? DEFAULT_RESOURCES : strategy.resources;
  const ignored = new Set(args.ignoredResources);
  const ignoredGroups = new Set(args.ignoredResourceGroups);
  const isIgnored = (name: string): boolean =>
    isExtendedResource(name) && (ignored.has(name) || ignoredGroups.has(name.split('/')[0] as string));
  const ratio = strategy.type === 'RequestedToCapacityRatio';
  const scorer = scorerOf(strategy);
  const demands = new WeakMap<SpecClass, Demand>();

  const demandOf = (table: NodeTable, { podClass: { spec } }: PodInfo): Demand => {
    let demand = demands.get(spec);
    if (demand === undefined) {
      const names = table.classes.resources;
      const wanted = [...spec.requests.amounts].filter(([name, amount]) => amount > 0 && !isIgnored(name));
      demand = {
        ids: wanted.map(([name]) => names.id(name)),
        requests: wanted.map(([, amount]) => amount),
        any: wanted.length > 0,
        uses: resourcesInUse(table, spec, resources, true),
        refusals: new Map(),
      };
      demands.set(spec, demand);
    }
    return demand;
  };

  /** The resources that are short on a row, as bits; bit 0: pods. High half: short even on the empty node. */
  const shortage = (table: NodeTable, { ids, requests }: Demand, row: number): number => {
    let bits = (table.podCount[row] as number) + 1 > (table.allowedPods[row] as number) ? 1 : 0;
    for (let k = 0; k < ids.length; k++) {
      const id = ids[k] as number;
      const request = requests[k] as number;
      const allocatable = table.allocatable.get(id, row);
      if (request <= allocatable - table.requested.get(id, row)) continue;
      bits += shortOf(k, request > allocatable);
    }
    return bits;
  };

  const refusalOf = (names: ResourceNames, demand: Demand, bits: number): Status => {
    let status = demand.refusals.get(bits);
    if (status === undefined) {
      const short = Math.floor(bits) % 2 ** 26;
      const reasons = short % 2 === 1 ? [TOO_MANY_PODS] : [];
      for (const [k, id] of demand.ids.entries()) {
        if (Math.floor(short / 2 ** (k + 1)) % 2 === 1) reasons.push(`Insufficient ${names.name(id)}`);
      }
      status = bits >= 2 ** 27 ? unresolvable(...reasons) : unschedulable(...reasons);
      demand.refusals.set(bits, status);
    }
    return status;
  };

  const scoreAt = (table: NodeTable, uses: readonly ResourceUse[], row: number): number => {
    let sum = 0;
    let weights = 0;
    for (const use of uses) {
      const allocatable = allocatableOf(table, use)[row] ?? 0;
      if (allocatable === 0) continue;
      const score = scorer((requestedOf(table, use)[row] ?? 0) + use.request, allocatable);
      // The ratio leaves out resources that score nothing.
      if (ratio && score <= 0) continue;
      sum += score * use.weight;
      weights += use.weight;
    }
    return mean(sum, weights);
  };
  const mean = (sum: number, weights: number): number => {
    if (weights === 0) return 0;
    return ratio ? Math.round(sum / weights) : dividedBy(sum, weights);
  };
  let weightSums = new Float64Array(64);
  const scoreColumn = (
    table: NodeTable,
    uses: readonly ResourceUse[],
    rows: Int32Array,
    count: number,
    scores: Float64Array,
  ): void => {
    if (weightSums.length < count) weightSums = new Float64Array(2 * count);
    const weights = weightSums;
    scores.fill(0, 0, count);
    weights.fill(0, 0, count);
    for (const use of uses) {
      const allocatable = allocatableOf(table, use);
      const requested = requestedOf(table, use);
      const { request, weight } = use;
      for (let i = 0; i < count; i++) {
        const row = rows[i] as number;
        const room = allocatable[row] as number;
        if (!(room > 0)) continue;
        const score = scorer((requested[row] as number) + request, room);
        if (ratio && score <= 0) continue;
        scores[i]! += score * weight;
        weights[i]! += weight;
      }
    }
    for (let i = 0; i < count; i++) scores[i] = mean(scores[i] as number, weights[i] as number);
  };

  let shortages = new Float64Array(64);
  /** `shortage` of many rows. */
  const shortageColumn = (table: NodeTable, demand: Demand, rows: Int32Array, count: number): Float64Array => {
    if (shortages.length < count) shortages = new Float64Array(2 * count);
    const bits = shortages;
    const { podCount, allowedPods } = table;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      bits[i] = (podCount[row] as number) + 1 > (allowedPods[row] as number) ? 1 : 0;
    }
    for (const [k, id] of demand.ids.entries()) {
      const request = demand.requests[k] as number;
      if (table.allocatable.few(id) !== undefined) {
        for (let i = 0; i < count; i++) {
          const row = rows[i] as number;
          const room = table.allocatable.get(id, row);
          if (request > room - table.requested.get(id, row)) bits[i]! += shortOf(k, request > room);
        }
        continue;
      }
      const allocatable = table.allocatable.column(id);
      const requested = table.requested.column(id);
      for (let i = 0; i < count; i++) {
        const row = rows[i] as number;
        const room = allocatable[row] as number;
        if (request > room - (requested[row] as number)) bits[i]! += shortOf(k, request > room);
      }
    }
    return bits;
  };

  /** Of cpu and memory alone, or undefined. */
  const pairDemandOf = (table: NodeTable, pod: PodInfo): PairDemand | undefined => {
    const demand = demandOf(table, pod);
    if (demand.pair !== undefined) return demand.pair === null ? undefined : demand.pair;
    const { ids, requests } = demand;
    const requestOf = (id: number): number => requests[ids.indexOf(id)] ?? 0;
    const countedOf = (id: number): number => demand.uses.find((use) => use.id === id)?.request ?? 0;
    const others = ids.some((id) => id !== CPU && id !== MEMORY);
    demand.pair = others
      ? null
      : {
          cpu: requestOf(CPU),
          memory: requestOf(MEMORY),
          scoringCpu: countedOf(CPU),
          scoringMemory: countedOf(MEMORY),
        };
    return demand.pair ?? undefined;
  };
  const leastOfPair = (strategy.type ?? 'LeastAllocated') === 'LeastAllocated' && isCpuAndMemory(resources);
  const weightOfResource = (name: string): number => resources.find((resource) => resource.name === name)?.weight ?? 0;

  const plugin: Plugin = {
    name: NAME,
    scope: 'row',
    repeatable: true,
    events: eventsOf(isIgnored),
    filter({ table }, pod, { row }) {
      const demand = demandOf(table, pod);
      const bits = shortage(table, demand, row);
      return bits === 0 ? undefined : refusalOf(table.classes.resources, demand, bits);
    },
    filterRows({ table, statuses }, pod, rows, count, verdicts) {
      const demand = demandOf(table, pod);
      const shortageBits = shortageColumn(table, demand, rows, count);
      for (let i = 0; i < count; i++) {
        const bits = shortageBits[i] as number;
        if (bits !== 0 && verdicts[i] === PASSES)
          verdicts[i] = statuses.id(NAME, refusalOf(table.classes.resources, demand, bits));
      }
    },
    onlyRows({ table }, pod) {
      // Of a resource that few nodes have: those.
      for (const id of demandOf(table, pod).ids) {
        const few = table.allocatable.few(id);
        if (few !== undefined) return few.keys();
      }
      return undefined;
    },
    score({ table }, pod, { row }) {
      return scoreAt(table, demandOf(table, pod).uses, row);
    },
    scoreRows({ table }, pod, rows, count, scores) {
      scoreColumn(table, demandOf(table, pod).uses, rows, count, scores);
    },
    joint(enabled) {
      const scoring = enabled.filter(({ weight }) => weight > 0);
      const own = scoring.find(({ plugin: one }) => {
        return one.filterRows === plugin.filterRows && one.scoreRows === plugin.scoreRows;
      });
      if (own === undefined || !leastOfPair) return undefined;
      const other = scoring.find((one) => one.plugin.offer instanceof BalanceOfPair && scoresNodes(one.plugin));
      return resourcesInOnePass({
        plugins: new Set(other === undefined ? [own.plugin] : [own.plugin, other.plugin]),
        demandOf: pairDemandOf,
        cpuWeight: weightOfResource('cpu'),
        memoryWeight: weightOfResource('memory'),
        leastWeight: own.weight,
        balancedWeight: other?.weight ?? 0,
        fitsAt: (table, pod, row) => shortage(table, demandOf(table, pod), row) === 0,
        leastAt: (table, pod, row) => scoreAt(table, demandOf(table, pod).uses, row),
        balancedAt: other?.plugin.offer instanceof BalanceOfPair ? other.plugin.offer.at : () => 0,
      });
    },
  };
  return plugin;
}

/** By place of a resource: the bit that it is short, and with the one that the node has too little of as a whole. */
const SHORT = Array.from({ length: 26 }, (_, k) => 2 ** (k + 1));
const SHORT_EVEN_EMPTY = SHORT.map((bit) => bit + bit * 2 ** 26);

function shortOf(k: number, evenEmpty: boolean): number {
  return (evenEmpty ? SHORT_EVEN_EMPTY : SHORT)[k] as number;
}

function scorerOf(strategy: NonNullable<NodeResourcesFitArgs['scoringStrategy']>): ResourceScorer {
  switch (strategy.type ?? 'LeastAllocated') {
    case 'LeastAllocated':
      return leastRequested;
    case 'MostAllocated':
      return mostRequested;
    case 'RequestedToCapacityRatio':
      return shapedScore(strategy.requestedToCapacityRatio?.shape ?? []);
  }
}

function eventsOf(isIgnored: (name: string) => boolean): readonly EventRegistration[] {
  const wanted = (pod: PodInfo): [string, number][] =>
    [...pod.podClass.spec.requests.amounts].filter(([name, amount]) => amount > 0 && !isIgnored(name));
  const amount = (node: KubeNode | undefined, name: string): number => {
    const text = node?.status.allocatable?.[name];
    return text === undefined ? 0 : resourceAmount(name, text);
  };
  return [
    { resource: 'AssignedPod', action: Action.delete },
    {
      resource: 'AssignedPod',
      action: Action.updatePodScaleDown,
      hint: (pod, { before, after }) => {
        const had = podRequests(before as Pod).amounts;
        const has = podRequests(after as Pod).amounts;
        return wanted(pod).some(([name]) => (had.get(name) ?? 0) > (has.get(name) ?? 0));
      },
    },
    {
      resource: 'Node',
      action: Action.add | Action.updateNodeAllocatable,
      hint: (pod, { before, after }) => {
        const [old, node] = [before as KubeNode | undefined, after as KubeNode];
        if (amount(node, 'pods') < 1) return false;
        if (!wanted(pod).every(([name, request]) => request <= amount(node, name))) return false;
        if (old === undefined) return true;
        if (amount(node, 'pods') > amount(old, 'pods')) return true;
        return wanted(pod).some(([name]) => amount(node, name) > amount(old, name));
      },
    },
  ];
}
