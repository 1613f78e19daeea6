import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { printDuration } from '../../sim/durations.ts';
import type { Recording } from '../recording.ts';
import type { Summary } from '../summary.ts';
import { reportData } from './report-data.ts';
import type { FaultBand, ReportData } from './report-data.ts';
import { REPORT_SCRIPT } from './report-script.ts';
import { REPORT_STYLE } from './report-style.ts';

/** A file of the charting library, put into the page so that the page needs nothing else. */
function asset(path: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(path), 'utf8');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A time in the unit in which a person would say it. */
function time(seconds: number | null | undefined): readonly [string, string] {
  if (seconds === null || seconds === undefined) return ['–', ''];
  if (seconds < 1) return [(seconds * 1000).toFixed(0), 'ms'];
  if (seconds < 120) return [seconds.toFixed(seconds < 10 ? 2 : 1), 's'];
  if (seconds < 7200) return [(seconds / 60).toFixed(1), 'min'];
  return [(seconds / 3600).toFixed(1), 'h'];
}

function percent(share: number | null | undefined): readonly [string, string] {
  return share === null || share === undefined ? ['–', ''] : [(100 * share).toFixed(1), '%'];
}

function tile(label: string, [value, unit]: readonly [string, string], note = ''): string {
  const small = unit === '' ? '' : `<span class="u">${unit}</span>`;
  const below = note === '' ? '' : `<div class="n">${escaped(note)}</div>`;
  return `<div class="tile"><div class="k">${label}</div><div class="v">${value}${small}</div>${below}</div>`;
}

function tiles({ metrics }: Summary): string {
  const of = (name: string): number => metrics[name] ?? 0;
  const whole = (name: string): readonly [string, string] => [grouped(of(name)), ''];
  const running = metrics['create_to_running_p99_seconds'];
  const list = [
    tile('Pods created', whole('pods_created'), `${grouped(of('pods_deleted'))} deleted since`),
    tile('Running', whole('pods_running'), `${grouped(of('pods_ready'))} ready`),
    tile('Pending', whole('pods_pending'), `at most ${grouped(of('pods_pending_peak'))}`),
    tile('Finished', whole('pods_succeeded'), `${grouped(of('pods_failed'))} failed`),
    tile('Created to running', time(metrics['create_to_running_p50_seconds']), `p99 ${time(running).join(' ').trim()}`),
    tile('Never scheduled', whole('pods_never_scheduled'), `${grouped(of('scheduling_attempts'))} attempts in all`),
    tile(
      'CPU requested',
      percent(metrics['cpu_requested_mean_ratio']),
      `peak ${percent(metrics['cpu_requested_peak_ratio']).join(' ')}`,
    ),
    tile(
      'Memory requested',
      percent(metrics['memory_requested_mean_ratio']),
      `peak ${percent(metrics['memory_requested_peak_ratio']).join(' ')}`,
    ),
  ];
  if (metrics['gpu_requested_mean_ratio'] !== undefined) {
    const peak = percent(metrics['gpu_requested_peak_ratio']).join(' ');
    list.push(tile('GPU requested', percent(metrics['gpu_requested_mean_ratio']), `peak ${peak}`));
  }
  list.push(
    tile('Nodes Ready', whole('nodes_ready'), `of ${grouped(of('nodes'))}`),
    tile(
      'Faults',
      whole('faults'),
      `${of('repairs') === 0 ? '' : `${grouped(of('repairs'))} repairs, `}${grouped(of('pods_disrupted'))} pods disrupted`,
    ),
    tile('Restarts', whole('container_restarts'), 'of containers'),
  );
  return list.join('\n');
}

