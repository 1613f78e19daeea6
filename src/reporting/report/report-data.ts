import { rounded } from '../csv-table.ts';
import { faultSpans, isRepair, spanLabel } from '../fault-spans.ts';
import type { FaultSpan } from '../fault-spans.ts';
import { countedPods } from '../recording.ts';
import type { Recording } from '../recording.ts';
import { quantile, thinned } from '../survival.ts';
import type { Sample } from '../time-series.ts';

/** Points of a line at most; a screen has no more columns. */
const MAX_POINTS = 1_500;
/** Cells of the heat map at most, across and down. */
const MAX_COLUMNS = 240;
const MAX_ROWS = 400;
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
}

/** What the report's page draws from; all times are seconds. */
export interface ReportData {
  readonly time: readonly number[];
  readonly series: Readonly<Record<string, readonly number[]>>;
  readonly hasGpu: boolean;
  readonly faults: readonly FaultBand[];
  /** What the failure response did about nodes. */
  readonly repairs: readonly FaultBand[];
  readonly heat: { readonly times: readonly number[]; readonly nodes: readonly string[]; readonly cells: string };
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

/** Every n-th index, the last included. */
function everyNth(length: number, limit: number): readonly number[] {
  const step = Math.max(1, Math.ceil(length / limit));
  const indexes: number[] = [];
  for (let i = 0; i < length; i += step) indexes.push(i);
  if (length > 0 && indexes.at(-1) !== length - 1) indexes.push(length - 1);
  return indexes;
}

export function reportData(recording: Recording): ReportData {
  const { samples } = recording;
  const kept = everyNth(samples.length, MAX_POINTS).map((i) => samples[i] as Sample);
  const spans = faultSpans(recording.faults, recording.now);
  return {
    time: kept.map((sample) => sample.time_seconds),
    series: Object.fromEntries(SERIES.map((name) => [name, kept.map((sample) => sample[name])])),
    hasGpu: recording.nodes.allocatable.gpu > 0,
    faults: bands(spans.filter((span) => !isRepair(span))),
    repairs: bands(spans.filter(isRepair)),
    heat: heat(recording),
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

function bands(spans: readonly FaultSpan[]): readonly FaultBand[] {
  return spans.map((span) => ({ label: spanLabel(span), from: span.from / 1e6, to: span.to / 1e6, open: span.open }));
}

/** Nodes and samples thinned out to what can be seen; cells as base64 of one byte each, node by node. */
function heat({ heat: { times, columns }, nodes }: Recording): ReportData['heat'] {
  const names = [...nodes.nodes.keys()];
  const columnIndexes = everyNth(columns.length, MAX_COLUMNS);
  const rowIndexes = everyNth(names.length, MAX_ROWS);
  const cells = new Uint8Array(columnIndexes.length * rowIndexes.length);
  let at = 0;
  for (const row of rowIndexes) {
    // A node that was not there yet counts as not Ready.
    for (const column of columnIndexes) cells[at++] = columns[column]?.[row] ?? 255;
  }
  return {
    times: columnIndexes.map((i) => times[i] as number),
    nodes: rowIndexes.map((i) => names[i] as string),
    cells: Buffer.from(cells).toString('base64'),
  };
}

function unscheduled(recording: Recording): readonly UnscheduledRow[] {
  const rows = new Map<string, { message: string; pods: number; attempts: number; example: string }>();
  for (const pod of countedPods(recording)) {
    if (pod.unschedulable === '' || pod.scheduled !== undefined) continue;
    const row = rows.get(pod.unschedulable);
    if (row === undefined) {
      const example = `${pod.namespace}/${pod.name}`;
      rows.set(pod.unschedulable, { message: pod.unschedulable, pods: 1, attempts: pod.attempts, example });
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
