import type { JointForm, Plugin } from '../../sim/scheduler/framework.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import { PASSES } from '../../sim/scheduler/status.ts';
import { CPU_SHARE, MEMORY_SHARE, PairRecords, RECORD, TILT } from './pair-records.ts';

/** Further than this from a whole number, a quotient that was computed by a reciprocal rounds as the true one does. */
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
  /** Undefined where the pod asks for more than cpu and memory, or scoring counts less than it asks for. */
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
  const even = cpuWeight === memoryWeight;
  const records = new PairRecords();

  const exactly = (table: NodeTable, pod: PodInfo, row: number): number => {
    if (!pair.fitsAt(table, pod, row)) return -Infinity;
    const least = leastWeight * pair.leastAt(table, pod, row);
    return balancedWeight === 0 ? least : least + balancedWeight * pair.balancedAt(table, pod, row);
  };

  return {
    plugins: pair.plugins,
    serves({ table }, pod) {
      if (pair.demandOf(table, pod) === undefined) return false;
      records.follow(table);
      return true;
    },
    scan({ table }, pod, from, count, verdicts, into) {
      const { cpu, memory, scoringCpu, scoringMemory } = pair.demandOf(table, pod) as PairDemand;
      const { numbers, perCpu, perMemory } = records;
      const rows = table.order;
      const { tied } = into;
      let { best, ties, feasible } = into;
      const end = from + count;
      let evenUntil = from;
      let cpuDemand = 0;
      let memoryDemand = 0;
      let tiltDemand = 0;
      for (let place = from; place < end; place++) {
        if (place >= evenUntil) {
          evenUntil = records.evenUntil(place);
          const ofCpu = perCpu[place] as number;
          const ofMemory = perMemory[place] as number;
          cpuDemand = scoringCpu * ofCpu;
          memoryDemand = scoringMemory * ofMemory;
          tiltDemand = cpu * ofCpu - memory * ofMemory;
        }
        if (verdicts !== undefined && verdicts[place - from] !== PASSES) continue;
        const at = place * RECORD;
        const cpuShare = (numbers[at + CPU_SHARE] as number) - cpuDemand;
        const memoryShare = (numbers[at + MEMORY_SHARE] as number) - memoryDemand;
        const balance = 100 - Math.abs((numbers[at + TILT] as number) - tiltDemand) / 2;
        // Towards zero, which is down for all that counts.
        const cpuScore = (cpuShare + MARGIN) | 0;
        const memoryScore = (memoryShare + MARGIN) | 0;
        const balanced = (balance + MARGIN) | 0;
        // Less than the margin where any of the three is that close to a whole number; no number where one is none.
        const distance = (cpuShare - cpuScore) * (memoryShare - memoryScore) * (balance - balanced);
        let total = 0;
        // Scoring counts no less than the requests here: where it finds something left, the pod fits.
        if (distance >= MARGIN && cpuShare > 0 && memoryShare > 0) {
          const least = even
            ? (cpuScore + memoryScore) >> 1
            : Math.floor((cpuScore * cpuWeight + memoryScore * memoryWeight) / weights);
          total = leastWeight * least + balancedWeight * balanced;
        } else {
          total = exactly(table, pod, rows[place] as number);
          if (total === -Infinity) continue;
        }
        feasible++;
        if (total < best) continue;
        if (total > best) {
          best = total;
          ties = 0;
        }
        tied[ties++] = rows[place] as number;
      }
      into.best = best;
      into.ties = ties;
      into.feasible = feasible;
    },
  };
}
