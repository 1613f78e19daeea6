// A scheduler extender as many have one beside their cluster: a licence server knows which racks a licensed program may run
// on, and which of them it would rather see used. Plain HTTP and JSON, as kube-scheduler calls it; it knows the nodes by
// their names (nodeCacheCapable).
//
//   node scenarios/extenders/licences.mjs
import { createServer } from 'node:http';

/** How much a licence is wanted in use, by the rack it is for. */
const LICENCES = new Map([
  ['rack-a', 10],
  ['rack-c', 4],
]);

/** @param {string} node */
const rackOf = (node) => node.slice(0, node.lastIndexOf('-'));

/** @type {Record<string, (licensed: boolean, nodes: string[]) => unknown>} */
const VERBS = {
  '/filter': (licensed, nodes) => {
    const free = nodes.filter((node) => !licensed || LICENCES.has(rackOf(node)));
    const others = nodes.filter((node) => !free.includes(node));
    return {
      NodeNames: free,
      FailedNodes: Object.fromEntries(others.map((node) => [node, 'no licence for this rack'])),
    };
  },
  '/prioritize': (licensed, nodes) =>
    nodes.map((node) => ({ Host: node, Score: licensed ? (LICENCES.get(rackOf(node)) ?? 0) : 0 })),
};

createServer((request, response) => {
  let text = '';
  request.on('data', (part) => (text += part));
  request.on('end', () => {
    const { Pod, NodeNames } = JSON.parse(text);
    const answer = VERBS[request.url ?? '']?.(Pod.metadata.labels?.['example.com/licensed'] === 'true', NodeNames);
    response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
}).listen(8888, '127.0.0.1', () => console.log('licences on http://127.0.0.1:8888'));
