import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { propertyRuns } from '../../../test/property-runs.ts';
import { Kernel } from './kernel.ts';
import type { ClockObserver } from './kernel.ts';

let kernel: Kernel;
/** Who was called, in order: `event@time` or the observer's `name@time/clock`. */
let log: string[];

beforeEach(() => {
  kernel = new Kernel({ seed: 1 });
  log = [];
  kernel.register('event', () => log.push(`event@${kernel.now}`));
});

function every(period: number, name = 'look', from = 0, clock = kernel): ClockObserver & { next: number } {
  const observer = {
    next: from,
    onTime: (time: number): number => {
      log.push(`${name}@${time}/${clock.now}`);
      observer.next = time + period;
      return observer.next;
    },
  };
  return observer;
}

describe('an observer', () => {
  it('is called at its times, before the first event at or after them, the clock standing there', () => {
    kernel.observe(every(10));
    kernel.at(10, 0);
    kernel.at(25, 0);
    kernel.run();
    expect(log).toEqual(['look@0/0', 'look@10/10', 'event@10', 'look@20/20', 'event@25']);
  });

  it('is called up to the time that the run goes to, without any event', () => {
    kernel.observe(every(10));
    kernel.run({ until: 20 });
    expect(log).toEqual(['look@0/0', 'look@10/10', 'look@20/20']);
    expect(kernel.now).toBe(20);
  });

  it('is not called before a cancelled event', () => {
    kernel.observe(every(10, 'look', 10));
    kernel.cancel(kernel.at(50, 0));
    kernel.run();
    expect(log).toEqual([]);
  });

  it('shares a time with others in the order of their registration', () => {
    kernel.observe(every(6, 'six'));
    kernel.observe(every(4, 'four'));
    kernel.run({ until: 12 });
    expect(log.map((call) => call.split('/')[0])).toEqual([
      'six@0',
      'four@0',
      'four@4',
      'six@6',
      'four@8',
      'six@12',
      'four@12',
    ]);
  });

  it('is called no more once it is taken away, the other one is', () => {
    const end = kernel.observe(every(10));
    kernel.observe(every(10, 'other'));
    kernel.run({ until: 10 });
    end();
    log = [];
    kernel.run({ until: 20 });
    expect(log).toEqual(['other@20/20']);
  });

  it('asks for its time again after a restore', () => {
    const state = kernel.save();
    const observer = every(10);
    kernel.observe(observer);
    kernel.run({ until: 20 });
    kernel.restore(state);
    observer.next = 5;
    log = [];
    kernel.run({ until: 20 });
    expect(log).toEqual(['look@5/5', 'look@15/15']);
  });
});

it('changes neither the events of a run nor their order, however many look on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(80), fc.nat(7)), { minLength: 1 }),
      fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 4 }),
      (events, observers) => {
        const run = (observed: boolean): unknown => {
          const seen: string[] = [];
          const clock = new Kernel({ seed: 1 });
          const echo = clock.register('echo', (a, b) => {
            seen.push(`${a} ${b} ${clock.now}`);
            if (b > 0) clock.after(clock.random.purpose('echo').integer(a, b, 40), echo, a, b - 1);
          });
          events.forEach(([time, priority], i) => clock.at(time, echo, i, 3, undefined, priority));
          if (observed) for (const [from, period] of observers) clock.observe(every(period, 'look', from, clock));
          const outcome = clock.run({ until: 200 });
          return { seen, outcome, state: clock.save() };
        };
        expect(run(true)).toEqual(run(false));
      },
    ),
    { numRuns: propertyRuns(100) },
  );
});

describe('an observer is found out', () => {
  it.each([
    ['schedules an event', () => void kernel.at(50, 0)],
    ['cancels one', () => void kernel.cancel(pending)],
    ['moves one', () => void kernel.reschedule(pending, 60)],
  ])('when it %s', (_, meddle) => {
    pending = kernel.at(40, 0);
    kernel.observe({
      next: 30,
      onTime: () => {
        meddle();
        return Infinity;
      },
    });
    expect(() => kernel.run()).toThrow(expect.objectContaining({ code: 'BAD_OBSERVER' }));
  });

  it.each([10, 9, NaN])('when it is called at 10 and asks to be called next at %s', (next) => {
    kernel.observe({ next: 10, onTime: () => next });
    expect(() => kernel.run({ until: 20 })).toThrow(expect.objectContaining({ code: 'BAD_OBSERVER' }));
  });

  it('when it is due before the clock', () => {
    kernel.run({ until: 10 });
    expect(() => kernel.observe(every(1, 'late', 9))).toThrow(expect.objectContaining({ code: 'BAD_OBSERVER' }));
  });
});

let pending = 0;
