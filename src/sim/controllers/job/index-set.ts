/** Reads the indexes of a Job's status, such as `0-3,5`, as intervals in ascending order. */
function parse(text: string | undefined): [number, number][] {
  if (text === undefined || text === '') return [];
  return text.split(',').map((part) => {
    const [first, last] = part.split('-');
    return [Number(first), Number(last ?? first)];
  });
}

/** The completion indexes of an Indexed Job that are done, kept as intervals. */
export class IndexSet {
  readonly #intervals: [number, number][];

  constructor(text?: string) {
    this.#intervals = parse(text);
  }

  /** How many indexes there are. */
  get size(): number {
    let size = 0;
    for (const [first, last] of this.#intervals) size += last - first + 1;
    return size;
  }

  has(index: number): boolean {
    return this.#intervals.some(([first, last]) => first <= index && index <= last);
  }

  /** How many indexes are in both. */
  sharedWith(other: IndexSet): number {
    let shared = 0;
    for (const [first, last] of this.#intervals) {
      for (const [from, to] of other.#intervals) shared += Math.max(0, Math.min(last, to) - Math.max(first, from) + 1);
    }
    return shared;
  }

  add(index: number): void {
    if (this.has(index)) return;
    const at = this.#intervals.findIndex(([first]) => first > index);
    this.#intervals.splice(at < 0 ? this.#intervals.length : at, 0, [index, index]);
    for (let i = this.#intervals.length - 1; i > 0; i--) {
      const [first, last] = this.#intervals[i] as [number, number];
      const before = this.#intervals[i - 1] as [number, number];
      if (before[1] + 1 !== first) continue;
      before[1] = last;
      this.#intervals.splice(i, 1);
    }
  }

  /** As the status has it: `2`, `4,5` for two in a row, `7-9` for more. */
  toString(): string {
    return this.#intervals
      .map(([first, last]) => {
        if (first === last) return String(first);
        return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
      })
      .join(',');
  }
}
