import type { EvictionPolicy } from '../../sim/controllers/eviction-policy.ts';

/** One rate whatever the zone does: 0 never gives a node's pods up, a high one gives them up at once. */
export function steadyEviction(params: { readonly nodesPerSecond: number }): EvictionPolicy {
  return { name: 'steady', nodesPerSecond: () => params.nodesPerSecond };
}
