import type { Cycle, Plugin } from './framework.ts';
import type { NodeView } from './node-view.ts';
import type { PodInfo } from './pod-class.ts';
import { scoresNodes } from './node-scoring.ts';
import type { SchedulingCycle } from './scheduling-cycle.ts';
import { CycleError } from './plugin-error.ts';
import { PASSES } from './status.ts';
import type { PluginStatus, Status } from './status.ts';

/** What one plugin says of one feasible node. */
export interface PluginScore {
  readonly raw: number;
  readonly normalized: number;
  readonly weighted: number;
}

export interface NodeScore {
  readonly total: number;
  readonly plugins: ReadonlyMap<string, PluginScore>;
}

/** A decision in full: every node, every plugin. Computed by the plain forms alone, without any cache. */
export interface Explanation {
  readonly refused: { readonly plugin: string; readonly status: Status } | undefined;
  /** The nodes PreFilter left, sorted; undefined: all. */
  readonly nodeNames: readonly string[] | undefined;
  /** By node name: undefined where the node passes, 'excluded' where PreFilter left it out. */
  readonly verdicts: ReadonlyMap<string, PluginStatus | 'excluded' | undefined>;
  readonly skippedScores: readonly string[];
  readonly scores: ReadonlyMap<string, NodeScore>;
  /** Names of the nodes with the highest total, sorted. */
  readonly best: readonly string[];
  /** The cycle ends with an error: its text. What would have come after it is missing above. */
  readonly error?: string;
}

/** Looks at all nodes for a pod, whatever sampling would do. */
export function explain(cycle: SchedulingCycle, pod: PodInfo): Explanation {
  const { table } = cycle;
  const skipped = new Uint8Array(cycle.plugins.length);
  const shared = cycle.cycle(skipped);
  const { refused, by, names } = cycle.preFilter(shared, pod, skipped);
  const nothing = { verdicts: new Map(), skippedScores: [], scores: new Map(), best: [] };
  const nodeNames = names === undefined ? undefined : [...names].sort();
  if (refused !== undefined) {
    return { ...nothing, refused: { plugin: by.at(-1) ?? '', status: refused }, nodeNames };
  }
  const verdicts = new Map<string, PluginStatus | 'excluded' | undefined>();
  const feasible: number[] = [];
  try {
    for (const row of table.order) {
      const name = table.names[row] as string;
      if (names?.has(name) === false) {
        verdicts.set(name, 'excluded');
        continue;
      }
      const verdict = cycle.verdictOf(shared, pod, row, skipped);
      verdicts.set(name, verdict === PASSES ? undefined : cycle.statuses.get(verdict));
      if (verdict === PASSES) feasible.push(row);
    }
    return { refused: undefined, nodeNames, verdicts, ...scored(cycle, shared, pod, feasible) };
  } catch (error) {
    if (!(error instanceof CycleError)) throw error;
    return { ...nothing, refused: undefined, nodeNames, verdicts, error: error.message };
  }
}

function scored(
  cycle: SchedulingCycle,
  shared: Cycle,
  pod: PodInfo,
  feasible: readonly number[],
): Pick<Explanation, 'skippedScores' | 'scores' | 'best'> {
  const { table } = cycle;
  const rows = Int32Array.from(feasible);
  const skippedScores: string[] = [];
  const nodes = feasible.map((row) => ({
    name: table.names[row] as string,
    row,
    plugins: new Map<string, PluginScore>(),
  }));
  const enabled = cycle.plugins.filter(({ plugin, weight }) => weight !== 0 && scoresNodes(plugin));
  // PreScore of all comes before Score of any; it runs even where a profile has the plugin's Score switched off.
  for (const { plugin } of feasible.length === 0 ? [] : cycle.plugins) {
    if (plugin.preScore?.(shared, pod, rows, rows.length)?.code === 'Skip') skippedScores.push(plugin.name);
  }
  const kept = enabled.filter(({ plugin }) => feasible.length > 0 && !skippedScores.includes(plugin.name));
  for (const { plugin, weight } of kept) {
    const raw = nodes.map(({ row }) => rawScore(plugin, shared, pod, table.views[row] as NodeView));
    const normalized = Float64Array.from(raw);
    plugin.normalizeScore?.(shared, pod, normalized, normalized.length, rows);
    for (const [i, { plugins }] of nodes.entries()) {
      const value = normalized[i] as number;
      plugins.set(plugin.name, { raw: raw[i] as number, normalized: value, weighted: weight * value });
    }
  }
  const scores = new Map<string, NodeScore>();
  let highest = -Infinity;
  for (const { name, plugins } of nodes) {
    // Without any scoring plugin every node is worth 1.
    const total = enabled.length === 0 ? 1 : [...plugins.values()].reduce((sum, { weighted }) => sum + weighted, 0);
    scores.set(name, { total, plugins });
    highest = Math.max(highest, total);
  }
  const best = [...scores].filter(([, { total }]) => total === highest).map(([name]) => name);
  return { skippedScores: skippedScores.sort(), scores, best: best.sort() };
}

function rawScore(plugin: Plugin, cycle: Cycle, pod: PodInfo, view: NodeView): number {
  if (plugin.score !== undefined) return plugin.score(cycle, pod, view);
  const scores = new Float64Array(1);
  plugin.scoreRows?.(cycle, pod, Int32Array.of(view.row), 1, scores);
  return scores[0] as number;
}
