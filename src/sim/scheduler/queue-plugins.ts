import type { Plugin } from './framework.ts';

/** What the queue asks of a profile's plugins. */
export interface QueuePlugins {
  /** Those with PreEnqueue. */
  readonly gates: readonly Plugin[];
  readonly byName: ReadonlyMap<string, Plugin>;
  /** Those that say which pods news of pods on nodes are for. */
  readonly concerned: readonly Plugin[];
}

/** Sorts a profile's plugins by what the queue wants of them. */
export function queuePlugins(plugins: readonly Plugin[]): QueuePlugins {
  return {
    gates: plugins.filter((plugin) => plugin.preEnqueue !== undefined),
    byName: new Map(plugins.map((plugin) => [plugin.name, plugin])),
    concerned: plugins.filter((plugin) => plugin.concerns !== undefined),
  };
}

/** Those of a pod that no profile is for. */
export const NO_PLUGINS = queuePlugins([]);
