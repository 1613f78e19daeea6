import type { Plugin } from './framework.ts';
import { problemText } from './plugin-error.ts';
import type { PodInfo } from './pod-class.ts';
import type { SchedulingCycle } from './scheduling-cycle.ts';

const POINTS = ['reserve', 'permit', 'preBind'] as const;

/** Reserve, Permit and PreBind: what plugins have to say between the choice of a node and the binding. */
export class BindingPoints {
  readonly #cycle: SchedulingCycle;
  /** Those that have anything to say there; none of the default ones without volumes. */
  readonly #plugins: readonly Plugin[];

  constructor(cycle: SchedulingCycle) {
    this.#cycle = cycle;
    const plugins = cycle.plugins.map(({ plugin }) => plugin);
    this.#plugins = plugins.filter((plugin) => POINTS.some((point) => plugin[point] !== undefined));
  }

  /** Answers why the pod may not be bound to the node of that row, if so; what was reserved is given back then. */
  run(info: PodInfo, row: number): string | undefined {
    const view = this.#cycle.table.views[row];
    if (view === undefined || this.#plugins.length === 0) return undefined;
    const cycle = this.#cycle.cycle();
    for (const point of POINTS) {
      for (const plugin of this.#plugins) {
        let problem: string | undefined;
        try {
          problem = plugin[point]?.(cycle, info, view)?.reasons.join(', ');
        } catch (error) {
          problem = problemText(error);
        }
        if (problem === undefined) continue;
        for (const reserved of [...this.#plugins].reverse()) reserved.unreserve?.(cycle, info, view);
        return `running ${point} plugin "${plugin.name}": ${problem}`;
      }
    }
    return undefined;
  }
}
