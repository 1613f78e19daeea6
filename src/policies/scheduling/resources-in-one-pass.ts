import { MAX_NODE_SCORE } from '../../sim/scheduler/framework.ts';
import type { JointForm, Plugin } from '../../sim/scheduler/framework.ts';
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
  const { cpuWeight, memoryWeight, leastWeight, balancedWeight } = pair;
  const weights = cpuWeight + memoryWeight;
  // The pass compares totals as 32-bit numbers.
  const smallTotals = MAX_NODE_SCORE * (leastWeight + balancedWeight) < 2 ** 31;
  const columns = new PairColumns();

  const exactly = (table: NodeTable, pod: PodInfo, row: number): number => {
    if (!pair.fitsAt(table, pod, row)) return -Infinity;
    const least = leastWeight * pair.leastAt(table, pod, row);
    return balancedWeight === 0 ? least : least + balancedWeight * pair.balancedAt(table, pod, row);
  };

  return {
    plugins: pair.plugins,
    serves({ table }, pod) {
      if (pair.demandOf(table, pod) === undefined || !smallTotals) return false;
      columns.follow(table);
      return true;
    },
    scan({ table }, pod, from, count, verdicts, into) {
      const { cpu, memory, scoringCpu, scoringMemory } = pair.demandOf(table, pod) as PairDemand;
      const { cpuLeft, memoryLeft, cpuShare, memoryShare, tilt, perCpu, perMemory } = columns;
      const rows = table.order;
      const { tied } = into;
      let { best, ties, feasible } = into;
      const slack = MARGIN * (leastWeight + balancedWeight);
      let hopeful = best - slack;
      const cpuFactor = (leastWeight * cpuWeight) / weights;
      const memoryFactor = (leastWeight * memoryWeight) / weights;
      for (let place = from; place < from + count; place++) {
        if (verdicts !== undefined && verdicts[place - from] !== PASSES) continue;
        const hasCpu = (cpuLeft[place] as number) >= cpu;
        const hasMemory = (memoryLeft[place] as number) >= memory;
        // Too little of what it asks for, or no room for any pod.
        if ((!hasCpu && cpu > 0) || (!hasMemory && memory > 0)) continue;
        const ofCpu = perCpu[place] as number;
        const ofMemory = perMemory[place] as number;
        const cpuExact = (cpuShare[place] as number) - scoringCpu * ofCpu;
        const memoryExact = (memoryShare[place] as number) - scoringMemory * ofMemory;
        const balance = 100 - Math.abs((tilt[place] as number) - cpu * ofCpu + memory * ofMemory) / 2;
        // Scores round down: where even the quotients do not add up to the best total, the node is feasible and no more.
        if (
          cpuExact >= 0 &&
          memoryExact >= 0 &&
          cpuExact * cpuFactor + memoryExact * memoryFactor + balance * balancedWeight < hopeful &&
          hasCpu &&
          hasMemory
        ) {
          feasible++;
          continue;
        }
        const cpuScore = Math.floor(cpuExact + MARGIN);
        const memoryScore = Math.floor(memoryExact + MARGIN);
        const balanced = Math.floor(balance + MARGIN);
        let total = 0;
        if (
          hasCpu &&
          hasMemory &&
          cpuScore >= 0 &&
          memoryScore >= 0 &&
          cpuExact - cpuScore >= MARGIN &&
          memoryExact - memoryScore >= MARGIN &&
          balance - balanced >= MARGIN
        ) {
          const least = Math.floor((cpuScore * cpuWeight + memoryScore * memoryWeight) / weights);
          total = leastWeight * least + balancedWeight * balanced;
        } else {
          total = exactly(table, pod, rows[place] as number);
          if (total === -Infinity) continue;
        }
        feasible++;
        if (total > best) {
          best = total;
          hopeful = best - slack;
          ties = 0;
        }
        // Kept when it ties, by a bit and not by a branch: which nodes tie is anybody's guess, the processor's too.
        tied[ties] = rows[place] as number;
        ties += (best - total - 1) >>> 31;
      }
      into.best = best;
      into.ties = ties;
      into.feasible = feasible;
    },
  };
}
