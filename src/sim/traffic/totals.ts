/** Why a request failed. */
export const FAILURE_CAUSES = [
  /** The client's node knew no endpoint of the Service. */
  'no_endpoint',
  /** Its rules named a pod that did not answer any more, or not yet. */
  'stale_endpoint',
  /** It was sent to a node that was down. */
  'unreachable_node',
  /** The pod had as many requests as it works on at once. */
  'overloaded',
  /** The pod ended, or hung, while it worked on it. */
  'killed',
  /** The pod worked on it for longer than the client waited. */
  'timed_out',
] as const;

export type FailureCause = (typeof FAILURE_CAUSES)[number];

/** Amounts of requests are whole thousandths, so that sums are exact. */
export const REQUEST = 1000;

/** What has become of requests so far, in thousandths. At every instant sent = served + failed + inFlight. */
export interface Totals {
  sent: number;
  served: number;
  readonly failed: Record<FailureCause, number>;
  inFlight: number;
}

export function noTotals(): Totals {
  return {
    sent: 0,
    served: 0,
    failed: { no_endpoint: 0, stale_endpoint: 0, unreachable_node: 0, overloaded: 0, killed: 0, timed_out: 0 },
    inFlight: 0,
  };
}

export function copyTotals(totals: Totals): Totals {
  return { ...totals, failed: { ...totals.failed } };
}

/** All that failed, whatever the cause. */
export function failedOf({ failed }: Totals): number {
  let sum = 0;
  for (const cause of FAILURE_CAUSES) sum += failed[cause];
  return sum;
}
