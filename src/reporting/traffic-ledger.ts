import { SECOND } from '../sim/kernel/time.ts';
import type { Micros } from '../sim/kernel/time.ts';
import { copyTotals, FAILURE_CAUSES, failedOf, noTotals } from '../sim/traffic/totals.ts';
import type { Totals } from '../sim/traffic/totals.ts';

/** Whose requests are recorded. */
export interface TrafficSource {
  readonly specs: readonly {
    readonly name: string;
    readonly service: string;
    readonly mode: string;
    readonly objective: number;
  }[];
  totalsAt(index: number, time: Micros): Totals;
  failing(index: number): boolean;
  latency(index: number, share: number): Micros | undefined;
  rulesLag(share: number): Micros | undefined;
  observe(observer: (index: number) => void): void;
}

/** A stretch of time and what happened to a traffic's requests in it; amounts are thousandths of requests. */
export interface TrafficStretch {
  readonly traffic: number;
  readonly from: Micros;
  readonly to: Micros;
  /** What came to happen in it; `inFlight` at its end. */
  readonly counts: Totals;
}

/** Seconds in which no more failed than the objective allows go together, up to this; in long runs up to that. */
const LONGEST: Micros = 60 * SECOND;
const LONGEST_OF_MANY: Micros = 3600 * SECOND;
const MANY = 50_000;

/** Of a time in which too many fail on end, so many seconds stand alone; those after them go together as the others do. */
const BAD_ON_END = 900;

/**
 * The course of each traffic's requests: seconds in which more failed than the objective allows one by one (for a quarter of
 * an hour on end), the others together for up to a minute. It looks only when something is about to change, so a quiet traffic costs nothing.
 */
export class TrafficLedger {
  readonly stretches: TrafficStretch[] = [];
  readonly source: TrafficSource | undefined;
  readonly #at: Micros[] = [];
  readonly #before: Totals[] = [];
  /** Where the warm-up ended. */
  readonly #warm: Totals[] = [];
  readonly #warmUp: Micros;
  readonly #now: () => Micros;
  /** The number of each traffic's last stretch. */
  readonly #last: (number | undefined)[] = [];
  /** How many bad seconds of each traffic have come on end. */
  readonly #bad: number[] = [];

  constructor(source: TrafficSource | undefined, now: () => Micros, warmUp: Micros) {
    this.source = source;
    this.#now = now;
    this.#warmUp = warmUp;
    source?.specs.forEach(() => {
      this.#at.push(0);
      this.#before.push(noTotals());
      this.#warm.push(noTotals());
    });
    source?.observe((index) => this.#look(index, this.#now()));
  }

  /** What was counted after the warm-up. */
  counted(index: number): Totals {
    return difference(this.#before[index] ?? noTotals(), this.#warm[index] ?? noTotals());
  }

  /** Brings all traffics up to the end of the run. */
  settle(now: Micros): void {
    this.source?.specs.forEach((_, index) => {
      this.#look(index, now);
      if (now > (this.#at[index] as Micros)) this.#mark(index, now);
    });
  }

  get #longest(): Micros {
    return this.stretches.length < MANY ? LONGEST : LONGEST_OF_MANY;
  }

  /** Whether bad seconds of a traffic stand alone still. */
  #alone(index: number): boolean {
    return (this.#bad[index] ?? 0) < BAD_ON_END;
  }

  /** Marks the whole seconds that have passed before a change. */
  #look(index: number, now: Micros): void {
    const last = Math.floor(now / SECOND) * SECOND;
    const at = this.#at[index] as Micros;
    if (last <= at) return;
    const failing = (this.source as TrafficSource).failing(index);
    // The second that is under way, and with it what may have failed before the last change.
    let next = Math.floor(at / SECOND) * SECOND + SECOND;
    if (next <= last) this.#mark(index, next);
    while (next < last) {
      next = failing && this.#alone(index) ? next + SECOND : Math.min(last, next + this.#longest);
      this.#mark(index, next);
    }
  }

  #mark(index: number, time: Micros): void {
    const source = this.source as TrafficSource;
    const from = this.#at[index] as Micros;
    if (from < this.#warmUp && time > this.#warmUp) this.#mark(index, this.#warmUp);
    const totals = source.totalsAt(index, time);
    const counts = difference(totals, this.#before[index] as Totals);
    this.#add({ traffic: index, from: this.#at[index] as Micros, to: time, counts });
    this.#before[index] = copyTotals(totals);
    this.#at[index] = time;
    if (time <= this.#warmUp) this.#warm[index] = copyTotals(totals);
  }

  #add(stretch: TrafficStretch): void {
    const { traffic, from, to, counts } = stretch;
    const good = this.#isGood(stretch);
    const alone = !good && this.#alone(traffic);
    const bad = good ? 0 : (this.#bad[traffic] ?? 0) + 1;
    this.#bad[traffic] = bad;
    const number = this.#last[traffic];
    const last = number === undefined ? undefined : this.stretches[number];
    // What came before the warm-up's end and what came after it are told apart.
    const follows = last?.to === from && from !== this.#warmUp && to - last.from <= this.#longest;
    const alike = last !== undefined && !alone && bad !== BAD_ON_END + 1 && this.#isGood(last) === good;
    if (number !== undefined && follows && alike) {
      this.stretches[number] = { traffic, from: last.from, to, counts: sum(last.counts, counts) };
      return;
    }
    if (counts.sent === 0 && counts.served === 0 && failedOf(counts) === 0) return;
    this.#last[traffic] = this.stretches.push(stretch) - 1;
  }

  /** Whether no more of the requests that were over in a stretch had failed than the objective allows. */
  #isGood({ traffic, counts }: TrafficStretch): boolean {
    const failed = failedOf(counts);
    return failed <= (1 - (this.source?.specs[traffic]?.objective ?? 1)) * (failed + counts.served);
  }
}

function sum(first: Totals, second: Totals): Totals {
  const counts = { ...copyTotals(second), sent: first.sent + second.sent, served: first.served + second.served };
  for (const cause of FAILURE_CAUSES) counts.failed[cause] += first.failed[cause];
  return counts;
}

function difference(after: Totals, before: Totals): Totals {
  const counts = { ...copyTotals(after), sent: after.sent - before.sent, served: after.served - before.served };
  for (const cause of FAILURE_CAUSES) counts.failed[cause] -= before.failed[cause];
  return counts;
}
