import type { FailureModel } from '../../sim/faults/failure-model.ts';
import type { MachineFault } from '../../sim/faults/timed-fault.ts';
import type { Purpose } from '../../sim/kernel/random.ts';
import { gamma } from './gamma.ts';

/** A time drawn from a lognormal distribution; seconds. */
export interface LognormalTime {
  readonly median: number;
  readonly p99: number;
}

/** Parameters of failures that come by chance, each subject for itself. */
export interface RandomFailuresParams {
  readonly kind: MachineFault;
  /** Mean time from being in order to the next failure, seconds. */
  readonly meanTimeBetween: number;
  /** Weibull shape: 1 is the exponential (no ageing), below it the young fail more often, above it the old. */
  readonly shape: number;
  /** How long a failure lasts; absent: until the failure response repairs it. */
  readonly repair?: LognormalTime | undefined;
  /** For slow-pulls. */
  readonly factor?: number | undefined;
}

/** Failures with independent Weibull times between them and lognormal times to repair. */
export function randomFailures(
  name: string,
  strikes: 'node' | 'zone',
  { kind, meanTimeBetween, shape, repair, factor }: RandomFailuresParams,
  random: Purpose,
): FailureModel {
  // A Weibull variable's mean is scale · Γ(1 + 1/shape).
  const scale = meanTimeBetween / gamma(1 + 1 / shape);
  return {
    name,
    strikes,
    next({ identity }, ordinal) {
      // Two draws a failure: when, and for how long.
      const afterSeconds = random.weibull(identity, 2 * ordinal, shape, scale);
      const forSeconds =
        repair === undefined ? undefined : random.lognormal(identity, 2 * ordinal + 1, repair.median, repair.p99);
      return { afterSeconds, kind, forSeconds, factor };
    },
  };
}
