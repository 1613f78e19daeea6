import { describe, expect, it } from 'vitest';
import { SECOND } from '../kernel/time.ts';
import { NO_WAIT, ServiceLaw } from './service-law.ts';

describe('how long requests take', () => {
  it('of a fixed time: that, and none is late', () => {
    const law = new ServiceLaw({ kind: 'fixed', seconds: 0.02 }, SECOND);
    expect([law.hold(1), law.stay(NO_WAIT).late, law.quantile(0.99)]).toEqual([20_000, 0, 20_000]);
  });

  it('longer than the timeout: all are late', () => {
    const law = new ServiceLaw({ kind: 'fixed', seconds: 2 }, SECOND);
    expect([law.hold(1), law.stay(NO_WAIT).late]).toEqual([SECOND, 1]);
  });

  it('of an exponential time of 1 s, cut at 1 s: 1 - 1/e on average, and 1/e are late', () => {
    const law = new ServiceLaw({ kind: 'exponential', mean: 1 }, SECOND);
    expect(law.hold(1) / SECOND).toBeCloseTo(1 - Math.exp(-1), 4);
    expect(law.stay(NO_WAIT).late).toBeCloseTo(Math.exp(-1), 9);
    // The median of those in time: the share of all below it is half of 1 - 1/e.
    expect(law.quantile(0.5) / SECOND).toBeCloseTo(-Math.log(1 - (1 - Math.exp(-1)) / 2), 9);
  });

  it('of a fixed time after a wait of 1 s on average for half of them', () => {
    const law = new ServiceLaw({ kind: 'fixed', seconds: 1 }, 3 * SECOND);
    const { mean, late } = law.stay({ share: 0.5, mean: SECOND, shape: 1, stretch: 1 });
    // Those give up whose wait is over 2 s: half of e^-2.
    expect(late).toBeCloseTo(0.5 * Math.exp(-2), 9);
    expect(mean / SECOND).toBeCloseTo(1 + 0.5 * (1 - Math.exp(-2)), 9);
    expect(law.within(2 * SECOND, { share: 0.5, mean: SECOND, shape: 1, stretch: 1 })).toBeCloseTo(
      1 - 0.5 * Math.exp(-1),
      9,
    );
  });

  it('of a lognormal time: its median and its 99th percentile', () => {
    const law = new ServiceLaw({ kind: 'lognormal', median: 0.1, p99: 0.9 }, 1000 * SECOND);
    expect(law.quantile(0.5) / SECOND).toBeCloseTo(0.1, 9);
    expect(law.quantile(0.99) / SECOND).toBeCloseTo(0.9, 6);
  });
});
