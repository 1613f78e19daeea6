import type { Cycle } from './framework.ts';
import { blockEnd, blockOf, blockStart, isBlockStart } from './node-order.ts';
import type { NodeOrder } from './node-order.ts';
import type { Found, NodeFiltering } from './node-filtering.ts';
import type { NodeScoring, Scored } from './node-scoring.ts';
import type { NodeTable } from './node-table.ts';
import type { Enabled, Skipped } from './plugin-run.ts';
import type { PodInfo } from './pod-class.ts';
import type { RowCache } from './row-cache.ts';
import { PASSES } from './status.ts';
import type { Ties } from './tie-breaker.ts';

/**
 * Filter and Score where all that counts is remembered by row: nodes are taken in blocks, and a block none of whose nodes
 * has changed is one step. It comes to the same as a look at each node: the same nodes are asked, in the same order, the
 * same number is found feasible and rejected, and the same ties stand in the same order.
 */
export class BlockSearch implements Ties {
  count = 0;
  readonly #table: NodeTable;
  readonly #filtering: NodeFiltering;
  readonly #scoring: NodeScoring;
  /** The latest search. */
  #order!: NodeOrder;
  #cache!: RowCache;
  #start = 0;
  #evaluated = 0;
  #best = 0;
  #mixed = false;
  /** By column of raw scores: what the feasible nodes so far have alike. */
  readonly #levels: Float64Array;
  /** A feasible node, for those that ask what a level comes to. */
  readonly #first = new Int32Array(1);
  readonly #found = { feasible: 0, rejected: 0 };

  constructor(table: NodeTable, filtering: NodeFiltering, scoring: NodeScoring) {
    this.#table = table;
    this.#filtering = filtering;
    this.#scoring = scoring;
    this.#levels = new Float64Array(scoring.rawColumns);
  }

  /** Looks at all nodes from a place in their order on, and round to it, until `wanted` are feasible. */
  find(cycle: Cycle, pod: PodInfo, cache: RowCache, start: number, wanted: number, skipped: Skipped): Found {
    const order = this.#table.nodeOrder;
    const { rows, changed } = order;
    const { blocks, verdict } = cache;
    blocks.follow(order);
    const { judged } = blocks;
    const total = rows.length;
    let feasible = 0;
    let place = start;
    let seen = 0;
    while (seen < total && feasible < wanted) {
      const block = blockOf(place);
      const end = blockEnd(place, total);
      const whole = isBlockStart(place) && end - place <= total - seen;
      if (whole && judged[block] === changed[block] && feasible + (blocks.feasible[block] as number) < wanted) {
        feasible += blocks.feasible[block] as number;
        seen += end - place;
      } else {
        // No more than could all be feasible: so no node is looked at that the search would not have come to.
        const count = Math.min(end - place, total - seen, wanted - feasible);
        const known = judged[block] === changed[block];
        if (!known) this.#filtering.judgeRows(cycle, pod, cache, rows, place, count, skipped);
        let passing = 0;
        if (known && blocks.feasible[block] === end - blockStart(place)) passing = count;
        else for (let i = place; i < place + count; i++) if (verdict[rows[i] as number] === PASSES) passing++;
        if (whole && place + count === end) {
          blocks.feasible[block] = passing;
          judged[block] = changed[block] as number;
        }
        feasible += passing;
        seen += count;
        place += count;
        if (place === total) place = 0;
        continue;
      }
      place = end === total ? 0 : end;
    }
    this.#order = order;
    this.#cache = cache;
    this.#start = start;
    this.#evaluated = seen;
    const found = this.#found;
    found.feasible = feasible;
    found.rejected = seen - feasible;
    return found;
  }

  /** The one node that the latest search found feasible. */
  only(): number {
    const { rows } = this.#order;
    const { verdict } = this.#cache;
    for (let seen = 0, place = this.#start; seen < this.#evaluated; seen++) {
      const row = rows[place] as number;
      if (verdict[row] === PASSES) return row;
      if (++place === rows.length) place = 0;
    }
    return -1;
  }

