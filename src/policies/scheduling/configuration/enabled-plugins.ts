import { BUILT_IN_PLUGINS } from '../plugins.ts';
import type { PluginSetDocument } from './configuration-schema.ts';
import { IN_TREE_PLUGINS } from './in-tree-plugins.ts';
import type { ExtensionPoint } from './in-tree-plugins.ts';

/** A plugin with the weight that stands beside it; 0 or none is 1. */
export interface EnabledPlugin {
  readonly name: string;
  readonly weight?: number | undefined;
}

const DEFAULT_WEIGHTS = new Map(BUILT_IN_PLUGINS.map(({ name, weight }) => [name, weight]));

const DEFAULT_PLUGINS: readonly EnabledPlugin[] = [...IN_TREE_PLUGINS.keys()].map((name) => ({
  name,
  weight: DEFAULT_WEIGHTS.get(name),
}));

function disables({ disabled }: PluginSetDocument, name: string): boolean {
  return disabled.some((plugin) => plugin.name === '*' || plugin.name === name);
}

/**
 * The plugins of `multiPoint`: the defaults, changed in place where named again, then the others.
 * Source: `mergePluginSet`, apis/config/v1/default_plugins.go.
 */
export function multiPointPlugins(set: PluginSetDocument): readonly EnabledPlugin[] {
  const named = new Map(set.enabled.map((plugin) => [plugin.name, plugin]));
  const kept = DEFAULT_PLUGINS.filter(({ name }) => !disables(set, name)).map(
    (plugin) => named.get(plugin.name) ?? plugin,
  );
  const names = new Set(kept.map(({ name }) => name));
  return [...kept, ...set.enabled.filter(({ name }) => !names.has(name))];
}

/**
 * The names of the plugins at one extension point, in the order in which they run: first those of multiPoint that are
 * named here again, then the rest of multiPoint, then the others named here.
 * Source: `expandMultiPointPlugins`, framework/runtime/framework.go.
 */
export function enabledAt(
  point: ExtensionPoint,
  all: readonly EnabledPlugin[],
  set: PluginSetDocument,
): readonly string[] {
  const here = set.enabled.map(({ name }) => name);
  const everywhere = all
    .map(({ name }) => name)
    .filter((name) => IN_TREE_PLUGINS.get(name)?.includes(point) === true && !disables(set, name));
  const again = here.filter((name) => everywhere.includes(name));
  return [
    ...again,
    ...everywhere.filter((name) => !here.includes(name)),
    ...here.filter((name) => !again.includes(name)),
  ];
}

/** The weight of a plugin's score: what stands at `score` comes before what stands at `multiPoint`. */
export function weightOf(name: string, all: readonly EnabledPlugin[], score: PluginSetDocument): number {
  const here = score.enabled.find((plugin) => plugin.name === name);
  const plugin = here ?? all.find((other) => other.name === name);
  return plugin?.weight === undefined || plugin.weight === 0 ? 1 : plugin.weight;
}
