import type { Plugin, PluginEntry, PluginOrder, Profile } from '../../sim/scheduler/framework.ts';
import { CycleError } from '../../sim/scheduler/plugin-error.ts';
import { enabledAt, multiPointPlugins, weightOf } from './configuration/enabled-plugins.ts';
import { EXTENSION_POINTS } from './configuration/in-tree-plugins.ts';
import type { ExtensionPoint } from './configuration/in-tree-plugins.ts';
import type { ProfileConfiguration } from './configuration/read-configuration.ts';
import { BUILT_IN_PLUGINS } from './plugins.ts';

/** What belongs to each extension point of a plugin object. */
const MEMBERS: Readonly<Partial<Record<ExtensionPoint, readonly (keyof Plugin)[]>>> = {
  preEnqueue: ['preEnqueue'],
  preFilter: ['preFilter'],
  filter: ['filter', 'filterRows', 'onlyRows', 'passesAll'],
  postFilter: ['postFilter'],
  preScore: ['preScore', 'skipsScore'],
  score: ['score', 'scoreRows', 'levelScore', 'normalizeScore'],
  reserve: ['reserve', 'unreserve'],
  permit: ['permit'],
  preBind: ['preBind'],
  bind: ['binds'],
};

/**
 * Plugins whose Filter finds no state, and fails, where their PreFilter is switched off; the others do without.
 * Source: `getPreFilterState` of each plugin.
 */
const FILTERS_ON_STATE: ReadonlyMap<string, string> = new Map([
  ['NodePorts', 'reading'],
  ['NodeResourcesFit', 'error reading'],
  ['PodTopologySpread', 'reading'],
  ['InterPodAffinity', 'error reading'],
]);

/** The same of Score and PreScore. Source: `getPreScoreState` of each plugin. */
const SCORES_ON_STATE: ReadonlyMap<string, string> = new Map([
  ['TaintToleration', 'failed to read'],
  ['PodTopologySpread', 'error reading'],
  ['InterPodAffinity', 'failed to read'],
]);

type Points = ReadonlyMap<ExtensionPoint, readonly string[]>;

function isOn(points: Points, point: ExtensionPoint, name: string): boolean {
  return points.get(point)?.includes(name) === true;
}

/** The plugin without the extension points it is not enabled at. */
function restricted(plugin: Plugin, points: Points): Plugin {
  const { name } = plugin;
  const off = EXTENSION_POINTS.flatMap((point) => (isOn(points, point, name) ? [] : (MEMBERS[point] ?? [])));
  const gone = off.filter((member) => plugin[member] !== undefined);
  const failing = { ...failingFilter(name, points), ...failingScore(name, points) };
  if (gone.length === 0 && Object.keys(failing).length === 0) return plugin;
  const kept = Object.entries(plugin).filter(([member]) => !gone.includes(member as keyof Plugin));
  return { ...(Object.fromEntries(kept) as unknown as Plugin), ...failing };
}

function failingFilter(name: string, points: Points): Partial<Plugin> {
  const words = FILTERS_ON_STATE.get(name);
  if (words === undefined || !isOn(points, 'filter', name) || isOn(points, 'preFilter', name)) return {};
  const text = `running "${name}" filter plugin: ${words} "PreFilter${name}" from cycleState: not found`;
  const fail = (): never => {
    throw new CycleError(text);
  };
  return { filter: fail, filterRows: fail };
}

function failingScore(name: string, points: Points): Partial<Plugin> {
  const words = SCORES_ON_STATE.get(name);
  if (words === undefined || !isOn(points, 'score', name) || isOn(points, 'preScore', name)) return {};
  const state = `${words} "PreScore${name}" from cycleState: not found`;
  const fail = (): never => {
    throw new CycleError(`running Score plugins: plugin "${name}" failed with: ${state}`);
  };
  return { score: fail, scoreRows: fail, levelScore: fail };
}

/** The profile that a configuration asks for. Plugins of the original that are not built in are left out. */
export function configuredProfile(configuration: ProfileConfiguration): Profile {
  const { schedulerName, percentageOfNodesToScore, plugins, args } = configuration;
  const all = multiPointPlugins(plugins.multiPoint);
  const points: Points = new Map(EXTENSION_POINTS.map((point) => [point, enabledAt(point, all, plugins[point])]));
  const named = new Set([...all.map(({ name }) => name), ...[...points.values()].flat()]);
  const entries: PluginEntry[] = [];
  for (const name of named) {
    const plugin = BUILT_IN_PLUGINS.find((builtIn) => builtIn.name === name);
    if (plugin === undefined) continue;
    entries.push({
      create: (handle) => restricted(plugin.create(args.get(name) ?? {}, handle), points),
      weight: weightOf(name, all, plugins.score),
    });
  }
  const order: PluginOrder = {
    preFilter: points.get('preFilter') ?? [],
    filter: points.get('filter') ?? [],
    postFilter: points.get('postFilter') ?? [],
  };
  return { schedulerName, percentageOfNodesToScore, plugins: entries, order };
}
