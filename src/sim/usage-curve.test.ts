import { describe, expect, it } from 'vitest';
import { SECOND } from './kernel/time.ts';
import { parseUsageCurve, usageAt, usageBetween } from './usage-curve.ts';
import type { UsageCurve } from './usage-curve.ts';

const curve = (text: string): UsageCurve => parseUsageCurve(text) as UsageCurve;

describe('a usage curve', () => {
  it('is an amount for ever', () => {
    expect(usageAt(curve('250m'), 0)).toBe(250);
    expect(usageAt(curve('1Gi'), 99 * SECOND)).toBe(1000 * 2 ** 30);
    expect(curve('50%')).toMatchObject({ relative: true, points: [{ amount: 50 }] });
  });

  it('goes in steps, and is nothing before the first', () => {
    const steps = curve('10s=1, 1m=2500m');
    expect([0, 10, 59.9, 60, 1e6].map((at) => usageAt(steps, at * SECOND))).toEqual([0, 1000, 1000, 2500, 2500]);
    expect(usageBetween(steps, 0, 120 * SECOND) / SECOND).toBeCloseTo(50 * 1000 + 60 * 2500, 6);
  });

  it('climbs a ramp, and stays at its end', () => {
    const ramp = curve('ramp(0s=0, 100s=1, 200s=500m)');
    expect([0, 50, 100, 150, 300].map((at) => usageAt(ramp, at * SECOND))).toEqual([0, 500, 1000, 750, 500]);
    expect(usageBetween(ramp, 50 * SECOND, 300 * SECOND) / SECOND).toBeCloseTo(750 * 50 + 750 * 100 + 500 * 100, 6);
  });

  it.each(['', 'much', '5x', '-1', '10s=1, 5s=2', '0s=1, 10s=50%', 'ramp(1', '0s', '%', 'soon=1'])(
    'is refused as %j',
    (text) => expect(parseUsageCurve(text)).toBeUndefined(),
  );
});
