import { keepExtremes } from '../../reporting/report/extremes.ts';
import { escaped } from '../../reporting/report/html.ts';

/** A line of a plot. */
export interface PlotLine {
  readonly label: string;
  /** Seconds of simulated time. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

const WIDTH = 860;
const PANEL = 260;
const LEFT = 74;
const RIGHT = 18;
const TOP = 40;
const BOTTOM = 34;

/** Told apart by colour-blind readers, too. Source: Okabe and Ito's palette. */
const COLOURS = ['#0072B2', '#E69F00', '#009E73', '#D55E00', '#CC79A7', '#56B4E9', '#555555'];

/** One panel a metric, one below the other, all over the same time; a line each run. One SVG file. */
export function seriesPlot(panels: ReadonlyMap<string, readonly PlotLine[]>): string {
  const end = Math.max(1, ...[...panels.values()].flat().map(({ times }) => times.at(-1) ?? 0));
  const height = panels.size * PANEL;
  const parts = [...panels].map(([metric, lines], i) => panel(metric, lines, end, i * PANEL));
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="DejaVu Sans, Liberation Sans, Arial, sans-serif" font-size="12"><rect width="${WIDTH}" height="${height}" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

function panel(metric: string, lines: readonly PlotLine[], end: number, top: number): string {
  const highest = Math.max(
    ...lines.map(({ values }) => values.reduce((most, value) => Math.max(most, value), 0)),
    1e-9,
  );
  const step = niceStep(highest / 4);
  const ceiling = Math.ceil(highest / step) * step;
  const x = (time: number): string => (LEFT + (time / end) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string => (top + PANEL - BOTTOM - (value / ceiling) * (PANEL - TOP - BOTTOM)).toFixed(1);
  const parts = [`<text x="${LEFT}" y="${top + 16}" font-weight="bold">${escaped(metric)}</text>`];
  for (let value = 0; value <= ceiling * 1.0001; value += step) {
    parts.push(`<path d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}" stroke="#ddd"/>`);
    parts.push(
      `<text x="${LEFT - 8}" y="${Number(y(value)) + 4}" text-anchor="end">${Number(value.toPrecision(6))}</text>`,
    );
  }
  const hours = niceTime(end / 7);
  for (let time = 0; time <= end * 1.0001; time += hours) {
    parts.push(`<text x="${x(time)}" y="${top + PANEL - BOTTOM + 18}" text-anchor="middle">${clock(time)}</text>`);
  }
  for (const [i, { label, times, values }] of lines.entries()) {
    const colour = COLOURS[i % COLOURS.length];
    const path = thinned(times, values).map(([time, value], k) => `${k === 0 ? 'M' : 'L'}${x(time)} ${y(value)}`);
    parts.push(`<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="1.6"/>`);
    const at = LEFT + i * ((WIDTH - LEFT - RIGHT) / lines.length);
    parts.push(`<path d="M${at.toFixed(1)} ${top + 28}h14" stroke="${colour}" stroke-width="3"/>`);
    parts.push(`<text x="${(at + 19).toFixed(1)}" y="${top + 32}">${escaped(label)}</text>`);
  }
  return parts.join('\n');
}

/** Points that a picture can show, with the extremes of what lies between. */
function thinned(times: readonly number[], values: readonly number[]): readonly (readonly [number, number])[] {
  const { time, series } = keepExtremes(times, { values }, 2 * WIDTH);
  return time.map((at, i) => [at, series['values']?.[i] ?? 0]);
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((step) => step * power >= least) ?? 10) * power;
}

const TIMES = [10, 30, 60, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

function niceTime(least: number): number {
  return TIMES.find((step) => step >= least) ?? niceStep(least);
}

function clock(seconds: number): string {
  if (seconds === 0) return '0';
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
