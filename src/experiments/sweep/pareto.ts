/** What is wanted of a figure. */
export interface Objective {
  readonly metric: string;
  readonly goal: 'min' | 'max';
}

/**
 * Those that no other one beats: not at least as good in all objectives and better in one. Answers indexes, in order.
 * Candidates without a value in one of the objectives are on no front.
 */
export function paretoFront(
  candidates: readonly Readonly<Record<string, number | undefined>>[],
  objectives: readonly Objective[],
): readonly number[] {
  const values = candidates.map((candidate) =>
    objectives.map(({ metric, goal }) => {
      const value = candidate[metric];
      return value === undefined ? NaN : goal === 'min' ? value : -value;
    }),
  );
  const complete = values.flatMap((row, i) => (row.some(Number.isNaN) ? [] : [i]));
  const beats = (one: readonly number[], other: readonly number[]): boolean =>
    one.every((value, k) => value <= (other[k] as number)) && one.some((value, k) => value < (other[k] as number));
  return complete.filter((i) => !complete.some((j) => beats(values[j] as number[], values[i] as number[])));
}
