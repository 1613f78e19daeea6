import { FAILURE_CAUSES, failedOf, REQUEST } from '../../sim/traffic/totals.ts';
import type { FailureCause } from '../../sim/traffic/totals.ts';
import { rounded } from '../csv-table.ts';
import type { Recording } from '../recording.ts';
import type { TrafficStretch } from '../traffic-ledger.ts';
import { keepExtremes } from './extremes.ts';

/** How a traffic's requests failed over time; times in seconds. */
export interface TrafficSeries {
  readonly label: string;
  /** From each of these on, until the next. */
  readonly time: readonly number[];
  /** Failed requests a second, by cause; causes that never came up are left out. */
  readonly failed: Readonly<Partial<Record<FailureCause, readonly number[]>>>;
  /** The share of the error budget of the whole run that is burnt by then; 1: all of it. */
  readonly burnt: readonly number[];
}

/** Traffics whose course the page can show: those that burnt most of their budgets. */
const MOST = 30;

/** Points of a line at most. */
const POINTS = 1_500;

/** All traffics together where there are several, then those that burnt most. */
export function trafficSeries({ traffic }: Recording): readonly TrafficSeries[] {
  const { source, stretches } = traffic;
  if (source === undefined) return [];
  const own = source.specs.map(({ name, objective }, index) => {
    const course = stretches.filter((stretch) => stretch.traffic === index);
    return { course, series: seriesOf(name, course, [objective]) };
  });
  const burnt = ({ series }: (typeof own)[number]): number => series.burnt.at(-1) ?? 0;
  const worst = [...own].sort((a, b) => burnt(b) - burnt(a)).slice(0, MOST);
  const all =
    own.length > 1
      ? [
          seriesOf(
            'all traffic',
            stretches,
            source.specs.map(({ objective }) => objective),
          ),
        ]
      : [];
  return [...all, ...worst.map(({ series }) => series)];
}

/** `objectives` by the number of the traffic, or the one of all. */
function seriesOf(label: string, stretches: readonly TrafficStretch[], objectives: readonly number[]): TrafficSeries {
  const steps = ratesOf(stretches);
  let budget = 0;
  for (const { traffic, counts } of stretches) {
    const objective = objectives.length === 1 ? objectives[0] : objectives[traffic];
    budget += (1 - (objective ?? 0)) * (counts.served + failedOf(counts));
  }
  const burnt: number[] = [];
  const series: Record<string, number[]> = {};
  for (const cause of FAILURE_CAUSES) series[cause] = [];
  let failed = 0;
  for (const [i, { at, rates }] of steps.entries()) {
    burnt.push(budget === 0 ? 0 : rounded(failed / budget));
    for (const [c, cause] of FAILURE_CAUSES.entries()) series[cause]?.push(rounded((rates[c] as number) / REQUEST, 3));
    const span = (steps[i + 1]?.at ?? at) - at;
    for (const rate of rates) failed += (rate * span) / 1e6;
  }
  const time = steps.map(({ at }) => at / 1e6);
  const kept = keepExtremes(time, { ...series, burnt }, POINTS);
  const { burnt: burntKept = [], ...causes } = kept.series;
  const seen = Object.entries(causes).filter(([, values]) => values.some((value) => value > 0));
  return { label, time: kept.time, failed: Object.fromEntries(seen), burnt: burntKept };
}

interface Step {
  readonly at: number;
  /** Thousandths of requests a second, in the order of FAILURE_CAUSES. */
  readonly rates: readonly number[];
}

/** The rates of failures from one change of them to the next, summed over all stretches. */
function ratesOf(stretches: readonly TrafficStretch[]): readonly Step[] {
  const changes = new Map<number, number[]>();
  const change = (at: number, by: readonly number[], sign: number): void => {
    const sums = changes.get(at) ?? by.map(() => 0);
    changes.set(
      at,
      sums.map((sum, i) => sum + sign * (by[i] as number)),
    );
  };
  for (const { from, to, counts } of stretches) {
    const rates = FAILURE_CAUSES.map((cause) => (counts.failed[cause] * 1e6) / (to - from));
    change(from, rates, 1);
    change(to, rates, -1);
  }
  let rates: readonly number[] = FAILURE_CAUSES.map(() => 0);
  return [...changes]
    .sort(([a], [b]) => a - b)
    .map(([at, by]) => {
      // Sums that come back to nothing do so but for their rounding.
      rates = rates.map((rate, i) => Math.max(0, rounded(rate + (by[i] as number), 6)));
      return { at, rates };
    });
}
