import { clusterOptions } from '../../src/cluster-options.ts';
import type { ClusterVariant } from '../../src/cluster-options.ts';
import { scenarioPolicies } from '../../src/scenario-policies.ts';
import { Cluster } from '../../src/sim/cluster.ts';
import { parseScenario } from '../../src/workloads/scenario.ts';

/** Makes clusters of one scenario: as many alike as are asked for, none of them started. */
export async function clusterMaker(yaml: string): Promise<(variant?: ClusterVariant) => Cluster> {
  const scenario = parseScenario(yaml, 'test.yaml');
  const policies = await scenarioPolicies(scenario, (failure) => {
    throw failure;
  });
  return (variant = {}) => new Cluster(clusterOptions(scenario, variant, policies));
}
