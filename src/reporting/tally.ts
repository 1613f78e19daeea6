/** One count of a tally. */
export interface Tallied {
  readonly parts: readonly [string, string, string];
  readonly count: number;
}

/** Counts of what is told apart by up to three words. Nothing is put together to count: it is done for every request. */
export class Tally {
  readonly #counts = new Map<string, Map<string, Map<string, number>>>();

  /** Counts one more. Answers how many there are of it now. */
  add(first: string, second: string, third = ''): number {
    let seconds = this.#counts.get(first);
    if (seconds === undefined) this.#counts.set(first, (seconds = new Map()));
    let thirds = seconds.get(second);
    if (thirds === undefined) seconds.set(second, (thirds = new Map()));
    const count = (thirds.get(third) ?? 0) + 1;
    thirds.set(third, count);
    return count;
  }

  /** All counts, in the order of their words. */
  rows(): readonly Tallied[] {
    const rows: (Tallied & { readonly text: string })[] = [];
    for (const [first, seconds] of this.#counts) {
      for (const [second, thirds] of seconds) {
        for (const [third, count] of thirds) {
          rows.push({ parts: [first, second, third], count, text: `${first} ${second} ${third}` });
        }
      }
    }
    return rows.sort((a, b) => (a.text < b.text ? -1 : 1));
  }

  /** How many there are of all. */
  get total(): number {
    let total = 0;
    for (const { count } of this.rows()) total += count;
    return total;
  }
}
