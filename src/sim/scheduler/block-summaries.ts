import { blocksOf } from './node-order.ts';
import type { NodeOrder } from './node-order.ts';

/**
 * What one spec's row cache comes to in each block of nodes: valid while no node of the block has changed since, by the
 * order's own stamp. So a search takes a block that did not change in one step.
 */
export class BlockSummaries {
  /** Feasible nodes, as of `judged`. */
  feasible = new Int32Array(0);
  /** The highest of the fixed scores of feasible nodes and how many have it, as of `scored`. */
  best = new Float64Array(0);
  ties = new Int32Array(0);
  /** By column of raw scores: the one that all feasible nodes have, NaN where they differ. */
  readonly levels: Float64Array[];
  judged = new Uint32Array(0);
  scored = new Uint32Array(0);
  #order: NodeOrder | undefined;

  constructor(rawColumns: number) {
    this.levels = Array.from({ length: rawColumns }, () => new Float64Array(0));
  }

  /** Forgets everything where the order of nodes has become another. */
  follow(order: NodeOrder): void {
    if (this.#order === order) return;
    this.#order = order;
    const blocks = blocksOf(order.rows.length);
    if (this.feasible.length < blocks) {
      this.feasible = new Int32Array(blocks);
      this.best = new Float64Array(blocks);
      this.ties = new Int32Array(blocks);
      for (const column of this.levels.keys()) this.levels[column] = new Float64Array(blocks);
      this.judged = new Uint32Array(blocks);
      this.scored = new Uint32Array(blocks);
    } else {
      this.judged.fill(0);
      this.scored.fill(0);
    }
  }

  clear(): void {
    this.#order = undefined;
  }
}
