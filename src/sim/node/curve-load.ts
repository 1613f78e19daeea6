import { usageAt, usageTrend } from '../usage-curve.ts';
import type { UsageCurve } from '../usage-curve.ts';
import type { Load } from './load.ts';

/** What a curve says that is used, its amounts so many times as large. */
export function curveLoad(curve: UsageCurve, unit: number): Load {
  return {
    most: curve.most * unit,
    at: (time) => usageAt(curve, time) * unit,
    trend: (time) => {
      const { slope, until } = usageTrend(curve, time);
      return { slope: slope * unit, until };
    },
  };
}
