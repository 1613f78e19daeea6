import type { Micros } from '../kernel/time.ts';

/** An amount that came in evenly over a stretch of time; plain data. */
interface Segment {
  readonly from: Micros;
  readonly to: Micros;
  readonly amount: number;
}

/** What a line holds; plain data. */
export interface DelayLineState {
  /** What has come out of the segments that are gone. */
  readonly out: number;
  readonly segments: readonly Segment[];
}

/** Amounts that come out as they went in, a fixed time later: requests that nobody answers, until their clients give up. */
export class DelayLine {
  readonly #delay: Micros;
  #out = 0;
  #in = 0;
  #segments: Segment[] = [];

  constructor(delay: Micros) {
    this.#delay = delay;
  }

  /** Takes in what came from one instant to another. */
  add(from: Micros, to: Micros, amount: number): void {
    if (amount === 0) return;
    this.#in += amount;
    this.#segments.push({ from, to, amount });
  }

  /** All that has come out up to an instant, with what came in since `from` besides. */
  outBy(now: Micros, from: Micros, amount: number): number {
    let out = this.#out;
    for (const segment of this.#segments) out += this.#outOf(segment, now);
    return amount === 0 ? out : out + this.#outOf({ from, to: now, amount }, now);
  }

  /** What has come in so far, and what of it may still be here. */
  get in(): number {
    return this.#in;
  }

  get held(): number {
    return this.#in - this.#out;
  }

  /** Lets go of segments that are all out. */
  settle(now: Micros): void {
    let gone = 0;
    for (const { to, amount } of this.#segments) {
      if (to + this.#delay > now) break;
      this.#out += amount;
      gone++;
    }
    this.#segments.splice(0, gone);
  }

  #outOf({ from, to, amount }: Segment, now: Micros): number {
    const until = now - this.#delay;
    if (until <= from) return 0;
    return until >= to ? amount : Math.floor((amount * (until - from)) / (to - from));
  }

  save(): DelayLineState {
    return { out: this.#out, segments: [...this.#segments] };
  }

  restore({ out, segments }: DelayLineState): void {
    this.#out = out;
    this.#segments = [...segments];
    this.#in = out;
    for (const { amount } of segments) this.#in += amount;
  }
}
