import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunOutcome } from '../run-task.ts';

/** A run that is done, as a line of the journal. */
interface Entry {
  readonly key: string;
  readonly outcome: RunOutcome;
}

const FILE = 'runs.jsonl';

/** Runs that are done, each written down as soon as it is: what a comparison that was broken off goes on from. */
export class Journal {
  readonly #path: string;
  readonly #known = new Map<string, RunOutcome>();

  /** `resume` false forgets what an earlier comparison has written there. */
  constructor(folder: string, resume: boolean) {
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, FILE);
    if (!resume) rmSync(this.#path, { force: true });
    if (!existsSync(this.#path)) return;
    for (const line of readFileSync(this.#path, 'utf8').split('\n')) {
      const entry = entryOf(line);
      if (entry !== undefined) this.#known.set(entry.key, entry.outcome);
    }
  }

  get(key: string): RunOutcome | undefined {
    return this.#known.get(key);
  }

  add(key: string, outcome: RunOutcome): void {
    this.#known.set(key, outcome);
    appendFileSync(this.#path, `${JSON.stringify({ key, outcome } satisfies Entry)}\n`);
  }
}

/** The last line may be half written: its run is done again. */
function entryOf(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    return typeof entry.key === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}
