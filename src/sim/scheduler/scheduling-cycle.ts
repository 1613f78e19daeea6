import { Nominations } from './nominations.ts';
import { nodesText, NO_NODES_TEXT, preFilterText } from './fit-error.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { Cycle, Diagnosis, Plugin, PluginHandle, PostFilterResult, Profile } from './framework.ts';
import type { NodeTable } from './node-table.ts';
import type { NodeView } from './node-view.ts';
import { PluginError, problemText } from './plugin-error.ts';
import type { PodClass, PodInfo } from './pod-class.ts';
import { RowCaches } from './row-cache.ts';
import type { RowCache } from './row-cache.ts';
import { feasibleNodesToFind } from './sampling.ts';
import { PASSES, StatusTable } from './status.ts';
import type { Status } from './status.ts';
import type { TieBreaker } from './tie-breaker.ts';

/** A plugin with its weight and its place in the profile. */
export interface Enabled {
  readonly plugin: Plugin;
  readonly weight: number;
  readonly index: number;
}

/** What a cycle came to. */
export interface CycleResult {
  readonly result: 'scheduled' | 'unschedulable' | 'error';
  readonly nodeName?: string;
  readonly score?: number;
  readonly evaluated: number;
  readonly feasible: number;
  /** Text for the condition and the event; empty for `scheduled`. */
  readonly message: string;
  readonly rejectingPlugins: readonly string[];
  readonly postFilter?: PostFilterResult;
}

interface Failure {
  readonly version: string;
  readonly evaluated: number;
  readonly result: CycleResult;
}

/** Which of the profile's plugins have nothing to say about the pod at hand. */
type Skipped = Uint8Array;

/**
 * The scheduling cycle up to the choice of a node: PreFilter, Filter, PostFilter, PreScore, Score, NormalizeScore. Knows
 * no time and changes nothing but where the next search begins.
 */
export class SchedulingCycle {
  readonly plugins: readonly Enabled[];
  readonly statuses = new StatusTable();
  readonly table: NodeTable;
  readonly nominations = new Nominations();
  /** Where in the order of nodes the next search begins. */
  startIndex = 0;
  percentageOfNodesToScore: number;

  readonly #handle: PluginHandle;
  readonly #tieBreaker: TieBreaker;
  readonly #preFilters: readonly Enabled[];
  /** Filters whose verdicts are remembered by row: those of scope 'row' that stand before all others. */
  readonly #rowFilters: readonly Enabled[];
  readonly #liveFilters: readonly Enabled[];
  readonly #preScores: readonly Enabled[];
  readonly #fixedScores: readonly Enabled[];
  readonly #rawScores: readonly Enabled[];
  readonly #liveScores: readonly Enabled[];
  readonly #versioned: readonly Plugin[];
  readonly #repeatable: boolean;
  readonly #caches: RowCaches;
  readonly #failures = new WeakMap<PodClass, Failure>();

  #running: Plugin | undefined;
  #point = '';
  #view: NodeView | undefined;
  #capacity = 0;
  #feasible = new Int32Array(0);
  #rejected = new Int32Array(0);
  #rejectedVerdict = new Int32Array(0);
  #block = new Int32Array(0);
  #verdicts = new Int32Array(0);
  #staleRows = new Int32Array(0);
  #totals = new Float64Array(0);
  /** What all feasible nodes have alike, beside their totals. */
  #base = 0;
  #scores = new Float64Array(0);