  /**
   * Scores the nodes that the latest search found. Undefined where raw scores are not all equal, so that it takes each of
   * them to normalise; nothing is lost by having asked.
   */
  score(cycle: Cycle, pod: PodInfo): Scored | undefined {
    const { rows, changed } = this.#order;
    const { blocks } = this.#cache;
    const { scored } = blocks;
    const total = rows.length;
    this.#best = -Infinity;
    this.count = 0;
    this.#mixed = false;
    let place = this.#start;
    for (let seen = 0; seen < this.#evaluated;) {
      const end = blockEnd(place, total);
      const count = Math.min(end - place, this.#evaluated - seen);
      const block = blockOf(place);
      const whole = isBlockStart(place) && count === end - place;
      const known = scored[block] === changed[block];
      if (known && whole) this.#takeBlock(block);
      else {
        if (!known) this.#scoring.scoreRows(cycle, pod, this.#cache, rows, place, count);
        this.#takeRows(place, count, known, whole ? block : -1);
      }
      if (this.#mixed) return undefined;
      seen += count;
      place = end === total ? 0 : end;
    }
    return { total: this.#best + this.#levelled(cycle, pod), ties: this };
  }

  row(index: number): number {
    const { rows, changed } = this.#order;
    const { blocks } = this.#cache;
    const { scored, best, ties } = blocks;
    const total = rows.length;
    let left = index;
    let place = this.#start;
    for (let seen = 0; seen < this.#evaluated;) {
      const end = blockEnd(place, total);
      const count = Math.min(end - place, this.#evaluated - seen);
      const block = blockOf(place);
      const known = isBlockStart(place) && count === end - place && scored[block] === changed[block];
      const here = !known || best[block] === this.#best;
      if (here && known && left >= (ties[block] as number)) left -= ties[block] as number;
      else if (here) {
        const { verdict, fixed } = this.#cache;
        for (let i = place; i < place + count; i++) {
          const row = rows[i] as number;
          if (verdict[row] === PASSES && fixed[row] === this.#best && left-- === 0) return row;
        }
      }
      seen += count;
      place = end === total ? 0 : end;
    }
    throw new Error(`there is no tie ${index} of ${this.count}`);
  }

  /**
   * Counts in some rows of one block, of which every one is scored where it is `known`; `block` is where they are noted as
   * all of it, -1 for nowhere.
   */
  #takeRows(place: number, count: number, known: boolean, block: number): void {
    const { rows, changed } = this.#order;
    const { verdict, fixed, raw, blocks } = this.#cache;
    let best = -Infinity;
    let ties = 0;
    let first = -1;
    for (let i = place; i < place + count; i++) {
      const row = rows[i] as number;
      if (verdict[row] !== PASSES) continue;
      if (first < 0) first = row;
      const total = fixed[row] as number;
      if (total < best) continue;
      if (total > best) {
        best = total;
        ties = 0;
      }
      ties++;
    }
    for (let column = 0; column < raw.length && first >= 0; column++) {
      if (this.#isSkipped(column)) continue;
      // Of a block that has a level every part has it.
      let level = known ? ((blocks.levels[column] as Float64Array)[blockOf(place)] as number) : Number.NaN;
      if (Number.isNaN(level)) level = this.#levelOf(raw[column] as Float64Array, first, place, count);
      if (block >= 0) (blocks.levels[column] as Float64Array)[block] = level;
      this.#level(column, level);
    }
    if (block >= 0) {
      blocks.best[block] = best;
      blocks.ties[block] = ties;
      blocks.scored[block] = changed[block] as number;
    }
    this.#add(best, ties);
  }

  /** The score that all feasible nodes of a part have; NaN where they differ. `first` is one of them. */
  #levelOf(scores: Float64Array, first: number, place: number, count: number): number {
    const { rows } = this.#order;
    const { verdict } = this.#cache;
    const level = scores[first] as number;
    for (let i = place; i < place + count; i++) {
      const row = rows[i] as number;
      if (scores[row] !== level && verdict[row] === PASSES) return Number.NaN;
    }
    return level;
  }

  #takeBlock(block: number): void {
    const { best, ties, levels } = this.#cache.blocks;
    const tied = ties[block] as number;
    if (tied === 0) return;
    for (let column = 0; column < levels.length; column++) {
      if (!this.#isSkipped(column)) this.#level(column, (levels[column] as Float64Array)[block] as number);
    }
    this.#add(best[block] as number, tied);
  }

  #isSkipped(column: number): boolean {
    return this.#scoring.skipped[(this.#scoring.rawScores[column] as Enabled).index] === 1;
  }

  /** Compares a level with that of the nodes so far. */
  #level(column: number, level: number): void {
    if (this.count === 0) this.#levels[column] = level;
    // Where a level is not a number even one block has several.
    if (this.#levels[column] !== level || Number.isNaN(level)) this.#mixed = true;
  }

  #add(best: number, ties: number): void {
    if (best > this.#best) {
      this.#best = best;
      this.count = ties;
    } else if (best === this.#best) this.count += ties;
  }

  #levelled(cycle: Cycle, pod: PodInfo): number {
    let sum = 0;
    if (this.#levels.length > 0) this.#first[0] = this.row(0);
    for (let column = 0; column < this.#levels.length; column++) {
      if (this.#isSkipped(column)) continue;
      const enabled = this.#scoring.rawScores[column] as Enabled;
      sum += this.#scoring.levelled(enabled, cycle, pod, this.#levels[column] as number, this.#first);
    }
    return sum;
  }
}
