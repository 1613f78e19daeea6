import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { ExtenderAnswer } from '../sim/scheduler/extenders.ts';

/** What the thread that waits hands over. */
export interface WorkerInput {
  /** Set to 1, and woken, when there is an answer on the port. */
  readonly signal: Int32Array;
  readonly port: MessagePort;
}

/** A POST to make. */
export interface HttpPost {
  readonly url: string;
  readonly body: string;
  readonly timeoutMilliseconds: number;
  readonly tls: {
    readonly rejectUnauthorized: boolean;
    readonly servername?: string;
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
}

/** Source: `http.Client.Timeout` of Go's net/http. */
const TIMED_OUT = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

/** Makes HTTP calls on a thread of its own, for a thread that waits for each. */
function serve({ signal, port }: WorkerInput): void {
  port.on('message', (post: HttpPost) => {
    void answerTo(post).then((answer) => {
      port.postMessage(answer);
      Atomics.store(signal, 0, 1);
      Atomics.notify(signal, 0);
    });
  });
}

function answerTo({ url, body, timeoutMilliseconds, tls }: HttpPost): Promise<ExtenderAnswer> {
  return new Promise((resolve) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const options = { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMilliseconds) };
    const failed = (error: Error): void => {
      const timedOut = error.name === 'AbortError' || error.name === 'TimeoutError';
      resolve(timedOut ? { error: TIMED_OUT, timedOut } : { error: error.message });
    };
    const isSecure = url.startsWith('https:');
    const request = isSecure ? requestHttps(url, { ...options, ...tls }) : requestHttp(url, options);
    request.on('error', failed);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', failed);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
    });
    request.end(body);
  });
}

serve(workerData as WorkerInput);
