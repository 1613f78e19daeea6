import { FAILURE_CAUSES } from '../../sim/traffic/totals.ts';
import type { FailureCause } from '../../sim/traffic/totals.ts';
import type { Summary } from '../summary.ts';
import type { TrafficRow } from '../traffic-rows.ts';
import { card, escaped, grouped, table } from './html.ts';
import type { TrafficSeries } from './traffic-series.ts';

/** Rows of the table at most: those that burnt most. */
const MOST = 100;

/** What became of the requests of each traffic, and how its error budget was burnt; '' where there is none. */
export function trafficCard({ traffic = [] }: Summary, series: readonly TrafficSeries[]): string {
  if (traffic.length === 0) return '';
  const burnt = (row: TrafficRow): number => row.error_budget_burnt_ratio ?? 0;
  const worst = [...traffic].sort((a, b) => burnt(b) - burnt(a)).slice(0, MOST);
  const causes = FAILURE_CAUSES.filter((cause) => traffic.some(({ failed }) => failed[cause] > 0));
  const columns = [
    ['traffic', 'msg'],
    ['to Service', 'msg'],
    ['objective', 'num'],
    ['served', 'num'],
    ['budget burnt', 'num'],
    ['requests', 'num'],
    ...causes.map((cause) => [cause.replace('_', ' '), 'num'] as const),
    ['median', 'num'],
    ['99 %', 'num'],
  ] as const;
  const options = series.map(({ label }, i) => `<option value="${i}">${escaped(label)}</option>`).join('');
  return card(
    'Service error budgets',
    'Requests that failed, a second, by cause; and the share of the error budget that they burnt: what the objective allows of all requests of the run.',
    `<div class="tools"><label>Traffic <select id="traffic-choice">${options}</select></label></div>
<div class="plot" id="traffic-failed"></div><div class="legend"></div>
<div class="plot" id="traffic-burnt"></div><div class="legend"></div>
<div class="tall">${table(
      'Requests by what became of them',
      columns,
      worst.map((row) => cells(row, causes)),
    )}</div>`,
    'traffic',
  );
}

function cells(row: TrafficRow, causes: readonly FailureCause[]): readonly string[] {
  const { failed, success_ratio: success, error_budget_burnt_ratio: share } = row;
  const latency = (seconds: number | null): string => (seconds === null ? '–' : `${(seconds * 1000).toFixed(0)} ms`);
  return [
    row.traffic,
    row.service,
    `${Number((100 * row.objective).toFixed(6))} %`,
    success === null ? '–' : `${(100 * success).toFixed(4)} %`,
    share === null ? '–' : `${(100 * share).toFixed(1)} %`,
    grouped(Math.round(row.sent)),
    ...causes.map((cause) => grouped(Math.round(failed[cause]))),
    latency(row.latency_p50_seconds),
    latency(row.latency_p99_seconds),
  ];
}
