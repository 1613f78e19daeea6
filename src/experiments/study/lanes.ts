/** How jobs are shared out. */
export interface Lanes<J> {
  /** How many jobs are under way at once; Infinity for all. */
  readonly lanes: number;
  /** How many kinds of jobs there are; a job's kind is a number below. */
  readonly kinds: number;
  readonly kindOf: (job: J) => number;
}

/** How far ahead of the first job that waits, in rounds of all kinds, a lane looks for one of its own. */
const ROUNDS = 2;

/**
 * Does all jobs; answers in their order. Jobs are begun in order as far as it goes, but a lane prefers the kinds that are
 * its own among the next two rounds: a thread that keeps to some policies compiles the code of these only, some 2 % of
 * a sweep of short runs. A lane that has none there takes what is next, so that none is idle.
 */
export async function inLanes<J, R>(
  jobs: readonly J[],
  { lanes, kinds, kindOf }: Lanes<J>,
  work: (job: J) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = [...jobs.entries()];
  const shares = Math.min(lanes, kinds);
  const next = (lane: number): readonly [number, J] | undefined => {
    const far = (waiting[0]?.[0] ?? 0) + ROUNDS * kinds;
    const own = waiting
      .slice(0, ROUNDS * kinds)
      .findIndex(([i, job]) => i < far && kindOf(job) % shares === lane % shares);
    return waiting.splice(Math.max(own, 0), 1)[0];
  };
  const run = async (_: unknown, lane: number): Promise<void> => {
    for (let taken = next(lane); taken !== undefined; taken = next(lane)) results[taken[0]] = await work(taken[1]);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, jobs.length) }, run));
  return results;
}
