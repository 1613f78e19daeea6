import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { propertyRuns } from '../../../test/property-runs.ts';
import { Kernel } from './kernel.ts';
import type { HandlerId } from './kernel.ts';
import { Priority } from './priority.ts';
import { MAX_TIME } from './time.ts';

let kernel: Kernel;
let note: HandlerId;
/** The events handled so far, as `label@time`. */
let handled: string[];

beforeEach(() => {
  kernel = new Kernel({ seed: 1 });
  handled = [];
  note = kernel.register('note', (a) => handled.push(`${a}@${kernel.now}`));
});

describe('order', () => {
  it('handles events by time, then priority class, then the order of scheduling', () => {
    kernel.at(20, note, 1);
    kernel.at(10, note, 2, 0, undefined, Priority.end);
    kernel.at(10, note, 3);
    kernel.at(10, note, 4, 0, undefined, Priority.external);
    kernel.at(10, note, 5);
    kernel.run();
    expect(handled).toEqual(['4@10', '3@10', '5@10', '2@10', '1@20']);
  });

  it('handles what is scheduled at the present instant within it, behind what stands there', () => {
    const again = kernel.register('again', (a) => {
      handled.push(`again@${kernel.now}`);
      kernel.after(0, note, a);
    });
    kernel.at(5, again, 1);
    kernel.at(5, note, 2);
    kernel.at(6, note, 3);
    kernel.run();
    expect(handled).toEqual(['again@5', '2@5', '1@5', '3@6']);
  });

  it('lets an event of a lower class that is scheduled late in an instant come before those left of higher ones', () => {
    const late = kernel.register('late', () => kernel.after(0, note, 1, 0, undefined, Priority.store));
    kernel.at(5, late);
    kernel.at(5, note, 2, 0, undefined, Priority.timer);
    kernel.run();
    expect(handled).toEqual(['1@5', '2@5']);
  });

  it('gives the handler its numbers and its object', () => {
    const seen: unknown[] = [];
    const look = kernel.register('look', (...all) => seen.push(all));
    const payload = Object.freeze({ pod: 'web-0' });
    kernel.at(1, look, 0.5, 2 ** 53, payload);
    kernel.at(2, look);
    kernel.run();
    expect(seen).toEqual([
      [0.5, 2 ** 53, payload],
      [0, 0, undefined],
    ]);
  });

  it('is the same with either queue, and the clock never goes back', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 7, 1000), (seed, first, grid) => {
        const run = (queue: 'instants' | 'fastpriorityqueue'): number[] => {
          const tree = new Kernel({ seed, queue });
          const draws = tree.random.purpose('tree');
          const seen: number[] = [];
          let born = 0;
          // Each event schedules 0 to 2 others until 400 have been.
          const grow = tree.register('grow', (id) => {
            seen.push(tree.now, id);
            for (let n = draws.integer(id, 0, 3); n > 0 && born < 400; n--) {
              const delay = Math.floor(draws.exponential(id, n, 3 * grid) / grid) * grid;
              tree.after(delay, grow, born++, 0, undefined, draws.integer(id, 9, 8));
            }
          });
          while (born < first) tree.at(draws.integer(born, 8, 50), grow, born++);
          tree.run();
          return seen;
        };
        const seen = run('instants');
        expect(seen).toEqual(run('fastpriorityqueue'));
        expect(seen.every((time, i) => i % 2 === 1 || i === 0 || time >= (seen[i - 2] as number))).toBe(true);
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});

describe('run', () => {
  beforeEach(() => {
    for (let i = 1; i <= 4; i++) kernel.at(i * 10, note, i);
  });

  it('returns when no event is left, the clock at the last one', () => {
    expect(kernel.run()).toEqual({ reason: 'drained', now: 40, events: 4 });
    expect(kernel.pending).toBe(0);
  });

  it('runs the events up to and at a time, and leaves the clock there', () => {
    expect(kernel.run({ until: 20 })).toEqual({ reason: 'until', now: 20, events: 2 });
    expect(kernel.run({ until: 25 })).toEqual({ reason: 'until', now: 25, events: 0 });
    expect(kernel.run({ until: 100 })).toEqual({ reason: 'drained', now: 100, events: 2 });
  });

  it('stops when the predicate says so, before the next event', () => {
    expect(kernel.run({ while: () => kernel.now < 20 })).toEqual({ reason: 'stopped', now: 20, events: 2 });
  });

  it('stops after the event that asked for it', () => {
    const stop = kernel.register('stop', () => kernel.stop());
    kernel.at(20, stop);
    expect(kernel.run()).toEqual({ reason: 'stopped', now: 20, events: 3 });
    expect(kernel.run().reason).toBe('drained');
  });

  it('can be stepped, one event at a time', () => {
    expect(kernel.step()).toBe(true);
    expect(kernel.run({ maxEvents: 2 })).toEqual({ reason: 'limit', now: 30, events: 2 });
    expect([kernel.step(), kernel.step()]).toEqual([true, false]);
    expect(kernel.dispatched).toBe(4);
  });

  it('handles the same events however the run is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 1 }), fc.array(fc.nat(20)), (times, pieces) => {
        const run = (cut: boolean): string[] => {
          const seen: string[] = [];
          const whole = new Kernel({ seed: 1 });
          const look = whole.register('look', (a, b) => {
            seen.push(`${a}@${whole.now}`);
            if (b > 0) whole.after(7, look, a, b - 1);
          });
          times.forEach((time, i) => whole.at(time, look, i, 2));
          if (cut) for (const piece of pieces) whole.run({ until: whole.now + piece });
          whole.run();
          return seen;
        };
        expect(run(true)).toEqual(run(false));
      }),
      { numRuns: propertyRuns(100) },
    );
  });

  it('cannot be entered from a handler, and can be run again after a handler threw', () => {
    const nested = kernel.register('nested', () => kernel.run());
    kernel.at(1, nested);
    expect(() => kernel.run()).toThrow(expect.objectContaining({ code: 'REENTRANT' }));
    expect(kernel.run()).toEqual({ reason: 'drained', now: 40, events: 4 });
  });
});

