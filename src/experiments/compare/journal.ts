import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writingTo } from '../../reporting/output-folder.ts';
import { makeFolder } from '../../reporting/write-whole.ts';
import type { RunOutcome, RunTask } from '../run-task.ts';

/** A run that is done, as a line of the journal. */
export interface JournalEntry {
  /** What the run depends on, in a word. */
  readonly key: string;
  /** What the study calls it: `B-7`. */
  readonly run: string;
  readonly task: RunTask;
  readonly outcome: RunOutcome;
}

/** `runs.jsonl`, or `runs-3.jsonl` of a shard. */
const JOURNALS = /^runs(-\d+)?\.jsonl$/;

/** Runs that are done, each written down as soon as it is: what a study that was broken off goes on from. */
export class Journal {
  readonly #path: string;
  readonly #known = new Map<string, RunOutcome>();

  /** `resume` false forgets what an earlier study has written there; a shard has a file of its own, and forgets nothing. */
  constructor(folder: string, { resume, shard }: { readonly resume: boolean; readonly shard: number | undefined }) {
    makeFolder(folder);
    this.#path = join(folder, shard === undefined ? 'runs.jsonl' : `runs-${shard}.jsonl`);
    if (!resume) {
      const old = shard === undefined ? journalsIn(folder) : [this.#path];
      for (const path of old) rmSync(path, { force: true });
      return;
    }
    for (const { key, outcome } of readJournals(folder)) this.#known.set(key, outcome);
    // A last line that was never finished would swallow the next one.
    if (existsSync(this.#path) && !/(^|\n)$/.test(readFileSync(this.#path, 'utf8'))) appendFileSync(this.#path, '\n');
  }

  get(key: string): RunOutcome | undefined {
    return this.#known.get(key);
  }

  add(entry: JournalEntry): void {
    this.#known.set(entry.key, entry.outcome);
    writingTo(this.#path, () => appendFileSync(this.#path, `${JSON.stringify(entry)}\n`));
  }
}

/** Everything that the journals of a folder hold. */
export function readJournals(folder: string): readonly JournalEntry[] {
  const lines = journalsIn(folder).flatMap((path) => readFileSync(path, 'utf8').split('\n'));
  return lines.map(entryOf).filter((entry) => entry !== undefined);
}

function journalsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => JOURNALS.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** The last line may be half written: its run is done again. */
function entryOf(line: string): JournalEntry | undefined {
  try {
    const entry = JSON.parse(line) as JournalEntry;
    return typeof entry.key === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}