  constructor(profile: Profile, handle: PluginHandle, tieBreaker: TieBreaker, percentageOfNodesToScore: number) {
    this.#handle = handle;
    this.table = handle.table;
    this.#tieBreaker = tieBreaker;
    this.percentageOfNodesToScore = percentageOfNodesToScore;
    this.plugins = profile.plugins.map(({ create, weight }, index) => ({ plugin: create(handle), weight, index }));
    const all = this.plugins;
    const filters = all.filter(({ plugin }) => plugin.filter !== undefined || plugin.filterRows !== undefined);
    const firstLive = filters.findIndex(({ plugin }) => plugin.scope !== 'row');
    this.#rowFilters = firstLive < 0 ? filters : filters.slice(0, firstLive);
    this.#liveFilters = firstLive < 0 ? [] : filters.slice(firstLive);
    this.#preFilters = all.filter(({ plugin }) => plugin.preFilter !== undefined);
    const scores = all.filter(({ plugin, weight }) => weight !== 0 && scoresNodes(plugin));
    this.#preScores = scores.filter(({ plugin }) => plugin.preScore !== undefined);
    const rowScores = scores.filter(({ plugin }) => plugin.scope === 'row');
    this.#fixedScores = rowScores.filter(({ plugin }) => plugin.normalizeScore === undefined);
    this.#rawScores = rowScores.filter(({ plugin }) => plugin.normalizeScore !== undefined);
    this.#liveScores = scores.filter(({ plugin }) => plugin.scope !== 'row');
    this.#versioned = all.map(({ plugin }) => plugin).filter((plugin) => plugin.version !== undefined);
    this.#repeatable = all.every(({ plugin }) => plugin.repeatable === true || !judgesNodes(plugin));
    this.#caches = new RowCaches(this.#rawScores.length);
  }

  /** Looks for a node for the pod. `attempt` counts the pod's attempts. */
  run(pod: PodInfo, attempt: number): CycleResult {
    const { table } = this;
    if (table.size === 0) return { ...FAILED, message: NO_NODES_TEXT };
    const repeated = this.#repeatedFailure(pod);
    if (repeated !== undefined) return repeated;
    this.#reserveBuffers();
    try {
      return this.#run(pod, attempt);
    } catch (error) {
      return { ...FAILED, result: 'error', message: this.#pluginError(error, pod).message };
    }
  }

  /** A cycle of one's own, for those who call plugins directly. */
  cycle(skipped: Skipped = new Uint8Array(this.plugins.length)): Cycle {
    const cycle: Cycle = {
      table: this.table,
      objects: this.#handle.objects,
      statuses: this.statuses,
      state: new Map(),
      fits: (pod, row) => {
        const verdict = this.verdictOf(cycle, pod, row, skipped);
        return verdict === PASSES ? undefined : this.statuses.get(verdict);
      },
    };
    return cycle;
  }

  /** Runs PreFilter. Answers the rows that are left to look at, in order, or the refusal of the pod itself. */
  preFilter(cycle: Cycle, pod: PodInfo, skipped: Skipped): PreFilterOutcome {
    let names: ReadonlySet<string> | undefined;
    const by: string[] = [];
    for (const { plugin, index } of this.#preFilters) {
      this.#entering(plugin, 'PreFilter');
      const answer = plugin.preFilter?.(cycle, pod);
      if (answer === undefined) continue;
      if ('nodeNames' in answer) {
        const { nodeNames } = answer;
        const former: ReadonlySet<string> | undefined = names;
        names = former === undefined ? nodeNames : new Set([...nodeNames].filter((name) => former.has(name)));
        by.push(plugin.name);
        if (names.size === 0) return { refused: simultaneously(by), by, names };
      } else if (answer.code === 'Skip') {
        skipped[index] = 1;
      } else if (answer.code === 'Error') {
        throw new PluginError(plugin.name, 'PreFilter', pod.key, undefined, answer.reasons.join(', '));
      } else {
        return { refused: answer, by: [plugin.name], names };
      }
    }
    return { refused: undefined, by, names };
  }

  /**
   * The verdict of one row, computed afresh by the plain forms. Where pods of at least the same priority are nominated to
   * the node it has to do with them there, and without.
   */
  verdictOf(cycle: Cycle, pod: PodInfo, row: number, skipped: Skipped): number {
    const { table, nominations } = this;
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
    const view = this.table.views[row] as NodeView;
    for (const filters of [this.#rowFilters, this.#liveFilters]) {
      for (const { plugin, index } of filters) {
        if (skipped[index] === 1 || plugin.filter === undefined) continue;
        const status = this.#filterOne(plugin, cycle, pod, view);
        if (status !== undefined) return this.statuses.id(plugin.name, status);
      }
    }
    return PASSES;
  }

  #run(pod: PodInfo, attempt: number): CycleResult {
    const skipped = new Uint8Array(this.plugins.length);
    const cycle = this.cycle(skipped);
    const { refused, by, names } = this.preFilter(cycle, pod, skipped);
    if (refused !== undefined) return this.#refusedByPreFilter(cycle, pod, attempt, refused, by);

    const nominated = pod.pod.status.nominatedNodeName;
    if (nominated !== undefined && nominated !== '') {
      const row = this.table.rowOf(nominated);
      if (row !== undefined && names?.has(nominated) !== false && this.#fits(cycle, pod, row, skipped)) {
        return { ...FAILED, result: 'scheduled', nodeName: nominated, evaluated: 1, feasible: 1 };
      }
    }

    const { order } = this.table;
    const rows = names === undefined ? order : order.filter((row) => names.has(this.table.names[row] as string));
    const found = this.#find(cycle, pod, rows, skipped);
    const evaluated = found.feasible + found.rejected;
    this.startIndex = (this.startIndex + evaluated) % this.table.size;
    if (found.feasible === 0) return this.#failed(cycle, pod, attempt, found.rejected, by);
    const [first] = this.#feasible as unknown as [number];
    if (found.feasible === 1) {
      const nodeName = this.table.names[first] as string;
      return { ...FAILED, result: 'scheduled', nodeName, evaluated, feasible: 1 };
    }
    const { row, score } = this.#choose(cycle, pod, attempt, found.feasible);
    const nodeName = this.table.names[row] as string;
    return { ...FAILED, result: 'scheduled', nodeName, score, evaluated, feasible: found.feasible };
  }

  #fits(cycle: Cycle, pod: PodInfo, row: number, skipped: Skipped): boolean {
    this.#block[0] = row;
    const cache = this.#cacheOf(pod);
    const verdicts = this.#judge(cycle, pod, cache, 1, skipped);
    return (verdicts === undefined ? cache.verdict[row] : verdicts[0]) === PASSES;
  }

