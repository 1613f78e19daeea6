import type { Comparison } from '../experiments/compare/compare.ts';
import type { StudyHooks } from '../experiments/study/run-study.ts';
import { watchForInterruption } from './interruption.ts';

/** Runs a study with its progress on stderr and what it came to on stdout. */
export async function runStudyInTerminal(
  quiet: boolean,
  run: (hooks: StudyHooks, onNotice: (text: string) => void) => Promise<Comparison>,
): Promise<Comparison> {
  const interruption = watchForInterruption();
  const live = !quiet && process.stderr.isTTY && (process.env['CI'] ?? '') === '';
  const clear = (): void => {
    if (live) process.stderr.write('\r\u001b[2K');
  };
  const onAbort = (): void => {
    if (quiet) return;
    clear();
    console.error(
      'note: the runs under way are finished; once more ends at once, and --resume goes on from what is done',
    );
  };
  interruption.signal.addEventListener('abort', onAbort, { once: true });
  const told = new Set<string>();
  try {
    const comparison = await run(
      {
        signal: interruption.signal,
        onProgress: (done, all) => {
          if (live) process.stderr.write(`\r\u001b[2K${done} of ${all} runs`);
        },
      },
      (text) => {
        if (quiet || told.has(text)) return;
        told.add(text);
        clear();
        console.error(`note: ${text}`);
      },
    );
    clear();
    if (!quiet) {
      const { comparisonText } = await import('./comparison-text.ts');
      console.log(comparisonText(comparison));
    }
    return comparison;
  } finally {
    interruption.end();
  }
}
