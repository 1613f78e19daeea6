import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { programFile } from '../program-file.ts';
import type { ExtenderAnswer, ExtenderCall, ExtenderTransport } from '../sim/scheduler/extenders.ts';
import type { HttpPost } from './http-worker.ts';

/** How an extender is reached, by its place in the configuration. */
export interface HttpTarget {
  readonly timeoutMilliseconds: number;
  readonly tls: HttpPost['tls'];
}

/** How much longer than an extender's own time limit its answer is waited for: the other thread counts that. */
const GRACE_MILLISECONDS = 5000;

/**
 * Calls extenders over HTTP, and waits for each answer: the simulation is one synchronous step after the other. Another
 * thread makes the calls; this one sleeps meanwhile. The thread is started with the first call, and keeps no process alive.
 */
export function httpTransport(targets: readonly HttpTarget[]): ExtenderTransport {
  let thread: { readonly signal: Int32Array; readonly port: MessagePort } | undefined;
  return ({ extender, url, body }: ExtenderCall): ExtenderAnswer => {
    thread ??= startThread();
    const { signal, port } = thread;
    const { timeoutMilliseconds, tls } = targets[extender] as HttpTarget;
    Atomics.store(signal, 0, 0);
    port.postMessage({ url, body, timeoutMilliseconds, tls } satisfies HttpPost);
    Atomics.wait(signal, 0, 0, timeoutMilliseconds + GRACE_MILLISECONDS);
    const received = receiveMessageOnPort(port);
    return received === undefined
      ? { error: 'no answer from the thread that makes the calls', timedOut: true }
      : (received.message as ExtenderAnswer);
  };
}

function startThread(): { readonly signal: Int32Array; readonly port: MessagePort } {
  const { port1: port, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  // A new thread has to be told how to read what stands in the source tree.
  const file = programFile('extenders/http-worker');
  const fromSource = `import('tsx/esm/api').then(({ register }) => { register(); return import('${file.href}'); })`;
  const worker = new Worker(file.pathname.endsWith('.ts') ? fromSource : file, {
    workerData: { signal, port: port2 },
    transferList: [port2],
    eval: file.pathname.endsWith('.ts'),
  });
  worker.unref();
  return { signal, port };
}
