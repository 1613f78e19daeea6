import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Purpose } from '../kernel/random.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { faultNodes } from './fault-targets.ts';
import { noticeOf } from './fault-nature.ts';
import { present, stillThere } from './fleet.ts';
import type { Roster } from './fleet.ts';
import type { Failure } from './failure-model.ts';
import type { FaultKind, TimedFault } from './timed-fault.ts';

/** What is to come to nodes: those that are known by now, or those that a timed fault will choose. */
interface Warning {
  readonly kind: FaultKind;
  readonly nodes?: readonly string[];
  readonly fault?: number;
}

/** Faults that are known some time before they happen. */
export class Forewarning {
  readonly #kernel: Kernel;
  readonly #timed: readonly TimedFault[];
  readonly #roster: Roster;
  readonly #draws: Purpose;
  readonly #warned: HandlerId;

  /** @param warned - told, when it becomes known, what will come to which nodes */
  constructor(
    kernel: Kernel,
    timed: readonly TimedFault[],
    roster: Roster,
    draws: Purpose,
    warned: (kind: FaultKind, nodes: readonly string[]) => void,
  ) {
    this.#kernel = kernel;
    this.#timed = timed;
    this.#roster = roster;
    this.#draws = draws;
    this.#warned = kernel.register('faults/warning', (_a, _b, warning) => {
      const { kind } = warning as Warning;
      warned(kind, this.#there(warning as Warning));
    });
  }

  /** A fault of the list will happen. */
  ofTimed(index: number): void {
    const { at, kind, warningMicros = noticeOf(kind) } = this.#timed[index] as TimedFault;
    if (warningMicros !== undefined) this.#at(at - warningMicros, { kind, fault: index });
  }

  /** A failure of a model will happen at that time. */
  ofModel({ kind, warningSeconds }: Failure, nodes: readonly string[], at: Micros): void {
    const before = warningSeconds === undefined ? noticeOf(kind) : seconds(warningSeconds);
    if (before !== undefined) this.#at(at - before, { kind, nodes });
  }

  #at(time: Micros, warning: Warning): void {
    this.#kernel.at(Math.max(this.#kernel.now, time), this.#warned, 0, 0, warning, Priority.external);
  }

  #there({ nodes, fault = 0 }: Warning): readonly string[] {
    const all = nodes ?? faultNodes(this.#timed[fault] as TimedFault, fault, present(this.#roster), this.#draws);
    return stillThere(this.#roster, all);
  }
}
