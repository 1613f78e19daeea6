/** How an extension point answers when it does not simply agree. Names are the real framework's. */
export type StatusCode = 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Pending' | 'Wait' | 'Skip' | 'Error';

/** A plugin's refusal. An extension point that agrees answers `undefined`. */
export interface Status {
  readonly code: StatusCode;
  readonly reasons: readonly string[];
}

/** A refusal together with the plugin it came from. */
export interface PluginStatus extends Status {
  readonly plugin: string;
}

/** "The plugin has nothing to say about this pod": its later extension points are not called in this cycle. */
export const SKIP: Status = Object.freeze({ code: 'Skip', reasons: [] });

/** The pod does not fit now; preemption may help. */
export function unschedulable(...reasons: string[]): Status {
  return Object.freeze({ code: 'Unschedulable', reasons });
}

/** The pod cannot fit, whatever is removed from the node. */
export function unresolvable(...reasons: string[]): Status {
  return Object.freeze({ code: 'UnschedulableAndUnresolvable', reasons });
}

/** A node passed: the verdict 0 of the filter columns. */
export const PASSES = 0;

/** Refusals under small numbers from 1, so that a column can hold them. */
export class StatusTable {
  readonly #rows: PluginStatus[] = [{ plugin: '', code: 'Skip', reasons: [] }];
  readonly #ids = new Map<string, number>();
  /** By the object a plugin answered with: built-in plugins answer with a few frozen ones. */
  readonly #byObject = new WeakMap<Status, Map<string, number>>();

  id(plugin: string, status: Status): number {
    let byPlugin = this.#byObject.get(status);
    if (byPlugin === undefined) this.#byObject.set(status, (byPlugin = new Map()));
    let id = byPlugin.get(plugin);
    if (id === undefined) {
      const key = JSON.stringify([plugin, status.code, status.reasons]);
      id = this.#ids.get(key);
      if (id === undefined) {
        id = this.#rows.push({ plugin, code: status.code, reasons: status.reasons }) - 1;
        this.#ids.set(key, id);
      }
      byPlugin.set(plugin, id);
    }
    return id;
  }

  get(id: number): PluginStatus {
    return this.#rows[id] as PluginStatus;
  }
}
