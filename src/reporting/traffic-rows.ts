import { FAILURE_CAUSES, failedOf, REQUEST } from '../sim/traffic/totals.ts';
import type { FailureCause, Totals } from '../sim/traffic/totals.ts';
import { CsvTable, rounded } from './csv-table.ts';
import type { Exposition } from './exposition.ts';
import type { OutputFile } from './output-folder.ts';
import type { Recording } from './recording.ts';
import type { TrafficLedger } from './traffic-ledger.ts';

/** What became of a traffic's requests after the warm-up; numbers of requests. */
export interface TrafficRow {
  readonly traffic: string;
  readonly service: string;
  readonly mode: string;
  readonly objective: number;
  readonly sent: number;
  readonly served: number;
  readonly in_flight: number;
  readonly failed: Readonly<Record<FailureCause, number>>;
  /** Served, of those that are over. */
  readonly success_ratio: number | null;
  /** Failures, of those that the objective allows; above 1 it was missed. */
  readonly error_budget_burnt_ratio: number | null;
  /** Of served requests. */
  readonly latency_p50_seconds: number | null;
  readonly latency_p90_seconds: number | null;
  readonly latency_p99_seconds: number | null;
}

/** One row a traffic, in the scenario's order. */
export function trafficRows(ledger: TrafficLedger): readonly TrafficRow[] {
  const { source } = ledger;
  if (source === undefined) return [];
  return source.specs.map(({ name, service, mode, objective }, index) => {
    const counts = ledger.counted(index);
    const failed = failedOf(counts);
    const over = counts.served + failed;
    const latency = (share: number): number | null => {
      const micros = source.latency(index, share);
      return micros === undefined ? null : rounded(micros / 1e6);
    };
    return {
      traffic: name,
      service,
      mode,
      objective,
      sent: counts.sent / REQUEST,
      served: counts.served / REQUEST,
      in_flight: counts.inFlight / REQUEST,
      failed: inRequests(counts),
      success_ratio: over === 0 ? null : rounded(counts.served / over, 9),
      error_budget_burnt_ratio: over === 0 ? null : rounded(failed / (over * (1 - objective))),
      latency_p50_seconds: latency(0.5),
      latency_p90_seconds: latency(0.9),
      latency_p99_seconds: latency(0.99),
    };
  });
}

/** Headline figures of all traffics together; none where there is no traffic. */
export function trafficMetrics(ledger: TrafficLedger): Readonly<Record<string, number | null>> {
  const rows = trafficRows(ledger);
  const { source } = ledger;
  if (source === undefined) return {};
  const lag = (share: number): number | null => {
    const micros = source.rulesLag(share);
    return micros === undefined ? null : rounded(micros / 1e6);
  };
  const sum = (of: (row: TrafficRow) => number): number =>
    rounded(
      rows.reduce((total, row) => total + of(row), 0),
      3,
    );
  const ratios = rows.flatMap((row) => (row.success_ratio === null ? [] : [row.success_ratio]));
  const burnt = rows.flatMap((row) => (row.error_budget_burnt_ratio === null ? [] : [row.error_budget_burnt_ratio]));
  /** Of the traffic that fares worst. */
  const worst = (of: (row: TrafficRow) => number | null): number | null => {
    const values = rows.flatMap((row) => of(row) ?? []);
    return values.length === 0 ? null : Math.max(...values);
  };
  const failed = FAILURE_CAUSES.map((cause) => [`traffic_failed_${cause}`, sum((row) => row.failed[cause])] as const);
  const over = sum((row) => row.sent - row.in_flight);
  return {
    traffic_sent: sum((row) => row.sent),
    traffic_served: sum((row) => row.served),
    ...Object.fromEntries(failed),
    traffic_success_ratio: over === 0 ? null : rounded(sum((row) => row.served) / over, 9),
    traffic_success_min_ratio: ratios.length === 0 ? null : Math.min(...ratios),
    traffic_error_budget_burnt_max_ratio: burnt.length === 0 ? null : Math.max(...burnt),
    traffic_latency_p50_max_seconds: worst((row) => row.latency_p50_seconds),
    traffic_latency_p99_max_seconds: worst((row) => row.latency_p99_seconds),
    // kube-proxy's network_programming_duration, on nodes with clients.
    rules_lag_p50_seconds: lag(0.5),
    rules_lag_p99_seconds: lag(0.99),
    traffic_objectives_missed: rows.filter((row) => (row.error_budget_burnt_ratio ?? 0) > 1).length,
  };
}

/**
 * traffic.csv: the course of each traffic's requests. Seconds in which more failed than the objective allows are rows of
 * their own; the others are together, up to a minute a row.
 */
export function writeTraffic(file: OutputFile, { traffic }: Recording): void {
  const { source, stretches } = traffic;
  const table = new CsvTable(file, [
    'from_seconds',
    'to_seconds',
    'traffic',
    'service',
    'sent',
    'served',
    ...FAILURE_CAUSES.map((cause) => `failed_${cause}`),
    'in_flight',
  ]);
  const ordered = [...stretches].sort((a, b) => a.to - b.to || a.traffic - b.traffic);
  for (const { traffic: index, from, to, counts } of ordered) {
    const { name, service } = source?.specs[index] ?? { name: '', service: '' };
    const failed = FAILURE_CAUSES.map((cause) => counts.failed[cause] / REQUEST);
    const { sent, served, inFlight } = counts;
    table.row([from / 1e6, to / 1e6, name, service, sent / REQUEST, served / REQUEST, ...failed, inFlight / REQUEST]);
  }
  table.end();
}

/** Families of metrics.prom about requests to Services; none where there are none. */
export function writeTrafficMetrics(out: Exposition, rows: readonly TrafficRow[]): void {
  if (rows.length === 0) return;
  out.family('orrery_traffic_requests', 'counter', 'Requests to Services that are over, by what became of them.');
  for (const { traffic, service, served, failed } of rows) {
    out.sample('orrery_traffic_requests_total', { traffic, service, outcome: 'served' }, served);
    for (const cause of FAILURE_CAUSES) {
      out.sample('orrery_traffic_requests_total', { traffic, service, outcome: cause }, failed[cause]);
    }
  }
  out.family('orrery_traffic_requests_in_flight', 'gauge', 'Requests to Services that are under way.');
  for (const { traffic, service, in_flight: inFlight } of rows) {
    out.sample('orrery_traffic_requests_in_flight', { traffic, service }, inFlight);
  }
  out.family('orrery_traffic_latency_seconds', 'gauge', 'Latency of served requests, by quantile.', 'seconds');
  for (const row of rows) {
    const { traffic, service } = row;
    for (const [quantile, value] of [
      ['0.5', row.latency_p50_seconds],
      ['0.9', row.latency_p90_seconds],
      ['0.99', row.latency_p99_seconds],
    ] as const) {
      if (value !== null) out.sample('orrery_traffic_latency_seconds', { traffic, service, quantile }, value);
    }
  }
}

function inRequests({ failed }: Totals): Record<FailureCause, number> {
  const requests = { ...failed };
  for (const cause of FAILURE_CAUSES) requests[cause] = failed[cause] / REQUEST;
  return requests;
}
