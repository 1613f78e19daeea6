/** What happens on Ctrl-C (and on SIGTERM): the first one asks the run to stop, the second one ends the process. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Ctrl-C means what it meant before. */
  end(): void;
}

export const INTERRUPTED = 130;

export function watchForInterruption(): Interruption {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    end: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
