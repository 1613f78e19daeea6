import type { Cycle, JointForm, Standings } from './framework.ts';
import type { Found, NodeFiltering } from './node-filtering.ts';
import type { NodeScoring, Scored } from './node-scoring.ts';
import type { NodeTable } from './node-table.ts';
import type { Enabled, Skipped } from './plugin-run.ts';
import type { PodInfo } from './pod-class.ts';
import { PASSES } from './status.ts';
import type { Ties } from './tie-breaker.ts';

/** Rows that are looked at together. */
const BATCH = 1024;

/**
 * Filter and Score in one pass for a pod whose like was not seen before: nothing is remembered of it, so nothing need be
 * written down. It takes a joint form of the plugins that tell nodes apart; all others have to give all nodes the same.
 */
export class JointSearch implements Ties {
  readonly #table: NodeTable;
  readonly #filtering: NodeFiltering;
  readonly #scoring: NodeScoring;
  readonly #form: JointForm | undefined;
  #base = 0;
  #standings = standingsOf(0);
  readonly #verdicts = new Int32Array(BATCH);
  readonly #block = new Int32Array(BATCH);
  readonly #found = { feasible: 0, rejected: 0 };

  constructor(table: NodeTable, filtering: NodeFiltering, scoring: NodeScoring, form: JointForm | undefined) {
    this.#table = table;
    this.#filtering = filtering;
    this.#scoring = scoring;
    this.#form = form;
  }

  /** Whether it can take the pod, in a cycle where what is remembered by row would decide. */
  serves(cycle: Cycle, pod: PodInfo): boolean {
    const form = this.#form;
    if (form === undefined || !form.serves(cycle, pod)) return false;
    this.#base = 0;
    const { skipped } = this.#scoring;
    for (const { plugin, index, weight } of this.#scoring.fixedScores) {
      if (form.plugins.has(plugin)) {
        if (skipped[index] === 1) return false;
      } else if (skipped[index] === 0) {
        const level = plugin.levelScore?.(cycle, pod);
        if (level === undefined) return false;
        this.#base += weight * level;
      }
    }
    const [first = 0] = this.#table.order;
    this.#block[0] = first;
    for (const enabled of this.#scoring.rawScores) {
      if (skipped[enabled.index] === 1) continue;
      const level = enabled.plugin.levelScore?.(cycle, pod);
      if (level === undefined) return false;
      this.#base += this.#scoring.levelled(enabled, cycle, pod, level, this.#block);
    }
    return true;
  }

  /** Looks at all nodes from a place in their order on, and round to it, until `wanted` are feasible. */
  find(cycle: Cycle, pod: PodInfo, start: number, wanted: number, skipped: Skipped): Found {
    const form = this.#form as JointForm;
    const total = this.#table.order.length;
    if (this.#standings.tied.length < total) this.#standings = standingsOf(total);
    const standings = this.#standings;
    standings.feasible = 0;
    standings.best = -Infinity;
    standings.ties = 0;
    const judges = this.#filtering.rowFilters.filter(({ plugin, index }) => {
      return skipped[index] === 0 && !form.plugins.has(plugin) && plugin.passesAll?.(cycle, pod) !== true;
    });
    let place = start;
    let seen = 0;
    while (seen < total && standings.feasible < wanted) {
      const most = judges.length === 0 ? total : BATCH;
      const count = Math.min(most, total - place, total - seen, wanted - standings.feasible);
      const verdicts = judges.length === 0 ? undefined : this.#judge(judges, cycle, pod, place, count);
      form.scan(cycle, pod, place, count, verdicts, standings);
      seen += count;
      place = place + count === total ? 0 : place + count;
    }
    const found = this.#found;
    found.feasible = standings.feasible;
    found.rejected = seen - standings.feasible;
    return found;
  }

  #judge(judges: readonly Enabled[], cycle: Cycle, pod: PodInfo, place: number, count: number): Int32Array {
    this.#block.set(this.#table.order.subarray(place, place + count));
    const verdicts = this.#verdicts.fill(PASSES, 0, count);
    for (const { plugin } of judges) this.#filtering.filterRows(plugin, cycle, pod, this.#block, count, verdicts);
    return verdicts;
  }

  score(): Scored {
    return { total: this.#standings.best + this.#base, ties: this };
  }

  get count(): number {
    return this.#standings.ties;
  }

  row(index: number): number {
    return this.#standings.tied[index] as number;
  }
}

function standingsOf(nodes: number): Standings {
  return { feasible: 0, best: 0, ties: 0, tied: new Int32Array(nodes) };
}
