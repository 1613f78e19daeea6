import { beforeEach, describe, expect, it } from 'vitest';
import { noTotals } from '../traffic/totals.ts';
import { TrafficConservation } from './traffic-conservation.ts';

let change: (index: number) => void;
let totals = noTotals();
let conservation: TrafficConservation;

beforeEach(() => {
  totals = noTotals();
  const traffic = {
    specs: [{ name: 'shop' }],
    totals: () => totals,
    observe: (observer: (index: number) => void) => void (change = observer),
  };
  conservation = new TrafficConservation(traffic, () => 61_500_000);
});

describe('the conservation of requests', () => {
  it('holds where every one is accounted for', () => {
    Object.assign(totals, { sent: 10_000, served: 6000, inFlight: 1500 });
    totals.failed.killed = 2000;
    totals.failed.no_endpoint = 500;
    change(0);
    expect(conservation.checked).toBe(1);
  });

  it('stops a run that loses one, and tells when and whose', () => {
    Object.assign(totals, { sent: 10_000, served: 9999 });
    expect(() => change(0)).toThrow(
      'at 61.500000 s, traffic shop: sent = served + failed + in flight does not hold: {"sent":10000,"served":9999,',
    );
  });

  it('stops a run that counts parts of a thousandth, or fewer than none in flight', () => {
    Object.assign(totals, { sent: 1000.5, served: 1000.5 });
    expect(() => change(0)).toThrow('does not hold');
    Object.assign(totals, { sent: 1000, served: 2000, inFlight: -1000 });
    expect(() => change(0)).toThrow('does not hold');
  });
});
