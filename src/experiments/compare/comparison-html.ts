import { card, embedded, escaped, page, scrolling, table } from '../../reporting/report/html.ts';
import type { Column } from '../../reporting/report/html.ts';
import { REPORT_STYLE } from '../../reporting/report/report-style.ts';
import { constraintText } from '../study/verdict.ts';
import type { Comparison } from './compare.ts';
import { COMPARISON_SCRIPT, VARIANT_COLORS } from './comparison-script.ts';
import type { MetricComparison, VariantComparison } from './comparison.ts';
import { probability, shortNumber, signed } from './numbers.ts';

const STYLE = `
.forest,.strips{width:100%;height:auto;display:block;font:12px system-ui,sans-serif}
.forest text,.strips text{fill:var(--ink)}.forest .soft,.strips .soft{fill:var(--soft)}
.better{color:var(--green)}.worse{color:var(--red)}.other{color:var(--blue)}.none-of-it{color:var(--soft)}
.mark{fill:currentColor;stroke:currentColor}
.tag{font-weight:600}
button.variant{min-width:34px;font-weight:600}button.variant[aria-pressed=false]{opacity:.5;text-decoration:line-through}
code{font:13px ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
.multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:14px}
.multiples figure{margin:0}.multiples figcaption{font-size:12.5px;color:var(--soft);overflow-wrap:anywhere}
`;

/** A comparison as one page that needs nothing else. */
export function comparisonHtml(comparison: Omit<Comparison, 'files'>): string {
  const { scenario, description, variants, seeds, compared, command, partial, runs, confidence, margin } = comparison;
  const [baseline] = variants;
  const percent = `${Math.round(confidence * 100)} %`;
  const parts = [
    `<header><div><h1>${escaped(scenario)}, compared</h1>`,
    description === '' ? '' : `<p class="lead">${escaped(description)}</p>`,
    `<p class="lead">${variants.length} variants on ${seeds} seeds each, ${runs.length} runs; on one seed all meet the same luck.</p>`,
    `<div class="facts"><span>baseline <b>${escaped(baseline?.settings.join(' ') ?? '')}</b></span>`,
    `<span>intervals <b>${percent}</b></span><span>differences under <b>${shortNumber(margin * 100)} %</b> do not matter</span></div></div>`,
    '<button id="theme" type="button">☾ Dark</button></header>',
    partial ? '<div class="partial">Interrupted: some of the runs are missing.</div>' : '',
    standingsCard(comparison),
    scatterCard(comparison),
    ...compared.map((one) => variantCard(one, percent)),
    multiples(comparison),
    seedsCard(comparison),
    command === ''
      ? ''
      : `<div class="card"><h2>Again</h2><p>The same runs, and the same figures to the last digit:</p><code>${escaped(command)}</code></div>`,
    `<footer>Paired Student's t; Wilcoxon's signed ranks with the Hodges–Lehmann estimate where differences are badly skewed. Probabilities are corrected by Holm's method for everything on this page.</footer>`,
  ];
  const body = `<main>\n${parts.filter((part) => part !== '').join('\n')}\n</main>\n${embedded(pageData(comparison))}`;
  return page(`${scenario}, compared`, [REPORT_STYLE, STYLE], body, [COMPARISON_SCRIPT]);
}

/** What the page's script draws from. */
function pageData({ variants, runs, metrics, standings }: Omit<Comparison, 'files'>): unknown {
  const front = new Set(standings.filter(({ onFront }) => onFront).map(({ variant }) => variant.letter));
  return {
    variants: variants.map(({ letter, settings }) => ({
      letter,
      settings: settings.join(' '),
      front: front.has(letter),
    })),
    runs: runs.map(({ variant, seed, outcome }) => ({
      variant,
      seed,
      metrics: Object.fromEntries(metrics.map((metric) => [metric, outcome.metrics[metric] ?? null])),
    })),
  };
}

