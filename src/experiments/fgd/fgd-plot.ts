import type { CurvePoint } from './curve.ts';

/** A policy's curve. */
export interface NamedCurve {
  readonly policy: string;
  readonly points: readonly CurvePoint[];
}

const WIDTH = 720;
const HEIGHT = 440;
const LEFT = 56;
const RIGHT = 28;
const TOP = 44;
const BOTTOM = 48;

/** Told apart by colour-blind readers, too. Source: Okabe and Ito's palette. */
const COLOURS = ['#999999', '#E69F00', '#56B4E9', '#009E73', '#0072B2', '#D55E00'];

/** The paper's picture: how much of the devices is allocated when so much has been asked for. One SVG file. */
export function fgdPlot(curves: readonly NamedCurve[]): string {
  const last = Math.max(100, ...curves.flatMap(({ points }) => points.map(({ percent }) => percent)));
  // The lower left half says nothing: all that arrives is placed.
  const from = 70;
  const x = (percent: number): number => LEFT + ((percent - from) / (last - from)) * (WIDTH - LEFT - RIGHT);
  const y = (percent: number): number => TOP + ((100 - percent) / (100 - from)) * (HEIGHT - TOP - BOTTOM);
  const text = (at: readonly [number, number], content: string, more = ''): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more}>${content}</text>`;
  const parts: string[] = [];
  for (let percent = from; percent <= 100; percent += 5) {
    parts.push(`<path d="M${LEFT} ${y(percent).toFixed(1)}H${WIDTH - RIGHT}" stroke="#8884"/>`);
    parts.push(text([LEFT - 6, y(percent) + 4], `${percent} %`, 'text-anchor="end"'));
  }
  for (let percent = from; percent <= last; percent += 10) {
    parts.push(text([x(percent), HEIGHT - BOTTOM + 18], `${percent} %`, 'text-anchor="middle"'));
  }
  parts.push(text([(LEFT + WIDTH) / 2, HEIGHT - 8], 'GPUs asked for so far, of all', 'text-anchor="middle"'));
  parts.push(text([LEFT, 16], 'GPUs allocated, of all', 'font-weight="600"'));
  for (const [i, { policy, points }] of curves.entries()) {
    const colour = COLOURS[i % COLOURS.length];
    const shown = points.filter(({ percent, allocation }) => percent >= from && allocation >= from);
    const line = shown.map(({ percent, allocation }, k) => {
      return `${k === 0 ? 'M' : 'L'}${x(percent).toFixed(1)} ${y(allocation).toFixed(1)}`;
    });
    parts.push(`<path d="${line.join('')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    const at = LEFT + i * ((WIDTH - LEFT - RIGHT) / curves.length);
    parts.push(`<path d="M${at.toFixed(1)} 31h14" stroke="${colour}" stroke-width="3"/>`);
    parts.push(text([at + 18, 35], policy));
  }
  const style = 'text{font:12px system-ui,sans-serif;fill:#222}@media(prefers-color-scheme:dark){text{fill:#ddd}}';
  const size = `viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><style>${style}</style>\n${parts.join('\n')}\n</svg>\n`;
}
