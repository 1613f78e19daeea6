import { NO_VALUE } from './label-columns.ts';
import type { LabelColumn } from './label-columns.ts';
import type { NodeTable } from './node-table.ts';
import type { PodCounter } from './pod-counters.ts';

/** Whether pods on a row count. Depends on the node alone. */
export type RowPredicate = (row: number) => boolean;

/** A counter's pods by topology domain: kept current from the counter's log, built anew when nodes change. */
export class DomainSums {
  readonly column: LabelColumn;
  readonly counter: PodCounter;
  /** Pods by the number of the label's value. */
  sums = new Float64Array(8);
  /** Eligible nodes by the number of the value: a domain exists where there is one. */
  nodes = new Int32Array(8);
  /** Domains that exist. */
  domains = 0;
  /** Pods in any domain. */
  total = 0;
  readonly #table: NodeTable;
  readonly #eligible: RowPredicate | undefined;
  #position = -1;
  #nodeVersion = -1;

  constructor(table: NodeTable, counter: PodCounter, topologyKey: string, eligible?: RowPredicate) {
    this.#table = table;
    this.counter = counter;
    this.column = table.labels.column(topologyKey);
    this.#eligible = eligible;
  }

  refresh(): this {
    const { log, logStart, position } = this.counter;
    if (this.#nodeVersion !== this.#table.nodeVersion || this.#position < logStart) {
      this.#build();
    } else if (this.#position < position) {
      const { values } = this.column;
      for (let i = this.#position - logStart; i < log.length; i += 2) {
        const row = log[i] as number;
        const value = values[row] as number;
        if (value === NO_VALUE || this.#eligible?.(row) === false) continue;
        this.sums[value]! += log[i + 1] as number;
        this.total += log[i + 1] as number;
      }
    }
    this.#position = position;
    return this;
  }

  /** Pods in the domain of a row; 0 where the row is in none. */
  at(row: number): number {
    const value = this.column.values[row] as number;
    return value === NO_VALUE ? 0 : (this.sums[value] as number);
  }

  /** The fewest pods in a domain that exists; Infinity without any. */
  minimum(): number {
    let minimum = Infinity;
    const { sums, nodes } = this;
    for (let value = 0; value < nodes.length; value++) {
      if ((nodes[value] as number) > 0 && (sums[value] as number) < minimum) minimum = sums[value] as number;
    }
    return minimum;
  }

  #build(): void {
    this.#nodeVersion = this.#table.nodeVersion;
    const size = Math.max(8, this.column.texts.length);
    if (this.sums.length < size) {
      this.sums = new Float64Array(2 * size);
      this.nodes = new Int32Array(2 * size);
    } else {
      this.sums.fill(0);
      this.nodes.fill(0);
    }
    this.domains = 0;
    this.total = 0;
    const { values } = this.column;
    for (const row of this.#table.order) {
      const value = values[row] as number;
      if (value === NO_VALUE || this.#eligible?.(row) === false) continue;
      if (this.nodes[value]!++ === 0) this.domains++;
    }
    for (const [row, count] of this.counter.byRow) {
      const value = values[row] as number;
      if (value === NO_VALUE || this.#table.nodes[row] === undefined || this.#eligible?.(row) === false) continue;
      this.sums[value]! += count;
      this.total += count;
    }
  }
}
