/** Nothing was looked at. */
export const NO_VERDICTS: { get(row: number): number | undefined } = { get: () => undefined };

/** Marks a row that was not looked at. */
const NONE = -1;

/** Verdicts by row, as one search left them; the next one takes their place. */
export class RowVerdicts {
  #byRow = new Int32Array(0);
  /** Rows that have one. */
  #rows = new Int32Array(0);
  #count = 0;

  /** Takes the first `count` of the rows and their verdicts. */
  set(rows: Int32Array, verdicts: Int32Array, count: number): void {
    if (this.#byRow.length < rows.length) {
      this.#byRow = new Int32Array(rows.length).fill(NONE);
      this.#rows = new Int32Array(rows.length);
    } else {
      for (let i = 0; i < this.#count; i++) this.#byRow[this.#rows[i] as number] = NONE;
    }
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      this.#rows[i] = row;
      this.#byRow[row] = verdicts[i] as number;
    }
    this.#count = count;
  }

  get(row: number): number | undefined {
    const verdict = this.#byRow[row];
    return verdict === NONE ? undefined : verdict;
  }
}

/** How often each of the first `count` verdicts stands there, in order of appearance. */
export function countsOf(verdicts: Int32Array, count: number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  // Neighbours mostly agree.
  for (let i = 0; i < count;) {
    const verdict = verdicts[i] as number;
    const from = i;
    while (i < count && verdicts[i] === verdict) i++;
    counts.set(verdict, (counts.get(verdict) ?? 0) + i - from);
  }
  return counts;
}
