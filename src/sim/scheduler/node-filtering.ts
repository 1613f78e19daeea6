import type { Cycle, Plugin } from './framework.ts';
import type { NodeTable } from './node-table.ts';
import type { NodeView } from './node-view.ts';
import type { Nominations } from './nominations.ts';
import { PluginError } from './plugin-error.ts';
import type { Enabled, PluginRun, Skipped } from './plugin-run.ts';
import type { PodInfo } from './pod-class.ts';
import type { RowCache } from './row-cache.ts';
import { PASSES } from './status.ts';
import type { Status, StatusTable } from './status.ts';

/** Where to look for nodes. */
export interface Search {
  readonly rows: Int32Array;
  /** Position in `rows` to begin at. */
  readonly start: number;
  /** Feasible nodes that are enough. */
  readonly wanted: number;
}

const NO_ROWS = new Uint8Array(0);

/** How many rows were found feasible and rejected: that many of the lists count. */
export interface Found {
  readonly feasible: number;
  readonly rejected: number;
}

/**
 * Runs the filters over nodes. Verdicts of those of scope 'row' that stand before all others are remembered by row; the
 * rest is asked in each cycle.
 */
export class NodeFiltering {
  /** Rows that the latest search found. */
  feasible = new Int32Array(0);
  rejected = new Int32Array(0);
  /** Of `rejected`, by position. */
  rejectedVerdicts = new Int32Array(0);
  readonly #table: NodeTable;
  readonly #nominations: Nominations;
  readonly #statuses: StatusTable;
  readonly #run: PluginRun;
  readonly #rowFilters: readonly Enabled[];
  readonly #liveFilters: readonly Enabled[];
  /** Whether nobody can tell which nodes were asked and which were not. */
  readonly #mayAskOutOfTurn: boolean;
  #rejectedCount = 0;
  #nominatedRows = NO_ROWS;
  #nominatedAt = -1;
  #block = new Int32Array(0);
  #verdicts = new Int32Array(0);
  #staleRows = new Int32Array(0);

  constructor(
    table: NodeTable,
    nominations: Nominations,
    statuses: StatusTable,
    plugins: readonly Enabled[],
    run: PluginRun,
  ) {
    this.#table = table;
    this.#nominations = nominations;
    this.#statuses = statuses;
    this.#run = run;
    const filters = plugins.filter(({ plugin }) => plugin.filter !== undefined || plugin.filterRows !== undefined);
    const firstLive = filters.findIndex(({ plugin }) => plugin.scope !== 'row');
    this.#rowFilters = firstLive < 0 ? filters : filters.slice(0, firstLive);
    this.#liveFilters = firstLive < 0 ? [] : filters.slice(firstLive);
    this.#mayAskOutOfTurn = this.#rowFilters.every(({ plugin }) => plugin.repeatable === true);
  }

  /**
   * The verdict of one row, computed afresh by the plain forms. Where pods of at least the same priority are nominated to
   * the node it has to do with them there, and without.
   */
  verdictOf(cycle: Cycle, pod: PodInfo, row: number, skipped: Skipped): number {
    const table = this.#table;
    const nominations = this.#nominations;
    const name = table.names[row] as string;
    const others = nominations.size === 0 ? [] : nominations.against(pod, name);
    if (others.length > 0) {
      const verdict = table.trial(row, () => {
        for (const other of others) table.addPod(other, name);
        const withThem = this.#plainVerdict(cycle, pod, row, skipped);
        for (const { key } of others) table.removePod(key);
        return withThem;
      });
      if (verdict !== PASSES) return verdict;
    }
    return this.#plainVerdict(cycle, pod, row, skipped);
  }

  #plainVerdict(cycle: Cycle, pod: PodInfo, row: number, skipped: Skipped): number {
    const view = this.#table.views[row] as NodeView;
    for (const filters of [this.#rowFilters, this.#liveFilters]) {
      for (const { plugin, index } of filters) {
        if (skipped[index] === 1 || plugin.filter === undefined) continue;
        const status = this.#filterOne(plugin, cycle, pod, view);
        if (status !== undefined) return this.#statuses.id(plugin.name, status);
      }
    }
    return PASSES;
  }

