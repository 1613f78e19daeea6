import { SECOND, millis } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';

/** What one pass over all nodes takes: the loop is a sliding one, so its period is the setting plus this. */
const PASS_TIME: Micros = millis(3);

/** The grid on which the node controller looks at nodes: every --node-monitor-period, from a drawn phase on. */
export class MonitorPasses {
  readonly #phase: Micros;
  readonly #period: Micros;

  constructor(phase: number, periodSeconds: number) {
    this.#period = Math.round(periodSeconds * SECOND) + PASS_TIME;
    this.#phase = Math.floor(phase * this.#period);
  }

  /** The first pass at or after a time. */
  atOrAfter(time: Micros): Micros {
    return this.#phase + Math.max(0, Math.ceil((time - this.#phase) / this.#period)) * this.#period;
  }

  /** The first pass after a time. */
  after(time: Micros): Micros {
    return this.atOrAfter(time + 1);
  }
}
