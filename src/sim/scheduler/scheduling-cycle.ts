import type { KubeNode } from '../api/core.ts';
import { usesClaims } from '../devices/pod-claims.ts';
import { usesVolumeClaims } from '../storage/claims.ts';
import { nodesText, NO_NODES_TEXT, preFilterText, simultaneously } from './fit-error.ts';
import type { Cycle, Diagnosis, OrderedPoint, Plugin, PluginHandle, PostFilterResult, Profile } from './framework.ts';
import { NodeFiltering } from './node-filtering.ts';
import type { Found } from './node-filtering.ts';
import { NodeScoring } from './node-scoring.ts';
import { NodeSearch } from './node-search.ts';
import type { NodeTable } from './node-table.ts';
import { Nominations } from './nominations.ts';
import { EXTENDER, EXTENDER_SCORES } from './extender-scores.ts';
import { ExtenderError } from './extenders.ts';
import { PluginCycle } from './plugin-cycle.ts';
import { PluginError } from './plugin-error.ts';
import { PluginRun } from './plugin-run.ts';
import type { Enabled, Skipped } from './plugin-run.ts';
import type { PodClass, PodInfo } from './pod-class.ts';
import { RowCaches } from './row-cache.ts';
import { countsOf, NO_VERDICTS, RowVerdicts } from './row-verdicts.ts';
import type { RowCache } from './row-cache.ts';
import { feasibleNodesToFind } from './sampling.ts';
import { StatusTable } from './status.ts';
import type { Status } from './status.ts';
import { WaitingPods } from './waiting-pods.ts';
import type { TieBreaker } from './tie-breaker.ts';

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
  /** Those of them that wait for something of their own (`Pending`). */
  readonly pendingPlugins?: readonly string[];
  /** PostFilter was asked: what it says of the pod's nomination holds. Otherwise a former one is cleared. */
  readonly postFiltered?: boolean;
  readonly postFilter?: PostFilterResult;
}

interface Failure {
  readonly version: string;
  readonly evaluated: number;
  readonly result: CycleResult;
}

/** What a cycle's plugins are given; without binding cycles behind it no pod ever waits. */
type CycleHandle = Omit<PluginHandle, 'waitingPods'> & Partial<Pick<PluginHandle, 'waitingPods'>>;

/**
 * The scheduling cycle up to the choice of a node: PreFilter, Filter, PostFilter, PreScore, Score, NormalizeScore. Knows
 * no time and changes nothing but where the next search begins.
 */
export class SchedulingCycle {
  readonly plugins: readonly Enabled[];
  readonly statuses = new StatusTable();
  readonly table: NodeTable;
  readonly search: SearchState;
  percentageOfNodesToScore: number;

  readonly #handle: PluginHandle;
  readonly #tieBreaker: TieBreaker;
  readonly #preFilters: readonly Enabled[];
  readonly #postFilters: readonly Enabled[];
  readonly #versioned: readonly Plugin[];
  readonly #repeatable: boolean;
  readonly #running = new PluginRun();
  readonly #filtering: NodeFiltering;
  readonly #scoring: NodeScoring;
  readonly #nodes: NodeSearch;
  readonly #caches: RowCaches;
  readonly #skipped: Skipped;
  readonly #failures = new WeakMap<PodClass, Failure>();
  readonly #verdicts = new RowVerdicts();

