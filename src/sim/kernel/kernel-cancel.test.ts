import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { propertyRuns } from '../../../test/property-runs.ts';
import type { QueueKind } from './event-queue.ts';
import { Kernel, NO_EVENT } from './kernel.ts';
import type { EventRef, HandlerId } from './kernel.ts';
import { PRIORITIES, Priority } from './priority.ts';

let kernel: Kernel;
let note: HandlerId;
let handled: string[];

beforeEach(() => {
  kernel = new Kernel({ seed: 1 });
  handled = [];
  note = kernel.register('note', (a) => handled.push(`${a}@${kernel.now}`));
});

describe('cancel', () => {
  it('takes back an event, once', () => {
    const ref = kernel.at(10, note, 1);
    kernel.at(10, note, 2);
    expect([kernel.isPending(ref), kernel.cancel(ref), kernel.isPending(ref)]).toEqual([true, true, false]);
    expect(kernel.cancel(ref)).toBe(false);
    kernel.run();
    expect(handled).toEqual(['2@10']);
  });

  it('says false to the event that is handled, was handled, or never was', () => {
    const results: boolean[] = [];
    let own: EventRef = NO_EVENT;
    const self = kernel.register('self', () => results.push(kernel.isPending(own), kernel.cancel(own)));
    own = kernel.at(1, self);
    kernel.run();
    expect([...results, kernel.cancel(own), kernel.cancel(NO_EVENT)]).toEqual([false, false, false, false]);
  });

  it('does not touch the event that took the place of a handled one', () => {
    const old = kernel.at(1, note, 1);
    kernel.run();
    const young = kernel.at(2, note, 2);
    expect([kernel.cancel(old), kernel.isPending(young)]).toEqual([false, true]);
    kernel.run();
    expect(handled).toEqual(['1@1', '2@2']);
  });

  it('never lets the first of the cancelled move the clock', () => {
    kernel.cancel(kernel.at(10, note));
    expect(kernel.run()).toEqual({ reason: 'drained', now: 0, events: 0 });
  });

  it('leaves no dead entries behind when the last live event has been handled', () => {
    kernel.at(1, note);
    kernel.cancel(kernel.at(2, note));
    kernel.run({ until: 1 });
    expect([kernel.pending, kernel.queued]).toEqual([0, 0]);
  });
});

describe('reschedule', () => {
  it('moves an event with all it holds, behind what stands at its new time', () => {
    const seen: unknown[] = [];
    const look = kernel.register('look', (...all) => seen.push([kernel.now, ...all]));
    const ref = kernel.at(10, look, 1, 2, 'payload', Priority.timer);
    kernel.at(20, look, 3, 0, undefined, Priority.timer);
    kernel.at(20, look, 4, 0, undefined, Priority.end);
    const moved = kernel.reschedule(ref, 20);
    expect([kernel.isPending(ref), kernel.isPending(moved), kernel.pending]).toEqual([false, true, 3]);
    kernel.run();
    expect(seen).toEqual([
      [20, 3, 0, undefined],
      [20, 1, 2, 'payload'],
      [20, 4, 0, undefined],
    ]);
  });

  it('refuses what is not pending', () => {
    const ref = kernel.at(1, note);
    kernel.run();
    expect(() => kernel.reschedule(ref, 2)).toThrow(expect.objectContaining({ code: 'BAD_EVENT_REF' }));
  });

  it('leaves the event where it was when the new time is refused', () => {
    kernel.run({ until: 5 });
    const ref = kernel.at(10, note, 1);
    expect(() => kernel.reschedule(ref, 4)).toThrow(expect.objectContaining({ code: 'BAD_TIME' }));
    kernel.run();
    expect(handled).toEqual(['1@10']);
  });
});

type Command =
  | { readonly do: 'at'; readonly delay: number; readonly priority: number }
  | { readonly do: 'cancel' | 'move'; readonly which: number; readonly delay: number }
  | { readonly do: 'run'; readonly span: number }
  | { readonly do: 'step' | 'branch' };

interface Planned {
  readonly id: number;
  readonly key: number;
}

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('at' as const), delay: fc.nat(30), priority: fc.nat(7) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel' as const, 'cancel' as const, 'move' as const),
      which: fc.nat(),
      delay: fc.nat(30),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('run' as const), span: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('step' as const, 'branch' as const) }) },
);

/** Carries out the commands on a kernel and on a plain list beside it; tells what each handled, in order. */
function both(commands: readonly Command[], queue: QueueKind): { kernel: number[]; list: number[] } {
  const seen = { kernel: [] as number[], list: [] as number[] };
  const make = (): Kernel => {
    const made = new Kernel({ seed: 1, queue });
    made.register('note', (id) => {
      seen.kernel.push(made.now, id);
      if (made.queued > 2 * made.pending) throw new Error('dead entries outnumber live ones');
    });
    return made;
  };
  let sut = make();
  const refs: EventRef[] = [];
  let list: Planned[] = [];
  const plan = (event: Planned): void => {
    list = [...list, event].sort((one, other) => one.key - other.key);
  };
  const handleUpTo = (time: number, limit: number): void => {
    for (let n = 0; n < limit && list[0] !== undefined && Math.floor(list[0].key / PRIORITIES) <= time; n++) {
      seen.list.push(Math.floor(list[0].key / PRIORITIES), list[0].id);
      list = list.slice(1);
    }
  };
  for (const one of commands) {
    if (one.do === 'at') {
      const time = sut.now + one.delay;
      plan({ id: refs.length, key: time * PRIORITIES + one.priority });
      refs.push(sut.at(time, 0, refs.length, 0, undefined, one.priority));
    } else if (one.do === 'cancel' || one.do === 'move') {
      if (refs.length === 0) continue;
      const id = one.which % refs.length;
      const old = list.find((event) => event.id === id);
      expect(sut.isPending(refs[id] as EventRef)).toBe(old !== undefined);
      list = list.filter((event) => event !== old);
      if (one.do === 'cancel') {
        expect(sut.cancel(refs[id] as EventRef)).toBe(old !== undefined);
      } else if (old !== undefined) {
        const time = sut.now + one.delay;
        plan({ id, key: time * PRIORITIES + (old.key % PRIORITIES) });
        refs[id] = sut.reschedule(refs[id] as EventRef, time);
      }
    } else if (one.do === 'run') {
      handleUpTo(sut.now + one.span, Infinity);
      sut.run({ until: sut.now + one.span });
    } else if (one.do === 'step') {
      handleUpTo(Infinity, 1);
      sut.step();
    } else {
      const state = structuredClone(sut.save());
      sut = make();
      sut.restore(state);
    }
    expect(sut.pending).toBe(list.length);
    expect(sut.queued).toBeLessThanOrEqual(2 * sut.pending);
  }
  handleUpTo(Infinity, Infinity);
  sut.run();
  expect([sut.pending, sut.queued]).toEqual([0, 0]);
  return seen;
}

describe.each<QueueKind>(['instants', 'fastpriorityqueue'])('with the queue %s', (queue) => {
  it('handles what a plain sorted list would, whatever is cancelled, moved and restored on the way', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200, size: 'max' }), (commands) => {
        const seen = both(commands, queue);
        expect(seen.kernel).toEqual(seen.list);
      }),
      { numRuns: propertyRuns(150) },
    );
  });
});
