import type { FailureResponse, Remedy } from '../../sim/faults/failure-response.ts';

/** Nobody does anything about failed nodes. */
export const noResponse: FailureResponse = { name: 'none', respond: () => undefined };

/** A response that does the same about every node that is unhealthy for so long. */
export function alwaysRemedy(name: string, remedy: Remedy): FailureResponse {
  return { name, respond: () => remedy };
}

/** One that does it once, each time a node turns unhealthy. */
export function oneRemedy(name: string, remedy: Remedy): FailureResponse {
  return { name, respond: ({ attempt }) => (attempt === 0 ? remedy : undefined) };
}
