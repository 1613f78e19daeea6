import { MAX_NODE_SCORE } from './framework.ts';
import type { Cycle, Plugin } from './framework.ts';
import type { NodeTable } from './node-table.ts';
import type { NodeView } from './node-view.ts';
import { PluginError } from './plugin-error.ts';
import type { Enabled, PluginRun, Skipped } from './plugin-run.ts';
import type { PodInfo } from './pod-class.ts';
import type { RowCache } from './row-cache.ts';
import { PASSES } from './status.ts';
import type { Ties } from './tie-breaker.ts';

/** The highest total and the rows that have it. */
export interface Scored {
  readonly total: number;
  readonly ties: Ties;
}

/** Rows that are listed, as ties. */
class ListedTies implements Ties {
  rows = new Int32Array(0);
  count = 0;

  row(index: number): number {
    return this.rows[index] as number;
  }
}

/** Whether a plugin takes part in scoring. */
export function scoresNodes(plugin: Plugin): boolean {
  return plugin.score !== undefined || plugin.scoreRows !== undefined;
}

/**
 * PreScore, Score and NormalizeScore. What row-scoped plugins say is remembered: the weighted sum of those without a
 * normalisation, and the raw scores of the others.
 */
export class NodeScoring {
  readonly #table: NodeTable;
  readonly #run: PluginRun;
  /** Who has nothing to say of the nodes at hand, by place in the profile. */
  readonly skipped: Uint8Array;
  readonly #preScores: readonly Enabled[];
  readonly #fixedScores: readonly Enabled[];
  readonly #rawScores: readonly Enabled[];
  readonly #liveScores: readonly Enabled[];
  #feasible: Int32Array = new Int32Array(0);
  #positions = new Int32Array(0);
  #staleRows = new Int32Array(0);
  #totals = new Float64Array(0);
  /** What all feasible nodes have alike, beside their totals. */
  #base = 0;
  #scores = new Float64Array(0);
  readonly #ties = new ListedTies();

  constructor(table: NodeTable, plugins: readonly Enabled[], run: PluginRun) {
    this.#table = table;
    this.#run = run;
    this.skipped = new Uint8Array(plugins.length);
    const scores = plugins.filter(({ plugin, weight }) => weight !== 0 && scoresNodes(plugin));
    this.#preScores = scores.filter(({ plugin }) => plugin.preScore !== undefined);
    const rowScores = scores.filter(({ plugin }) => plugin.scope === 'row');
    this.#fixedScores = rowScores.filter(({ plugin }) => plugin.normalizeScore === undefined);
    this.#rawScores = rowScores.filter(({ plugin }) => plugin.normalizeScore !== undefined);
    this.#liveScores = scores.filter(({ plugin }) => plugin.scope !== 'row');
  }

  /** Whether any plugin scores. */
  get any(): boolean {
    return this.#fixedScores.length + this.#rawScores.length + this.#liveScores.length > 0;
  }

  /** Raw columns that a cache has to have. */
  get rawColumns(): number {
    return this.#rawScores.length;
  }

  /**
   * Scores the first `count` of the feasible rows. Answers the highest total, and the rows that have it.
   */
  run(cycle: Cycle, pod: PodInfo, cache: RowCache, rows: Int32Array, count: number): Scored {
    this.#reserve();
    this.#feasible = rows;
    const { skipped } = this;
    skipped.fill(0);
    for (const { plugin, index } of this.#preScores) {
      this.#run.entering(plugin, 'PreScore');
      const status = plugin.preScore?.(cycle, pod, rows, count);
      if (status?.code === 'Skip') skipped[index] = 1;
      else if (status !== undefined) {
        throw new PluginError(plugin.name, 'PreScore', pod.key, undefined, status.reasons.join(', '));
      }
    }
    this.#base = 0;
    this.#rowScores(cycle, pod, cache, count, skipped);
    const scores = this.#scores;
    for (const { plugin, index, weight } of this.#liveScores) {
      if (skipped[index] === 1) continue;
      this.#score(plugin, cycle, pod, rows, count, scores);
      this.#addNormalized(plugin, weight, cycle, pod, count);
    }
    return this.#highest(count);
  }

