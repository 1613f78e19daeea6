import { BlockSearch } from './block-search.ts';
import type { Cycle, JointForm } from './framework.ts';
import { JointSearch } from './joint-search.ts';
import type { Found, NodeFiltering, Search } from './node-filtering.ts';
import type { NodeScoring, Scored } from './node-scoring.ts';
import type { NodeTable } from './node-table.ts';
import type { Enabled, Skipped } from './plugin-run.ts';
import type { PodInfo } from './pod-class.ts';
import type { RowCache } from './row-cache.ts';

/** How a search went: nodes were listed, taken by whole blocks, or looked at in one joint pass. */
type Way = 'listed' | 'blocks' | 'joint';

/** Filter and Score in one cycle, by the way that takes the fewest steps; all ways come to the same. */
export class NodeSearch {
  readonly #filtering: NodeFiltering;
  readonly #scoring: NodeScoring;
  readonly #blocks: BlockSearch;
  readonly #joint: JointSearch;
  #way: Way = 'listed';
  #found: Found = { feasible: 0, rejected: 0 };

  constructor(table: NodeTable, plugins: readonly Enabled[], filtering: NodeFiltering, scoring: NodeScoring) {
    this.#filtering = filtering;
    this.#scoring = scoring;
    this.#blocks = new BlockSearch(table, filtering, scoring);
    this.#joint = new JointSearch(table, filtering, scoring, jointForm(plugins));
  }

  /** Looks for nodes. `narrowed`: PreFilter has left only some. */
  find(cycle: Cycle, pod: PodInfo, cache: RowCache, search: Search, narrowed: boolean, skipped: Skipped): Found {
    this.#way = 'listed';
    const remembered = !narrowed && this.#filtering.remembersAll(skipped);
    const found = remembered ? this.#shortly(cycle, pod, cache, search, skipped) : undefined;
    if (found !== undefined && found.feasible > 0) return (this.#found = found);
    // Where no node is left, why each was refused counts.
    this.#way = 'listed';
    return (this.#found = this.#filtering.find(cycle, pod, cache, search, skipped));
  }

  /** Where what is remembered by row is the last word on which nodes fit. */
  #shortly(cycle: Cycle, pod: PodInfo, cache: RowCache, search: Search, skipped: Skipped): Found | undefined {
    const { rows, start, wanted } = search;
    const few = this.#filtering.fewRows(cycle, pod, start, wanted, skipped);
    if (few !== undefined) {
      const { feasible } = this.#filtering.find(cycle, pod, cache, { rows: few, start: 0, wanted }, skipped);
      return { feasible, rejected: rows.length - feasible };
    }
    if (!this.#scoring.decidesByRow(cycle, pod)) return undefined;
    if (!cache.lasting && this.#joint.serves(cycle, pod)) {
      this.#way = 'joint';
      return this.#joint.find(cycle, pod, start, wanted, skipped);
    }
    this.#way = 'blocks';
    return this.#blocks.find(cycle, pod, cache, start, wanted, skipped);
  }

  /** Some of the nodes that were listed are out: those that are left stand in front. */
  leave(found: Found): void {
    this.#found = found;
  }

  /** The one node that was found. */
  only(): number {
    if (this.#way === 'blocks') return this.#blocks.only();
    return this.#way === 'joint' ? this.#joint.row(0) : (this.#filtering.feasible[0] as number);
  }

  /** Scores the nodes that were found. */
  score(cycle: Cycle, pod: PodInfo, cache: RowCache, search: Search, skipped: Skipped): Scored {
    if (this.#way === 'joint') return this.#joint.score();
    if (this.#way === 'blocks') {
      const scored = this.#blocks.score(cycle, pod);
      if (scored !== undefined) return scored;
      this.#filtering.find(cycle, pod, cache, search, skipped);
    }
    return this.#scoring.run(cycle, pod, cache, this.#filtering.feasible, this.#found.feasible);
  }
}

/** A joint form that the profile's plugins have. */
function jointForm(plugins: readonly Enabled[]): JointForm | undefined {
  for (const { plugin } of plugins) {
    const form = plugin.joint?.(plugins);
    if (form !== undefined) return form;
  }
  return undefined;
}
