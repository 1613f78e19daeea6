import { describe, expect, it } from 'vitest';
import { congestionOf } from './congestion.ts';
import type { Congestion } from './congestion.ts';

/** The stationary shares of the states of a birth and death process, one after the other. */
function byStates(load: number, servers: number, queue: number): Omit<Congestion, 'waitShape'> {
  const shares = [1];
  for (let n = 1; n <= servers + queue; n++) shares.push(((shares[n - 1] as number) * load) / Math.min(n, servers));
  const all = shares.reduce((sum, share) => sum + share, 0);
  const at = (n: number): number => (shares[n] as number) / all;
  const blocked = at(servers + queue);
  let waits = 0;
  let length = 0;
  for (let n = servers; n < servers + queue; n++) waits += at(n);
  for (let n = servers + 1; n <= servers + queue; n++) length += (n - servers) * at(n);
  return { blocked, waits: waits / (1 - blocked), meanWait: waits === 0 ? 0 : length / (load * waits) };
}

describe('a pod under load', () => {
  it('that always has its queue full has requests wait for as many services as there are before them', () => {
    // Eleven services of one server on end: a gamma variate of that shape.
    const { waits, meanWait, waitShape } = congestionOf(1e9, 1, 11);
    expect([waits, meanWait, waitShape].map((value) => Math.round(value * 1000) / 1000)).toEqual([1, 11, 11]);
  });

  it('of one server with endless room has them wait for an exponential time', () => {
    const { meanWait, waitShape } = congestionOf(0.8, 1, 2000);
    // The wait of those who wait: 1 / (1 - load) services.
    expect(meanWait).toBeCloseTo(5, 9);
    expect(waitShape).toBeCloseTo(1, 9);
  });

  it('of one server with room for one more, at a load of one: a third is refused, half of the others wait', () => {
    // Three states, each as likely: idle, busy, busy with one waiting.
    const { blocked, waits, meanWait } = congestionOf(1, 1, 1);
    expect([blocked, waits, meanWait].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([0.333333333, 0.5, 1]);
  });

  it.each([0.2, 1, 5, 9.9, 10, 14, 60])(
    'refuses and lets wait as the states of a queue are likely, of load %d',
    (load) => {
      for (const servers of [1, 3, 10, 16]) {
        for (const queue of [0, 1, 7, 40]) {
          const found = congestionOf(load, servers, queue);
          const expected = byStates(load, servers, queue);
          for (const key of ['blocked', 'waits', 'meanWait'] as const) {
            // Where next to nobody waits, they are taken for nobody.
            if (key !== 'blocked' && expected.waits < 1e-8 && found.waits === 0) continue;
            expect(found[key]).toBeCloseTo(expected[key], 9);
          }
        }
      }
    },
  );
});
