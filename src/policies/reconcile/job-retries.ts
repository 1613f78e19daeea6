import type { JobRetryPolicy } from '../../sim/controllers/job/job-retry-policy.ts';

/** Parameters of `constant`. */
export interface ConstantRetryParams {
  readonly seconds: number;
}

/** The same wait after every failure. */
export function constantRetry({ seconds }: ConstantRetryParams): JobRetryPolicy {
  return { name: 'constant', waitSeconds: () => seconds };
}

/** Parameters of `exponential`. */
export interface ExponentialRetryParams {
  readonly firstSeconds: number;
  readonly factor: number;
  readonly longestSeconds: number;
  readonly giveUpAfter?: number | undefined;
}

/** A wait that grows by a factor with each failure; gives a Job up after so many failures without a success between. */
export function exponentialRetry(params: ExponentialRetryParams): JobRetryPolicy {
  const { firstSeconds, factor, longestSeconds, giveUpAfter = Infinity } = params;
  return {
    name: 'exponential',
    waitSeconds: ({ failures }) => Math.min(longestSeconds, firstSeconds * factor ** (failures - 1)),
    givesUp: ({ failures }) => failures >= giveUpAfter,
  };
}
