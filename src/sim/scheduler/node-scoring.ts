import { MAX_NODE_SCORE } from './framework.ts';
import type { Cycle, Plugin } from './framework.ts';
import type { NodeTable } from './node-table.ts';
import type { NodeView } from './node-view.ts';
import { PluginError } from './plugin-error.ts';
import type { Enabled, PluginRun, Skipped } from './plugin-run.ts';
import type { PodInfo } from './pod-class.ts';
import type { RowCache } from './row-cache.ts';

/** The highest total and the rows that have it: the first `ties` of `best`. */
export interface Scored {
  readonly total: number;
  readonly best: Int32Array;
  readonly ties: number;
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
  readonly #plugins: number;
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

  constructor(table: NodeTable, plugins: readonly Enabled[], run: PluginRun) {
    this.#table = table;
    this.#run = run;
    this.#plugins = plugins.length;
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
    const skipped = new Uint8Array(this.#plugins);
    for (const { plugin, index } of this.#preScores) {
      this.#run.entering(plugin, 'PreScore');
      const status = plugin.preScore?.(cycle, pod, rows, count);
      if (status?.code === 'Skip') skipped[index] = 1;
      else if (status !== undefined) {
        throw new PluginError(plugin.name, 'PreScore', pod.key, undefined, status.reasons.join(', '));
      }
    }
    this.#base = 0;
    if (!this.#liveScores.some(({ index }) => skipped[index] !== 1)) {
      this.#refresh(cycle, pod, cache, count, skipped);
      if (this.#levels(cycle, pod, cache, count, skipped)) return this.#highest(cache, count);
    }
    const totals = this.#totals;
    this.#rowScores(cycle, pod, cache, count, skipped);
    const scores = this.#scores;
    for (const { plugin, index, weight } of this.#liveScores) {
      if (skipped[index] === 1) continue;
      this.#score(plugin, cycle, pod, rows, count, scores);
      this.#addNormalized(plugin, weight, cycle, pod, count);
    }
    let best = -Infinity;
    let ties = 0;
    const tied = this.#positions;
    for (let i = 0; i < count; i++) {
      const total = totals[i] as number;
      if (total < best) continue;
      if (total > best) {
        best = total;
        ties = 0;
      }
      tied[ties++] = rows[i] as number;
    }
    return { total: best + this.#base, best: tied, ties };
  }

  /** Scores the feasible rows that have changed since they were scored. */
  #refresh(cycle: Cycle, pod: PodInfo, cache: RowCache, count: number, skipped: Skipped): void {
    const { generation } = this.#table;
    const { scoreStamp } = cache;
    const rows = this.#feasible;
    const stale = this.#staleRows;
    let staleCount = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (scoreStamp[row] !== generation[row]) stale[staleCount++] = row;
    }
    if (staleCount > 0) this.#rescore(cycle, pod, cache, staleCount, skipped);
  }

  /** Adds what raw scores come to where each plugin's are all equal; false, and nothing added, where some are not. */
  #levels(cycle: Cycle, pod: PodInfo, { raw }: RowCache, count: number, skipped: Skipped): boolean {
    const rows = this.#feasible;
    const [first] = rows as unknown as [number];
    for (const [column, { index }] of this.#rawScores.entries()) {
      if (skipped[index] === 1) continue;
      const scores = raw[column] as Float64Array;
      const level = scores[first];
      for (let i = 1; i < count; i++) if (scores[rows[i] as number] !== level) return false;
    }
    for (const [column, { plugin, index, weight }] of this.#rawScores.entries()) {
      if (skipped[index] === 0) this.#addRaw(plugin, weight, cycle, pod, raw[column] as Float64Array, 1);
    }
    return true;
  }

  /** The rows with the highest of the fixed scores, which are all there is to compare. */
  #highest({ fixed }: RowCache, count: number): Scored {
    const rows = this.#feasible;
    const tied = this.#positions;
    let best = -Infinity;
    let ties = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const total = fixed[row] as number;
      if (total < best) continue;
      if (total > best) {
        best = total;
        ties = 0;
      }
      tied[ties++] = row;
    }
    return { total: best + this.#base, best: tied, ties };
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
    for (const [column, { plugin, index, weight }] of this.#rawScores.entries()) {
      if (skipped[index] === 0) this.#addRaw(plugin, weight, cycle, pod, cache.raw[column] as Float64Array, count);
    }
  }

  /** Normalises remembered raw scores and adds them. Where all are equal it is enough to normalise one. */
  #addRaw(plugin: Plugin, weight: number, cycle: Cycle, pod: PodInfo, raw: Float64Array, count: number): void {
    const rows = this.#feasible;
    const scores = this.#scores;
    const [first] = rows as unknown as [number];
    const level = raw[first] as number;
    let equal = 1;
    while (equal < count && raw[rows[equal] as number] === level) equal++;
    if (equal === count) {
      scores[0] = level;
      this.#normalize(plugin, cycle, pod, 1);
      this.#check(plugin, pod, scores, rows, 1);
      this.#base += weight * (scores[0] as number);
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