  /** Looks at rows from the start index on until enough are feasible. */
  #find(
    cycle: Cycle,
    pod: PodInfo,
    rows: Int32Array,
    skipped: Skipped,
  ): { readonly feasible: number; readonly rejected: number } {
    const total = rows.length;
    const scored = this.#fixedScores.length + this.#rawScores.length + this.#liveScores.length > 0;
    const wanted = scored ? feasibleNodesToFind(total, this.percentageOfNodesToScore) : 1;
    const cache = this.#cacheOf(pod);
    const block = this.#block;
    const found = this.#feasible;
    let feasible = 0;
    let rejected = 0;
    let next = total === 0 ? 0 : this.startIndex % total;
    for (let seen = 0; seen < total && feasible < wanted;) {
      // No more than could all be feasible: so no node is looked at that the search would not have come to.
      const count = Math.min(total - seen, wanted - feasible);
      const head = Math.min(count, total - next);
      block.set(rows.subarray(next, next + head));
      if (head < count) block.set(rows.subarray(0, count - head), head);
      next = (next + count) % total;
      seen += count;
      const verdicts = this.#judge(cycle, pod, cache, count, skipped);
      for (let i = 0; i < count; i++) {
        const row = block[i] as number;
        const verdict = (verdicts === undefined ? cache.verdict[row] : verdicts[i]) as number;
        if (verdict === PASSES) {
          found[feasible++] = row;
        } else {
          this.#rejected[rejected] = row;
          this.#rejectedVerdict[rejected++] = verdict;
        }
      }
    }
    return { feasible, rejected };
  }

  /**
   * Judges the first `count` rows of `#block`. Answers their verdicts, by position; undefined where those of the cache
   * are the last word.
   */
  #judge(cycle: Cycle, pod: PodInfo, cache: RowCache, count: number, skipped: Skipped): Int32Array | undefined {
    const { generation } = this.table;
    const { verdictStamp, verdict } = cache;
    const block = this.#block;
    const stale = this.#staleRows;
    let staleCount = 0;
    for (let i = 0; i < count; i++) {
      const row = block[i] as number;
      if (verdictStamp[row] !== generation[row]) stale[staleCount++] = row;
    }
    if (staleCount > 0) {
      const fresh = this.#verdicts;
      fresh.fill(PASSES, 0, staleCount);
      for (const { plugin, index } of this.#rowFilters) {
        if (skipped[index] === 0) this.#filter(plugin, cycle, pod, stale, staleCount, fresh);
      }
      for (let k = 0; k < staleCount; k++) {
        const row = stale[k] as number;
        verdict[row] = fresh[k] as number;
        verdictStamp[row] = generation[row] as number;
      }
    }
    const contested = this.nominations.size > 0;
    if (!contested && this.#liveFilters.every(({ index }) => skipped[index] === 1)) return undefined;
    const verdicts = this.#verdicts;
    for (let i = 0; i < count; i++) verdicts[i] = verdict[block[i] as number] as number;
    for (const { plugin, index } of this.#liveFilters) {
      if (skipped[index] === 0) this.#filter(plugin, cycle, pod, block, count, verdicts);
    }
    for (let i = 0; contested && i < count; i++) {
      const row = block[i] as number;
      const others = this.nominations.against(pod, this.table.names[row] as string);
      if (others.length > 0) verdicts[i] = this.verdictOf(cycle, pod, row, skipped);
    }
    return verdicts;
  }

  #filter(plugin: Plugin, cycle: Cycle, pod: PodInfo, rows: Int32Array, count: number, verdicts: Int32Array): void {
    if (plugin.filterRows !== undefined) {
      this.#entering(plugin, 'Filter');
      plugin.filterRows(cycle, pod, rows, count, verdicts);
      return;
    }
    for (let i = 0; i < count; i++) {
      if (verdicts[i] !== PASSES) continue;
      const status = this.#filterOne(plugin, cycle, pod, this.table.views[rows[i] as number] as NodeView);
      if (status !== undefined) verdicts[i] = this.statuses.id(plugin.name, status);
    }
  }

  #filterOne(plugin: Plugin, cycle: Cycle, pod: PodInfo, view: NodeView): Status | undefined {
    this.#entering(plugin, 'Filter', view);
    const status = plugin.filter?.(cycle, pod, view);
    if (status?.code === 'Error') {
      throw new PluginError(plugin.name, 'Filter', pod.key, view.name, status.reasons.join(', '));
    }
    return status;
  }

  #choose(
    cycle: Cycle,
    pod: PodInfo,
    attempt: number,
    count: number,
  ): { readonly row: number; readonly score: number } {
    const rows = this.#feasible;
    const skipped = new Uint8Array(this.plugins.length);
    for (const { plugin, index } of this.#preScores) {
      this.#entering(plugin, 'PreScore');
      const status = plugin.preScore?.(cycle, pod, rows, count);
      if (status?.code === 'Skip') skipped[index] = 1;
      else if (status !== undefined) {
        throw new PluginError(plugin.name, 'PreScore', pod.key, undefined, status.reasons.join(', '));
      }
    }
    const totals = this.#totals;
    this.#base = 0;
    this.#rowScores(cycle, pod, count, skipped);
    const scores = this.#scores;
    for (const { plugin, index, weight } of this.#liveScores) {
      if (skipped[index] === 1) continue;
      this.#score(plugin, cycle, pod, rows, count, scores);
      this.#addNormalized(plugin, weight, cycle, pod, count);
    }
    let best = -Infinity;
    let ties = 0;
    const tied = this.#block;
    for (let i = 0; i < count; i++) {
      const total = totals[i] as number;
      if (total < best) continue;
      if (total > best) {
        best = total;
        ties = 0;
      }
      tied[ties++] = rows[i] as number;
    }
    return { row: this.#tieBreaker(pod, attempt, tied, ties), score: best + this.#base };
  }

  /** Sets the totals to what row-scoped plugins give, remembering their raw scores. */
  #rowScores(cycle: Cycle, pod: PodInfo, count: number, skipped: Skipped): void {
    const cache = this.#cacheOf(pod);
    const { generation } = this.table;
    const { scoreStamp, fixed } = cache;
    const rows = this.#feasible;
    const totals = this.#totals;
    const stale = this.#staleRows;
    const positions = this.#block;
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
    const { generation } = this.table;
    for (let k = 0; k < count; k++) {
      const row = rows[k] as number;
      fixed[row] = 0;
      scoreStamp[row] = generation[row] as number;
    }
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
  }

  #score(plugin: Plugin, cycle: Cycle, pod: PodInfo, rows: Int32Array, count: number, scores: Float64Array): void {
    if (plugin.scoreRows !== undefined) {
      this.#entering(plugin, 'Score');
      plugin.scoreRows(cycle, pod, rows, count, scores);
      return;
    }
    for (let i = 0; i < count; i++) {
      const view = this.table.views[rows[i] as number] as NodeView;
      this.#entering(plugin, 'Score', view);
      scores[i] = plugin.score?.(cycle, pod, view) ?? Number.NaN;
    }
  }

  #addNormalized(plugin: Plugin, weight: number, cycle: Cycle, pod: PodInfo, count: number): void {
    this.#normalize(plugin, cycle, pod, count);
    const scores = this.#scores;
    const totals = this.#totals;
    for (let i = 0; i < count; i++) totals[i]! += weight * (scores[i] as number);
  }

  #normalize(plugin: Plugin, cycle: Cycle, pod: PodInfo, count: number): void {
    this.#entering(plugin, 'NormalizeScore');
    plugin.normalizeScore?.(cycle, pod, this.#scores, count, this.#feasible);
    this.#check(plugin, pod, this.#scores, this.#feasible, count);
  }

  #check(plugin: Plugin, pod: PodInfo, scores: Float64Array, rows: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const score = scores[i] as number;
      if (score >= 0 && score <= MAX_NODE_SCORE) continue;
      const problem = `the score ${score} is not between 0 and ${MAX_NODE_SCORE}`;
      throw new PluginError(plugin.name, 'Score', pod.key, this.table.names[rows[i] as number], problem);
    }
  }

  #cacheOf(pod: PodInfo): RowCache {
    let version = 0;
    for (const plugin of this.#versioned) version += plugin.version?.(pod) ?? 0;
    return this.#caches.of(pod.podClass.spec.id, version, this.table.generation.length);
  }

  #refusedByPreFilter(
    cycle: Cycle,
    pod: PodInfo,
    attempt: number,
    refused: Status,
    by: readonly string[],
  ): CycleResult {
    const text = preFilterText(this.table.size, refused.reasons);
    const diagnosis: Diagnosis = { verdicts: new Map(), preFilterStatus: refused };
    return this.#afterPostFilter(cycle, pod, attempt, { ...FAILED, message: text, rejectingPlugins: by }, diagnosis);
  }

  #failed(cycle: Cycle, pod: PodInfo, attempt: number, rejected: number, narrowedBy: readonly string[]): CycleResult {
    const counts = new Map<number, number>();
    const verdicts = new Map<number, number>();
    for (let i = 0; i < rejected; i++) {
      const verdict = this.#rejectedVerdict[i] as number;
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      verdicts.set(this.#rejected[i] as number, verdict);
    }
    const refusals = [...counts].map(([verdict, count]) => [this.statuses.get(verdict), count] as const);
    const { size } = this.table;
    const absent = {
      reasons: [`node(s) didn't satisfy plugin(s) [${[...narrowedBy].sort().join(' ')}]`],
      count: size - rejected,
    };
    const rejectingPlugins = [...new Set([...refusals.map(([{ plugin }]) => plugin), ...narrowedBy])].sort();
    const message = nodesText(size, refusals, absent);
    const failed = { ...FAILED, evaluated: rejected, message, rejectingPlugins };
    return this.#afterPostFilter(cycle, pod, attempt, failed, { verdicts, preFilterStatus: undefined });
  }

  #afterPostFilter(
    cycle: Cycle,
    pod: PodInfo,
    attempt: number,
    failed: CycleResult,
    diagnosis: Diagnosis,
  ): CycleResult {
    let text = '';
    let postFilter: PostFilterResult | undefined;
    for (const { plugin } of this.plugins) {
      this.#entering(plugin, 'PostFilter');
      const answer = plugin.postFilter?.(cycle, pod, diagnosis, attempt);
      if (answer === undefined) continue;
      if (answer.nominatedNode !== undefined) postFilter = answer;
      const found = answer.nominatedNode !== undefined && answer.nominatedNode !== '';
      if (found || answer.failed === true) {
        text = answer.message;
        break;
      }
      text += text === '' ? answer.message : `, ${answer.message}`;
    }
    const message = text === '' ? failed.message : `${failed.message} ${text}`;
    const result: CycleResult = { ...failed, message, ...(postFilter === undefined ? {} : { postFilter }) };
    if (this.#repeatable && (postFilter?.nominatedNode ?? '') === '' && pod.pinnedNode === undefined) {
      this.#failures.set(pod.podClass, { version: this.#version(), evaluated: failed.evaluated, result });
    }
    return result;
  }

  /** The same refusal again, where an equal pod was refused and nothing has changed since. */
  #repeatedFailure(pod: PodInfo): CycleResult | undefined {
    const failure = this.#failures.get(pod.podClass);
    if (failure === undefined || pod.pinnedNode !== undefined || failure.version !== this.#version()) return undefined;
    this.startIndex = (this.startIndex + failure.evaluated) % this.table.size;
    return failure.result;
  }

  #version(): string {
    const { workloadVersion, namespaceVersion } = this.#handle.objects;
    return `${this.table.version} ${workloadVersion} ${namespaceVersion} ${this.nominations.version}`;
  }

  /** Notes which plugin runs, in case it throws. */
  #entering(plugin: Plugin, point: string, view?: NodeView): void {
    this.#running = plugin;
    this.#point = point;
    this.#view = view;
  }

  #pluginError(error: unknown, { key }: PodInfo): PluginError {
    if (error instanceof PluginError) return error;
    return new PluginError(this.#running?.name ?? '', this.#point, key, this.#view?.name, problemText(error));
  }

  #reserveBuffers(): void {
    const capacity = this.table.generation.length;
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    this.#feasible = new Int32Array(capacity);
    this.#rejected = new Int32Array(capacity);
    this.#rejectedVerdict = new Int32Array(capacity);
    this.#block = new Int32Array(capacity);
    this.#verdicts = new Int32Array(capacity);
    this.#staleRows = new Int32Array(capacity);
    this.#totals = new Float64Array(capacity);
    this.#scores = new Float64Array(capacity);
  }
}

/** What PreFilter left. */
export interface PreFilterOutcome {
  readonly refused: Status | undefined;
  /** Plugins that refused the pod or narrowed the nodes. */
  readonly by: readonly string[];
  readonly names: ReadonlySet<string> | undefined;
}

const FAILED: CycleResult = {
  result: 'unschedulable',
  evaluated: 0,
  feasible: 0,
  message: '',
  rejectingPlugins: [],
};

function simultaneously(by: readonly string[]): Status {
  const plugins = [...by].sort().join(' ');
  const reason =
    by.length === 1
      ? `node(s) didn't satisfy plugin(s) [${plugins}]`
      : `node(s) didn't satisfy plugin(s) [${plugins}] simultaneously`;
  return { code: 'UnschedulableAndUnresolvable', reasons: [reason] };
}

/** Whether a plugin has a say in which nodes a pod fits. */
function judgesNodes({ preFilter, filter, filterRows, postFilter }: Plugin): boolean {
  return (preFilter ?? filter ?? filterRows ?? postFilter) !== undefined;
}

/** Whether a plugin takes part in scoring. */
export function scoresNodes(plugin: Plugin): boolean {
  return plugin.score !== undefined || plugin.scoreRows !== undefined;
}
