import { rounded } from '../csv-table.ts';
import { faultSpans, isRepair, spanLabel } from '../fault-spans.ts';
import type { FaultSpan } from '../fault-spans.ts';
import { countedPods } from '../recording.ts';
import type { Recording } from '../recording.ts';
import { quantile, thinned } from '../survival.ts';
import type { Sample } from '../time-series.ts';
import { keepExtremes } from './extremes.ts';
import { failures } from './failures.ts';
import type { Failures } from './failures.ts';
import { nodeMap } from './node-map.ts';
import type { NodeMap } from './node-map.ts';
import { podRows } from './pod-rows.ts';
import type { PodRows } from './pod-rows.ts';
import { serviceRows } from './services.ts';
import type { ServiceRow } from './services.ts';
import { trafficSeries } from './traffic-series.ts';
import type { TrafficSeries } from './traffic-series.ts';
import type { Refusal } from '../refusals.ts';

/** Points of a line at most; a screen has no more columns. */
const MAX_POINTS = 1_500;
const MAX_STEPS = 400;
const MAX_REASONS = 25;

/** A stretch of time in which something was broken, or being repaired. */
export interface FaultBand {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  /** It was not over when the run ended: charts mark its beginning alone. */
  readonly open: boolean;
}

/** Why pods were not scheduled: one row a message. */
interface UnscheduledRow {
  readonly message: string;
  readonly pods: number;
  readonly attempts: number;
  readonly example: string;
  /** What was said of the example, from its first attempt on. */
  readonly history: readonly Refusal[];
}

/** What the report's page draws from; all times are seconds. */
export interface ReportData {
  readonly time: readonly number[];
  readonly series: Readonly<Record<string, readonly number[]>>;
  readonly hasGpu: boolean;
  readonly faults: readonly FaultBand[];
  /** What the failure response did about nodes. */
  readonly repairs: readonly FaultBand[];
  /** Controllers that ever had something to do; series `keys:…` are keys a second that came into their queues. */
  readonly controllers: readonly string[];
  /** Series `instances:…` are the provider's instances; none where there is no provider. */
  readonly nodeGroups: readonly string[];
  /** Series `verb:…` are requests a second. */
  readonly verbs: readonly string[];
  readonly nodeMap: NodeMap;
  readonly pods: PodRows;
  readonly services: readonly ServiceRow[];
  /** How requests to Services failed; none where there is no traffic. */
  readonly traffic: readonly TrafficSeries[];
  readonly failures: Failures;
  readonly latencies: readonly {
    readonly label: string;
    readonly count: number;
    readonly censored: number;
    readonly p50: number | null;
    readonly p90: number | null;
    readonly p99: number | null;
    readonly seconds: readonly number[];
    readonly shares: readonly number[];
  }[];
  readonly unscheduled: readonly UnscheduledRow[];
  readonly disruptions: readonly { readonly reason: string; readonly pods: number }[];
  readonly warnings: readonly { readonly reason: string; readonly count: number; readonly example: string }[];
}

const SERIES: readonly (keyof Sample)[] = [
  'pods_pending',
  'pods_running',
  'pods_ready',
  'nodes_ready',
  'cpu_requested_ratio',
  'memory_requested_ratio',
  'gpu_requested_ratio',
  'cpu_fragmentation_ratio',
  'scheduler_active',
  'scheduler_backoff',
  'scheduler_unschedulable',
  'api_requests_per_second',
];

