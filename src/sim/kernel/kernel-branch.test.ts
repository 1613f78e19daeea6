import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { propertyRuns } from '../../../test/property-runs.ts';
import type { QueueKind } from './event-queue.ts';
import { Kernel } from './kernel.ts';
import type { EventRef, HandlerId, KernelState } from './kernel.ts';

/** Two machines that reset each other's timers: most of what happens hangs on what was cancelled and on the draws. */
class Machines {
  readonly kernel: Kernel;
  log: string[] = [];
  #timers: EventRef[] = [0, 0];
  #drawn = 0;
  readonly #ring: HandlerId;

  constructor(seed: number, queue: QueueKind = 'instants', extraFirst = false) {
    this.kernel = new Kernel({ seed, queue });
    if (extraFirst) this.kernel.register('extra', () => {});
    this.#ring = this.kernel.register('ring', (machine, nth, payload) => this.#onRing(machine, nth, payload));
  }

  start(): void {
    this.#set(0, 0);
    this.#set(1, 0);
  }

  save(): { kernel: KernelState; timers: EventRef[]; drawn: number } {
    return { kernel: this.kernel.save(), timers: [...this.#timers], drawn: this.#drawn };
  }

  restore(state: ReturnType<Machines['save']>): void {
    this.kernel.restore(state.kernel);
    this.#timers = [...state.timers];
    this.#drawn = state.drawn;
  }

  #onRing(machine: number, nth: number, payload: unknown): void {
    this.log.push(`${this.kernel.now} ${machine} ${nth} ${JSON.stringify(payload)}`);
    if (nth >= 60) return;
    this.#set(machine, nth + 1);
    const other = 1 - machine;
    if (this.#draw(3) === 0 && this.kernel.cancel(this.#timers[other] as EventRef)) this.#set(other, nth + 1);
  }

  #set(machine: number, nth: number): void {
    this.#timers[machine] = this.kernel.after(this.#draw(20), this.#ring, machine, nth, { nth }, this.#draw(8));
  }

  #draw(n: number): number {
    return this.kernel.random.purpose('machines').integer(0, this.#drawn++, n);
  }
}

function uninterrupted(seed: number): string[] {
  const machines = new Machines(seed);
  machines.start();
  machines.kernel.run();
  return machines.log;
}

describe('a saved kernel', () => {
  it('goes on as the uninterrupted run does, in any number of branches, on either queue, through a clone', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat(100),
        fc.constantFrom<QueueKind>('instants', 'fastpriorityqueue'),
        (seed, at, queue) => {
          const whole = uninterrupted(seed);
          const first = new Machines(seed);
          first.start();
          first.kernel.run({ maxEvents: at });
          const state = first.save();
          const before = first.log;
          first.log = [];
          const branch = new Machines(seed, queue, true);
          branch.restore(structuredClone(state));
          // The branches are run in turn: what one does, the other must not see.
          for (let step = 0; step < 20; step++) {
            first.kernel.step();
            branch.kernel.run({ maxEvents: 3 });
          }
          first.kernel.run();
          branch.kernel.run();
          const late = new Machines(seed);
          late.restore(state);
          late.kernel.run();
          expect([...before, ...first.log]).toEqual(whole);
          expect([...before, ...branch.log]).toEqual(whole);
          expect([...before, ...late.log]).toEqual(whole);
          expect(branch.kernel.dispatched).toBe(first.kernel.dispatched);
        },
      ),
      { numRuns: propertyRuns(60) },
    );
  });

  it('is not changed by being saved', () => {
    const machines = new Machines(7);
    machines.start();
    machines.kernel.run({ maxEvents: 10 });
    expect(machines.kernel.save()).toEqual(machines.kernel.save());
    machines.kernel.run();
    expect(machines.log).toEqual(uninterrupted(7));
  });

  it('can be put back into the kernel that has gone on', () => {
    const machines = new Machines(3);
    machines.start();
    machines.kernel.run({ maxEvents: 10 });
    const state = machines.save();
    const rest = (): string[] => {
      machines.log = [];
      machines.kernel.run();
      return machines.log;
    };
    const first = rest();
    machines.restore(state);
    expect(machines.kernel.now).toBeLessThan(Number(first.at(-1)?.split(' ')[0]));
    expect(rest()).toEqual(first);
  });

  it('keeps references valid, and those to cancelled events void', () => {
    const one = new Kernel({ seed: 1 });
    one.register('nothing', () => {});
    const [kept, dropped, third] = [one.at(1, 0), one.at(2, 0), one.at(3, 0)];
    one.cancel(dropped);
    const other = new Kernel({ seed: 1 });
    other.register('nothing', () => {});
    other.restore(one.save());
    expect([kept, dropped, third].map((ref) => other.isPending(ref))).toEqual([true, false, true]);
    expect([other.cancel(third), other.cancel(dropped)]).toEqual([true, false]);
    expect(other.pending).toBe(1);
    expect(one.pending).toBe(2);
  });

  it('is refused where a handler is missing, and what was there stays', () => {
    const one = new Kernel({ seed: 1 });
    one.register('unknown', () => {});
    one.at(5, 0);
    const other = new Kernel({ seed: 1 });
    let handled = 0;
    other.register('known', () => handled++);
    other.at(9, 0);
    expect(() => other.restore(one.save())).toThrow('events for the handler "unknown", which is not registered here');
    expect(other.run()).toEqual({ reason: 'drained', now: 9, events: 1 });
    expect(handled).toBe(1);
  });

  it('needs a handler only if an event of it is pending', () => {
    const one = new Kernel({ seed: 1 });
    one.at(
      5,
      one.register('gone', () => {}),
    );
    one.run();
    const other = new Kernel({ seed: 1 });
    other.restore(one.save());
    expect([other.now, other.pending]).toEqual([5, 0]);
  });

  it('cannot be saved or restored by a handler', () => {
    const kernel = new Kernel({ seed: 1 });
    const state = kernel.save();
    kernel.at(
      1,
      kernel.register('save', () => kernel.save()),
    );
    kernel.at(
      2,
      kernel.register('restore', () => kernel.restore(state)),
    );
    expect(() => kernel.run()).toThrow(expect.objectContaining({ code: 'REENTRANT' }));
    expect(() => kernel.run()).toThrow(expect.objectContaining({ code: 'REENTRANT' }));
  });
});
