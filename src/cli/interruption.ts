/**
 * What happens on Ctrl-C (and on SIGTERM): the first one asks the run to stop, the second one ends the process as the
 * system does. (To exit in Node's way while threads are loading may abort instead: Node 20.)
 */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Ctrl-C means what it meant before. */
  end(): void;
}

export const INTERRUPTED = 130;

export function watchForInterruption(): Interruption {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const end = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      end();
      process.kill(process.pid, signal);
    }
    controller.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return { signal: controller.signal, end };
}
