/** Numbers and times as people read them, and the stretch of time that all parts of the page look at. */
export const COMMON_SCRIPT = String.raw`
const data = JSON.parse(document.getElementById('data').textContent);
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const css = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();

function make(tag, properties, children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key.startsWith('aria-') || key === 'role') element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...(children || []));
  return element;
}

const span = (seconds) => {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 1) return (seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0) + ' ms';
  if (seconds < 120) return seconds.toFixed(seconds < 10 ? 2 : 1) + ' s';
  if (seconds < 7200) return (seconds / 60).toFixed(1) + ' min';
  return (seconds / 3600).toFixed(1) + ' h';
};
const end = data.time.length ? data.time[data.time.length - 1] : 0;
const two = (n) => String(n).padStart(2, '0');
const clock = (seconds) => {
  const s = Math.round(seconds);
  const text = two(end > 86400 ? Math.floor(s / 3600) % 24 : Math.floor(s / 3600)) + ':' + two(Math.floor(s / 60) % 60);
  if (range.to - range.from <= 7200) return (end > 86400 ? 'd' + Math.floor(s / 86400) + ' ' : '') + text + ':' + two(s % 60);
  return end > 86400 ? 'd' + Math.floor(s / 86400) + ' ' + text : text;
};
const count = (n) => (n === null || n === undefined ? '–' : n.toLocaleString('en-US', { maximumFractionDigits: 1 }));
const whole = (n) => (n === null ? '' : Math.round(100 * n) + ' %');
const percent = (n) => (n === null || n === undefined ? '–' : (100 * n).toFixed(1) + ' %');

// The stretch of time that is looked at.
const range = { from: data.time.length ? Math.min(0, data.time[0]) : 0, to: Math.max(end, 1) };
const everything = { ...range };
const rangeListeners = [];
const onRange = (listener) => rangeListeners.push(listener);
function look(from, to) {
  const least = Math.max((everything.to - everything.from) / 5000, 1e-3);
  let width = Math.max(least, Math.min(to - from, everything.to - everything.from));
  range.from = Math.max(everything.from, Math.min(from, everything.to - width));
  range.to = range.from + width;
  byId('range').textContent = clock(range.from) + ' to ' + clock(range.to);
  for (const listener of rangeListeners) listener();
}
function lookCloser(factor) {
  const middle = (range.from + range.to) / 2;
  const half = ((range.to - range.from) * factor) / 2;
  look(middle - half, middle + half);
}
function lookAside(share) {
  const by = (range.to - range.from) * share;
  look(range.from + by, range.to + by);
}
byId('zoom-in').onclick = () => lookCloser(0.5);
byId('zoom-out').onclick = () => lookCloser(2);
byId('zoom-left').onclick = () => lookAside(-0.25);
byId('zoom-right').onclick = () => lookAside(0.25);
byId('zoom-all').onclick = () => look(everything.from, everything.to);
byId('range').textContent = clock(range.from) + ' to ' + clock(range.to);
`;