  /** Adds a row to those that the latest search has rejected. */
  reject(row: number, verdict: number): void {
    this.rejected[this.#rejectedCount] = row;
    this.rejectedVerdicts[this.#rejectedCount++] = verdict;
  }

  /** Whether one row passes. */
  passes(cycle: Cycle, pod: PodInfo, cache: RowCache, row: number, skipped: Skipped): boolean {
    this.#reserve();
    this.#block[0] = row;
    const verdicts = this.#judge(cycle, pod, cache, 1, skipped);
    return (verdicts === undefined ? cache.verdict[row] : verdicts[0]) === PASSES;
  }

  /** Looks at `rows` from position `start` on, round to it again, until `wanted` are feasible. */
  find(cycle: Cycle, pod: PodInfo, cache: RowCache, search: Search, skipped: Skipped): Found {
    const found = this.#find(cycle, pod, cache, search, skipped);
    this.#rejectedCount = found.rejected;
    return found;
  }

  #find(cycle: Cycle, pod: PodInfo, cache: RowCache, { rows, start, wanted }: Search, skipped: Skipped): Found {
    this.#reserve();
    if (this.remembersAll(skipped)) {
      return this.#findKnown(cycle, pod, cache, { rows, start, wanted }, skipped);
    }
    const total = rows.length;
    const block = this.#block;
    const found = this.feasible;
    let feasible = 0;
    let rejected = 0;
    let next = start;
    for (let seen = 0; seen < total && feasible < wanted;) {
      // No more than could all be feasible: so no node is looked at that the search would not have come to.
      const count = Math.min(total - seen, wanted - feasible);
      this.#take(rows, next, count);
      next = (next + count) % total;
      seen += count;
      const verdicts = this.#judge(cycle, pod, cache, count, skipped);
      for (let i = 0; i < count; i++) {
        const row = block[i] as number;
        const verdict = (verdicts === undefined ? cache.verdict[row] : verdicts[i]) as number;
        if (verdict === PASSES) {
          found[feasible++] = row;
        } else {
          this.rejected[rejected] = row;
          this.rejectedVerdicts[rejected++] = verdict;
        }
      }
    }
    return { feasible, rejected };
  }

  /**
   * The only rows that can pass, in the order in which the search would come to them; undefined where that is not known, or
   * where the search might end before it has seen all. Only where what is remembered by row is the last word.
   */
  fewRows(cycle: Cycle, pod: PodInfo, start: number, wanted: number, skipped: Skipped): Int32Array | undefined {
    for (const { plugin, index } of this.#rowFilters) {
      if (skipped[index] === 1 || plugin.onlyRows === undefined) continue;
      const few = this.#mayAskOutOfTurn ? plugin.onlyRows(cycle, pod) : undefined;
      if (few === undefined) continue;
      const { nodeOrder } = this.#table;
      const total = nodeOrder.rows.length;
      const steps = (row: number): number => (nodeOrder.placeOf(row) - start + total) % total;
      const rows = Int32Array.from(few).filter((row) => nodeOrder.placeOf(row) >= 0);
      if (rows.length < wanted) return rows.sort((one, other) => steps(one) - steps(other));
    }
    return undefined;
  }

  /** The same where the remembered verdicts are the last word: one pass over them, and rows that changed judged as they come. */
  #findKnown(cycle: Cycle, pod: PodInfo, cache: RowCache, { rows, start, wanted }: Search, skipped: Skipped): Found {
    const { generation } = this.#table;
    const { verdict, verdictStamp } = cache;
    const { feasible: found, rejected: refused, rejectedVerdicts } = this;
    const total = rows.length;
    let feasible = 0;
    let rejected = 0;
    let next = start;
    for (let seen = 0; seen < total && feasible < wanted; seen++) {
      const row = rows[next] as number;
      if (verdictStamp[row] !== generation[row]) {
        // Together with those of the rows behind it that the search is sure to come to.
        const count = Math.min(total - seen, wanted - feasible);
        this.#take(rows, next, count);
        this.#judge(cycle, pod, cache, count, skipped);
      }
      if (verdict[row] === PASSES) {
        found[feasible++] = row;
      } else {
        refused[rejected] = row;
        rejectedVerdicts[rejected++] = verdict[row] as number;
      }
      if (++next === total) next = 0;
    }
    return { feasible, rejected };
  }