/** All variants, with buttons that hide them; and where they stand, where something was asked of them. */
function standingsCard({ standings, objectives, constraints }: Omit<Comparison, 'files'>): string {
  const columns = [
    ['variant', ''],
    ['settings', 'msg'],
    ...objectives.map(({ metric, goal }) => [`${goal === 'max' ? '↑' : '↓'} ${metric}`, 'num'] as const),
    ['', ''],
  ] as const satisfies readonly Column[];
  const rows = standings.map(({ variant, means, broken, onFront }) => [
    variant.letter,
    variant.settings.join(' ') || 'as the scenario has it',
    ...objectives.map(({ metric }) => (means[metric] === undefined ? '–' : shortNumber(means[metric]))),
    broken.length > 0 ? `not kept: ${broken.map(constraintText).join(', ')}` : onFront ? 'on the Pareto front' : '',
  ]);
  const keys = standings.map(
    ({ variant: { letter } }) =>
      `<button type="button" class="variant" data-letter="${letter}" aria-pressed="true">${letter}</button>`,
  );
  const kept = constraints.length === 0 ? '' : ` What must hold: ${constraints.map(constraintText).join(', ')}.`;
  return card(
    'Variants',
    `Means over all seeds. A button hides a variant on the whole page.${escaped(kept)}`,
    `<div class="tools">${keys.join('')}</div>${table('Variants', columns, rows)}`,
  );
}

/** Two metrics against each other: every run, the means, and the front of the means. */
function scatterCard({ metrics, objectives, runs }: Omit<Comparison, 'files'>): string {
  const varying = metrics.filter((metric) => new Set(runs.map(({ outcome }) => outcome.metrics[metric])).size > 1);
  const chosen = [...objectives.map(({ metric }) => metric), ...varying].filter(
    (name, i, all) => all.indexOf(name) === i,
  );
  if (chosen.length < 2) return '';
  const options = (selected: string | undefined): string =>
    chosen.map((name) => `<option${name === selected ? ' selected' : ''}>${escaped(name)}</option>`).join('');
  return card(
    'Two metrics against each other',
    'Pale dots are runs, full ones the means of variants; a dashed line joins the Pareto front. Drag to look closer, double-click to go back.',
    `<div class="tools"><label>Across <select id="scatter-x">${options(chosen[0])}</select></label><label>Up <select id="scatter-y">${options(chosen[1])}</select></label><button type="button" id="scatter-all">All</button></div>
${scrolling('Scatter of two metrics', '<svg class="forest" id="scatter" style="min-width:480px;touch-action:pan-x" viewBox="0 0 720 400" role="img" aria-label="Scatter of two metrics"></svg>')}`,
  );
}

function variantCard({ variant, metrics, verdict }: VariantComparison, percent: string): string {
  const rows = metrics.map((row) =>
    [
      `<tr><td>${escaped(row.metric)}</td><td class="num">${shortNumber(row.baselineMean)}</td>`,
      `<td class="num">${shortNumber(row.variantMean)}</td><td class="num">${signed(row.difference)}</td>`,
      `<td class="num">${signed(row.low)} … ${signed(row.high)}</td>`,
      `<td class="num">${row.effectSize === null ? '–' : signed(Number(row.effectSize.toFixed(2)))}</td><td class="num">${row.method}</td>`,
      `<td class="num">${probability(row.adjusted)}</td><td class="${classOf(row)}"><span class="tag">${verdictText(row)}</span></td></tr>`,
    ].join(''),
  );
  return `<section class="card" data-variant="${variant.letter}"><h2>${escaped(variant.letter)}: ${escaped(variant.settings.join(' '))}</h2>
<p>Against the baseline: <b>${verdict}</b>. Bars are ${percent} intervals of the difference, in per cent of the baseline.</p>
${forest(metrics)}
${scrolling(
  `${variant.letter} against the baseline`,
  `<table><thead><tr><th>metric</th><th class="num">baseline</th><th class="num">${escaped(variant.letter)}</th><th class="num">difference</th><th class="num">${percent} interval</th><th class="num">effect size</th><th class="num">method</th><th class="num">p, corrected</th><th>verdict</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`,
)}</section>`;
}

function verdictText({ verdict, seedsNeeded, pairs }: MetricComparison): string {
  return seedsNeeded === undefined ? verdict : `not enough seeds: about ${seedsNeeded} of them, not ${pairs}`;
}

function classOf({ verdict }: MetricComparison): string {
  if (verdict === 'better' || verdict === 'worse') return verdict;
  return verdict === 'higher' || verdict === 'lower' ? 'other' : 'none-of-it';
}

