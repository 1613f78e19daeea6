/** One step of a distribution: the share of cases in which it had happened by then. */
export interface Step {
  readonly seconds: number;
  readonly share: number;
}

/** A distribution of times, with those that never came counted as such. */
export interface Distribution {
  readonly count: number;
  readonly censored: number;
  readonly steps: readonly Step[];
}

/**
 * The distribution of times by Kaplan and Meier's product-limit estimate (1958). `took` is how long it took where it
 * happened, `inVain` how long it was waited for where it had not happened when nobody looked any more (censored); both in
 * seconds. The latter count as long as they lasted, so that a run in which half the pods never start does not look fast.
 */
export function distributionOf(took: readonly number[], inVain: readonly number[] = []): Distribution {
  const reached = Float64Array.from(took).sort();
  const waited = Float64Array.from(inVain).sort();
  const count = took.length + inVain.length;
  const steps: Step[] = [];
  let surviving = 1;
  let censored = 0;
  for (let i = 0; i < reached.length;) {
    const seconds = reached[i] as number;
    // What was given up at the very instant was still waited for.
    while (censored < waited.length && (waited[censored] as number) < seconds) censored++;
    const atRisk = count - i - censored;
    const first = i;
    while (i < reached.length && reached[i] === seconds) i++;
    surviving *= 1 - (i - first) / atRisk;
    steps.push({ seconds, share: 1 - surviving });
  }
  return { count, censored: waited.length, steps };
}

/** The time by which a share of all cases had happened; undefined where so many never did. */
export function quantile({ steps }: Distribution, share: number): number | undefined {
  // Products of many factors end a few bits beside the whole.
  return steps.find((step) => step.share >= share - 1e-9)?.seconds;
}

/** At most `limit` of the steps, the last included, evenly spread over the share. */
export function thinned({ steps }: Distribution, limit: number): readonly Step[] {
  if (steps.length <= limit) return steps;
  const kept: Step[] = [];
  for (let i = 0; i < limit; i++) kept.push(steps[Math.floor(((i + 1) * steps.length) / limit) - 1] as Step);
  return kept;
}
