/** Series over common times, with fewer points. */
export interface Thinned {
  readonly time: readonly number[];
  readonly series: Readonly<Record<string, readonly number[]>>;
}

/**
 * Thins series out to what a screen can show, keeping every extreme: each bucket of neighbouring samples becomes two points
 * with the lowest and the highest value of each series in it, in the order in which they came. The times of the two are
 * those of the bucket's first and last sample, so that all series share them.
 */
export function keepExtremes(
  time: readonly number[],
  series: Readonly<Record<string, readonly number[]>>,
  limit: number,
): Thinned {
  if (time.length <= limit) return { time, series };
  const buckets = Math.max(1, Math.floor(limit / 2));
  const edges = Array.from({ length: buckets + 1 }, (_, i) => Math.floor((i * time.length) / buckets));
  const bucketsOf = <T>(make: (from: number, to: number) => readonly [T, T]): T[] =>
    edges.slice(0, -1).flatMap((from, i) => make(from, edges[i + 1] as number));
  return {
    time: bucketsOf((from, to) => [time[from] as number, time[to - 1] as number]),
    series: Object.fromEntries(
      Object.entries(series).map(([name, values]) => [name, bucketsOf((from, to) => extremes(values, from, to))]),
    ),
  };
}

/** Lowest and highest value of a stretch, the one that came first in front. */
function extremes(values: readonly number[], from: number, to: number): readonly [number, number] {
  let lowest = from;
  let highest = from;
  for (let i = from + 1; i < to; i++) {
    if ((values[i] as number) < (values[lowest] as number)) lowest = i;
    if ((values[i] as number) > (values[highest] as number)) highest = i;
  }
  const [first, second] = lowest < highest ? [lowest, highest] : [highest, lowest];
  return [values[first] as number, values[second] as number];
}
