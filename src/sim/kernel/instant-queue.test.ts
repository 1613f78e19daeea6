import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { propertyRuns } from '../../../test/property-runs.ts';
import type { EventQueue } from './event-queue.ts';
import { FastPriorityEventQueue } from './fast-priority-queue.ts';
import { InstantQueue } from './instant-queue.ts';
import { RandomSource } from './random.ts';

interface Entry {
  readonly key: number;
  readonly slot: number;
}

/** The queue as the interface describes it: an array that is sorted, stably, whenever something was put in. */
class SortedArray implements EventQueue {
  #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  push(key: number, slot: number): void {
    this.#entries = [...this.#entries, { key, slot }].sort((one, other) => one.key - other.key);
  }

  peekKey(): number {
    return this.#entries[0]?.key ?? Infinity;
  }

  peekSlot(): number {
    return this.#entries[0]?.slot ?? -1;
  }

  pop(): number {
    return this.#entries.shift()?.slot ?? -1;
  }

  retain(keep: (slot: number) => boolean): void {
    this.#entries = this.#entries.filter((entry) => keep(entry.slot));
  }

  save(): { keys: Float64Array; slots: Int32Array } {
    return {
      keys: Float64Array.from(this.#entries, (entry) => entry.key),
      slots: Int32Array.from(this.#entries, (entry) => entry.slot),
    };
  }

  restore({ keys, slots }: { keys: Float64Array; slots: Int32Array }): void {
    this.#entries = Array.from(slots, (slot, i) => ({ key: keys[i] as number, slot }));
  }
}

type Step =
  | { readonly do: 'push'; readonly key: number }
  | { readonly do: 'pop' | 'peek' | 'save' }
  | { readonly do: 'retain'; readonly modulus: number; readonly remainder: number };

/**
 * Keys that the table of recent instants treats alike: multiples of 2^32 share a place, so that they displace each
 * other, and an instant is opened twice under one key.
 */
const COLLIDING = [0, 2 ** 32, 2 ** 33, 3 * 2 ** 32].flatMap((base) => [base, base + 5]);

function stepsOver(key: fc.Arbitrary<number>): fc.Arbitrary<Step[]> {
  const step = fc.oneof(
    { weight: 6, arbitrary: key.map((key): Step => ({ do: 'push', key })) },
    { weight: 4, arbitrary: fc.constantFrom<Step>({ do: 'pop' }) },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'peek' }, { do: 'save' }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 2, max: 4 }), fc.nat(3))
        .map(([modulus, remainder]): Step => ({ do: 'retain', modulus, remainder })),
    },
  );
  return fc.array(step, { maxLength: 300, size: 'max' });
}

const SPREADS: readonly (readonly [string, fc.Arbitrary<number>])[] = [
  ['a few keys', fc.nat(6)],
  ['many keys', fc.nat(100_000)],
  ['keys that displace each other', fc.constantFrom(...COLLIDING)],
  ['keys up to the last one', fc.maxSafeInteger().map(Math.abs)],
];

/** Takes the steps and tells all that can be seen of the queue on the way. Slots are reused, the last freed one first. */
function trace(queue: EventQueue, steps: readonly Step[], swap: (queue: EventQueue) => EventQueue): unknown[] {
  const seen: unknown[] = [];
  const free: number[] = [];
  let slots = 0;
  for (const step of steps) {
    if (step.do === 'push') {
      queue.push(step.key, free.pop() ?? slots++);
    } else if (step.do === 'pop' && queue.size > 0) {
      const slot = queue.pop();
      free.push(slot);
      seen.push(slot);
    } else if (step.do === 'peek' && queue.size > 0) {
      seen.push(queue.peekKey(), queue.peekSlot());
    } else if (step.do === 'save') {
      const state = queue.save();
      seen.push([...state.keys], [...state.slots]);
      queue = swap(queue);
      queue.restore(state);
    } else if (step.do === 'retain') {
      const dropped: number[] = [];
      queue.retain((slot) => {
        if (slot % step.modulus !== step.remainder) return true;
        dropped.push(slot);
        return false;
      });
      dropped.sort((one, other) => one - other);
      free.push(...dropped);
      seen.push(dropped);
    }
    seen.push(queue.size, queue.peekKey());
  }
  while (queue.size > 0) seen.push(queue.peekKey(), queue.pop());
  seen.push(queue.peekKey());
  return seen;
}

describe.each([
  ['the queue of instants', () => new InstantQueue()],
  ['fastpriorityqueue', () => new FastPriorityEventQueue()],
])('%s', (_, make: () => EventQueue) => {
  it.each(SPREADS)('is the stably sorted array that it stands for: %s', (_name, key) => {
    fc.assert(
      fc.property(stepsOver(key), (steps) => {
        const expected = trace(new SortedArray(), steps, (queue) => queue);
        expect(trace(make(), steps, make)).toEqual(expected);
      }),
      { numRuns: propertyRuns(100) },
    );
  });

  it('is as good as new after a restore into a used queue', () => {
    fc.assert(
      fc.property(stepsOver(fc.nat(50)), (steps) => {
        const expected = trace(new SortedArray(), steps, (queue) => queue);
        expect(trace(make(), steps, (queue) => queue)).toEqual(expected);
      }),
      { numRuns: propertyRuns(50) },
    );
  });

  it('has no first key when it is empty', () => {
    expect(make().peekKey()).toBe(Infinity);
  });
});

describe('the queue of instants beside fastpriorityqueue', () => {
  it.each([
    { spread: 'jittered', grid: 1 },
    { spread: 'on a grid', grid: 80_000_000 },
  ])('pops 200,000 events in the same order while 20,000 are pending, $spread', ({ grid }) => {
    const delays = new RandomSource('order').purpose('delays');
    const fast = new InstantQueue();
    const plain = new FastPriorityEventQueue();
    const push = (base: number, n: number, slot: number): void => {
      const key = base + Math.ceil(delays.exponential(0, n, 1e9) / grid) * grid;
      fast.push(key, slot);
      plain.push(key, slot);
    };
    const pending = 20_000;
    for (let i = 0; i < pending; i++) push(0, i, i);
    let different = 0;
    let last = 0;
    for (let i = 0; i < 200_000; i++) {
      const key = fast.peekKey();
      if (key !== plain.peekKey() || key < last) different++;
      last = key;
      const slot = fast.pop();
      if (slot !== plain.pop()) different++;
      push(key, pending + i, slot);
    }
    expect(different).toBe(0);
  });
});