  /** `percentageOfNodesToScore` holds where the profile has none of its own; `search` may be shared among profiles. */
  constructor(
    profile: Profile,
    { waitingPods = new WaitingPods(), ...others }: CycleHandle,
    tieBreaker: TieBreaker,
    percentageOfNodesToScore: number,
    search: SearchState = new SearchState(),
  ) {
    this.search = search;
    const handle: PluginHandle = { ...others, waitingPods };
    this.#handle = handle;
    this.table = handle.table;
    this.#tieBreaker = tieBreaker;
    this.percentageOfNodesToScore = profile.percentageOfNodesToScore ?? percentageOfNodesToScore;
    const entries = handle.extenders?.prioritizes === true ? [...profile.plugins, EXTENDER_SCORES] : profile.plugins;
    this.plugins = entries.map(({ create, weight }, index) => ({ plugin: create(handle), weight, index }));
    const all = this.plugins;
    const at = (point: OrderedPoint): readonly Enabled[] => inOrder(all, profile.order?.[point]);
    this.#preFilters = at('preFilter').filter(({ plugin }) => plugin.preFilter !== undefined);
    this.#postFilters = at('postFilter').filter(({ plugin }) => plugin.postFilter !== undefined);
    this.#filtering = new NodeFiltering(this.table, this.nominations, this.statuses, at('filter'), this.#running);
    this.#scoring = new NodeScoring(this.table, all, this.#running);
    this.#nodes = new NodeSearch(this.table, all, this.#filtering, this.#scoring);
    this.#skipped = new Uint8Array(all.length);
    this.#versioned = all.map(({ plugin }) => plugin).filter((plugin) => plugin.version !== undefined);
    this.#repeatable =
      handle.extenders === undefined && all.every(({ plugin }) => plugin.repeatable === true || !judgesNodes(plugin));
    this.#caches = new RowCaches(this.#scoring.rawColumns);
  }

  get nominations(): Nominations {
    return this.search.nominations;
  }

  /** Where in the order of nodes the next search begins. */
  get startIndex(): number {
    return this.search.startIndex;
  }

  set startIndex(index: number) {
    this.search.startIndex = index;
  }

