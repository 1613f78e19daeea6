import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulate } from '../simulate.ts';
import type { RunRequest, RunResult } from '../simulate.ts';
import { wrapped } from '../reporting/wrapped-text.ts';
import type { Scenario } from '../workloads/scenario.ts';
import { compareFolders } from './compare-folders.ts';
import { INTERRUPTED, watchForInterruption } from './interruption.ts';
import { grouped, ProgressDisplay } from './progress-display.ts';
import { summaryText } from './summary-text.ts';

interface TerminalOptions {
  readonly quiet: boolean;
  /** Run a second time, elsewhere, and compare. */
  readonly twice: boolean;
}

/** Runs a scenario with progress on stderr and its summary on stdout; gives the exit code. */
export async function runInTerminal(
  scenario: Scenario,
  request: RunRequest & { readonly out: string },
  options: TerminalOptions,
): Promise<number> {
  const interruption = watchForInterruption();
  const display = options.quiet ? undefined : new ProgressDisplay(process.stderr);
  const run = async (out: string): Promise<RunResult> => {
    try {
      return await simulate(
        scenario,
        { ...request, out },
        { signal: interruption.signal, onProgress: (progress) => display?.show(progress), onWarning: warn },
      );
    } finally {
      display?.clear();
    }
  };
  // Warnings of the second run would be the first one's again.
  let warn: (text: string) => void = options.quiet
    ? () => undefined
    : (text) => console.error(wrapped(`warning: ${text}`));
  try {
    const first = await run(request.out);
    for (const refusal of first.refused) warn(`the API server refused a request ${refusal}`);
    if (!options.quiet) console.log(summaryText(first, request.out));
    if (first.partial) return endedEarly(first);
    if (!options.twice) return 0;
    warn = () => undefined;
    return await again(first, request.out, run, options.quiet);
  } finally {
    interruption.end();
  }
}

/** Who stopped a run knows it; that it does not fit into its limits is an answer, and the answer is no. */
function endedEarly({ endedBy }: RunResult): number {
  return endedBy === 'interruption' ? INTERRUPTED : 1;
}

/** The second run, and the comparison: 0 where all bytes are the same, 1 where not. */
async function again(
  first: RunResult,
  out: string,
  run: (out: string) => Promise<RunResult>,
  quiet: boolean,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-second-run-'));
  try {
    const second = await run(folder);
    if (second.partial) return endedEarly(second);
    const { files, bytes, differences } = compareFolders(out, folder, first.files);
    if (differences.length === 0) {
      if (!quiet) console.log(`deterministic: ${files} files, ${grouped(bytes)} bytes, the same in two runs`);
      return 0;
    }
    console.error(`not deterministic: ${differences.length} of ${files} files differ between two runs`);
    for (const difference of differences) console.error(`  ${difference}`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