const WIDTH = 760;
const ROW = 24;
const LABELS = 250;
const RIGHT = 34;

/** Differences in per cent of the baseline with their intervals; metrics whose baseline is 0 have none. */
function forest(metrics: readonly MetricComparison[]): string {
  const rows = metrics.flatMap((row) => {
    if (row.baselineMean === 0) return [];
    const share = (value: number): number => (100 * value) / Math.abs(row.baselineMean);
    return [{ row, low: share(row.low), at: share(row.difference), high: share(row.high) }];
  });
  const undrawn = metrics.filter((row) => row.baselineMean === 0 && row.method !== 'equal').map(({ metric }) => metric);
  const note = undrawn.length === 0 ? '' : `<p>Not drawn, as their baseline is 0: ${escaped(undrawn.join(', '))}.</p>`;
  if (rows.length === 0) return note;
  const reach = niceReach(Math.max(1, ...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)])));
  const middle = LABELS + (WIDTH - LABELS - RIGHT) / 2;
  const x = (value: number): string =>
    (middle + (Math.max(-reach, Math.min(reach, value)) / reach) * ((WIDTH - LABELS - RIGHT) / 2)).toFixed(1);
  const height = rows.length * ROW + 30;
  const lines = [-1, -0.5, 0, 0.5, 1].map((share) => {
    const at = x(share * reach);
    const strong = share === 0 ? 'var(--soft)' : 'var(--line)';
    return `<path d="M${at} 4V${height - 26}" stroke="${strong}"/><text class="soft" x="${at}" y="${height - 8}" text-anchor="middle">${signed(share * reach)} %</text>`;
  });
  const marks = rows.map(({ row, low, at, high }, i) => {
    const y = 4 + i * ROW + ROW / 2;
    const title = `${row.metric}: ${signed(at)} % (${signed(low)} … ${signed(high)} %), ${verdictText(row)}`;
    const edges = [low < -reach ? edge(x(-reach), y, -1) : '', high > reach ? edge(x(reach), y, 1) : ''].join('');
    // What is beyond the edge is told, as no place on the scale is its own.
    const anchor = at < 0 ? 'start' : 'end';
    const mark =
      Math.abs(at) > reach
        ? `<text x="${x(at)}" y="${y - 5}" text-anchor="${anchor}" style="fill:currentColor;font-size:10px">${signed(at)} %</text>`
        : `<circle class="mark" cx="${x(at)}" cy="${y}" r="4"/>`;
    return `<g class="${classOf(row)}"><title>${escaped(title)}</title><text x="${LABELS - 10}" y="${y + 4}" text-anchor="end">${escaped(row.metric)}</text><path d="M${x(low)} ${y}H${x(high)}" stroke="currentColor" stroke-width="2.5"/>${edges}${mark}</g>`;
  });
  const drawing = scrolling(
    'Differences to the baseline',
    `<svg class="forest" style="min-width:560px" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Differences to the baseline with their intervals">${lines.join('')}${marks.join('')}</svg>`,
  );
  return `${drawing}\n${note}`;
}

/** The head of an arrow at an end of the scale, where an interval goes on beyond it. */
function edge(x: string, y: number, way: -1 | 1): string {
  return `<path d="M${x} ${y - 5}l${8 * way} 5l${-8 * way} 5z" fill="currentColor"/>`;
}

