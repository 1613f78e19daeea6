import type { Cycle, PluginHandle } from './framework.ts';
import type { NodeFiltering } from './node-filtering.ts';
import type { NodeTable } from './node-table.ts';
import type { Skipped } from './plugin-run.ts';
import type { PodInfo } from './pod-class.ts';
import { PASSES } from './status.ts';
import type { PluginStatus, StatusTable } from './status.ts';

/** One cycle, as plugins see it. */
export class PluginCycle implements Cycle {
  readonly table: NodeTable;
  readonly objects: Cycle['objects'];
  readonly statuses: StatusTable;
  #state: Map<string, unknown> | undefined;
  #bindingState: Map<string, unknown> | undefined;
  readonly #filtering: NodeFiltering;
  readonly #skipped: Skipped;

  constructor(
    { table, objects }: PluginHandle,
    statuses: StatusTable,
    filtering: NodeFiltering,
    skipped: Skipped,
    bindingState: Map<string, unknown> | undefined,
  ) {
    this.table = table;
    this.#bindingState = bindingState;
    this.objects = objects;
    this.statuses = statuses;
    this.#filtering = filtering;
    this.#skipped = skipped;
  }

  get state(): Map<string, unknown> {
    return (this.#state ??= new Map());
  }

  get bindingState(): Map<string, unknown> {
    return (this.#bindingState ??= new Map());
  }

  fits(pod: PodInfo, row: number): PluginStatus | undefined {
    const verdict = this.#filtering.verdictOf(this, pod, row, this.#skipped);
    return verdict === PASSES ? undefined : this.statuses.get(verdict);
  }

  nominatedRows(): Uint8Array | undefined {
    return this.#filtering.looksFurther(this.#skipped) ? undefined : this.#filtering.nominatedRows();
  }
}