  /** Looks for a node for the pod. `attempt` counts the pod's attempts. */
  run(pod: PodInfo, attempt: number): CycleResult {
    const { table } = this;
    if (table.size === 0) return { ...FAILED, message: NO_NODES_TEXT };
    const repeated = this.#repeatedFailure(pod);
    if (repeated !== undefined) return repeated;
    try {
      return this.#run(pod, attempt);
    } catch (error) {
      // An extender is none of the plugins.
      if (error instanceof ExtenderError) return { ...FAILED, result: 'error', message: error.message };
      return { ...FAILED, result: 'error', message: this.#running.failure(error, pod).message };
    }
  }

  /** A cycle of one's own, for those who call plugins directly. */
  cycle(skipped: Skipped = new Uint8Array(this.plugins.length), bindingState?: Map<string, unknown>): Cycle {
    return new PluginCycle(this.#handle, this.statuses, this.#filtering, skipped, bindingState);
  }

  /** Runs PreFilter. Answers the rows that are left to look at, in order, or the refusal of the pod itself. */
  preFilter(cycle: Cycle, pod: PodInfo, skipped: Skipped): PreFilterOutcome {
    let names: ReadonlySet<string> | undefined;
    const by: string[] = [];
    for (const { plugin, index } of this.#preFilters) {
      this.#running.entering(plugin, 'PreFilter');
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

  /** The verdict of one row, computed afresh by the plain forms. */
  verdictOf(cycle: Cycle, pod: PodInfo, row: number, skipped: Skipped): number {
    return this.#filtering.verdictOf(cycle, pod, row, skipped);
  }

  #run(pod: PodInfo, attempt: number): CycleResult {
    const skipped = this.#skipped;
    skipped.fill(0);
    const cycle = this.cycle(skipped);
    const { refused, by, names } = this.preFilter(cycle, pod, skipped);
    if (refused !== undefined) return this.#refusedByPreFilter(cycle, pod, attempt, refused, by);

    this.#filtering.passOver(cycle, pod, skipped);
    const cache = this.#cacheOf(pod);
    const nominated = pod.pod.status.nominatedNodeName;
    if (nominated !== undefined && nominated !== '') {
      const row = this.table.rowOf(nominated);
      if (
        row !== undefined &&
        names?.has(nominated) !== false &&
        this.#filtering.passes(cycle, pod, cache, row, skipped) &&
        this.#extended(pod, Int32Array.of(row), 1).feasible === 1
      ) {
        return scheduledOn(nominated, undefined, 1, 1);
      }
    }

    const rows = names === undefined ? this.table.order : this.table.inOrder(names);
    const samples = this.#scoring.any || this.#handle.extenders?.filters === true;
    const wanted = samples ? feasibleNodesToFind(rows.length, this.percentageOfNodesToScore) : 1;
    const start = rows.length === 0 ? 0 : this.startIndex % rows.length;
    const search = { rows, start, wanted };
    // Extenders are asked about nodes that are listed.
    const narrowed = names !== undefined || this.#handle.extenders !== undefined;
    const { feasible, rejected } = this.#nodes.find(cycle, pod, cache, search, narrowed, skipped);
    const evaluated = feasible + rejected;
    this.startIndex = (this.startIndex + evaluated) % this.table.size;
    const left = this.#extended(pod, this.#filtering.feasible, feasible);
    if (left.feasible === 0) return this.#failed(cycle, pod, attempt, rejected + left.rejected, by, left.rejected > 0);
    if (left.feasible === 1) return scheduledOn(this.#nameOf(this.#nodes.only()), undefined, evaluated, 1);
    this.#nodes.leave(left);
    const { total, ties } = this.#nodes.score(cycle, pod, cache, search, skipped);
    const chosen = ties.row(this.#tieBreaker(pod, attempt, ties));
    return scheduledOn(this.#nameOf(chosen), total, evaluated, left.feasible);
  }

  /**
   * Has extenders filter the first `feasible` rows. What they leave stands in front afterwards; what they turn away has
   * joined the rejected ones.
   */
  #extended(pod: PodInfo, rows: Int32Array, feasible: number): Found {
    const { extenders } = this.#handle;
    if (extenders === undefined || feasible === 0) return { feasible, rejected: 0 };
    const { nodes } = this.table;
    const asked = Array.from(rows.subarray(0, feasible), (row) => nodes[row] as KubeNode);
    const verdicts = extenders.filter(pod, asked);
    const left = new Set(verdicts.feasible);
    const out = Array.from(rows.subarray(0, feasible)).filter((row) => !left.has(this.table.names[row] as string));
    for (const row of out) {
      const name = this.table.names[row] as string;
      const unresolvable = verdicts.unresolvable.get(name);
      const reasons = [unresolvable ?? verdicts.failed.get(name) ?? ''];
      const code = unresolvable === undefined ? 'Unschedulable' : 'UnschedulableAndUnresolvable';
      this.#filtering.reject(row, this.statuses.id(EXTENDER, { code, reasons }));
    }
    rows.set(verdicts.feasible.map((name) => this.table.rowOf(name) as number));
    return { feasible: left.size, rejected: out.length };
  }

  #nameOf(row: number): string {
    return this.table.names[row] as string;
  }

  #cacheOf(pod: PodInfo): RowCache {
    let version = 0;
    for (const plugin of this.#versioned) version += plugin.version?.(pod) ?? 0;
    return this.#caches.of(pod.podClass.spec.rowId, version, this.table.generation.length);
  }

  #refusedByPreFilter(
    cycle: Cycle,
    pod: PodInfo,
    attempt: number,
    refused: Status,
    by: readonly string[],
  ): CycleResult {
    const text = preFilterText(this.table.size, refused.reasons);
    const diagnosis: Diagnosis = { verdicts: NO_VERDICTS, preFilterStatus: refused };
    return this.#afterPostFilter(cycle, pod, attempt, { ...FAILED, message: text, rejectingPlugins: by }, diagnosis);
  }

  #failed(
    cycle: Cycle,
    pod: PodInfo,
    attempt: number,
    rejected: number,
    narrowedBy: readonly string[],
    extended: boolean,
  ): CycleResult {
    const { rejected: rows, rejectedVerdicts } = this.#filtering;
    const counts = countsOf(rejectedVerdicts, rejected);
    this.#verdicts.set(rows, rejectedVerdicts, rejected);
    const refusals = [...counts].map(([verdict, count]) => [this.statuses.get(verdict), count] as const);
    const { size } = this.table;
    const absent = {
      reasons: [`node(s) didn't satisfy plugin(s) [${[...narrowedBy].sort().join(' ')}]`],
      count: size - rejected,
    };
    const extender = extended ? [EXTENDER] : [];
    const rejectingPlugins = [
      ...new Set([...refusals.map(([{ plugin }]) => plugin), ...narrowedBy, ...extender]),
    ].sort();
    const message = nodesText(size, refusals, absent);
    const pending = refusals.filter(([{ code }]) => code === 'Pending').map(([{ plugin }]) => plugin);
    const failed = {
      ...FAILED,
      evaluated: rejected,
      message,
      rejectingPlugins,
      ...(pending.length === 0 ? {} : { pendingPlugins: [...new Set(pending)] }),
    };
    const verdicts = this.#verdicts;
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
    for (const { plugin } of this.#postFilters) {
      this.#running.entering(plugin, 'PostFilter');
      const answer = plugin.postFilter?.(cycle, pod, diagnosis, attempt);
      if (answer === undefined) continue;
      const { requests = postFilter?.requests } = answer;
      if (answer.nominatedNode !== undefined || answer.failed === true || answer.requests !== undefined) {
        postFilter = requests === undefined ? answer : { ...answer, requests };
      }
      const found = answer.nominatedNode !== undefined && answer.nominatedNode !== '';
      if (found || answer.failed === true) {
        text = answer.message;
        break;
      }
      text += text === '' ? answer.message : `, ${answer.message}`;
    }
    const message = text === '' ? failed.message : `${failed.message} ${text}`;
    const postFiltered = this.#postFilters.length > 0;
    const result: CycleResult = {
      ...failed,
      message,
      postFiltered,
      ...(postFilter === undefined ? {} : { postFilter }),
    };
    if (this.#repeatable && (postFilter?.nominatedNode ?? '') === '' && isLikeItsClass(pod)) {
      this.#failures.set(pod.podClass, { version: this.#version(), evaluated: failed.evaluated, result });
    }
    return result;
  }

  /** The same refusal again, where an equal pod was refused and nothing has changed since. */
  #repeatedFailure(pod: PodInfo): CycleResult | undefined {
    const failure = this.#failures.get(pod.podClass);
    if (failure === undefined || !isLikeItsClass(pod) || failure.version !== this.#version()) return undefined;
    this.startIndex = (this.startIndex + failure.evaluated) % this.table.size;
    return failure.result;
  }

  #version(): string {
    const { workloadVersion, namespaceVersion, storage } = this.#handle.objects;
    return `${this.table.version} ${workloadVersion} ${namespaceVersion} ${this.nominations.version} ${storage?.version ?? 0}`;
  }
}

/** What the cycles of a scheduler's profiles have in common. */
export class SearchState {
  readonly nominations = new Nominations();
  startIndex = 0;
}

/** Plugins in the order of their names; those that are not named keep their order, behind. */
function inOrder(plugins: readonly Enabled[], names: readonly string[] | undefined): readonly Enabled[] {
  if (names === undefined) return plugins;
  const place = ({ plugin }: Enabled): number => {
    const index = names.indexOf(plugin.name);
    return index < 0 ? names.length : index;
  };
  return [...plugins].sort((a, b) => place(a) - place(b));
}

/** What PreFilter left. */
export interface PreFilterOutcome {
  readonly refused: Status | undefined;
  /** Plugins that refused the pod or narrowed the nodes. */
  readonly by: readonly string[];
  readonly names: ReadonlySet<string> | undefined;
}

const NO_PLUGINS: readonly string[] = [];

function scheduledOn(nodeName: string, score: number | undefined, evaluated: number, feasible: number): CycleResult {
  const [result, message, rejectingPlugins] = ['scheduled', '', NO_PLUGINS] as const;
  return score === undefined
    ? { result, nodeName, evaluated, feasible, message, rejectingPlugins }
    : { result, nodeName, evaluated, feasible, message, rejectingPlugins, score };
}

const FAILED: CycleResult = {
  result: 'unschedulable',
  evaluated: 0,
  feasible: 0,
  message: '',
  rejectingPlugins: [],
};

/** Whether nothing tells the pod from others of its class: no node it is pinned or nominated to. */
function isLikeItsClass({ pod, pinnedNode }: PodInfo): boolean {
  return (
    pinnedNode === undefined &&
    (pod.status.nominatedNodeName ?? '') === '' &&
    !usesVolumeClaims(pod) &&
    !usesClaims(pod)
  );
}

/** Whether a plugin has a say in which nodes a pod fits. */
function judgesNodes(plugin: Plugin): boolean {
  return (['preFilter', 'filter', 'filterRows', 'postFilter'] as const).some((point) => plugin[point] !== undefined);
}
