/** What runs in the report's page: draws the charts from the embedded data, with uPlot. Plain script of the browser. */
export const REPORT_SCRIPT = String.raw`
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  const media = matchMedia('(prefers-color-scheme: dark)');
  const css = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();
  let drawn = [];

  const span = (seconds) => {
    if (seconds === null || seconds === undefined) return '–';
    if (seconds < 1) return (seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0) + ' ms';
    if (seconds < 120) return seconds.toFixed(seconds < 10 ? 2 : 1) + ' s';
    if (seconds < 7200) return (seconds / 60).toFixed(1) + ' min';
    return (seconds / 3600).toFixed(1) + ' h';
  };
  const last = data.time.length ? data.time[data.time.length - 1] : 0;
  const clock = (seconds) => {
    const s = Math.round(seconds);
    const two = (n) => String(n).padStart(2, '0');
    const day = Math.floor(s / 86400);
    const text = two(Math.floor(s / 3600) % 24) + ':' + two(Math.floor(s / 60) % 60);
    if (last <= 7200) return text + ':' + two(s % 60);
    return last > 86400 ? 'd' + day + ' ' + text : text;
  };
  const count = (n) => (n === null ? '–' : n.toLocaleString('en-US', { maximumFractionDigits: 1 }));
  const whole = (n) => (n === null ? '' : Math.round(100 * n) + ' %');
  const percent = (n) => (n === null ? '–' : (100 * n).toFixed(1) + ' %');

  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 432000, 864000];

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

  function lines(id, names, format, options = {}) {
    const holder = document.getElementById(id);
    if (!holder) return;
    const legend = holder.nextElementSibling;
    const xs = options.x || data.time;
    const ys = names.map(({ values }) => values);
    const show = (index) => {
      const at = index === null || index === undefined ? '' : '<span>' + (options.xLabel || clock)(xs[index]) + '</span>';
      legend.innerHTML = at + names.map(({ label, color }, i) => {
        const value = index === null || index === undefined ? '' : ' <b>' + format(ys[i][index]) + '</b>';
        return '<span><i style="background:' + css(color) + '"></i>' + label + value + '</span>';
      }).join('');
    };
    const axis = { stroke: css('soft'), grid: { stroke: css('grid'), width: 1 }, ticks: { stroke: css('grid'), width: 1 }, font: '12px system-ui, sans-serif' };
    const plot = new uPlot({
      width: holder.clientWidth, height: options.height || 250,
      scales: { x: { time: false, distr: options.log ? 3 : 1 }, y: { range: options.range || ((u, min, max) => [0, Math.max(1e-9, max * 1.06)]) } },
      cursor: { points: { size: 7 }, drag: { x: !options.log, y: false } },
      legend: { show: false },
      series: [{}, ...names.map(({ color, dash, stepped, width }) => ({
        stroke: css(color), width: width || 1.6, dash, points: { show: false }, spanGaps: true,
        paths: stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
      }))],
      axes: [
        options.log
          ? { ...axis, size: 34, values: (u, splits) => splits.map((v) => (v !== null && Math.abs(Math.log10(v) % 1) < 1e-9 ? span(v) : '')) }
          : { ...axis, size: 34, incrs: STEPS, space: 78, values: (u, splits) => splits.map(clock) },
        { ...axis, size: 58, values: (u, splits) => splits.map(options.tick || count) },
      ],
      plugins: options.plain ? [] : [bands],
      hooks: { setCursor: [(u) => show(u.cursor.idx)] },
    }, [xs, ...ys], holder);
    show(null);
    drawn.push({ plot, holder });
  }

  function latencies() {
    const all = data.latencies.filter(({ seconds }) => seconds.length > 0);
    const holder = document.getElementById('latency');
    if (!holder || all.length === 0) return;
    const xs = [...new Set(all.flatMap(({ seconds }) => seconds.map((s) => Math.max(s, 0.001))))].sort((a, b) => a - b);
    const colors = ['blue', 'orange', 'green', 'purple'];
    const names = all.map(({ label, seconds, shares }, i) => {
      let at = -1;
      const values = xs.map((x) => {
        while (at + 1 < seconds.length && Math.max(seconds[at + 1], 0.001) <= x) at++;
        return at < 0 ? 0 : shares[at];
      });
      return { label, values, color: colors[i % colors.length], stepped: true };
    });
    lines('latency', names, percent, { x: xs, xLabel: span, log: xs.length > 1, plain: true, range: [0, 1.02], tick: whole });
  }

  const ramp = (share) => {
    // From the page's ground to deep blue, by way of a lighter one: brightness alone tells.
    const dark = root.dataset.theme === 'dark';
    const from = dark ? [38, 43, 49] : [237, 241, 244];
    const mid = dark ? [38, 104, 148] : [120, 178, 214];
    const to = dark ? [150, 214, 250] : [0, 62, 110];
    const [a, b, t] = share < 0.5 ? [from, mid, share * 2] : [mid, to, share * 2 - 1];
    return a.map((v, i) => Math.round(v + (b[i] - v) * t));
  };

  function heat() {
    const canvas = document.getElementById('heat');
    if (!canvas || data.heat.times.length === 0) return;
    const { times, nodes } = data.heat;
    const cells = Uint8Array.from(atob(data.heat.cells), (c) => c.charCodeAt(0));
    canvas.width = times.length;
    canvas.height = nodes.length;
    canvas.style.height = Math.max(90, Math.min(460, nodes.length * 7)) + 'px';
    const ctx = canvas.getContext('2d');
    const image = ctx.createImageData(times.length, nodes.length);
    const red = getComputedStyle(document.querySelector('.scale .box')).backgroundColor.match(/\d+/g).map(Number);
    for (let i = 0; i < cells.length; i++) {
      const [r, g, b] = cells[i] === 255 ? red : ramp(cells[i] / 250);
      image.data.set([r, g, b, 255], i * 4);
    }
    ctx.putImageData(image, 0, 0);
    const stops = [0, 0.25, 0.5, 0.75, 1].map((s) => 'rgb(' + ramp(s).join(',') + ')').join(',');
    document.querySelector('.scale .bar').style.background = 'linear-gradient(90deg,' + stops + ')';
    const note = document.getElementById('heat-note');
    canvas.onmousemove = (event) => {
      const box = canvas.getBoundingClientRect();
      const x = Math.min(times.length - 1, Math.floor(((event.clientX - box.left) / box.width) * times.length));
      const y = Math.min(nodes.length - 1, Math.floor(((event.clientY - box.top) / box.height) * nodes.length));
      const value = cells[y * times.length + x];
      note.textContent = nodes[y] + ' at ' + clock(times[x]) + ': ' + (value === 255 ? 'not Ready' : percent(value / 250) + ' of its cores requested');
    };
    canvas.onmouseleave = () => { note.textContent = ''; };
  }

  function draw() {
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
    lines('api', [{ label: 'requests/s', values: s.api_requests_per_second, color: 'blue' }], count);
    latencies();
    heat();
  }

  const button = document.getElementById('theme');
  const paint = (dark) => {
    root.dataset.theme = dark ? 'dark' : 'light';
    button.textContent = dark ? '☀ Light' : '☾ Dark';
    draw();
  };
  button.onclick = () => paint(root.dataset.theme !== 'dark');
  media.onchange = () => paint(media.matches);
  const fitted = new ResizeObserver(() => {
    for (const { plot, holder } of drawn) {
      if (plot.width !== holder.clientWidth) plot.setSize({ width: holder.clientWidth, height: plot.height });
    }
  });
  fitted.observe(document.querySelector('main'));
  paint(media.matches);
})();
`;
