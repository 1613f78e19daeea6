import { mean, quantileSorted } from 'simple-statistics';
import { autoscaling, autoscalingByBehavior, autoscalingSlowMetrics } from './autoscaling.ts';
import { clusterAutoscaling } from './cluster-autoscaling.ts';
import { crashLoop, crashLoopAfter5s } from './crash-loop.ts';
import { drain } from './drain.ts';
import { failOver } from './fail-over.ts';
import { failingJob, restartingJob } from './failing-job.ts';
import { instanceGone, nodeFailure, nodeFailureBefore132, nodeFailureTolerated, outOfService } from './node-failure.ts';
import { rollingUpdate } from './rolling-update.ts';
import type { Expectation, Timeline } from './timeline.ts';
import { allZonesDown, zoneDown, zonePartlyDown } from './zone-failure.ts';

export const TIMELINES: readonly Timeline[] = [
  nodeFailure,
  nodeFailureBefore132,
  nodeFailureTolerated,
  outOfService,
  instanceGone,
  zoneDown,
  zonePartlyDown,
  allZonesDown,
  rollingUpdate,
  crashLoop,
  crashLoopAfter5s,
  autoscaling,
  autoscalingByBehavior,
  autoscalingSlowMetrics,
  clusterAutoscaling,
  failingJob,
  restartingJob,
  drain,
  failOver,
];

/** One figure over many runs, beside what it is to be. */
export interface TimelineRow {
  readonly expectation: Expectation;
  readonly lowest: number;
  readonly mean: number;
  readonly highest: number;
  /** 5 % and 95 % points. */
  readonly five: number;
  readonly ninetyFive: number;
  /** What is wrong, a phrase each. */
  readonly faults: readonly string[];
}

export interface TimelineResult {
  readonly timeline: Timeline;
  readonly rows: readonly TimelineRow[];
}

/** Seeds from which on means and percentiles are compared, too: with fewer they are chance. */
const ENOUGH = 100;

/** Runs a timeline with so many seeds, from 1, and compares every figure with what it is to be. */
export async function runTimeline(timeline: Timeline, seeds: number): Promise<TimelineResult> {
  const found = new Map<string, number[]>(timeline.expected.map(({ name }) => [name, []]));
  for (let seed = 1; seed <= seeds; seed++) {
    const figures = await timeline.run(seed);
    for (const [name, values] of found) values.push(figures[name] ?? Number.NaN);
  }
  const rows = timeline.expected.map((expectation) => rowOf(expectation, found.get(expectation.name) as number[]));
  return { timeline, rows };
}

function rowOf(expectation: Expectation, values: readonly number[]): TimelineRow {
  const came = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const [lowest = Number.NaN] = came;
  const highest = came.at(-1) ?? Number.NaN;
  const average = came.length === 0 ? Number.NaN : mean(came);
  const five = came.length === 0 ? Number.NaN : quantileSorted(came, 0.05);
  const ninetyFive = came.length === 0 ? Number.NaN : quantileSorted(came, 0.95);
  const [low, high] = expectation.range;
  const faults: string[] = [];
  if (came.length < values.length) faults.push(`missing in ${values.length - came.length} runs`);
  if (lowest < low) faults.push('too early');
  if (highest > high) faults.push('too late');
  if (values.length >= ENOUGH) {
    const [expected, tolerance] = expectation.mean ?? [average, 0];
    if (Math.abs(average - expected) > tolerance) faults.push('mean');
    const [atFive, atNinetyFive, reach] = expectation.spread ?? [five, ninetyFive, 0];
    if (Math.abs(five - atFive) > reach) faults.push('5 % point');
    if (Math.abs(ninetyFive - atNinetyFive) > reach) faults.push('95 % point');
  }
  return { expectation, lowest, mean: average, highest, five, ninetyFive, faults };
}
