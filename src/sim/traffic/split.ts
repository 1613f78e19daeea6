/** Closer to 1 than sums of shares come by their rounding. */
const NEARLY_ALL = 1 - 1e-9;

/**
 * Divides a whole number by shares, one after the other, into whole numbers that sum to it when the shares sum to 1. With
 * an `offset` from 0 to 1 that differs from time to time, no share gains by the rounding.
 */
export class Split {
  readonly #whole: number;
  readonly #offset: number;
  #shares = 0;
  #given = 0;

  constructor(whole: number, offset: number) {
    this.#whole = whole;
    this.#offset = offset;
  }

  next(share: number): number {
    if (share === 0) return 0;
    this.#shares += share;
    const all = this.#shares > NEARLY_ALL;
    const upTo = all ? this.#whole : Math.floor(this.#whole * this.#shares + this.#offset);
    const part = upTo - this.#given;
    this.#given = upTo;
    return part;
  }
}
