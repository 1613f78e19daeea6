import { MAX_NODE_SCORE } from '../../sim/scheduler/framework.ts';
import type { JointForm, Plugin, Standings } from '../../sim/scheduler/framework.ts';
import { blockEnd, blockOf } from '../../sim/scheduler/node-order.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import { PASSES } from '../../sim/scheduler/status.ts';
import { PairColumns } from './pair-columns.ts';

/** Further than this above a whole number, a quotient that was computed by a reciprocal rounds down as the true one does. */
const MARGIN = 1e-6;

/** A pod's demand as NodeResourcesFit sees it: of cpu and memory alone. */
export interface PairDemand {
  /** What the filter goes by. */
  readonly cpu: number;
  readonly memory: number;
  /** What LeastAllocated counts, with defaults for containers that do not say. */
  readonly scoringCpu: number;
  readonly scoringMemory: number;
}

/** What it takes to put NodeResourcesFit by LeastAllocated and NodeResourcesBalancedAllocation into one pass. */
export interface PairPlugins {
  readonly plugins: ReadonlySet<Plugin>;
  /** Undefined where the pod asks for more than cpu and memory. */
  demandOf(table: NodeTable, pod: PodInfo): PairDemand | undefined;
  /** How much cpu and memory count for LeastAllocated. */
  readonly cpuWeight: number;
  readonly memoryWeight: number;
  readonly leastWeight: number;
  /** 0 where the profile does without. */
  readonly balancedWeight: number;
  /** The plain forms, for a row: whether it fits, LeastAllocated's score and the other's. */
  fitsAt(table: NodeTable, pod: PodInfo, row: number): boolean;
  leastAt(table: NodeTable, pod: PodInfo, row: number): number;
  balancedAt(table: NodeTable, pod: PodInfo, row: number): number;
}

/**
 * Filter and Score by cpu and memory in one pass over the nodes, for pods whose like has not been seen before. Divisions are
 * multiplications by reciprocals; where rounding might show, a node is asked by the plain forms.
 */
export function resourcesInOnePass(pair: PairPlugins): JointForm {
  const { leastWeight, balancedWeight } = pair;
  // The pass compares totals as 32-bit numbers.
  const smallTotals = MAX_NODE_SCORE * (leastWeight + balancedWeight) < 2 ** 31;
  const pass = new PairPass(pair);
  return {
    plugins: pair.plugins,
    serves: ({ table }, pod) => smallTotals && pair.demandOf(table, pod) !== undefined,
    scan({ table }, pod, from, count, verdicts, into) {
      pass.begin(table, pod);
      const to = from + count;
      if (verdicts !== undefined) {
        pass.each(from, to, verdicts, into);
        return;
      }
      const nodes = table.order.length;
      for (let place = from; place < to;) {
        const end = Math.min(blockEnd(place, nodes), to);
        if (pass.isEven(blockOf(place))) pass.even(place, end, into);
        else pass.each(place, end, undefined, into);
        place = end;
      }
    },
  };
}

/** One pass over the nodes for one pod. */
class PairPass {
  readonly columns: PairColumns;
  readonly #pair: PairPlugins;
  readonly #weights: number;
  readonly #cpuFactor: number;
  readonly #memoryFactor: number;
  /** By less than this a sum of computed quotients lies off the true one. */
  readonly #slack: number;
  #table: NodeTable | undefined;
  #pod: PodInfo | undefined;
  #cpu = 0;
  #memory = 0;
  #scoringCpu = 0;
  #scoringMemory = 0;

