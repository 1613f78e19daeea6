/** Line charts: hover, zoom that all of them share, and a legend whose entries hide and show their lines. */
export const CHART_SCRIPT = String.raw`
let drawn = [];
const hidden = new Set();
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 432000, 864000];
const COLORS = ['blue', 'orange', 'green', 'purple', 'red', 'sky', 'soft', 'ink'];

const bands = {
  hooks: {
    drawClear: (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      for (const { from, to, open } of data.faults) {
        const x0 = Math.max(bbox.left, u.valToPos(from, 'x', true));
        const x1 = Math.min(bbox.left + bbox.width, u.valToPos(to, 'x', true));
        if (x1 < bbox.left || x0 > bbox.left + bbox.width) continue;
        ctx.fillStyle = open ? css('red') : css('band');
        ctx.fillRect(x0, bbox.top, open ? devicePixelRatio : Math.max(2, x1 - x0), bbox.height);
      }
      ctx.restore();
    },
  },
};

// What a screen reader says of a chart.
function described(names, format) {
  return names.map(({ label, values }) => {
    const known = values.filter((value) => value !== null && value !== undefined);
    if (known.length === 0) return label + ': nothing';
    let low = known[0], high = known[0];
    for (const value of known) { low = Math.min(low, value); high = Math.max(high, value); }
    return label + ': from ' + format(low) + ' to ' + format(high) + ', ' + format(known[known.length - 1]) + ' at the end';
  }).join('; ');
}

function legendOf(id, names, format, xs, xLabel, plotOf) {
  const legend = byId(id).nextElementSibling;
  const at = make('span', { className: 'at' });
  const entries = names.map(({ label, color, values }, i) => {
    const key = id + '/' + label;
    const value = make('b');
    const swatch = make('i');
    swatch.style.background = css(color);
    const button = make('button', { type: 'button', className: 'key', 'aria-pressed': String(!hidden.has(key)) }, [swatch, label, ' ', value]);
    button.onclick = () => {
      if (hidden.has(key)) hidden.delete(key);
      else hidden.add(key);
      button.setAttribute('aria-pressed', String(!hidden.has(key)));
      plotOf().setSeries(i + 1, { show: !hidden.has(key) });
    };
    return { button, value, values };
  });
  legend.replaceChildren(at, ...entries.map(({ button }) => button));
  return (index) => {
    const none = index === null || index === undefined;
    at.textContent = none ? '' : xLabel(xs[index]);
    for (const { value, values } of entries) value.textContent = none ? '' : format(values[index]);
  };
}

function lines(id, names, format, options = {}) {
  const holder = byId(id);
  if (!holder) return;
  const xs = options.x || options.time || data.time;
  let plot;
  const show = legendOf(id, names, format, xs, options.xLabel || clock, () => plot);
  holder.setAttribute('role', 'img');
  holder.setAttribute('aria-label', described(names, format));
  const axis = { stroke: css('soft'), grid: { stroke: css('grid'), width: 1 }, ticks: { stroke: css('grid'), width: 1 }, font: '12px system-ui, sans-serif' };
  const timed = options.x === undefined;
  plot = new uPlot({
    width: holder.clientWidth, height: options.height || 250,
    scales: {
      x: { time: false, distr: options.log ? 3 : 1, ...(timed ? { min: range.from, max: range.to, auto: false } : {}) },
      y: { range: options.range || ((u, min, max) => [0, Math.max(1e-9, max * 1.06)]) },
    },
    cursor: { points: { size: 7 }, drag: { x: !options.log, y: false, setScale: !timed }, ...(timed ? { sync: { key: 'time' } } : {}) },
    legend: { show: false },
    padding: [null, 26, null, null],
    series: [{}, ...names.map(({ label, color, dash, stepped, width }) => ({
      stroke: css(color), width: width || 1.6, dash, points: { show: false }, spanGaps: true, show: !hidden.has(id + '/' + label),
      paths: stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
    }))],
    axes: [
      options.log
        ? { ...axis, size: 34, values: (u, splits) => splits.map((v) => (v !== null && Math.abs(Math.log10(v) % 1) < 1e-9 ? span(v) : '')) }
        : { ...axis, size: 34, incrs: STEPS, space: 78, values: (u, splits) => splits.map(clock) },
      { ...axis, size: 58, values: (u, splits) => splits.map(options.tick || count) },
    ],
    plugins: options.plain ? [] : [bands],
    hooks: {
      setCursor: [(u) => show(u.cursor.idx)],
      setSelect: timed ? [(u) => {
        const { left, width } = u.select;
        if (width < 3) return;
        u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        look(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
      }] : [],
    },
  }, [xs, ...names.map(({ values }) => values)], holder);
  show(null);
  if (timed) holder.ondblclick = () => look(everything.from, everything.to);
  drawn.push({ plot, holder, timed });
}

onRange(() => {
  for (const { plot, timed } of drawn) if (timed) plot.setScale('x', { min: range.from, max: range.to });
});

function latencies() {
  const all = data.latencies.filter(({ seconds }) => seconds.length > 0);
  if (all.length === 0) return;
  const xs = [...new Set(all.flatMap(({ seconds }) => seconds.map((s) => Math.max(s, 0.001))))].sort((a, b) => a - b);
  const names = all.map(({ label, seconds, shares }, i) => {
    let at = -1;
    const values = xs.map((x) => {
      while (at + 1 < seconds.length && Math.max(seconds[at + 1], 0.001) <= x) at++;
      return at < 0 ? 0 : shares[at];
    });
    return { label, values, color: COLORS[i % COLORS.length], stepped: true };
  });
  lines('latency', names, percent, { x: xs, xLabel: span, log: xs.length > 1, plain: true, range: [0, 1.02], tick: whole });
}

function drawCharts() {
  for (const { plot } of drawn) plot.destroy();
  drawn = [];
  const s = data.series;
  lines('pods', [
    { label: 'running', values: s.pods_running, color: 'blue' },
    { label: 'ready', values: s.pods_ready, color: 'green', dash: [5, 4] },
    { label: 'pending', values: s.pods_pending, color: 'orange' },
  ], count, { height: 280 });
  const use = [
    { label: 'CPU', values: s.cpu_requested_ratio, color: 'blue' },
    { label: 'memory', values: s.memory_requested_ratio, color: 'green' },
  ];
  if (data.hasGpu) use.push({ label: 'GPU', values: s.gpu_requested_ratio, color: 'purple' });
  use.push({ label: 'stranded free CPU', values: s.cpu_fragmentation_ratio, color: 'orange', dash: [4, 4] });
  lines('use', use, percent, { tick: whole, range: (u, min, max) => [0, Math.max(0.05, Math.min(1.02, max * 1.08))] });
  lines('nodes', [{ label: 'Ready nodes', values: s.nodes_ready, color: 'green', stepped: true }], count);
  lines('queue', [
    { label: 'active', values: s.scheduler_active, color: 'blue' },
    { label: 'back-off', values: s.scheduler_backoff, color: 'orange' },
    { label: 'unschedulable', values: s.scheduler_unschedulable, color: 'red' },
  ], count);
  const series = (prefix, names) => names.map((name, i) => ({
    label: name, values: s[prefix + name], color: COLORS[i % COLORS.length], dash: i < COLORS.length ? undefined : [5, 4],
  }));
  lines('api', series('verb:', data.verbs), count);
  if (data.controllers.length > 0) lines('controllers', series('keys:', data.controllers), count);
  if (data.nodeGroups.length > 0) lines('instances', series('instances:', data.nodeGroups), count);
  drawTraffic();
  latencies();
}

const fitted = new ResizeObserver(() => {
  for (const { plot, holder } of drawn) {
    if (plot.width !== holder.clientWidth) plot.setSize({ width: holder.clientWidth, height: plot.height });
  }
});
fitted.observe(document.querySelector('main'));
`;
