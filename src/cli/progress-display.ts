import type { Progress } from '../simulate.ts';
import { printDuration } from '../sim/durations.ts';

/** How often a terminal's line is written anew, and how far apart plain lines are, in milliseconds. */
const LIVE_EVERY = 100;
const PLAIN_EVERY = 10_000;

/** Where progress is shown. */
interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows how far a run is: one line that changes on a terminal, a plain line now and then in a pipe or in CI. */
export class ProgressDisplay {
  readonly #screen: Screen;
  readonly #live: boolean;
  #shownAt = performance.now();
  #open = false;

  constructor(screen: Screen) {
    this.#screen = screen;
    this.#live = screen.isTTY === true && (process.env['CI'] ?? '') === '';
    // A run shorter than this shows nothing but its summary in a pipe.
    if (this.#live) this.#shownAt = -Infinity;
  }

  show(progress: Progress): void {
    const now = performance.now();
    if (now - this.#shownAt < (this.#live ? LIVE_EVERY : PLAIN_EVERY)) return;
    this.#shownAt = now;
    const line = progressLine(progress);
    if (!this.#live) {
      this.#screen.write(`${line}\n`);
      return;
    }
    this.#screen.write(`\r\u001b[2K${line.slice(0, (this.#screen.columns ?? 80) - 1)}`);
    this.#open = true;
  }

  /** Takes the changing line away, so that what follows stands on a line of its own. */
  clear(): void {
    if (this.#open) this.#screen.write('\r\u001b[2K');
    this.#open = false;
  }
}

/** `  42 %  10h05m of 1d  1,234,567 events, 812,000/s  pods: 3 pending, 214 running`, at most 80 columns wide. */
export function progressLine({ now, until, events, eventsPerSecond, pods }: Progress): string {
  const share = `${Math.floor((100 * now) / until)}`.padStart(3);
  const step = until < 7200e6 ? 1 : 60;
  const time = `${printDuration(Math.floor(now / 1e6 / step) * step)} of ${printDuration(until / 1e6)}`;
  const rate = `${short(events)} events, ${short(eventsPerSecond)}/s`;
  return `${share} %  ${time}  ${rate}  pods: ${grouped(pods.pending)} pending, ${grouped(pods.running)} running`;
}

function short(count: number): string {
  if (count >= 10e6) return `${(count / 1e6).toFixed(0)}M`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)}M`;
  return count >= 10e3 ? `${(count / 1e3).toFixed(0)}k` : count.toFixed(0);
}

/** Digits in groups of three, whatever the locale of the machine. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