/** 1, 2 or 5 times a power of ten, and 500 % at most: beyond, a bar ends in an arrow at the edge. */
function niceReach(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const reach = [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
  return Math.min(500, reach);
}

/** One small picture a metric: every run a dot, a line of them each variant. */
function multiples({ metrics, variants, runs }: Omit<Comparison, 'files'>): string {
  const figures = metrics.flatMap((metric) => {
    const values = variants.map(({ letter }) =>
      runs.flatMap(({ variant, outcome }) => {
        const value = outcome.metrics[metric];
        return variant === letter && typeof value === 'number' ? [value] : [];
      }),
    );
    const all = values.flat();
    const low = Math.min(...all);
    const high = Math.max(...all);
    if (all.length === 0 || low === high) return [];
    const x = (value: number): string => (34 + ((value - low) / (high - low)) * 200).toFixed(1);
    const lines = values.map((own, i) => {
      const y = 12 + i * 18;
      const dots = own.map(
        (value) => `<circle cx="${x(value)}" cy="${y}" r="3.2" fill="var(--blue)" fill-opacity=".45"/>`,
      );
      return `<g data-variant="${variants[i]?.letter ?? ''}"><text x="22" y="${y + 4}" text-anchor="end">${variants[i]?.letter ?? ''}</text><path d="M34 ${y}H234" stroke="var(--line)"/>${dots.join('')}</g>`;
    });
    const bottom = 12 + variants.length * 18;
    const scale = `<text class="soft" x="34" y="${bottom + 6}">${shortNumber(low)}</text><text class="soft" x="234" y="${bottom + 6}" text-anchor="end">${shortNumber(high)}</text>`;
    return [
      `<figure><figcaption>${escaped(metric)}</figcaption><svg class="strips" viewBox="0 0 244 ${bottom + 12}" role="img" aria-label="${escaped(metric)} of every run">${lines.join('')}${scale}</svg></figure>`,
    ];
  });
  if (figures.length === 0) return '';
  return `<section class="card"><h2>Every run</h2><p>One dot a seed; metrics that are the same in all runs are left out.</p><div class="multiples">${figures.join('\n')}</div></section>`;
}

const SEEDS_WIDTH = 244;
const SEEDS_HEIGHT = 86;

/** One small picture a metric: each variant's difference to the baseline, seed by seed. */
function seedsCard({ metrics, variants, runs }: Omit<Comparison, 'files'>): string {
  const [baseline, ...others] = variants;
  const valueOf = new Map(runs.map(({ variant, seed, outcome }) => [`${variant}-${seed}`, outcome.metrics]));
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const figures = metrics.flatMap((metric) => {
    const lines = others.map(({ letter }) =>
      seeds.map((seed) => {
        const [base, own] = [baseline?.letter, letter].map((name) => valueOf.get(`${name}-${seed}`)?.[metric]);
        return typeof base === 'number' && typeof own === 'number' ? own - base : undefined;
      }),
    );
    const all = lines.flat().filter((value) => value !== undefined);
    const low = Math.min(0, ...all);
    const high = Math.max(0, ...all);
    if (low === high) return [];
    const x = (i: number): string => (6 + (i / Math.max(1, seeds.length - 1)) * (SEEDS_WIDTH - 12)).toFixed(1);
    const y = (value: number): string => (8 + ((high - value) / (high - low)) * (SEEDS_HEIGHT - 26)).toFixed(1);
    const marks = lines.map((values, k) => {
      const colour = `var(${VARIANT_COLORS[(k + 1) % VARIANT_COLORS.length]})`;
      const known = values.flatMap((value, i) => (value === undefined ? [] : [[i, value] as const]));
      const path = known.map(([i, value], n) => `${n === 0 ? 'M' : 'L'}${x(i)} ${y(value)}`).join('');
      const dots = known.map(
        ([i, value]) =>
          `<circle cx="${x(i)}" cy="${y(value)}" r="2.6" fill="${colour}"><title>${others[k]?.letter}, seed ${escaped(seeds[i] ?? '')}: ${signed(value)}</title></circle>`,
      );
      return `<g data-variant="${others[k]?.letter}"><path d="${path}" fill="none" stroke="${colour}" stroke-opacity=".5"/>${dots.join('')}</g>`;
    });
    const zero = `<path d="M0 ${y(0)}H${SEEDS_WIDTH}" stroke="var(--soft)"/>`;
    const ends = `<text class="soft" x="0" y="${SEEDS_HEIGHT - 2}">${signed(low)} … ${signed(high)}</text>`;
    const label = `${escaped(metric)}: difference to the baseline, seed by seed`;
    return [
      `<figure><figcaption>${escaped(metric)}</figcaption><svg class="strips" viewBox="0 0 ${SEEDS_WIDTH} ${SEEDS_HEIGHT}" role="img" aria-label="${label}">${zero}${marks.join('')}${ends}</svg></figure>`,
    ];
  });
  if (figures.length === 0) return '';
  return `<section class="card"><h2>Seed by seed</h2><p>Each variant's difference to the baseline on the same seed; the line is no difference.</p><div class="multiples">${figures.join('\n')}</div></section>`;
}
