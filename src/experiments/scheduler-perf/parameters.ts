import { parseDuration } from '../../sim/durations.ts';
import { seconds } from '../../sim/kernel/time.ts';
import type { Micros } from '../../sim/kernel/time.ts';
import { InputError } from '../../workloads/input-error.ts';
import type { PerfWorkload, TestCase } from './config.ts';

/** How many of something: a number, or the parameter that has it. */
interface Counted {
  readonly count?: number | undefined;
  readonly countParam?: string | undefined;
}

/** How long something goes on. */
interface Lasting {
  readonly duration?: string | undefined;
  readonly durationParam?: string | undefined;
}

/** What a workload gives the operations of its case by name. */
export class Parameters {
  readonly #case: string;
  readonly #values: PerfWorkload['params'];

  constructor(testCase: TestCase, { params }: PerfWorkload) {
    this.#case = testCase.name;
    this.#values = params;
  }

  count({ count, countParam }: Counted): number {
    return countParam === undefined ? (count ?? 0) : Number(this.#get(countParam));
  }

  /** None where none is given. */
  duration({ duration, durationParam }: Lasting): Micros {
    const text = durationParam === undefined ? (duration ?? '0s') : String(this.#get(durationParam));
    const length = parseDuration(text);
    if (length !== undefined) return seconds(length);
    throw new InputError({ file: this.#case, message: 'not a duration', found: text, allowed: 'such as 10s, 2m' });
  }

  #get(name: string): string | number | boolean {
    const value = this.#values[name.replace(/^\$/, '')];
    if (value !== undefined) return value;
    throw new InputError({
      file: this.#case,
      message: `the workload has no parameter ${name}`,
      allowed: Object.keys(this.#values).join(', '),
    });
  }
}
