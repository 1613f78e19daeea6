import { KernelError } from './kernel-error.ts';
import type { Micros } from './time.ts';

/**
 * Looks at the simulation at given times without taking part in it: it enters no event, so measuring changes nothing.
 */
export interface ClockObserver {
  /** When it wants to look first. Read at `observe`, and again after the kernel was restored; not before the clock. */
  readonly next: Micros;
  /**
   * Called once for each due time, before the first event at or after it; the clock then stands at `time`. Must not
   * schedule or cancel anything. Returns its next due time, later than `time`; `Infinity` for never.
   */
  onTime(time: Micros): Micros;
}

interface Entry {
  readonly observer: ClockObserver;
  due: Micros;
}

/** The observers of one clock, called in the order of their due times and, at one time, of their registration. */
export class ClockObservers {
  #entries: readonly Entry[] = [];
  #stale = false;

  /** The earliest due time, `Infinity` when there is none. */
  due: Micros = Infinity;

  add(observer: ClockObserver, now: Micros): () => void {
    const entry = { observer, due: firstDue(observer, now) };
    this.#entries = [...this.#entries, entry];
    this.#updateDue();
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
      this.#updateDue();
    };
  }

  /** Calls those due at `due` and moves `due` on. */
  notify(): void {
    const time = this.due;
    for (const entry of this.#entries) {
      if (entry.due !== time) continue;
      entry.due = Infinity;
      const next = entry.observer.onTime(time);
      if (!(next > time)) {
        throw new KernelError('BAD_OBSERVER', `an observer called at ${time} µs asked to be called next at ${next} µs`);
      }
      entry.due = next;
    }
    this.#updateDue();
  }

  /** After the clock was set back: due times have to be asked for again. */
  markStale(): void {
    this.#stale = true;
  }

  /** Asks for due times again if the clock was set back since. Called when the loop starts, when all is restored. */
  refresh(now: Micros): void {
    if (!this.#stale) return;
    this.#stale = false;
    for (const entry of this.#entries) entry.due = firstDue(entry.observer, now);
    this.#updateDue();
  }

  #updateDue(): void {
    let due = Infinity;
    for (const entry of this.#entries) due = Math.min(due, entry.due);
    this.due = due;
  }
}

function firstDue(observer: ClockObserver, now: Micros): Micros {
  if (!(observer.next >= now)) {
    throw new KernelError(
      'BAD_OBSERVER',
      `an observer is due at ${observer.next} µs, before the clock (${now} µs); one that is restored must be restored before the loop goes on`,
    );
  }
  return observer.next;
}
