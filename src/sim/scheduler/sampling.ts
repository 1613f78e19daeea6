/** Clusters smaller than this are looked at whole. Source: `minFeasibleNodesToFind`, pkg/scheduler/schedule_one.go. */
const MIN_FEASIBLE_NODES = 100;
/** `minFeasibleNodesPercentageToFind`, same file. */
const MIN_PERCENTAGE = 5;

/**
 * How many feasible nodes are enough, of `nodes` in the cluster. `percentage` 0 means adaptive: 50 % less one for each
 * 125 nodes, at least 5 %.
 */
export function feasibleNodesToFind(nodes: number, percentage: number): number {
  if (nodes < MIN_FEASIBLE_NODES) return nodes;
  const share = percentage > 0 ? percentage : Math.max(MIN_PERCENTAGE, 50 - Math.floor(nodes / 125));
  return Math.min(nodes, Math.max(MIN_FEASIBLE_NODES, Math.floor((nodes * share) / 100)));
}
