import colors from 'picocolors';
import { printDuration } from '../sim/durations.ts';
import { wrapped } from '../reporting/wrapped-text.ts';
import type { RunResult } from '../simulate.ts';
import { grouped } from './progress-display.ts';

type Metrics = Readonly<Record<string, number | null>>;

const LABEL = 12;
const WIDTH = 80;

/** What a run came to, for a terminal of 80 columns and 24 lines; then where the report lies. */
export function summaryText(
  { partial, files, summary, performance }: Pick<RunResult, 'partial' | 'files' | 'summary' | 'performance'>,
  out: string,
): string {
  const { metrics } = summary;
  const reason = summary.ended_because === undefined ? '' : `: ${summary.ended_because}`;
  const lines = [
    colors.bold(`${summary.scenario}, seed ${summary.seed}`),
    '',
    row('simulated', [
      printDuration(Math.round(summary.simulated_seconds)),
      `in ${performance.simulation_seconds.toFixed(1)} s, ${grouped(Math.round(performance.speed_ratio))} x real time`,
    ]),
    row('events', [
      `${grouped(metrics['simulation_events'] ?? 0)}, ${grouped(performance.simulation_events_per_second)} a second`,
    ]),
    row('nodes', [
      count(metrics, 'nodes', ''),
      count(metrics, 'nodes_ready', 'ready'),
      some(metrics, 'faults', 'faults'),
      some(metrics, 'repairs', 'repairs'),
    ]),
    ...cost(summary),
    row('pods', [
      count(metrics, 'pods_created', 'created'),
      count(metrics, 'pods_deleted', 'deleted'),
      some(metrics, 'pods_disrupted', 'disrupted'),
      some(metrics, 'container_restarts', 'container restarts'),
    ]),
    row('', [
      count(metrics, 'pods_pending', 'pending'),
      count(metrics, 'pods_running', 'running'),
      count(metrics, 'pods_succeeded', 'succeeded'),
      count(metrics, 'pods_failed', 'failed'),
    ]),
    ...requests(metrics),
    '',
    latencyRow('', ['median', '90 %', '99 %', 'never']),
    latency(metrics, 'to node', 'create_to_scheduled'),
    latency(metrics, 'to running', 'create_to_running'),
    latency(metrics, 'to ready', 'running_to_ready'),
    '',
    row(
      'requested',
      ['cpu', 'memory', 'gpu'].flatMap((resource) => utilisation(metrics, resource)),
    ),
    row('scheduler', [
      count(metrics, 'scheduling_attempts', 'attempts'),
      count(metrics, 'scheduling_attempts_unschedulable', 'found no node'),
    ]),
    row('API server', [
      count(metrics, 'api_requests', 'requests'),
      count(metrics, 'api_writes', 'writes'),
      some(metrics, 'user_requests_refused', 'of users refused'),
    ]),
    row('hash', [`${summary.event_stream_hash} (the same scenario and seed give it again)`]),
    '',
    ...(partial || summary.partial ? [colors.yellow(wrapped(`partial${reason}`))] : []),
    files.includes('report.html') ? `report: ${colors.cyan(`${out}/report.html`)}` : `results: ${colors.cyan(out)}`,
  ];
  return lines.join('\n');
}

/** What the provider's instances cost, where there is one: in all, and by node group. */
function cost({ metrics, node_groups: groups }: RunResult['summary']): string[] {
  if (groups === undefined) return [];
  const parts = groups.map((group) => `${group.name} ${group.cost.toFixed(2)}`);
  return [row('cost', [`${(metrics['cloud_cost'] ?? 0).toFixed(2)} for ${parts.join(', ')}`])];
}

/** What became of requests to Services, where there are any. */
function requests(metrics: Metrics): string[] {
  const share = metrics['traffic_success_ratio'];
  if (share === undefined) return [];
  const served = share === null ? 'none over' : `${(100 * share).toFixed(4)} % served`;
  const missed = some(metrics, 'traffic_objectives_missed', 'objectives missed');
  const one = metrics['traffic_objectives_missed'] === 1 ? '1 objective missed' : missed;
  return [row('requests', [grouped(Math.round(metrics['traffic_sent'] ?? 0)), served, one])];
}

function row(label: string, parts: readonly (string | undefined)[]): string {
  const text = parts.filter((part) => part !== undefined && part !== '').join(', ');
  return `${colors.dim(label.padEnd(LABEL))}${text.slice(0, WIDTH - LABEL)}`.trimEnd();
}

function count(metrics: Metrics, name: string, what: string): string {
  return `${grouped(metrics[name] ?? 0)} ${what}`.trimEnd();
}

/** A count that is only worth a word where there is any; of one thing, without its plural's s. */
function some(metrics: Metrics, name: string, what: string): string | undefined {
  const value = metrics[name] ?? 0;
  return value === 0 ? undefined : count(metrics, name, value === 1 ? what.replace(/s$/, '') : what);
}

function latencyRow(label: string, cells: readonly string[]): string {
  return `${colors.dim(label.padEnd(LABEL))}${cells.map((cell) => cell.padStart(10)).join('')}`;
}

function latency(metrics: Metrics, label: string, id: string): string {
  const quantiles = [50, 90, 99].map((share) => {
    const value = metrics[`${id}_p${share}_seconds`];
    return value === null || value === undefined ? 'never' : shortTime(value);
  });
  return latencyRow(label, [...quantiles, grouped(metrics[`${id}_censored`] ?? 0)]);
}

/** Three digits that count: `0.012 s`, `3.41 s`, `12m5s`. */
function shortTime(seconds: number): string {
  if (seconds >= 120) return printDuration(Math.round(seconds));
  return `${seconds >= 10 ? seconds.toFixed(1) : seconds.toPrecision(3)} s`;
}

function utilisation(metrics: Metrics, resource: string): readonly string[] {
  const mean = metrics[`${resource}_requested_mean_ratio`];
  const peak = metrics[`${resource}_requested_peak_ratio`];
  if (mean === null || mean === undefined) return [];
  const percent = (ratio: number): string => `${(100 * ratio).toFixed(0)} %`;
  return [`${resource} ${percent(mean)} (peak ${percent(peak ?? mean)})`];
}
