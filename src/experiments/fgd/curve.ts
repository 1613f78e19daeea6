import type { Measured } from './filling.ts';

/** What was measured while so many whole per cent had arrived: means over the arrivals. */
export interface CurvePoint extends Measured {
  readonly percent: number;
}

/** The last point of the published curves. */
const LAST_PERCENT = 130;

/** Sums up a run by whole per cent of arrived devices, as the published analysis does: what is measured has two decimals. */
export function curveOf(run: Iterable<Measured>): readonly CurvePoint[] {
  const sums = new Map<
    number,
    { count: number; arrived: number; allocation: number; fragments: number; ratio: number }
  >();
  for (const { arrived, allocation, fragmentation, fragmentationRatio } of run) {
    const percent = halfEven(arrived);
    if (percent > LAST_PERCENT) continue;
    let sum = sums.get(percent);
    if (sum === undefined) {
      sum = { count: 0, arrived: 0, allocation: 0, fragments: 0, ratio: 0 };
      sums.set(percent, sum);
    }
    sum.count++;
    sum.arrived += arrived;
    sum.allocation += twoDecimals(allocation);
    sum.fragments += twoDecimals(fragmentation);
    sum.ratio += twoDecimals(fragmentationRatio);
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([percent, { count, arrived, allocation, fragments, ratio }]) => ({
      percent,
      arrived: arrived / count,
      allocation: allocation / count,
      fragmentation: fragments / count,
      fragmentationRatio: ratio / count,
    }));
}

/** To the next whole number; halves to the even one. */
function halfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100;
}
