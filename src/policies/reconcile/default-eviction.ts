import type { EvictionPolicy } from '../../sim/controllers/eviction-policy.ts';

/**
 * The real controller's: --node-eviction-rate, and in a zone that is partly down --secondary-node-eviction-rate, or none at
 * all where the zone is small. Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go.
 */
export const defaultEviction: EvictionPolicy = {
  name: 'default',
  nodesPerSecond({ state, nodes }, settings) {
    if (state !== 'PartialDisruption') return settings.nodeEvictionRate;
    return nodes > settings.largeClusterSizeThreshold ? settings.secondaryNodeEvictionRate : 0;
  },
};
