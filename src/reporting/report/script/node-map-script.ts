/** The map of the cluster: nodes by zone at one time, and all of them over time. Both are coloured by one metric. */
export const NODE_MAP_SCRIPT = String.raw`
const FULL = 250, ABSENT = 254, NOT_READY = 255;
const WORDS = { cpu: 'of its cores requested', memory: 'of its memory requested', gpu: 'of its GPUs requested', pods: 'of the pods it may hold' };
const map = { metric: data.nodeMap.metrics[0], frame: data.nodeMap.times.length - 1, node: -1, cells: {}, places: [], size: 0, image: null };

// Cells of a metric, node by node: runs of a value and a length.
function cellsOf(metric) {
  if (map.cells[metric]) return map.cells[metric];
  const { times, nodes, cells } = data.nodeMap;
  const bytes = Uint8Array.from(atob(cells[metric]), (c) => c.charCodeAt(0));
  const all = new Uint8Array(times.length * nodes.length);
  let at = 0;
  for (let i = 0; i < bytes.length;) {
    const value = bytes[i++];
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[i++];
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    all.fill(value, at, at += length);
  }
  return (map.cells[metric] = all);
}

const ramp = (share) => {
  // From the page's ground to deep blue, by way of a lighter one: brightness alone tells.
  const dark = root.dataset.theme === 'dark';
  const from = dark ? [48, 54, 61] : [228, 233, 237];
  const mid = dark ? [38, 104, 148] : [120, 178, 214];
  const to = dark ? [150, 214, 250] : [0, 62, 110];
  const [a, b, t] = share < 0.5 ? [from, mid, share * 2] : [mid, to, share * 2 - 1];
  return a.map((v, i) => Math.round(v + (b[i] - v) * t));
};

function palette() {
  const red = getComputedStyle(document.querySelector('.scale .box')).backgroundColor.match(/\d+/g).map(Number);
  const colors = Array.from({ length: 256 }, (_, value) => ramp(Math.min(value, FULL) / FULL));
  colors[ABSENT] = null;
  colors[NOT_READY] = red;
  return colors;
}

function cellWords(node, frame) {
  const { nodes, times, zones, zoneOf } = data.nodeMap;
  const value = cellsOf(map.metric)[node * times.length + frame];
  const zone = zones[zoneOf[node]];
  const state = value === NOT_READY ? 'not Ready' : value === ABSENT ? 'not there' : percent(value / FULL) + ' ' + WORDS[map.metric];
  return nodes[node] + (zone === '' ? '' : ', zone ' + zone) + ', at ' + clock(times[frame]) + ': ' + state;
}

// Where each node stands: zone after zone, a band with a heading each.
function layOut(width) {
  const { nodes, zones, zoneOf } = data.nodeMap;
  const counts = zones.map((_, z) => zoneOf.filter((zone) => zone === z).length);
  const columns = width < 560 ? 1 : Math.min(zones.length, 3);
  const gap = 18, heading = 22;
  const inner = (width - gap * (columns - 1)) / columns;
  const most = Math.max(1, ...counts);
  let size = 26;
  while (size > 4 && Math.ceil(most / Math.floor(inner / size)) * size > 300) size--;
  const across = Math.max(1, Math.floor(inner / size));
  const tops = [], lefts = [];
  let top = 0, tallest = 0;
  counts.forEach((number, z) => {
    const column = z % columns;
    if (column === 0 && z > 0) { top += tallest + gap; tallest = 0; }
    tops.push(top);
    lefts.push(column * (inner + gap));
    tallest = Math.max(tallest, heading + Math.ceil(number / across) * size);
  });
  const filled = zones.map(() => 0);
  map.places = nodes.map((_, node) => {
    const z = zoneOf[node];
    const k = filled[z]++;
    return [lefts[z] + (k % across) * size, tops[z] + heading + Math.floor(k / across) * size];
  });
  map.size = size;
  return { height: top + tallest, headings: zones.map((zone, z) => ({ text: (zone === '' ? 'no zone' : 'zone ' + zone) + ' · ' + counts[z] + ' nodes', x: lefts[z], y: tops[z] + 14 })) };
}

function drawMap() {
  const canvas = byId('map');
  const { times, nodes } = data.nodeMap;
  const width = canvas.parentElement.clientWidth;
  const { height, headings } = layOut(width);
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = height + 'px';
  const ctx = canvas.getContext('2d');
  ctx.scale(scale, scale);
  ctx.font = '600 12.5px system-ui, sans-serif';
  ctx.fillStyle = css('soft');
  for (const { text, x, y } of headings) ctx.fillText(text, x, y);
  const colors = palette();
  const cells = cellsOf(map.metric);
  const box = map.size - (map.size > 7 ? 2 : 1);
  let notReady = 0;
  for (let node = 0; node < nodes.length; node++) {
    const value = cells[node * times.length + map.frame];
    if (value === NOT_READY) notReady++;
    const color = colors[value];
    const [x, y] = map.places[node];
    if (color === null) {
      ctx.strokeStyle = css('line');
      ctx.strokeRect(x + 0.5, y + 0.5, box - 1, box - 1);
      continue;
    }
    ctx.fillStyle = 'rgb(' + color.join(',') + ')';
    ctx.fillRect(x, y, box, box);
  }
  if (map.node >= 0) {
    const [x, y] = map.places[map.node];
    ctx.strokeStyle = css('ink');
    ctx.lineWidth = 2;
    ctx.strokeRect(x - 1, y - 1, box + 2, box + 2);
  }
  const slider = byId('map-time');
  slider.value = String(map.frame);
  slider.setAttribute('aria-valuetext', clock(times[map.frame]));
  byId('map-clock').textContent = clock(times[map.frame]);
  canvas.setAttribute('aria-label', 'Nodes by zone at ' + clock(times[map.frame]) + ': ' + nodes.length + ' nodes, ' + notReady + ' not Ready. Arrow keys go from node to node.');
}

function drawHeat() {
  const canvas = byId('heat');
  const { times, nodes } = data.nodeMap;
  const rows = Math.min(nodes.length, 400);
  canvas.width = times.length;
  canvas.height = rows;
  canvas.style.height = Math.max(70, Math.min(320, nodes.length * 6)) + 'px';
  const ctx = canvas.getContext('2d');
  const image = ctx.createImageData(times.length, rows);
  const colors = palette();
  const cells = cellsOf(map.metric);
  const ground = css('card') === '#fff' ? [255, 255, 255] : [28, 32, 36];
  for (let row = 0; row < rows; row++) {
    const node = Math.floor((row * nodes.length) / rows);
    for (let frame = 0; frame < times.length; frame++) {
      const [r, g, b] = colors[cells[node * times.length + frame]] || ground;
      image.data.set([r, g, b, 255], (row * times.length + frame) * 4);
    }
  }
  ctx.putImageData(image, 0, 0);
  canvas.onmousemove = (event) => {
    const box = canvas.getBoundingClientRect();
    const frame = Math.max(0, Math.min(times.length - 1, Math.floor(((event.clientX - box.left) / box.width) * times.length)));
    const row = Math.max(0, Math.min(rows - 1, Math.floor(((event.clientY - box.top) / box.height) * rows)));
    byId('map-note').textContent = cellWords(Math.floor((row * nodes.length) / rows), frame);
  };
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect();
    showFrame(Math.floor(((event.clientX - box.left) / box.width) * times.length));
  };
}

function showFrame(frame) {
  map.frame = Math.max(0, Math.min(data.nodeMap.times.length - 1, frame));
  drawMap();
  if (map.node >= 0) byId('map-note').textContent = cellWords(map.node, map.frame);
}

function chooseNode(node) {
  map.node = node;
  drawMap();
  if (node >= 0) byId('map-note').textContent = cellWords(node, map.frame);
}

function nodeAt(x, y) {
  return map.places.findIndex(([left, top]) => x >= left && x < left + map.size && y >= top && y < top + map.size);
}

function neighbour(key) {
  if (map.node < 0) return 0;
  const [x, y] = map.places[map.node];
  const aside = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const next = nodeAt(x + aside[0] * map.size + 1, y + aside[1] * map.size + 1);
  if (next >= 0) return next;
  // Across a gap: the nearest one that way.
  let best = map.node, distance = Infinity;
  map.places.forEach(([left, top], node) => {
    const ahead = (left - x) * aside[0] + (top - y) * aside[1];
    const beside = Math.abs((left - x) * aside[1]) + Math.abs((top - y) * aside[0]);
    if (ahead > 0 && ahead + 3 * beside < distance) { distance = ahead + 3 * beside; best = node; }
  });
  return best;
}

let playing = 0;
function play() {
  const button = byId('map-play');
  clearInterval(playing);
  if (playing) { playing = 0; button.textContent = '▶ Play'; return; }
  button.textContent = '❚❚ Pause';
  if (map.frame === data.nodeMap.times.length - 1) map.frame = -1;
  const step = Math.max(1, Math.ceil(data.nodeMap.times.length / 200));
  playing = setInterval(() => {
    showFrame(map.frame + step);
    if (map.frame === data.nodeMap.times.length - 1) play();
  }, 60);
}

function drawNodeMap() {
  if (data.nodeMap.nodes.length === 0 || data.nodeMap.times.length === 0) return;
  const stops = [0, 0.25, 0.5, 0.75, 1].map((s) => 'rgb(' + ramp(s).join(',') + ')').join(',');
  document.querySelector('.scale .bar').style.background = 'linear-gradient(90deg,' + stops + ')';
  byId('map-full').textContent = '100 % ' + WORDS[map.metric];
  drawMap();
  drawHeat();
}

if (data.nodeMap.nodes.length > 0 && data.nodeMap.times.length > 0) {
  const slider = byId('map-time');
  slider.max = String(data.nodeMap.times.length - 1);
  slider.oninput = () => showFrame(Number(slider.value));
  byId('map-metric').onchange = (event) => { map.metric = event.target.value; drawNodeMap(); };
  byId('map-play').onclick = play;
  const canvas = byId('map');
  canvas.onmousemove = (event) => {
    const box = canvas.getBoundingClientRect();
    const node = nodeAt(event.clientX - box.left, event.clientY - box.top);
    if (node >= 0) byId('map-note').textContent = cellWords(node, map.frame);
  };
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect();
    chooseNode(nodeAt(event.clientX - box.left, event.clientY - box.top));
    if (map.node >= 0) { byId('pod-search').value = data.nodeMap.nodes[map.node]; searchPods(); }
  };
  canvas.onkeydown = (event) => {
    if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
    chooseNode(neighbour(event.key));
  };
  new ResizeObserver(() => drawMap()).observe(canvas.parentElement);
}
`;
