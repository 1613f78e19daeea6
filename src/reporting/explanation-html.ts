import type { PluginScore } from '../sim/scheduler/explain.ts';
import type { Explained } from './explanation-text.ts';
import { outcomeLines } from './explanation-text.ts';
import { card, escaped, grouped, page, scrolling, table } from './report/html.ts';
import type { Column } from './report/html.ts';
import { REPORT_STYLE } from './report/report-style.ts';
import { contestOf, nearMisses } from './what-if.ts';

/** Nodes that the page shows; a page of more would be slow to open, and the JSON has all of them. */
const MOST_NODES = 3000;

/** Nodes that are named among the nearest to fitting. */
const NEAREST = 10;

const STYLE = `
td.no{color:var(--red);min-width:150px;max-width:320px;overflow-wrap:anywhere}td.yes{color:var(--green)}
tr.chosen th,tr.chosen td{background:var(--grid);font-weight:600}
table.scores th[scope=row],table.verdicts th[scope=row]{color:var(--ink);font-weight:500;white-space:nowrap;position:sticky;left:0;background:var(--card)}
tr.chosen th[scope=row]{background:var(--grid)!important}
.scroll.long{max-height:560px;overflow:auto}
.scroll.long thead th{position:sticky;top:0;background:var(--card);z-index:1}
button[aria-pressed=true]{border-color:var(--blue);color:var(--blue)}
td span{display:none}[data-show=raw] .raw,[data-show=normalized] .normalized,[data-show=weighted] .weighted{display:inline}
ul{margin:6px 0 12px;padding-left:20px}li{margin:2px 0}`;

const SCRIPT = `
const dark=matchMedia('(prefers-color-scheme: dark)');
const theme=()=>{document.documentElement.dataset.theme=dark.matches?'dark':'light'};
dark.addEventListener('change',theme);theme();
for(const button of document.querySelectorAll('button[data-stage]'))button.addEventListener('click',()=>{
document.getElementById('scores').dataset.show=button.dataset.stage;
for(const other of document.querySelectorAll('button[data-stage]'))other.setAttribute('aria-pressed',String(other===button));
});`;

/** A page that shows one scheduling decision: every node, every plugin, and what would have changed it. */
export function explanationHtml(explained: Explained): string {
  const { decision } = explained;
  const [title = '', ...facts] = outcomeLines(explained);
  const header = `<header><div><h1>${escaped(decision.pod)}</h1><p class="lead">${escaped(title)}</p>
<div class="facts">${facts.map((fact) => `<span>${escaped(fact)}</span>`).join('')}</div></div></header>`;
  const parts = [conditionCard(explained), whatIfCard(explained), scoreCard(explained), verdictCard(explained)];
  return page(`${decision.pod}: why`, [REPORT_STYLE, STYLE], `<main>${header}${parts.join('\n')}</main>`, [SCRIPT]);
}

function conditionCard({ decision, explanation }: Explained): string {
  const { refused, error } = explanation;
  const texts = [
    ...(error === undefined ? [] : [`The cycle ends with an error: ${error}`]),
    ...(refused === undefined
      ? []
      : [`PreFilter refused the pod itself: ${refused.plugin}: ${refused.status.reasons.join(', ')}`]),
    ...(decision.message === '' ? [] : [decision.message]),
  ];
  if (texts.length === 0) return '';
  const content = texts.map((text) => `<p class="msg">${escaped(text)}</p>`).join('');
  return card('What the pod’s condition says', '', content);
}

function whatIfCard(explained: Explained): string {
  const { explanation, weights, decision, shortfalls } = explained;
  const contest = contestOf(explanation, weights, decision.node);
  if (contest !== undefined) {
    const { winner, runnerUp, behind, plugins } = contest;
    const columns: Column[] = [
      ['plugin', ''],
      ['weight', 'num'],
      ['runner-up’s points more', 'num'],
      ['runner-up ahead from weight', 'num'],
      ['best without the plugin', ''],
    ];
    const rows = plugins.map(({ plugin, weight, difference, turningWeight, winnerWithout }) => [
      plugin,
      String(weight),
      difference > 0 ? `+${difference}` : String(difference),
      turningWeight === undefined ? '–' : String(turningWeight),
      winnerWithout,
    ]);
    const lead =
      behind === 0
        ? `${escaped(runnerUp)} has as many points as ${escaped(winner)}: chance decided.`
        : `${escaped(winner)} is ${behind} points ahead of the runner-up, ${escaped(runnerUp)}.`;
    const note = `${lead} Where the two differ, and which weight would put the other ahead.`;
    return card('What would have changed it', note, table('What would have changed it', columns, rows));
  }
  const misses = nearMisses(shortfalls);
  if (misses.length === 0 || explanation.scores.size > 0) return '';
  const items = misses.slice(0, NEAREST).map(({ node, changes }) => {
    const list = changes.map((change) => `<li>${escaped(change)}</li>`).join('');
    return `<p><b>${escaped(node)}</b></p><ul>${list}</ul>`;
  });
  const note = 'The nodes that the pod is nearest to fitting, the nearest first, and what it would take on each.';
  return card('What would make it fit', note, items.join(''));
}

