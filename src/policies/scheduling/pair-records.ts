import { blockEnd, blockOf, blocksOf } from '../../sim/scheduler/node-order.ts';
import type { NodeOrder } from '../../sim/scheduler/node-order.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import { CPU, MEMORY } from '../../sim/scheduler/resource-names.ts';

/** Numbers of a record, of which the last is not used. */
export const RECORD = 4;

/** What is left as scoring counts, in per cent of all. Cpu is not a number where a node needs a closer look. */
export const CPU_SHARE = 0;
export const MEMORY_SHARE = 1;
/** By how much more cpu than memory is left by the requests alone, in per cent of all. */
export const TILT = 2;

/**
 * Cpu and memory of nodes as one pass over them wants it: a record a node, in the order in which nodes are looked at.
 * Brought up to date block by block, where nodes have changed. Shares are rounded as doubles are; they are not numbers where a
 * node has none of a resource.
 */
export class PairRecords {
  numbers = new Float64Array(0);
  /** By place: per cent of all that one unit is. */
  perCpu = new Float64Array(0);
  perMemory = new Float64Array(0);
  #order: NodeOrder | undefined;
  #seen = new Uint32Array(0);
  /** By block: 1 where all its nodes are of one size. */
  #even = new Uint8Array(0);

  follow(table: NodeTable): void {
    const order = table.nodeOrder;
    const nodes = order.rows.length;
    if (order !== this.#order) this.#reserve(order);
    const { changed } = order;
    const seen = this.#seen;
    for (let block = 0, place = 0; block < seen.length; block++) {
      const end = blockEnd(place, nodes);
      if (seen[block] !== changed[block]) {
        this.#even[block] = this.#refresh(table, place, end) ? 1 : 0;
        seen[block] = changed[block] as number;
      }
      place = end;
    }
  }

  /** How far nodes are of one size, from a place on, for certain. */
  evenUntil(place: number): number {
    return this.#even[blockOf(place)] === 1 ? blockEnd(place, this.perCpu.length) : place + 1;
  }

  /** Answers whether the nodes are of one size. */
  #refresh(table: NodeTable, from: number, to: number): boolean {
    const { rows } = table.nodeOrder;
    const { numbers, perCpu, perMemory } = this;
    const [cpuRoom, memoryRoom] = [table.allocatable.column(CPU), table.allocatable.column(MEMORY)];
    const [cpuUsed, memoryUsed] = [table.requested.column(CPU), table.requested.column(MEMORY)];
    let even = true;
    for (let place = from; place < to; place++) {
      const row = rows[place] as number;
      const cpu = cpuRoom[row] as number;
      const memory = memoryRoom[row] as number;
      const ofCpu = cpu > 0 ? 100 / cpu : Number.NaN;
      const ofMemory = memory > 0 ? 100 / memory : Number.NaN;
      const cpuLeft = cpu - (cpuUsed[row] as number);
      const memoryLeft = memory - (memoryUsed[row] as number);
      const cpuCounted = cpu - (table.scoringCpu[row] as number);
      const memoryCounted = memory - (table.scoringMemory[row] as number);
      // Elsewhere what is left by what scoring counts is left by the requests as well.
      const full = (table.podCount[row] as number) + 1 > (table.allowedPods[row] as number);
      const odd = full || cpuCounted > cpuLeft || memoryCounted > memoryLeft;
      const at = place * RECORD;
      numbers[at + CPU_SHARE] = odd ? Number.NaN : cpuCounted * ofCpu;
      numbers[at + MEMORY_SHARE] = memoryCounted * ofMemory;
      numbers[at + TILT] = cpuLeft * ofCpu - memoryLeft * ofMemory;
      perCpu[place] = ofCpu;
      perMemory[place] = ofMemory;
      even &&= ofCpu === perCpu[from] && ofMemory === perMemory[from];
    }
    return even;
  }

  #reserve(order: NodeOrder): void {
    const nodes = order.rows.length;
    this.#order = order;
    this.#seen = new Uint32Array(blocksOf(nodes));
    this.#even = new Uint8Array(blocksOf(nodes));
    this.numbers = new Float64Array(nodes * RECORD);
    this.perCpu = new Float64Array(nodes);
    this.perMemory = new Float64Array(nodes);
  }
}
