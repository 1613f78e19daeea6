import type { Plugin } from './framework.ts';
import type { NodeView } from './node-view.ts';
import { CycleError, PluginError, problemText } from './plugin-error.ts';
import type { PodInfo } from './pod-class.ts';

/** Which plugin runs, where: so that whatever it throws can be told by its name. */
export class PluginRun {
  #plugin: Plugin | undefined;
  #point = '';
  #view: NodeView | undefined;

  entering(plugin: Plugin, point: string, view?: NodeView): void {
    this.#plugin = plugin;
    this.#point = point;
    this.#view = view;
  }

  /** What was thrown, as an error of the plugin that was running. */
  failure(error: unknown, { key }: PodInfo): PluginError | CycleError {
    if (error instanceof PluginError || error instanceof CycleError) return error;
    return new PluginError(this.#plugin?.name ?? '', this.#point, key, this.#view?.name, problemText(error));
  }
}

/** Which of the profile's plugins have nothing to say about the pod at hand, by their place: 1. */
export type Skipped = Uint8Array;

/** A plugin with its weight and its place in the profile. */
export interface Enabled {
  readonly plugin: Plugin;
  readonly weight: number;
  readonly index: number;
}
