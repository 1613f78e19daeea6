import { quantileSorted } from 'simple-statistics';
import { configuredProfile } from '../../policies/scheduling/configured-profile.ts';
import { configurationIn } from '../../scenario-policies.ts';
import type { Decision } from '../../sim/scheduler/decision.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import { nameOf, readPerfConfig, selectWorkloads } from './config.ts';
import type { Operation, PerfSelection, PerfWorkload, TestCase } from './config.ts';
import { PerfCluster } from './perf-cluster.ts';
import type { Collector } from './pod-watch.ts';
import { Templates } from './templates.ts';
import { WorkloadRun } from './workload-run.ts';

/** A figure over the seconds in which pods were scheduled. */
export interface Distribution {
  readonly average: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/** What was collected of one operation, or between start and stop. */
export interface PerfItem {
  readonly name: string;
  readonly pods: number;
  /** Pods a second of simulated time: what a real scheduler with the modelled costs does. */
  readonly simulated: Distribution;
  /** Pods a second of processor time, through the whole path: created, watched, scheduled, bound. */
  readonly own: number;
}

export interface PerfResult {
  readonly name: string;
  /** Pods a second that upstream asks of itself; undefined where it asks nothing, or something else. */
  readonly threshold: number | undefined;
  readonly items: readonly PerfItem[];
  /** Attempts by result, and their simulated durations in milliseconds. */
  readonly attempts: Readonly<Record<string, Distribution & { readonly count: number }>>;
  readonly featureGates: readonly string[];
  /** What the server refused, each message once. */
  readonly refusals: readonly string[];
}

/**
 * Runs the selected workloads of a configuration, each on a cluster of its own, until it has been run often enough; all runs of
 * one are the same but for our own speed, of which the best counts: what disturbs a run only makes it longer.
 */
export function* runSchedulerPerf(
  file: string,
  selection: PerfSelection,
  enough: (best: PerfResult, runs: number) => boolean = () => true,
): Generator<PerfResult> {
  const templates = new Templates(file);
  for (const [testCase, workload] of selectWorkloads(readPerfConfig(file, selection), selection)) {
    let best = runWorkload(testCase, workload, templates);
    for (let runs = 1; !enough(best, runs); runs++) best = faster(best, runWorkload(testCase, workload, templates));
    yield best;
  }
}

function faster(one: PerfResult, other: PerfResult): PerfResult {
  const items = one.items.map((item, i) => ({ ...item, own: Math.max(item.own, other.items[i]?.own ?? 0) }));
  return { ...one, items };
}

/** Where there is one of these, pods have claims on devices. */
const DEVICE_OPERATIONS: ReadonlySet<Operation['opcode']> = new Set(['createResourceDriver', 'allocResourceClaims']);

/** The cluster that a case runs on, with the scheduler that its KubeSchedulerConfiguration asks for. */
function clusterFor({ schedulerConfigPath: path, workloadTemplate }: TestCase, templates: Templates): PerfCluster {
  const parts = { claims: workloadTemplate.some(({ opcode }) => DEVICE_OPERATIONS.has(opcode)) };
  if (path === undefined) return new PerfCluster(parts);
  const { profiles, settings } = configurationIn(templates.yaml(path));
  return new PerfCluster(
    parts,
    profiles.map((profile) => configuredProfile(profile)),
    settings,
  );
}

function runWorkload(testCase: TestCase, workload: PerfWorkload, templates: Templates): PerfResult {
  const cluster = clusterFor(testCase, templates);
  const durations = new Map<string, number[]>();
  cluster.scheduler.observe(({ result, durationMicros }: Decision) => {
    let list = durations.get(result);
    if (list === undefined) durations.set(result, (list = []));
    list.push(durationMicros / 1000);
  });
  const run = new WorkloadRun(cluster, templates, testCase, workload);
  run.run();
  const attempts = [...durations].map(([result, list]) => [result, { count: list.length, ...distribution(list) }]);
  const { threshold } = workload;
  return {
    name: nameOf(testCase, workload),
    threshold: typeof threshold === 'number' ? threshold : undefined,
    items: run.collected.map(itemOf),
    attempts: Object.fromEntries(attempts) as PerfResult['attempts'],
    featureGates: Object.keys({ ...testCase.featureGates, ...workload.featureGates }),
    refusals: cluster.refusals,
  };
}

function itemOf({ name, bound, from, ownSeconds }: Collector): PerfItem {
  const last = bound.at(-1) ?? from;
  const perSecond = new Map<number, number>();
  for (const time of bound) {
    const second = Math.floor((time - from) / SECOND);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  // The last second is not a whole one.
  const whole = [...perSecond].filter(([second]) => from + (second + 1) * SECOND <= last).map(([, pods]) => pods);
  const average = last > from ? bound.length / ((last - from) / SECOND) : 0;
  const simulated = { ...distribution(whole.length > 0 ? whole : [average]), average };
  return { name, pods: bound.length, simulated, own: ownSeconds > 0 ? bound.length / ownSeconds : 0 };
}

function distribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return { average: 0, p50: 0, p90: 0, p95: 0, p99: 0 };
  const at = (share: number): number => quantileSorted(sorted, share);
  const average = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { average, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
}

/** Results in the shape of upstream's own benchmark files. Source: test/integration/scheduler_perf/util.go, DataItems. */
export function dataItems(results: readonly PerfResult[]): object {
  const data = ({ average, p50, p90, p95, p99 }: Distribution): object => {
    return { Average: average, Perc50: p50, Perc90: p90, Perc95: p95, Perc99: p99 };
  };
  return {
    version: 'v1',
    dataItems: results.flatMap(({ name, items, attempts, threshold }) => [
      ...items.map((item) => ({
        data: data(item.simulated),
        unit: 'pods/s',
        labels: { Metric: 'SchedulingThroughput', Name: `${name}/${item.name}`, Clock: 'simulated' },
      })),
      ...items.map((item) => ({
        data: { Average: item.own, ...(threshold === undefined ? {} : { Threshold: threshold }) },
        unit: 'pods/s',
        labels: { Metric: 'SchedulingThroughput', Name: `${name}/${item.name}`, Clock: 'own' },
      })),
      ...Object.entries(attempts).map(([result, figures]) => ({
        data: { ...data(figures), Count: figures.count },
        unit: 'ms',
        labels: { Metric: 'scheduler_scheduling_attempt_duration_seconds', Name: name, result },
      })),
    ]),
  };
}