describe('refusals', () => {
  it.each([
    ['a time before the clock', 9, 'an event for "note" at 9 µs: that lies before the clock, 10 µs'],
    ['half a microsecond', 10.5, 'is not an integer count of microseconds'],
    ['no number', NaN, 'is not an integer count of microseconds'],
    ['infinity', Infinity, 'is not an integer count of microseconds'],
  ])('an event at %s', (_, time, message) => {
    kernel.run({ until: 10 });
    const schedule = (): unknown => kernel.at(time, note);
    expect(schedule).toThrow(expect.objectContaining({ code: 'BAD_TIME' }));
    expect(schedule).toThrow(message);
    expect([kernel.pending, kernel.queued]).toEqual([0, 0]);
  });

  it.each([-1, 8, 1.5, NaN])('a priority class of %s', (priority) => {
    const schedule = (): unknown => kernel.at(0, note, 0, 0, undefined, priority);
    expect(schedule).toThrow(expect.objectContaining({ code: 'BAD_PRIORITY' }));
  });

  it('a handler that was never registered, and a name that was', () => {
    expect(() => kernel.at(0, 7)).toThrow(expect.objectContaining({ code: 'BAD_HANDLER' }));
    const register = (): unknown => kernel.register('note', () => {});
    expect(register).toThrow(expect.objectContaining({ code: 'DUPLICATE_HANDLER' }));
  });

  it('running until a time that is past', () => {
    kernel.run({ until: 10 });
    expect(() => kernel.run({ until: 9 })).toThrow(expect.objectContaining({ code: 'BAD_TIME' }));
    expect(kernel.now).toBe(10);
  });

  it('accepts the last instant of the clock, in the last class', () => {
    kernel.at(MAX_TIME, note, 1, 0, undefined, Priority.end);
    kernel.at(MAX_TIME, note, 2, 0, undefined, Priority.measure);
    kernel.run();
    expect(handled).toEqual([`2@${MAX_TIME}`, `1@${MAX_TIME}`]);
  });

  it.each([MAX_TIME + 1, 2 ** 80])(
    'keeps an event at %s, which the clock does not reach, for the last instant',
    (time) => {
      kernel.at(time, note, 1);
      expect(kernel.run({ until: MAX_TIME - 1 })).toMatchObject({ reason: 'until', events: 0 });
      kernel.run();
      expect(handled).toEqual([`1@${MAX_TIME}`]);
    },
  );
});
