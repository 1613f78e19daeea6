// A scheduler extender on the loopback, on a thread of its own: the thread that simulates waits for it.
import { createServer } from 'node:http';
import { parentPort } from 'node:worker_threads';

let calls = 0;

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    calls++;
    /** @type {{ NodeNames: string[] }} */
    const { NodeNames } = JSON.parse(Buffer.concat(parts).toString());
    /** @param {unknown} answer */
    const send = (answer, status = 200) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(answer));
    };
    switch (request.url) {
      // Every other node of those it is asked about: another answer each time, as it counts its calls.
      case '/turns/filter':
        return send({ NodeNames: NodeNames.filter((_name, index) => (index + calls) % 2 === 0) });
      case '/last/prioritize':
        return send(NodeNames.map((Host, index) => ({ Host, Score: index === NodeNames.length - 1 ? 10 : 0 })));
      case '/broken/filter':
        return send({}, 500);
      case '/silent/filter':
        return undefined;
      default:
        return send({}, 404);
    }
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === 'object' ? address?.port : 0);
});