export function reportData(recording: Recording): ReportData {
  const { samples, loads } = recording;
  const all: Record<string, readonly number[]> = {};
  for (const name of SERIES) all[name] = samples.map((sample) => sample[name]);
  const rates = keyRates(recording);
  for (const [name, values] of rates) all[`keys:${name}`] = values;
  for (const [i, verb] of loads.verbs.entries()) {
    all[`verb:${verb}`] = perSecond(
      samples,
      loads.samples.map(({ requests }) => requests[i] ?? 0),
    );
  }
  const instances = recording.cloud?.instances ?? new Map<string, readonly number[]>();
  for (const [name, values] of instances) all[`instances:${name}`] = values;
  const { time, series } = keepExtremes(
    samples.map((sample) => sample.time_seconds),
    all,
    MAX_POINTS,
  );
  const spans = faultSpans(recording.faults, recording.now);
  return {
    time,
    series,
    controllers: [...rates.keys()],
    nodeGroups: [...instances.keys()],
    verbs: loads.verbs,
    hasGpu: recording.nodes.allocatable.gpu > 0,
    faults: bands(spans.filter((span) => !isRepair(span))),
    repairs: bands(spans.filter(isRepair)),
    nodeMap: nodeMap(recording),
    pods: podRows(recording),
    services: serviceRows(recording),
    traffic: trafficSeries(recording),
    failures: failures(recording),
    latencies: recording.latencies.map(({ label, distribution }) => {
      const steps = thinned(distribution, MAX_STEPS);
      const at = (share: number): number | null => quantile(distribution, share) ?? null;
      return {
        label,
        count: distribution.count,
        censored: distribution.censored,
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        seconds: steps.map(({ seconds }) => rounded(seconds)),
        shares: steps.map(({ share }) => rounded(share, 5)),
      };
    }),
    unscheduled: unscheduled(recording),
    disruptions: disruptions(recording),
    warnings: warnings(recording),
  };
}

/** How fast a count grew from sample to sample. */
function perSecond(samples: readonly Sample[], counts: readonly number[]): readonly number[] {
  return counts.map((count, i) => {
    const elapsed = (samples[i]?.time_seconds ?? 0) - (samples[i - 1]?.time_seconds ?? 0);
    return elapsed > 0 ? rounded((count - (counts[i - 1] ?? 0)) / elapsed, 3) : 0;
  });
}

/** Keys a second that came into each controller's queue; controllers that had none are left out. */
function keyRates({ samples, loads }: Recording): ReadonlyMap<string, readonly number[]> {
  const rates = new Map<string, readonly number[]>();
  for (const [c, name] of loads.controllers.entries()) {
    const adds = loads.samples.map(({ queues }) => queues[c]?.adds ?? 0);
    if ((adds.at(-1) ?? 0) === 0) continue;
    rates.set(name, perSecond(samples, adds));
  }
  return rates;
}

function bands(spans: readonly FaultSpan[]): readonly FaultBand[] {
  return spans.map((span) => ({ label: spanLabel(span), from: span.from / 1e6, to: span.to / 1e6, open: span.open }));
}

function unscheduled(recording: Recording): readonly UnscheduledRow[] {
  const rows = new Map<string, { -readonly [K in keyof UnscheduledRow]: UnscheduledRow[K] }>();
  for (const pod of countedPods(recording)) {
    if (pod.unschedulable === '' || pod.scheduled !== undefined) continue;
    const row = rows.get(pod.unschedulable);
    if (row === undefined) {
      const example = `${pod.namespace}/${pod.name}`;
      const history = recording.pods.refusals.of(pod.uid);
      rows.set(pod.unschedulable, { message: pod.unschedulable, pods: 1, attempts: pod.attempts, example, history });
    } else {
      row.pods++;
      row.attempts += pod.attempts;
    }
  }
  return [...rows.values()].sort((a, b) => b.pods - a.pods || (a.message < b.message ? -1 : 1)).slice(0, MAX_REASONS);
}

function disruptions(recording: Recording): ReportData['disruptions'] {
  const counts = new Map<string, number>();
  for (const { reason } of countedPods(recording)) {
    if (reason !== '' && reason !== 'Completed') counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, pods]) => ({ reason, pods })).sort((a, b) => b.pods - a.pods);
}

function warnings({ tallies, warnings: kept }: Recording): ReportData['warnings'] {
  const rows: { reason: string; count: number; example: string }[] = [];
  for (const { parts, count } of tallies.events.rows()) {
    const [type, reason] = parts;
    if (type !== 'Warning') continue;
    const first = kept.find((event) => event.reason === reason);
    const example = first === undefined ? '' : `${first.kind} ${first.name}: ${first.message}`;
    rows.push({ reason, count, example });
  }
  return rows.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)).slice(0, MAX_REASONS);
}