  constructor(pair: PairPlugins) {
    const { cpuWeight, memoryWeight, leastWeight, balancedWeight } = pair;
    this.#pair = pair;
    this.#weights = cpuWeight + memoryWeight;
    this.#cpuFactor = (leastWeight * cpuWeight) / this.#weights;
    this.#memoryFactor = (leastWeight * memoryWeight) / this.#weights;
    this.#slack = MARGIN * (leastWeight + balancedWeight);
    this.columns = new PairColumns(this.#cpuFactor, this.#memoryFactor);
  }

  begin(table: NodeTable, pod: PodInfo): void {
    const demand = this.#pair.demandOf(table, pod) as PairDemand;
    this.columns.follow(table);
    this.#table = table;
    this.#pod = pod;
    this.#cpu = demand.cpu;
    this.#memory = demand.memory;
    this.#scoringCpu = demand.scoringCpu;
    this.#scoringMemory = demand.scoringMemory;
  }

  /** Whether the nodes of a block are of one size and all have room, for scoring as well. */
  isEven(block: number): boolean {
    const { blockPerCpu, blockPerMemory, leastCpuLeft, leastMemoryLeft, leastCpuShare, leastMemoryShare } =
      this.columns;
    return (
      (leastCpuLeft[block] as number) >= this.#cpu &&
      (leastMemoryLeft[block] as number) >= this.#memory &&
      (leastCpuShare[block] as number) >= this.#scoringCpu * (blockPerCpu[block] as number) &&
      (leastMemoryShare[block] as number) >= this.#scoringMemory * (blockPerMemory[block] as number)
    );
  }

  /**
   * Looks at nodes of an even block. Scores round down: where even the quotients do not add up to the best total, a node is
   * feasible and no more, and two numbers tell so of most.
   */
  even(from: number, to: number, into: Standings): void {
    const { worth, tilt, blockPerCpu, blockPerMemory } = this.columns;
    const rows = (this.#table as NodeTable).order;
    const { balancedWeight } = this.#pair;
    const block = blockOf(from);
    const ofCpu = blockPerCpu[block] as number;
    const ofMemory = blockPerMemory[block] as number;
    const taken = this.#scoringCpu * ofCpu * this.#cpuFactor + this.#scoringMemory * ofMemory * this.#memoryFactor;
    const lean = this.#cpu * ofCpu - this.#memory * ofMemory;
    const half = balancedWeight / 2;
    const { tied } = into;
    let { best, ties } = into;
    // What a node has to be worth at least, for its place on the scale of balance.
    let least = best - this.#slack - MAX_NODE_SCORE * balancedWeight + taken;
    for (let place = from; place < to; place++) {
      if ((worth[place] as number) - half * Math.abs((tilt[place] as number) - lean) < least) continue;
      const total = this.#totalAt(place);
      if (total > best) {
        best = total;
        ties = 0;
        least = best - this.#slack - MAX_NODE_SCORE * balancedWeight + taken;
      }
      // Kept when it ties, by a bit and not by a branch: which nodes tie is anybody's guess, the processor's too.
      tied[ties] = rows[place] as number;
      ties += (best - total - 1) >>> 31;
    }
    into.feasible += to - from;
    into.best = best;
    into.ties = ties;
  }

  /** Looks at nodes one by one: at those whose verdict, by position, is PASSES. */
  each(from: number, to: number, verdicts: Int32Array | undefined, into: Standings): void {
    const { cpuLeft, memoryLeft } = this.columns;
    const rows = (this.#table as NodeTable).order;
    const [cpu, memory] = [this.#cpu, this.#memory];
    const { tied } = into;
    for (let place = from; place < to; place++) {
      if (verdicts !== undefined && verdicts[place - from] !== PASSES) continue;
      const hasCpu = (cpuLeft[place] as number) >= cpu;
      const hasMemory = (memoryLeft[place] as number) >= memory;
      // Too little of what it asks for, or no room for any pod.
      if ((!hasCpu && cpu > 0) || (!hasMemory && memory > 0)) continue;
      const total = hasCpu && hasMemory ? this.#totalAt(place) : this.#exactly(place);
      if (total === -Infinity) continue;
      into.feasible++;
      if (total < into.best) continue;
      if (total > into.best) {
        into.best = total;
        into.ties = 0;
      }
      tied[into.ties++] = rows[place] as number;
    }
  }

  /** The weighted sum of scores of a node that has room. */
  #totalAt(place: number): number {
    const { cpuShare, memoryShare, tilt, perCpu, perMemory } = this.columns;
    const { cpuWeight, memoryWeight, leastWeight, balancedWeight } = this.#pair;
    const ofCpu = perCpu[place] as number;
    const ofMemory = perMemory[place] as number;
    const cpuExact = (cpuShare[place] as number) - this.#scoringCpu * ofCpu;
    const memoryExact = (memoryShare[place] as number) - this.#scoringMemory * ofMemory;
    const uneven = Math.abs((tilt[place] as number) - this.#cpu * ofCpu + this.#memory * ofMemory);
    const balance = MAX_NODE_SCORE - uneven / 2;
    const cpuScore = Math.floor(cpuExact + MARGIN);
    const memoryScore = Math.floor(memoryExact + MARGIN);
    const balanced = Math.floor(balance + MARGIN);
    if (
      cpuScore >= 0 &&
      memoryScore >= 0 &&
      cpuExact - cpuScore >= MARGIN &&
      memoryExact - memoryScore >= MARGIN &&
      balance - balanced >= MARGIN
    ) {
      const least = Math.floor((cpuScore * cpuWeight + memoryScore * memoryWeight) / this.#weights);
      return leastWeight * least + balancedWeight * balanced;
    }
    return this.#exactly(place);
  }

  /** The same by the plain forms; -Infinity where the node does not fit. */
  #exactly(place: number): number {
    const pair = this.#pair;
    const [table, pod] = [this.#table as NodeTable, this.#pod as PodInfo];
    const row = table.order[place] as number;
    if (!pair.fitsAt(table, pod, row)) return -Infinity;
    const least = pair.leastWeight * pair.leastAt(table, pod, row);
    return pair.balancedWeight === 0 ? least : least + pair.balancedWeight * pair.balancedAt(table, pod, row);
  }
}
