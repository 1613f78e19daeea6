import { blockEnd, blockOf, blocksOf } from '../../sim/scheduler/node-order.ts';
import type { NodeOrder } from '../../sim/scheduler/node-order.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import { CPU, MEMORY } from '../../sim/scheduler/resource-names.ts';

/**
 * Cpu and memory of nodes as one pass over them wants it, in the order in which nodes are looked at: what is left, and
 * shares in per cent. Brought up to date block by block, where nodes have changed. Shares are rounded as doubles are; they
 * are not numbers where a node has none of a resource.
 */
export class PairColumns {
  /** What is left; of a node that takes no more pods -Infinity. */
  cpuLeft = new Float64Array(0);
  memoryLeft = new Float64Array(0);
  /** What is left as scoring counts, in per cent of all. */
  cpuShare = new Float64Array(0);
  memoryShare = new Float64Array(0);
  /** By how much more cpu than memory is left, in per cent of all. */
  tilt = new Float64Array(0);
  /** Per cent of all that one unit is. */
  perCpu = new Float64Array(0);
  perMemory = new Float64Array(0);
  /** Both shares, each times its factor. */
  worth = new Float64Array(0);
  /** By block: per cent of all that one unit is on each node of it; not numbers where they differ. */
  blockPerCpu = new Float64Array(0);
  blockPerMemory = new Float64Array(0);
  /** By block: the least that is left on a node of it, and the least shares. */
  leastCpuLeft = new Float64Array(0);
  leastMemoryLeft = new Float64Array(0);
  leastCpuShare = new Float64Array(0);
  leastMemoryShare = new Float64Array(0);
  readonly #cpuFactor: number;
  readonly #memoryFactor: number;
  #order: NodeOrder | undefined;
  #seen = new Uint32Array(0);

  constructor(cpuFactor: number, memoryFactor: number) {
    this.#cpuFactor = cpuFactor;
    this.#memoryFactor = memoryFactor;
  }

  follow(table: NodeTable): void {
    const order = table.nodeOrder;
    const nodes = order.rows.length;
    if (order !== this.#order) this.#reserve(order);
    const { changed } = order;
    const seen = this.#seen;
    for (let block = 0, place = 0; block < seen.length; block++) {
      const end = blockEnd(place, nodes);
      if (seen[block] !== changed[block]) {
        this.#refresh(table, place, end);
        this.#summarise(block, place, end);
        seen[blockOf(place)] = changed[block] as number;
      }
      place = end;
    }
  }

  #refresh(table: NodeTable, from: number, to: number): void {
    const { rows } = table.nodeOrder;
    const [cpuRoom, memoryRoom] = [table.allocatable.column(CPU), table.allocatable.column(MEMORY)];
    const [cpuUsed, memoryUsed] = [table.requested.column(CPU), table.requested.column(MEMORY)];
    for (let place = from; place < to; place++) {
      const row = rows[place] as number;
      const cpu = cpuRoom[row] as number;
      const memory = memoryRoom[row] as number;
      const cpuLeft = cpu - (cpuUsed[row] as number);
      const memoryLeft = memory - (memoryUsed[row] as number);
      const perCpu = cpu > 0 ? 100 / cpu : Number.NaN;
      const perMemory = memory > 0 ? 100 / memory : Number.NaN;
      const full = (table.podCount[row] as number) + 1 > (table.allowedPods[row] as number);
      this.perCpu[place] = perCpu;
      this.perMemory[place] = perMemory;
      this.cpuLeft[place] = full ? -Infinity : cpuLeft;
      this.memoryLeft[place] = full ? -Infinity : memoryLeft;
      this.cpuShare[place] = (cpu - (table.scoringCpu[row] as number)) * perCpu;
      this.memoryShare[place] = (memory - (table.scoringMemory[row] as number)) * perMemory;
      this.tilt[place] = cpuLeft * perCpu - memoryLeft * perMemory;
      this.worth[place] =
        this.#cpuFactor * (this.cpuShare[place] as number) + this.#memoryFactor * (this.memoryShare[place] as number);
    }
  }

  #summarise(block: number, from: number, to: number): void {
    const least = (column: Float64Array): number => {
      let value = Infinity;
      for (let place = from; place < to; place++) value = Math.min(value, column[place] as number);
      return value;
    };
    const common = (column: Float64Array): number => {
      const [value] = column.subarray(from, to);
      for (let place = from; place < to; place++) if (column[place] !== value) return Number.NaN;
      return value as number;
    };
    this.blockPerCpu[block] = common(this.perCpu);
    this.blockPerMemory[block] = common(this.perMemory);
    this.leastCpuLeft[block] = least(this.cpuLeft);
    this.leastMemoryLeft[block] = least(this.memoryLeft);
    this.leastCpuShare[block] = least(this.cpuShare);
    this.leastMemoryShare[block] = least(this.memoryShare);
  }

  #reserve(order: NodeOrder): void {
    this.#order = order;
    const nodes = order.rows.length;
    this.#seen = new Uint32Array(blocksOf(nodes));
    if (this.cpuLeft.length >= nodes) return;
    this.cpuLeft = new Float64Array(nodes);
    this.memoryLeft = new Float64Array(nodes);
    this.cpuShare = new Float64Array(nodes);
    this.memoryShare = new Float64Array(nodes);
    this.tilt = new Float64Array(nodes);
    this.perCpu = new Float64Array(nodes);
    this.perMemory = new Float64Array(nodes);
    this.worth = new Float64Array(nodes);
    const blocks = blocksOf(nodes);
    this.blockPerCpu = new Float64Array(blocks);
    this.blockPerMemory = new Float64Array(blocks);
    this.leastCpuLeft = new Float64Array(blocks);
    this.leastMemoryLeft = new Float64Array(blocks);
    this.leastCpuShare = new Float64Array(blocks);
    this.leastMemoryShare = new Float64Array(blocks);
  }
}