function scoreCard({ explanation, weights, decision }: Explained): string {
  const { scores, skippedScores } = explanation;
  if (scores.size === 0) return '';
  const first = [...scores.values()][0];
  const plugins = [...weights.keys()].filter((name) => first?.plugins.has(name) === true);
  const ranked = [...scores].sort(([a, left], [b, right]) => right.total - left.total || (a < b ? -1 : 1));
  const head = ['node', ...plugins.map((name) => `${name} × ${weights.get(name)}`), 'total'];
  const heads = head.map((name, i) => `<th scope="col" class="${i === 0 ? '' : 'num'}">${escaped(name)}</th>`).join('');
  const body = ranked.slice(0, MOST_NODES).map(([name, { total, plugins: given }]) => {
    const cells = plugins.map((plugin) => `<td class="num">${stages(given.get(plugin))}</td>`).join('');
    const chosen = name === decision.node ? ' class="chosen"' : '';
    return `<tr${chosen}><th scope="row">${escaped(name)}</th>${cells}<td class="num">${total}</td></tr>`;
  });
  const buttons = ['weighted', 'normalized', 'raw'].map(
    (stage) => `<button data-stage="${stage}" aria-pressed="${stage === 'weighted'}">${stage}</button>`,
  );
  const skipped = skippedScores.length === 0 ? '' : ` Skipped by PreScore: ${skippedScores.join(', ')}.`;
  const note = `${grouped(scores.size)} feasible nodes by total.${escaped(skipped)}${leftOut(scores.size)}`;
  const content = `<div class="tools" role="group" aria-label="Stage of the scores">${buttons.join('')}</div>
<div id="scores" data-show="weighted">${long('Scores', `<table class="scores"><thead><tr>${heads}</tr></thead><tbody>${body.join('\n')}</tbody></table>`)}</div>`;
  return card('Scores', note, content);
}

function stages(score: PluginScore | undefined): string {
  if (score === undefined) return '';
  return (['raw', 'normalized', 'weighted'] as const)
    .map((stage) => `<span class="${stage}">${score[stage]}</span>`)
    .join('');
}

function verdictCard({ shortfalls, explanation }: Explained): string {
  if (shortfalls.length === 0) return '';
  const plugins = [...new Set(shortfalls.flatMap(({ refusals }) => refusals.map(({ plugin }) => plugin)))];
  const heads = ['node', ...plugins].map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  const body = shortfalls.slice(0, MOST_NODES).map(({ node, refusals }) => {
    const cells = plugins.map((plugin) => {
      const refusal = refusals.find((one) => one.plugin === plugin);
      if (refusal === undefined) return '<td class="yes">passes</td>';
      return `<td class="no">${escaped(refusal.reasons.join(', '))}</td>`;
    });
    return `<tr><th scope="row">${escaped(node)}</th>${cells.join('')}</tr>`;
  });
  const note = `${grouped(shortfalls.length)} of ${grouped(explanation.verdicts.size)} nodes turned away, with the word of every filter that did; all other filters pass.${leftOut(shortfalls.length)}`;
  const content = `<table class="verdicts"><thead><tr>${heads}</tr></thead><tbody>${body.join('\n')}</tbody></table>`;
  return card('Nodes turned away', note, long('Nodes turned away', content));
}

function long(label: string, content: string): string {
  return scrolling(label, content).replace('class="scroll"', 'class="scroll long"');
}

function leftOut(nodes: number): string {
  return nodes <= MOST_NODES ? '' : ` The first ${grouped(MOST_NODES)} are shown; --format json has all.`;
}
