import type { Explanation, NodeScore } from '../sim/scheduler/explain.ts';
import type { Lack, Shortfall } from '../sim/scheduler/shortfall.ts';
import type { PluginStatus } from '../sim/scheduler/status.ts';

/** How far a plugin set the runner-up back (below 0) or forward, in weighted points, and what else its word would have done. */
export interface PluginDifference {
  readonly plugin: string;
  readonly weight: number;
  /** Runner-up minus winner. */
  readonly difference: number;
  /** The weight from which on the runner-up would have been ahead; undefined where none does that. */
  readonly turningWeight: number | undefined;
  /** The node that would have had the highest total without the plugin: one of several, the first by name. */
  readonly winnerWithout: string;
}

/** What would have changed a choice between nodes. */
export interface Contest {
  readonly winner: string;
  readonly runnerUp: string;
  /** Points that the runner-up lacks. */
  readonly behind: number;
  readonly plugins: readonly PluginDifference[];
}

/** Compares the node that was chosen with the next best; undefined where there is no other. */
export function contestOf(
  { scores }: Explanation,
  weights: ReadonlyMap<string, number>,
  chosen: string | undefined,
): Contest | undefined {
  const ranked = [...scores].sort(([a, left], [b, right]) => right.total - left.total || (a < b ? -1 : 1));
  const winner = ranked.find(([name]) => name === chosen) ?? ranked[0];
  const runnerUp = ranked.find((entry) => entry !== winner);
  if (winner === undefined || runnerUp === undefined) return undefined;
  const [first, second] = [winner[1], runnerUp[1]];
  const behind = first.total - second.total;
  const plugins = [...first.plugins.keys()].map((plugin): PluginDifference => {
    const weight = weights.get(plugin) ?? 0;
    const [ours, theirs] = [normalised(first, plugin), normalised(second, plugin)];
    return {
      plugin,
      weight,
      difference: weight * (theirs - ours),
      turningWeight: turningWeight(weight, theirs - ours, behind),
      winnerWithout: winnerWithout(ranked, plugin),
    };
  });
  plugins.sort((a, b) => a.difference - b.difference);
  return { winner: winner[0], runnerUp: runnerUp[0], behind, plugins };
}

function normalised({ plugins }: NodeScore, plugin: string): number {
  return plugins.get(plugin)?.normalized ?? 0;
}

/** The whole weight nearest to the present one with which the runner-up's total is the higher. */
function turningWeight(weight: number, gain: number, behind: number): number | undefined {
  if (gain === 0) return undefined;
  if (gain > 0) return weight + Math.floor(behind / gain) + 1;
  const lower = weight - Math.floor(behind / -gain) - 1;
  return lower >= 0 ? lower : undefined;
}

function winnerWithout(ranked: readonly (readonly [string, NodeScore])[], plugin: string): string {
  let best = '';
  let most = -Infinity;
  for (const [name, { total, plugins }] of ranked) {
    const left = total - (plugins.get(plugin)?.weighted ?? 0);
    if (left < most || (left === most && name > best)) continue;
    best = name;
    most = left;
  }
  return best;
}

/** A node that a pod does not fit, and what would have to be otherwise. */
export interface NearMiss {
  readonly node: string;
  readonly changes: readonly string[];
}

/** The nodes that the pod is nearest to fitting, the nearest first. */
export function nearMisses(all: readonly Shortfall[]): readonly NearMiss[] {
  return [...all]
    .sort((a, b) => distance(a) - distance(b) || (a.node < b.node ? -1 : 1))
    .map((shortfall) => ({ node: shortfall.node, changes: changesFor(shortfall) }));
}

/** Fewer plugins first; among nodes that lack resources, those that lack the least of what they have. */
function distance({ refusals, lacks }: Shortfall): number {
  let share = 0;
  for (const { wanted, free, allocatable } of lacks) {
    // What is larger than the whole node is no matter of waiting.
    share += allocatable < wanted ? 10 : Math.min(1, (wanted - free) / allocatable);
  }
  return 100 * refusals.length + share;
}

function changesFor({ refusals, lacks }: Shortfall): readonly string[] {
  return refusals.flatMap((status) =>
    status.plugin === 'NodeResourcesFit' ? lacks.map(lackText) : [changeFor(status)],
  );
}

function lackText({ resource, wanted, free, allocatable }: Lack): string {
  if (resource === 'pods') return `one pod less on it (it takes ${allocatable})`;
  const more = amountText(resource, wanted - free);
  const state = `wants ${amountText(resource, wanted)}, ${amountText(resource, Math.max(0, free))} of ${amountText(resource, allocatable)} free`;
  return `${more} more ${resource} (${state})`;
}

function changeFor({ plugin, reasons }: PluginStatus): string {
  const taint = /untolerated taint (\{.*\})/.exec(reasons[0] ?? '');
  if (plugin === 'TaintToleration' && taint !== null) return `a toleration of ${taint[1]}`;
  return `${plugin}: ${reasons.join(', ')}`;
}

const BINARY = ['Ki', 'Mi', 'Gi', 'Ti'] as const;

/** An amount as people write it: cores, or binary units of bytes. */
function amountText(resource: string, amount: number): string {
  if (resource === 'cpu') return amount % 1000 === 0 ? String(amount / 1000) : `${Math.ceil(amount)}m`;
  if (!/^(memory|ephemeral-storage|hugepages-)/.test(resource)) return String(amount);
  let value = amount;
  let unit = '';
  for (const next of BINARY) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${Math.round(value * 10) / 10}${unit}`;
}
