import { THEME_SCRIPT } from '../../reporting/report/script/theme-script.ts';

/** Custom properties of the style that tell variants apart; the last is much like the first, which is the baseline's. */
export const VARIANT_COLORS = ['--blue', '--orange', '--green', '--purple', '--red', '--ink', '--soft', '--sky'];

/** What runs in the page of a comparison: variants hidden and shown, and a scatter of two metrics with zoom and hover. */
export const COMPARISON_SCRIPT = String.raw`(() => {
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';
const COLORS = ${JSON.stringify(VARIANT_COLORS)};
const hidden = new Set();
let zoom = null;

function shape(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
const short = (n) => (n === 0 ? '0' : Math.abs(n) >= 1e6 || Math.abs(n) < 1e-4 ? n.toExponential(2) : String(Number(n.toPrecision(4))));

function extent(values) {
  let low = Math.min(...values), high = Math.max(...values);
  const space = (high - low) * 0.08 || Math.abs(high) * 0.08 || 1;
  return [low - space, high + space];
}

// A step of 1, 2 or 5 times a power of ten that gives some five ticks.
function ticks([low, high]) {
  const raw = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw);
  const all = [];
  for (let t = Math.ceil(low / step) * step; t <= high; t += step) all.push(Math.abs(t) < step / 1e6 ? 0 : t);
  return all;
}

const W = 720, H = 400, L = 70, R = 20, T = 14, B = 46;

function scatter() {
  const svg = byId('scatter');
  if (!svg) return;
  const [x, y] = [byId('scatter-x').value, byId('scatter-y').value];
  const points = data.runs
    .filter(({ variant }) => !hidden.has(variant))
    .map(({ variant, seed, metrics }) => ({ variant, seed, x: metrics[x], y: metrics[y] }))
    .filter((point) => typeof point.x === 'number' && typeof point.y === 'number');
  svg.replaceChildren();
  if (points.length === 0) return;
  const ends = zoom || { x: extent(points.map((p) => p.x)), y: extent(points.map((p) => p.y)) };
  const px = (value) => L + ((value - ends.x[0]) / (ends.x[1] - ends.x[0])) * (W - L - R);
  const py = (value) => H - B - ((value - ends.y[0]) / (ends.y[1] - ends.y[0])) * (H - T - B);
  for (const t of ticks(ends.x)) {
    svg.append(shape('path', { d: 'M' + px(t) + ' ' + T + 'V' + (H - B), stroke: 'var(--grid)' }));
    svg.append(shape('text', { x: px(t), y: H - B + 18, 'text-anchor': 'middle', class: 'soft' }, short(t)));
  }
  for (const t of ticks(ends.y)) {
    svg.append(shape('path', { d: 'M' + L + ' ' + py(t) + 'H' + (W - R), stroke: 'var(--grid)' }));
    svg.append(shape('text', { x: L - 8, y: py(t) + 4, 'text-anchor': 'end', class: 'soft' }, short(t)));
  }
  svg.append(shape('text', { x: (L + W - R) / 2, y: H - 8, 'text-anchor': 'middle' }, x));
  svg.append(shape('text', { x: 14, y: (T + H - B) / 2, 'text-anchor': 'middle', transform: 'rotate(-90 14 ' + (T + H - B) / 2 + ')' }, y));
  const clip = shape('svg', { x: L, y: T, width: W - L - R, height: H - T - B, viewBox: [L, T, W - L - R, H - T - B].join(' ') });
  svg.append(clip);
  const means = [];
  data.variants.forEach(({ letter, settings, front }, i) => {
    const own = points.filter(({ variant }) => variant === letter);
    if (own.length === 0) return;
    const color = 'var(' + COLORS[i % COLORS.length] + ')';
    for (const point of own) {
      const dot = shape('circle', { cx: px(point.x), cy: py(point.y), r: 3.5, fill: color, 'fill-opacity': 0.3 });
      dot.append(shape('title', {}, letter + ', seed ' + point.seed + ': ' + x + ' ' + short(point.x) + ', ' + y + ' ' + short(point.y)));
      clip.append(dot);
    }
    const mean = { x: own.reduce((s, p) => s + p.x, 0) / own.length, y: own.reduce((s, p) => s + p.y, 0) / own.length };
    means.push({ ...mean, letter, settings, front, color });
  });
  const front = means.filter((mean) => mean.front).sort((a, b) => a.x - b.x);
  if (front.length > 1) clip.append(shape('path', { d: front.map((m, i) => (i ? 'L' : 'M') + px(m.x) + ' ' + py(m.y)).join(''), fill: 'none', stroke: 'var(--soft)', 'stroke-dasharray': '5 4' }));
  for (const { letter, settings, x: mx, y: my, color, front: on } of means) {
    const mark = shape('g', {});
    mark.append(shape('circle', { cx: px(mx), cy: py(my), r: 7, fill: color, stroke: on ? 'var(--ink)' : 'var(--card)', 'stroke-width': 2 }));
    mark.append(shape('text', { x: px(mx) + 11, y: py(my) + 4, 'font-weight': 600 }, letter));
    mark.append(shape('title', {}, letter + ' (' + settings + '): ' + x + ' ' + short(mx) + ', ' + y + ' ' + short(my) + ' on the mean' + (on ? ', on the Pareto front' : '')));
    clip.append(mark);
  }
  svg.setAttribute('aria-label', 'Means: ' + means.map((m) => m.letter + ' ' + short(m.x) + ', ' + short(m.y)).join('; '));
  svg.ends = ends;
}

function zoomWith(svg) {
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const share = (value, from, to) => Math.max(0, Math.min(1, (value - from) / (to - from)));
    const { x, y } = svg.ends;
    return [
      x[0] + share(((event.clientX - box.left) / box.width) * W, L, W - R) * (x[1] - x[0]),
      y[0] + share(((event.clientY - box.top) / box.height) * H, H - B, T) * (y[1] - y[0]),
    ];
  };
  let from = null;
  svg.onpointerdown = (event) => { from = [at(event), event.clientX]; };
  svg.onpointerup = (event) => {
    if (from === null || Math.abs(event.clientX - from[1]) < 8) { from = null; return; }
    const [[x0, y0]] = from;
    const [x1, y1] = at(event);
    from = null;
    if (x0 === x1 || y0 === y1) return;
    zoom = { x: [Math.min(x0, x1), Math.max(x0, x1)], y: [Math.min(y0, y1), Math.max(y0, y1)] };
    scatter();
  };
  svg.ondblclick = () => { zoom = null; scatter(); };
}

if (byId('scatter')) {
  for (const id of ['scatter-x', 'scatter-y']) byId(id).onchange = () => { zoom = null; scatter(); };
  byId('scatter-all').onclick = () => { zoom = null; scatter(); };
  zoomWith(byId('scatter'));
}
for (const button of document.querySelectorAll('button.variant')) {
  button.onclick = () => {
    const { letter } = button.dataset;
    if (hidden.has(letter)) hidden.delete(letter);
    else hidden.add(letter);
    button.setAttribute('aria-pressed', String(!hidden.has(letter)));
    for (const part of document.querySelectorAll('[data-variant="' + letter + '"]')) part.style.display = hidden.has(letter) ? 'none' : '';
    scatter();
  };
}
${THEME_SCRIPT}
followTheme(scatter);
})();
`;
