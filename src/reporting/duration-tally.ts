/** Durations counted by buckets. */
export interface DurationRow {
  readonly parts: readonly [string, string];
  /** How many fell into each bucket, those beyond the last bound at the end. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

/** Histograms of durations told apart by two words. It is done for every request, so nothing is put together to count. */
export class DurationTally {
  readonly bounds: readonly number[];
  readonly #rows = new Map<string, Map<string, { readonly counts: number[]; sum: number }>>();

  /** @param bounds - upper bounds in seconds, ascending */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
  }

  add(first: string, second: string, seconds: number): void {
    let within = this.#rows.get(first);
    if (within === undefined) this.#rows.set(first, (within = new Map()));
    let row = within.get(second);
    if (row === undefined) {
      row = { counts: Array.from({ length: this.bounds.length + 1 }, () => 0), sum: 0 };
      within.set(second, row);
    }
    let bucket = 0;
    while (bucket < this.bounds.length && seconds > (this.bounds[bucket] as number)) bucket++;
    row.counts[bucket] = (row.counts[bucket] as number) + 1;
    row.sum += seconds;
  }

  /** All histograms, in the order of their words. */
  rows(): readonly DurationRow[] {
    const rows = [...this.#rows].flatMap(([first, within]) =>
      [...within].map(([second, { counts, sum }]): DurationRow => ({
        parts: [first, second],
        counts,
        sumSeconds: sum,
      })),
    );
    const textOf = ({ parts }: DurationRow): string => parts.join(' ');
    return rows.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  }
}

/** Source: apiserver pkg/endpoints/metrics (apiserver_request_duration_seconds). */
export const REQUEST_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
] as const;
