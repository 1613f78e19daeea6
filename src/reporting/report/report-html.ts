import { printDuration } from '../../sim/durations.ts';
import type { Recording } from '../recording.ts';
import type { Summary } from '../summary.ts';
import { reportData } from './report-data.ts';
import type { FaultBand, ReportData } from './report-data.ts';
import { asset, card, embedded, escaped, grouped, page, table } from './html.ts';
import { OBJECTIVE } from './services.ts';
import { PAGE_SCRIPT } from './script/page-script.ts';
import { REPORT_STYLE } from './report-style.ts';
import { reasonCounts } from '../refusals.ts';
import { costCard } from './cost-card.ts';
import { trafficCard } from './traffic-card.ts';

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
  if (metrics['cloud_cost'] !== undefined) {
    const perHour = `${of('cloud_cost_per_hour_mean').toFixed(2)} an hour, ${of('cloud_instance_hours').toFixed(0)} instance hours`;
    list.push(tile('Cost', [of('cloud_cost').toFixed(2), ''], perHour));
  }
  if (metrics['traffic_success_ratio'] !== undefined) {
    const missed = of('traffic_objectives_missed');
    const told = `${grouped(missed)} objective${missed === 1 ? '' : 's'} missed`;
    list.push(tile('Requests served', [(100 * of('traffic_success_ratio')).toFixed(3), '%'], told));
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

function chart(id: string): string {
  return `<div class="plot" id="${id}"></div><div class="legend"></div>`;
}

function latencyTable({ latencies }: ReportData): string {
  const said = (seconds: number | null): string => time(seconds).join(' ').trim();
  return table(
    'How long pods take',
    [
      ['stage', ''],
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
      `Every ${what}`,
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
          'Pods disrupted',
          [
            ['reason', 'msg'],
            ['pods', 'num'],
          ],
          rows,
        );
  return card('Pods disrupted', 'Evicted, preempted, rejected by a node, or failed, by reason.', content);
}

function unscheduledCard(data: ReportData, file: string): string {
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
    rows.length === 0
      ? none
      : table('What could not be scheduled', columns, rows) +
          data.unscheduled.map((row) => whyNot(row, file)).join('\n'),
  );
}

/** Opens on a click: the nodes by reason, what was said before, and the command that has every node's word. */
function whyNot({ example, message, history }: ReportData['unscheduled'][number], file: string): string {
  const counts = reasonCounts(message).map(([nodes, reason]) => [grouped(nodes), reason]);
  const reasons =
    counts.length === 0
      ? ''
      : table(
          `Nodes by reason, ${example}`,
          [
            ['nodes', 'num'],
            ['reason', 'msg'],
          ],
          counts,
        );
  const said = history.map(({ time, attempt, times, plugins, message: text }) => [
    `${(time / 1e6).toFixed(3)} s`,
    times === 1 ? String(attempt) : `${attempt} to ${attempt + times - 1}`,
    plugins.join(', '),
    text,
  ]);
  const columns = [
    ['at', 'num'],
    ['attempts', 'num'],
    ['plugins', ''],
    ['what was said', 'msg'],
  ] as const;
  const before = said.length === 0 ? '' : table(`What was said of ${example}`, columns, said);
  const last = history.at(-1);
  const attempt = last === undefined ? '' : ` --attempt ${last.attempt}`;
  const command = `orrery explain ${file} ${example}${attempt}`;
  return `<details class="why"><summary>Why not ${escaped(example)}?</summary>${reasons}${before}
<p>Node by node: <code>${escaped(command)}</code></p></details>`;
}

function warningsCard(data: ReportData): string {
  const rows = data.warnings.map(({ reason, count, example }) => [reason, grouped(count), example]);
  const none = '<div class="none">No warnings.</div>';
  const content =
    rows.length === 0
      ? none
      : table(
          'Warnings',
          [
            ['reason', ''],
            ['events', 'num'],
            ['the first of them', 'msg'],
          ],
          rows,
        );
  return card('Warnings', 'Events of type Warning, by reason; all of them are in events.csv.', content);
}

function servicesCard({ services }: ReportData): string {
  if (services.length === 0) return '';
  const said = (seconds: number): string => (seconds === 0 ? '0' : time(seconds).join(' ').trim());
  const budget = ({ down, budget }: ReportData['services'][number]): string =>
    down === 0 ? '100 %' : `${Math.round(100 * (1 - down / budget))} %`;
  const rows = services.map((row) => [
    row.service,
    `${(100 * row.availability).toFixed(3)} %`,
    said(row.down),
    said(row.budget),
    budget(row),
    grouped(row.outages),
    said(row.longest),
    row.leastReady === undefined ? '–' : grouped(row.leastReady),
    percent(row.readyShare).join(' '),
  ]);
  const columns = [
    ['service', 'msg'],
    ['available', 'num'],
    ['without an endpoint', 'num'],
    ['allowed', 'num'],
    ['budget left', 'num'],
    ['outages', 'num'],
    ['longest', 'num'],
    ['fewest ready', 'num'],
    ['endpoints ready', 'num'],
  ] as const;
  return card(
    'Availability of Services',
    `A Service is available while one of its endpoints is ready, from the first one on. The budget is what an objective of ${100 * OBJECTIVE} % allows in the time.`,
    `<div class="tall">${table('Error budgets', columns, rows)}</div>`,
    'services',
  );
}

function failuresCard({ failures: { rows, count } }: ReportData): string {
  const columns = [
    ['at', 'num'],
    ['pod', 'msg'],
    ['node', ''],
    ['what', 'msg'],
  ] as const;
  const cells = rows.map(({ time: at, pod, node, what }) => [printDuration(Math.round(at)), pod, node, what]);
  const more =
    count > rows.length ? `<div class="none">and ${grouped(count - rows.length)} more; pods.csv has all</div>` : '';
  const content =
    count === 0
      ? '<div class="none">Nothing did.</div>'
      : `<div class="tall">${table('What failed', columns, cells)}</div>${more}`;
  return card(
    'What failed',
    'Pods that failed, were evicted, preempted or rejected, whose containers restarted, or that never found a node.',
    content,
    'failed',
  );
}

const METRIC_NAMES = { cpu: 'CPU requested', memory: 'memory requested', gpu: 'GPUs requested', pods: 'pods' } as const;

function clusterCard({ nodeMap }: ReportData): string {
  if (nodeMap.nodes.length === 0 || nodeMap.times.length === 0) return '';
  const options = nodeMap.metrics
    .map((metric) => `<option value="${metric}">${METRIC_NAMES[metric]}</option>`)
    .join('');
  const note = nodeMap.thinned
    ? 'Nodes by zone at one time, then all of them over time, a row each. Each colour is the highest value between two stops of the slider.'
    : 'Nodes by zone at one time, then all of them over time, a row each.';
  return card(
    'The cluster',
    `${note} Choose a node to find its pods below.`,
    `<div class="tools"><label>Coloured by <select id="map-metric">${options}</select></label>
<button type="button" id="map-play">▶ Play</button>
<label class="slide">Time <input type="range" id="map-time" min="0" value="0"></label><output id="map-clock"></output></div>
<div class="map"><canvas id="map" tabindex="0" role="img" aria-label="Nodes by zone"></canvas></div>
<canvas class="heat" id="heat" role="img" aria-label="Every node over time, a row each"></canvas>
<div class="scale"><span>0 %</span><span class="bar"></span><span id="map-full">100 %</span><span class="box"></span><span>not Ready</span></div>
<div id="map-note" class="note" aria-live="polite"></div>`,
    'cluster',
  );
}

function podsCard({ pods }: ReportData): string {
  const leftOut = pods.leftOut === 0 ? '' : ` ${grouped(pods.leftOut)} that had no trouble are left out.`;
  return card(
    'Lives of pods',
    `From creation to the end, over the stretch of time chosen above. Search by words of the name, node, owner, phase or reason.${leftOut}`,
    `<div class="tools"><label>Search <input type="search" id="pod-search" placeholder="frontend evicted"></label>
<label>Order <select id="pod-order"><option value="created">by creation</option><option value="waited">longest wait first</option><option value="node">by node</option></select></label>
<button type="button" id="pod-before">◀ Before</button><button type="button" id="pod-after">After ▶</button><output id="pod-count" aria-live="polite"></output></div>
<div class="legend" id="pod-keys"></div>
<div class="scroll" role="region" aria-label="Lives of pods" tabindex="0"><table class="pods"><thead><tr><th scope="col">pod</th><th scope="col"><div class="axis" id="pod-axis"></div></th></tr></thead><tbody id="pod-rows"></tbody></table></div>`,
    'lives',
  );
}

function zoom(hasTraffic: boolean): string {
  const traffic = hasTraffic ? '<a href="#traffic">Error budgets</a>' : '';
  return `<nav class="bar-top" aria-label="Stretch of time, and parts of the page">
<span class="group"><button type="button" id="zoom-left" aria-label="Earlier">◀</button><button type="button" id="zoom-in" aria-label="Closer">+</button><button type="button" id="zoom-out" aria-label="Further">−</button><button type="button" id="zoom-right" aria-label="Later">▶</button><button type="button" id="zoom-all">All</button><output id="range" aria-live="polite"></output></span>
<span class="links"><a href="#timeline">Timeline</a><a href="#cluster">Cluster</a><a href="#lives">Pods</a><a href="#scheduling">Scheduling</a><a href="#failed">Failures</a>${traffic}<a href="#control-plane">Control plane</a></span>
</nav>`;
}

/** report.html: one file that needs no network. */
export function reportHtml(recording: Recording, summary: Summary): string {
  const { identity, partial, reason } = recording;
  const data = reportData(recording);
  const notice = partial
    ? `<div class="partial"><b>Partial.</b> The run ended early, after ${printDuration(Math.round(summary.simulated_seconds))}: ${escaped(reason)}. Figures cover what was simulated until then.</div>`
    : '';
  const body = `<main>
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
${zoom(data.traffic.length > 0)}
${card('Pods', 'Pods by phase over simulated time. Shaded: something was broken. Drag to look closer, double-click to go back; every chart of time goes along. A name in the legend hides its line.', chart('pods'), 'timeline')}
<div class="two">
${card('Requested of what there is', 'Share of the allocatable resources that placed pods ask for; and of the free cores, the share on nodes where the average pod does not fit.', chart('use'))}
${card('Ready nodes', 'Nodes whose Ready condition is True, as the API server knows it.', chart('nodes'))}
</div>
${clusterCard(data)}
${costCard(summary)}
${podsCard(data)}
<div class="two" id="scheduling">
${card('How long pods take', 'Share of pods that got so far within a time; those that never did stay in the count (Kaplan and Meier).', chart('latency'))}
${card('In figures', '“Not reached”: waited for in vain until the pod or the run ended.', latencyTable(data))}
</div>
${unscheduledCard(data, identity.file)}
${trafficCard(summary, data.traffic)}
${servicesCard(data)}
${failuresCard(data)}
<div class="two">
${faultsCard(data)}
${disruptionsCard(data)}
</div>
${warningsCard(data)}
<div class="two" id="control-plane">
${card('Scheduling queue', 'Pods that wait in each part of the queue.', chart('queue'))}
${card('API server', 'Requests a second by verb, over each interval.', chart('api'))}
</div>
${data.controllers.length === 0 ? '' : card("Controllers' queues", "Keys a second that come into each controller's work queue.", chart('controllers'))}
<footer>Orrery ${escaped(identity.version)}. The same scenario and seed give this page again, byte for byte.</footer>
</main>
${embedded(data)}`;
  const styles = [asset('uplot/dist/uPlot.min.css'), REPORT_STYLE];
  return page(`${identity.name} · Orrery`, styles, body, [asset('uplot/dist/uPlot.iife.min.js'), PAGE_SCRIPT]);
}