  /**
   * Whether what is remembered by row decides: known before the nodes are, where those of other scopes say so. Sets
   * `skipped`.
   */
  decidesByRow(cycle: Cycle, pod: PodInfo): boolean {
    const { skipped } = this;
    skipped.fill(0);
    for (const { plugin, index } of this.#preScores) {
      if (plugin.skipsScore === undefined) return false;
      this.#run.entering(plugin, 'PreScore');
      if (plugin.skipsScore(cycle, pod)) skipped[index] = 1;
    }
    for (const { index } of this.#liveScores) if (skipped[index] !== 1) return false;
    return true;
  }

  /** Scores of scope 'row' that need no normalisation. */
  get fixedScores(): readonly Enabled[] {
    return this.#fixedScores;
  }

  /** Scores of scope 'row' that do, in the order of the cache's columns. */
  get rawScores(): readonly Enabled[] {
    return this.#rawScores;
  }

  /** Scores those of `count` rows from a place on that pass and have changed since they were scored. */
  scoreRows(cycle: Cycle, pod: PodInfo, cache: RowCache, rows: Int32Array, from: number, count: number): void {
    this.#reserve();
    const { generation } = this.#table;
    const { scoreStamp, verdict } = cache;
    const stale = this.#staleRows;
    let staleCount = 0;
    for (let i = from; i < from + count; i++) {
      const row = rows[i] as number;
      if (verdict[row] === PASSES && scoreStamp[row] !== generation[row]) stale[staleCount++] = row;
    }
    if (staleCount > 0) this.#rescore(cycle, pod, cache, staleCount, this.skipped);
  }

  /** What a raw score that all feasible nodes have comes to, with the plugin's weight. `rows` begins with one of them. */
  levelled({ plugin, weight }: Enabled, cycle: Cycle, pod: PodInfo, level: number, rows: Int32Array): number {
    this.#reserve();
    this.#feasible = rows;
    const scores = this.#scores;
    scores[0] = level;
    this.#normalize(plugin, cycle, pod, 1);
    this.#check(plugin, pod, scores, rows, 1);
    return weight * (scores[0] as number);
  }

  #highest(count: number): Scored {
    const rows = this.#feasible;
    const totals = this.#totals;
    const ties = this.#ties;
    const tied = this.#positions;
    let best = -Infinity;
    let tiedCount = 0;
    for (let i = 0; i < count; i++) {
      const total = totals[i] as number;
      if (total < best) continue;
      if (total > best) {
        best = total;
        tiedCount = 0;
      }
      tied[tiedCount++] = rows[i] as number;
    }
    ties.rows = tied;
    ties.count = tiedCount;
    return { total: best + this.#base, ties };
  }

  /** Sets the totals to what row-scoped plugins give, remembering their raw scores. */
  #rowScores(cycle: Cycle, pod: PodInfo, cache: RowCache, count: number, skipped: Skipped): void {
    const { generation } = this.#table;
    const { scoreStamp, fixed } = cache;
    const rows = this.#feasible;
    const totals = this.#totals;
    const stale = this.#staleRows;
    const positions = this.#positions;
    let staleCount = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (scoreStamp[row] !== generation[row]) {
        positions[staleCount] = i;
        stale[staleCount++] = row;
      }
      totals[i] = fixed[row] as number;
    }
    if (staleCount > 0) {
      this.#rescore(cycle, pod, cache, staleCount, skipped);
      for (let k = 0; k < staleCount; k++) totals[positions[k] as number] = fixed[stale[k] as number] as number;
    }
    for (const [column, enabled] of this.#rawScores.entries()) {
      if (skipped[enabled.index] === 0) this.#addRaw(enabled, cycle, pod, cache.raw[column] as Float64Array, count);
    }
  }

  /** Normalises remembered raw scores and adds them. Where all are equal it is enough to normalise one. */
  #addRaw(enabled: Enabled, cycle: Cycle, pod: PodInfo, raw: Float64Array, count: number): void {
    const { plugin, weight } = enabled;
    const rows = this.#feasible;
    const scores = this.#scores;
    const [first] = rows as unknown as [number];
    const level = raw[first] as number;
    let equal = 1;
    while (equal < count && raw[rows[equal] as number] === level) equal++;
    if (equal === count) {
      this.#base += this.levelled(enabled, cycle, pod, level, rows);
      return;
    }
    for (let i = 0; i < count; i++) scores[i] = raw[rows[i] as number] as number;
    this.#addNormalized(plugin, weight, cycle, pod, count);
  }

  #rescore(cycle: Cycle, pod: PodInfo, cache: RowCache, count: number, skipped: Skipped): void {
    const rows = this.#staleRows;
    const scores = this.#scores;
    const { fixed, scoreStamp } = cache;
    const { generation } = this.#table;
    for (let k = 0; k < count; k++) fixed[rows[k] as number] = 0;
    for (const { plugin, index, weight } of this.#fixedScores) {
      if (skipped[index] === 1) continue;
      this.#score(plugin, cycle, pod, rows, count, scores);
      this.#check(plugin, pod, scores, rows, count);
      for (let k = 0; k < count; k++) fixed[rows[k] as number]! += weight * (scores[k] as number);
    }
    for (const [column, { plugin, index }] of this.#rawScores.entries()) {
      if (skipped[index] === 1) continue;
      this.#score(plugin, cycle, pod, rows, count, scores);
      const raw = cache.raw[column] as Float64Array;
      for (let k = 0; k < count; k++) raw[rows[k] as number] = scores[k] as number;
    }
    // Last of all: a plugin that throws leaves nothing that would pass for a score.
    for (let k = 0; k < count; k++) scoreStamp[rows[k] as number] = generation[rows[k] as number] as number;
  }

  #score(plugin: Plugin, cycle: Cycle, pod: PodInfo, rows: Int32Array, count: number, scores: Float64Array): void {
    if (plugin.scoreRows !== undefined) {
      this.#run.entering(plugin, 'Score');
      plugin.scoreRows(cycle, pod, rows, count, scores);
      return;
    }
    for (let i = 0; i < count; i++) {
      const view = this.#table.views[rows[i] as number] as NodeView;
      this.#run.entering(plugin, 'Score', view);
      scores[i] = plugin.score?.(cycle, pod, view) ?? Number.NaN;
    }
  }

  #addNormalized(plugin: Plugin, weight: number, cycle: Cycle, pod: PodInfo, count: number): void {
    this.#normalize(plugin, cycle, pod, count);
    const scores = this.#scores;
    const totals = this.#totals;
    let usable = true;
    for (let i = 0; i < count; i++) {
      const score = scores[i] as number;
      usable &&= score >= 0 && score <= MAX_NODE_SCORE;
      totals[i]! += weight * score;
    }
    if (!usable) this.#check(plugin, pod, scores, this.#feasible, count);
  }

  #normalize(plugin: Plugin, cycle: Cycle, pod: PodInfo, count: number): void {
    this.#run.entering(plugin, 'NormalizeScore');
    plugin.normalizeScore?.(cycle, pod, this.#scores, count, this.#feasible);
  }

  #check(plugin: Plugin, pod: PodInfo, scores: Float64Array, rows: Int32Array, count: number): void {
    if (plugin.unchecked === true) return;
    for (let i = 0; i < count; i++) {
      const score = scores[i] as number;
      if (score >= 0 && score <= MAX_NODE_SCORE) continue;
      const problem = `the score ${score} is not between 0 and ${MAX_NODE_SCORE}`;
      throw new PluginError(plugin.name, 'Score', pod.key, this.#table.names[rows[i] as number], problem);
    }
  }

  #reserve(): void {
    const capacity = this.#table.generation.length;
    if (capacity === this.#totals.length) return;
    this.#positions = new Int32Array(capacity);
    this.#staleRows = new Int32Array(capacity);
    this.#totals = new Float64Array(capacity);
    this.#scores = new Float64Array(capacity);
  }
}
