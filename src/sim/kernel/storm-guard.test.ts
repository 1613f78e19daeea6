import { describe, expect, it } from 'vitest';

import { Kernel } from './kernel.ts';

/** A kernel in which one event at an instant schedules the next there; each tenth is handled by another handler. */
function storm(stormLimit: number): Kernel {
  const kernel = new Kernel({ seed: 1, stormLimit });
  const next = (nth: number): void => {
    kernel.after(0, nth % 10 === 9 ? rare : frequent, nth + 1);
  };
  const frequent = kernel.register('scheduler.retry', next);
  const rare = kernel.register('watch.deliver', next);
  kernel.at(30, frequent, 1);
  return kernel;
}

describe('the storm guard', () => {
  it('ends a run whose clock stands still, and says when and whose events they are', () => {
    const kernel = storm(100);
    expect(() => kernel.run()).toThrow(expect.objectContaining({ code: 'EVENT_STORM' }));
    expect(kernel.dispatched).toBe(101);
    expect(() => storm(100).run()).toThrow(
      'event storm: more than 100 events at 30 µs without the clock moving on; ' +
        'most of the last ones were handled by scheduler.retry (91), watch.deliver (10)',
    );
  });

  it('counts only the last 10,000 events before the limit', () => {
    expect(() => storm(20_000).run()).toThrow(/scheduler\.retry \(9001\), watch\.deliver \(1000\)$/);
  });

  it('lets as many events as the limit happen at each of two instants', () => {
    const kernel = new Kernel({ seed: 1, stormLimit: 100 });
    const nothing = kernel.register('nothing', () => {});
    for (let i = 0; i < 200; i++) kernel.at(i % 2, nothing);
    expect(kernel.run().events).toBe(200);
    for (let i = 0; i < 101; i++) kernel.at(5, nothing);
    expect(() => kernel.run()).toThrow(expect.objectContaining({ code: 'EVENT_STORM' }));
  });

  it('counts an instant on over the pieces of a run and over a restore', () => {
    const first = storm(100);
    first.run({ maxEvents: 60 });
    const second = storm(100);
    second.restore(first.save());
    expect(() => {
      for (let i = 0; i < 41; i++) second.step();
    }).toThrow(expect.objectContaining({ code: 'EVENT_STORM' }));
    expect(second.dispatched).toBe(101);
  });
});