  /** Copies rows into `#block`, from a position on and round. */
  #take(rows: Int32Array, next: number, count: number): void {
    const head = Math.min(count, rows.length - next);
    this.#block.set(rows.subarray(next, next + head));
    if (head < count) this.#block.set(rows.subarray(0, count - head), head);
  }

  /** Judges those of `count` rows from a place on that have changed since they were: row-scoped filters alone. */
  judgeRows(
    cycle: Cycle,
    pod: PodInfo,
    cache: RowCache,
    rows: Int32Array,
    from: number,
    count: number,
    skipped: Skipped,
  ): void {
    this.#reserve();
    const { generation } = this.#table;
    const { verdictStamp, verdict } = cache;
    const stale = this.#staleRows;
    let staleCount = 0;
    for (let i = from; i < from + count; i++) {
      const row = rows[i] as number;
      if (verdictStamp[row] !== generation[row]) stale[staleCount++] = row;
    }
    if (staleCount === 0) return;
    cache.fresh = false;
    const fresh = this.#verdicts;
    fresh.fill(PASSES, 0, staleCount);
    for (const { plugin, index } of this.#rowFilters) {
      if (skipped[index] === 0) this.filterRows(plugin, cycle, pod, stale, staleCount, fresh);
    }
    for (let k = 0; k < staleCount; k++) {
      const row = stale[k] as number;
      verdict[row] = fresh[k] as number;
      verdictStamp[row] = generation[row] as number;
    }
  }

  /**
   * Judges the first `count` rows of `#block`. Answers their verdicts, by position; undefined where those of the cache
   * are the last word.
   */
  #judge(cycle: Cycle, pod: PodInfo, cache: RowCache, count: number, skipped: Skipped): Int32Array | undefined {
    const { verdict } = cache;
    const block = this.#block;
    this.judgeRows(cycle, pod, cache, block, 0, count, skipped);
    const contested = this.#nominations.size > 0;
    if (!contested && !this.looksFurther(skipped)) return undefined;
    const verdicts = this.#verdicts;
    for (let i = 0; i < count; i++) verdicts[i] = verdict[block[i] as number] as number;
    for (const { plugin, index } of this.#liveFilters) {
      if (skipped[index] === 0) this.filterRows(plugin, cycle, pod, block, count, verdicts);
    }
    const nominated = contested ? this.nominatedRows() : NO_ROWS;
    for (let i = 0; contested && i < count; i++) {
      const row = block[i] as number;
      if (nominated[row] !== 1) continue;
      verdicts[i] = this.#contestedVerdict(cycle, pod, cache, row, verdicts[i] as number, skipped);
    }
    return verdicts;
  }

  /** The verdict of a row that other pods are nominated to; `alone` is the one without them. */
  #contestedVerdict(cycle: Cycle, pod: PodInfo, cache: RowCache, row: number, alone: number, skipped: Skipped): number {
    const name = this.#table.names[row] as string;
    // A pod does not count against itself, and filters that look further see more than the row.
    const lasting = !this.looksFurther(skipped) && this.#nominations.nodeOf(pod.key) !== name;
    const generation = this.#table.generation[row] as number;
    const nominations = this.#nominations.versionOf(name);
    const known = lasting ? cache.contested.get(row) : undefined;
    if (known?.generation === generation && known.nominations === nominations) return known.verdict;
    const others = this.#nominations.against(pod, name);
    const verdict = others.length === 0 ? alone : this.verdictOf(cycle, pod, row, skipped);
    if (lasting) {
      cache.contested.set(row, { generation, nominations, verdict });
      cache.fresh = false;
    }
    return verdict;
  }

  /**
   * Has filters that are not of scope 'row' skipped in this cycle where they say that they let every node pass. Not where
   * pods are nominated: these are asked about with the nominated pods in their places, too.
   */
  passOver(cycle: Cycle, pod: PodInfo, skipped: Skipped): void {
    if (this.#nominations.size > 0) return;
    for (const { plugin, index } of this.#liveFilters) {
      if (skipped[index] === 0 && plugin.passesAll?.(cycle, pod) === true) skipped[index] = 1;
    }
  }

  /** Whether a filter that is not of scope 'row' has a say in the cycle. */
  looksFurther(skipped: Skipped): boolean {
    for (const { index } of this.#liveFilters) if (skipped[index] !== 1) return true;
    return false;
  }

  /** Whether what is remembered by row is the last word in the cycle. */
  remembersAll(skipped: Skipped): boolean {
    return this.#nominations.size === 0 && !this.looksFurther(skipped);
  }

  /** Filters of scope 'row' that stand before all others. */
  get rowFilters(): readonly Enabled[] {
    return this.#rowFilters;
  }

  /** By row: 1 where pods are nominated. */
  nominatedRows(): Uint8Array {
    const stamp = this.#table.nodeVersion + this.#nominations.version;
    if (stamp === this.#nominatedAt && this.#nominatedRows.length === this.#table.generation.length) {
      return this.#nominatedRows;
    }
    const rows = new Uint8Array(this.#table.generation.length);
    for (const name of this.#nominations.nodes()) {
      const row = this.#table.rowOf(name);
      if (row !== undefined) rows[row] = 1;
    }
    this.#nominatedRows = rows;
    // Both only grow, so no two states have one sum.
    this.#nominatedAt = stamp;
    return rows;
  }

  /** Asks one plugin about rows that have no verdict yet. */
  filterRows(plugin: Plugin, cycle: Cycle, pod: PodInfo, rows: Int32Array, count: number, verdicts: Int32Array): void {
    if (plugin.filterRows !== undefined) {
      this.#run.entering(plugin, 'Filter');
      plugin.filterRows(cycle, pod, rows, count, verdicts);
      return;
    }
    for (let i = 0; i < count; i++) {
      if (verdicts[i] !== PASSES) continue;
      const status = this.#filterOne(plugin, cycle, pod, this.#table.views[rows[i] as number] as NodeView);
      if (status !== undefined) verdicts[i] = this.#statuses.id(plugin.name, status);
    }
  }

  #filterOne(plugin: Plugin, cycle: Cycle, pod: PodInfo, view: NodeView): Status | undefined {
    this.#run.entering(plugin, 'Filter', view);
    const status = plugin.filter?.(cycle, pod, view);
    if (status?.code === 'Error') {
      throw new PluginError(plugin.name, 'Filter', pod.key, view.name, status.reasons.join(', '));
    }
    return status;
  }

  #reserve(): void {
    const capacity = this.#table.generation.length;
    if (capacity === this.#block.length) return;
    this.feasible = new Int32Array(capacity);
    this.rejected = new Int32Array(capacity);
    this.rejectedVerdicts = new Int32Array(capacity);
    this.#block = new Int32Array(capacity);
    this.#verdicts = new Int32Array(capacity);
    this.#staleRows = new Int32Array(capacity);
  }
}
