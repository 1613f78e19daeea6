import type { Failure, FailureGroup, FailureModel } from '../../sim/faults/failure-model.ts';
import type { Purpose } from '../../sim/kernel/random.ts';
import { drawSeconds } from './time-distribution.ts';
import type { TimeDistribution } from './time-distribution.ts';

/** Parameters of failures that come by chance, each subject for itself. */
export interface RandomFailuresParams extends Omit<Failure, 'afterSeconds' | 'forSeconds'> {
  /** From being in order to the next failure. */
  readonly between: TimeDistribution;
  /** How long a failure lasts; absent: until the failure response repairs it. */
  readonly repair?: TimeDistribution | undefined;
}

/** Failures with independent times between them and to their repair. */
export function randomFailures(
  name: string,
  strikes: FailureGroup,
  { between, repair, ...failure }: RandomFailuresParams,
  random: Purpose,
): FailureModel {
  return {
    name,
    strikes,
    next({ identity }, ordinal) {
      // Two draws a failure: when, and for how long.
      const afterSeconds = drawSeconds(between, random, identity, 2 * ordinal);
      const forSeconds = repair && drawSeconds(repair, random, identity, 2 * ordinal + 1);
      return { ...failure, afterSeconds, forSeconds };
    },
  };
}