function table(columns: readonly (readonly [string, string])[], rows: readonly (readonly string[])[]): string {
  const head = columns.map(([name, kind]) => `<th class="${kind}">${name}</th>`).join('');
  const cells = (row: readonly string[]): string =>
    row.map((cell, i) => `<td class="${columns[i]?.[1] ?? ''}">${escaped(cell)}</td>`).join('');
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function card(title: string, note: string, content: string): string {
  return `<section class="card"><h2>${title}</h2><p>${note}</p>${content}</section>`;
}

function chart(id: string): string {
  return `<div class="plot" id="${id}"></div><div class="legend"></div>`;
}

function latencyTable({ latencies }: ReportData): string {
  const said = (seconds: number | null): string => time(seconds).join(' ').trim();
  return table(
    [
      ['', ''],
      ['pods', 'num'],
      ['median', 'num'],
      ['90 %', 'num'],
      ['99 %', 'num'],
      ['not reached', 'num'],
    ],
    latencies.map(({ label, count, p50, p90, p99, censored }) => [
      label,
      grouped(count),
      said(p50),
      said(p90),
      said(p99),
      grouped(censored),
    ]),
  );
}

const BANDS_SHOWN = 40;

function bandTable(what: string, bands: readonly FaultBand[]): string {
  const when = (seconds: number): string => printDuration(Math.round(seconds));
  const rows = bands
    .slice(0, BANDS_SHOWN)
    .map(({ label, from, to, open }) => [label, when(from), open ? 'to the end' : to > from ? when(to - from) : '']);
  const left = bands.length - rows.length;
  const more = left > 0 ? `<div class="none">and ${grouped(left)} more</div>` : '';
  return (
    table(
      [what, 'at', 'for'].map((name, i) => [name, i === 0 ? 'msg' : 'num'] as const),
      rows,
    ) + more
  );
}

function faultsCard({ faults, repairs }: ReportData): string {
  const none = '<div class="none">Nothing was broken on purpose.</div>';
  return card(
    'What broke',
    'Faults, in order; the shaded stretches of the charts, or a line where one was not over at the end. Then what was done about nodes.',
    (faults.length === 0 ? none : bandTable('fault', faults)) +
      (repairs.length === 0 ? '' : bandTable('repair', repairs)),
  );
}

function disruptionsCard(data: ReportData): string {
  const rows = data.disruptions.map(({ reason, pods }) => [reason, grouped(pods)]);
  const none = '<div class="none">No pod was evicted, rejected or failed for a reason of its own.</div>';
  const content =
    rows.length === 0
      ? none
      : table(
          [
            ['reason', 'msg'],
            ['pods', 'num'],
          ],
          rows,
        );
  return card('Pods disrupted', 'Evicted, preempted, rejected by a node, or failed, by reason.', content);
}

function unscheduledCard(data: ReportData): string {
  const rows = data.unscheduled.map(({ message, pods, attempts, example }) => [
    message,
    grouped(pods),
    grouped(attempts),
    example,
  ]);
  const none = '<div class="none">Every pod found a node.</div>';
  const columns = [
    ['what the scheduler said', 'msg'],
    ['pods', 'num'],
    ['attempts', 'num'],
    ['for example', 'msg'],
  ] as const;
  return card(
    'What could not be scheduled, and why',
    'Pods that found no node, by what was said at their last attempt.',
    rows.length === 0 ? none : table(columns, rows),
  );
}

function warningsCard(data: ReportData): string {
  const rows = data.warnings.map(({ reason, count, example }) => [reason, grouped(count), example]);
  const none = '<div class="none">No warnings.</div>';
  const content =
    rows.length === 0
      ? none
      : table(
          [
            ['reason', ''],
            ['events', 'num'],
            ['the first of them', 'msg'],
          ],
          rows,
        );
  return card('Warnings', 'Events of type Warning, by reason; all of them are in events.csv.', content);
}

/** report.html: one file that needs no network. */
export function reportHtml(recording: Recording, summary: Summary): string {
  const { identity, partial, reason } = recording;
  const data = reportData(recording);
  const embedded = JSON.stringify(data).replace(/</g, '\\u003c');
  const notice = partial
    ? `<div class="partial"><b>Partial.</b> The run ended early, after ${printDuration(Math.round(summary.simulated_seconds))}: ${escaped(reason)}. Figures cover what was simulated until then.</div>`
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(identity.name)} · Orrery</title>
<style>${asset('uplot/dist/uPlot.min.css')}</style>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header>
<div>
<h1>${escaped(identity.name)}</h1>
<p class="lead">${escaped(identity.description)}</p>
<div class="facts"><span>simulated <b>${printDuration(Math.round(summary.simulated_seconds))}</b></span><span>from <b>${escaped(identity.startTime)}</b></span><span>seed <b>${escaped(identity.seed)}</b></span><span>scenario <b>${identity.hash}</b></span><span>events <b>${summary.event_stream_hash}</b></span></div>
</div>
<button id="theme" type="button">☾ Dark</button>
</header>
${notice}
<div class="tiles">
${tiles(summary)}
</div>
${card('Pods', 'Pods by phase over simulated time. Shaded: something was broken. Drag to look closer, double-click to go back.', chart('pods'))}
<div class="two">
${card('Requested of what there is', 'Share of the allocatable resources that placed pods ask for; and of the free cores, the share on nodes where the average pod does not fit.', chart('use'))}
${card('Ready nodes', 'Nodes whose Ready condition is True, as the API server knows it.', chart('nodes'))}
</div>
${card('Nodes over time', 'One row a node, in order of registration, coloured by the share of its cores that pods ask for.', '<canvas class="heat" id="heat"></canvas><div class="scale"><span>0 %</span><span class="bar"></span><span>100 % of cores requested</span><span class="box"></span><span>not Ready</span></div><div id="heat-note"></div>')}
<div class="two">
${card('How long pods take', 'Share of pods that got so far within a time; those that never did stay in the count (Kaplan and Meier).', chart('latency'))}
${card('In figures', '“Not reached”: waited for in vain until the pod or the run ended.', latencyTable(data))}
</div>
${unscheduledCard(data)}
<div class="two">
${faultsCard(data)}
${disruptionsCard(data)}
</div>
${warningsCard(data)}
<div class="two">
${card('Scheduling queue', 'Pods that wait in each part of the queue.', chart('queue'))}
${card('API server', 'Requests a second, over each interval.', chart('api'))}
</div>
<footer>Orrery ${escaped(identity.version)}. The same scenario and seed give this page again, byte for byte.</footer>
</main>
<script type="application/json" id="data">${embedded}</script>
<script>${asset('uplot/dist/uPlot.iife.min.js')}</script>
<script>${REPORT_SCRIPT}</script>
</body>
</html>
`;
}
