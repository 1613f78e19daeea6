/** Lives of pods as bars over time (a Gantt chart), with a search; a page of rows at a time, which any screen reader reads. */
export const POD_CHART_SCRIPT = String.raw`
const ROWS = 30;
const STAGES = [
  { key: 'waiting', label: 'waiting for a node' },
  { key: 'starting', label: 'starting' },
  { key: 'running', label: 'running' },
  { key: 'ready', label: 'ready' },
  { key: 'ending', label: 'terminating' },
];
const rows = { found: [], page: 0 };

function podAt(i) {
  const p = data.pods;
  const { namespace, owner, prefix } = p.owners[p.owner[i]];
  const name = p.name[i].startsWith('=') ? p.name[i].slice(1) : prefix + p.name[i];
  const [phase, reason] = p.states[p.state[i]];
  const at = (column) => (p[column][i] < 0 ? undefined : (p.created[i] + p[column][i]) / 1000);
  return {
    name, namespace, owner, phase, reason, node: p.node[i] < 0 ? '' : data.nodeMap.nodes[p.node[i]],
    created: p.created[i] / 1000, scheduled: at('scheduled'), running: at('running'), ready: at('ready'),
    deleting: at('deleting'), ended: at('ended'), attempts: p.attempts[i], restarts: p.restarts[i],
  };
}

let texts;
function searchPods() {
  texts = texts || data.pods.name.map((_, i) => {
    const pod = podAt(i);
    return [pod.namespace + '/' + pod.name, pod.node, pod.owner, pod.phase, pod.reason].join(' ').toLowerCase();
  });
  const words = byId('pod-search').value.toLowerCase().split(/\s+/).filter((word) => word !== '');
  rows.found = texts.flatMap((text, i) => (words.every((word) => text.includes(word)) ? [i] : []));
  const order = byId('pod-order').value;
  const wait = (i) => (data.pods.scheduled[i] < 0 ? (everything.to * 1000 - data.pods.created[i]) : data.pods.scheduled[i]);
  if (order === 'waited') rows.found.sort((a, b) => wait(b) - wait(a) || a - b);
  if (order === 'node') rows.found.sort((a, b) => data.pods.node[a] - data.pods.node[b] || a - b);
  rows.page = 0;
  drawPods();
}

// The stretches of a pod's life, each [stage, from, to].
function stretches(pod) {
  const stop = pod.ended === undefined ? everything.to : pod.ended;
  const marks = [['waiting', pod.created], ['starting', pod.scheduled], ['running', pod.running], ['ready', pod.ready], ['ending', pod.deleting]]
    .filter(([, at]) => at !== undefined && at <= stop);
  return marks.map(([stage, from], k) => [stage, from, k + 1 < marks.length ? marks[k + 1][1] : stop]);
}

function podWords(pod) {
  const parts = stretches(pod).map(([stage, from, to]) => STAGES.find(({ key }) => key === stage).label + ' ' + span(to - from));
  return 'created at ' + clock(pod.created) + ', ' + parts.join(', ') + (pod.reason === '' ? '' : ', ' + pod.reason);
}

function podRow(i) {
  const pod = podAt(i);
  const width = range.to - range.from;
  const bars = stretches(pod).flatMap(([stage, from, to]) => {
    const left = (Math.max(from, range.from) - range.from) / width;
    const right = (Math.min(to, range.to) - range.from) / width;
    if (right < 0 || left > 1 || right < left) return [];
    const bar = make('span', { className: 'bar ' + stage });
    bar.style.left = (100 * left).toFixed(3) + '%';
    bar.style.width = 'max(2px, ' + (100 * (right - left)).toFixed(3) + '%)';
    return [bar];
  });
  const lane = make('div', { className: 'lane', role: 'img', title: podWords(pod), 'aria-label': podWords(pod) }, bars);
  const more = [pod.node || 'no node', pod.phase + (pod.reason && pod.reason !== pod.phase ? ' (' + pod.reason + ')' : '')];
  if (pod.attempts > 1) more.push(pod.attempts + ' attempts');
  if (pod.restarts > 0) more.push(pod.restarts + ' restarts');
  return make('tr', {}, [
    make('th', { scope: 'row' }, [make('div', {}, [pod.namespace + '/' + pod.name]), make('small', {}, [more.join(' · ')])]),
    make('td', {}, [lane]),
  ]);
}

function drawPods() {
  const body = byId('pod-rows');
  const pages = Math.max(1, Math.ceil(rows.found.length / ROWS));
  rows.page = Math.max(0, Math.min(rows.page, pages - 1));
  const shown = rows.found.slice(rows.page * ROWS, (rows.page + 1) * ROWS);
  body.replaceChildren(...shown.map(podRow));
  byId('pod-count').textContent = count(rows.found.length) + ' pods' + (pages > 1 ? ', page ' + (rows.page + 1) + ' of ' + count(pages) : '');
  byId('pod-before').disabled = rows.page === 0;
  byId('pod-after').disabled = rows.page === pages - 1;
  byId('pod-axis').replaceChildren(...[0, 0.25, 0.5, 0.75, 1].map((share) => {
    const tick = make('span', { className: 'tick' }, [clock(range.from + share * (range.to - range.from))]);
    tick.style.left = 100 * share + '%';
    if (share > 0) tick.style.transform = 'translateX(-' + (share < 1 ? 50 : 100) + '%)';
    return tick;
  }));
}

byId('pod-keys').replaceChildren(...STAGES.map(({ key, label }) => make('span', {}, [make('i', { className: 'bar ' + key }), label])));
byId('pod-search').oninput = searchPods;
byId('pod-order').onchange = searchPods;
byId('pod-before').onclick = () => { rows.page--; drawPods(); };
byId('pod-after').onclick = () => { rows.page++; drawPods(); };
searchPods();
`;
