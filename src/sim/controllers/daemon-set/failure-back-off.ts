import type { Saveable } from '../../kernel/saveable.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';

/** Wait between two replacements of failed pods of one node. Source: daemon/daemon_controller.go, failedPodsBackoff. */
const FIRST: Micros = SECOND;
const LONGEST: Micros = 15 * 60 * SECOND;

interface Entry {
  readonly wait: Micros;
  readonly last: Micros;
}

/** client-go's flowcontrol.Backoff: a wait that doubles with each use and is forgotten after twice the longest. */
export class FailureBackOff implements Saveable {
  #entries = new Map<string, Entry>();

  /**
   * After how long the key is to be looked at again; 0 where it may go now, which then counts as a use. It is the whole
   * wait, not what is left of it. Source: daemon/daemon_controller.go podsShouldBeOnNode (failedPodsBackoff.Get).
   */
  use(key: string, now: Micros): Micros {
    const entry = this.#entries.get(key);
    if (entry !== undefined && now - entry.last < entry.wait) return entry.wait;
    const forgotten = entry === undefined || now - entry.last > 2 * LONGEST;
    this.#entries.set(key, { wait: forgotten ? FIRST : Math.min(2 * entry.wait, LONGEST), last: now });
    return 0;
  }

  save(): readonly [string, Entry][] {
    return [...this.#entries];
  }

  restore(saved: unknown): void {
    this.#entries = new Map(saved as readonly [string, Entry][]);
  }
}
