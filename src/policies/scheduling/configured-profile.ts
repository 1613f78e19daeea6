import type { Plugin, PluginEntry, Profile } from '../../sim/scheduler/framework.ts';
import { BUILT_IN_PLUGINS } from './plugins.ts';
import type { BuiltInPlugin } from './plugins.ts';

interface EnabledPlugin {
  readonly name: string;
  readonly weight?: number;
}

/** Plugins of one extension point, on top of those it has already. */
export interface PluginSet {
  readonly enabled?: readonly EnabledPlugin[];
  /** '*' stands for all. */
  readonly disabled?: readonly { readonly name: string }[];
}

/** A profile of a KubeSchedulerConfiguration (v1). */
export interface ProfileConfiguration {
  readonly schedulerName?: string;
  readonly percentageOfNodesToScore?: number;
  /** By extension point; `multiPoint` is for all that a plugin has. */
  readonly plugins?: Readonly<Record<string, PluginSet>>;
  readonly pluginConfig?: readonly { readonly name: string; readonly args: object }[];
}

/** What belongs to each extension point of a plugin object. */
const MEMBERS: Readonly<Record<string, readonly (keyof Plugin)[]>> = {
  preEnqueue: ['preEnqueue'],
  preFilter: ['preFilter'],
  filter: ['filter', 'filterRows'],
  postFilter: ['postFilter'],
  preScore: ['preScore'],
  score: ['score', 'scoreRows', 'normalizeScore'],
  reserve: ['reserve', 'unreserve'],
  permit: ['permit'],
  preBind: ['preBind'],
  bind: ['binds'],
};

function disables({ disabled = [] }: PluginSet, name: string): boolean {
  return disabled.some((plugin) => plugin.name === '*' || plugin.name === name);
}

/** The plugins of `multiPoint`: the defaults, changed in place where named again, then the others. */
function multiPoint(set: PluginSet): EnabledPlugin[] {
  const { enabled = [] } = set;
  const named = new Map(enabled.map((plugin) => [plugin.name, plugin]));
  const kept: EnabledPlugin[] = BUILT_IN_PLUGINS.filter(({ name }) => !disables(set, name)).map(
    (plugin) => named.get(plugin.name) ?? plugin,
  );
  const names = new Set(kept.map(({ name }) => name));
  return [...kept, ...enabled.filter(({ name }) => !names.has(name))];
}

/**
 * The plugins of one extension point: first those of multiPoint that are named here again, then the rest of multiPoint,
 * then the others named here. Source: `expandMultiPointPlugins`, pkg/scheduler/framework/runtime.
 */
function atPoint(all: readonly EnabledPlugin[], set: PluginSet): Set<string> {
  const here = new Set((set.enabled ?? []).map(({ name }) => name));
  for (const { name } of all) if (!disables(set, name)) here.add(name);
  return here;
}

/** The plugin without the extension points it is not enabled at. */
function restricted(plugin: Plugin, points: ReadonlyMap<string, ReadonlySet<string>>): Plugin {
  const off = Object.entries(MEMBERS).flatMap(([point, members]) =>
    points.get(point)?.has(plugin.name) === true ? [] : members,
  );
  const gone = off.filter((member) => plugin[member] !== undefined);
  if (gone.length === 0) return plugin;
  return Object.fromEntries(
    Object.entries(plugin).filter(([member]) => !gone.includes(member as keyof Plugin)),
  ) as unknown as Plugin;
}

/** The profile that a configuration asks for. Plugins it names that are not built in are left out. */
export function configuredProfile(configuration: ProfileConfiguration): Profile {
  const { plugins = {}, pluginConfig = [] } = configuration;
  const all = multiPoint(plugins['multiPoint'] ?? {});
  const points = new Map(Object.keys(MEMBERS).map((point) => [point, atPoint(all, plugins[point] ?? {})]));
  const named = new Set([...all.map(({ name }) => name), ...[...points.values()].flatMap((names) => [...names])]);
  const builtIn = new Map<string, BuiltInPlugin>(BUILT_IN_PLUGINS.map((plugin) => [plugin.name, plugin]));
  const scores = new Map((plugins['score']?.enabled ?? []).map(({ name, weight }) => [name, weight ?? 1]));
  const weights = new Map(all.map(({ name, weight }) => [name, weight ?? 1]));
  const args = new Map(pluginConfig.map((entry) => [entry.name, entry.args]));
  const entries: PluginEntry[] = [];
  for (const name of named) {
    const plugin = builtIn.get(name);
    if (plugin === undefined) continue;
    entries.push({
      create: (handle) => restricted(plugin.create(args.get(name) ?? {}, handle), points),
      weight: scores.get(name) ?? weights.get(name) ?? 1,
    });
  }
  return { plugins: entries };
}
