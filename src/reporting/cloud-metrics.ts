import type { CloudLedger } from './cloud-ledger.ts';
import type { Exposition } from './exposition.ts';

/** Instances and their cost by node group; what the cluster autoscaler did, under its own names. */
export function writeCloud(out: Exposition, { groups, counts, autoscaler }: CloudLedger): void {
  out.family('orrery_cloud_instances', 'gauge', 'Instances of the provider, booting ones included.');
  for (const { name, capacity_type: type, instances } of groups) {
    out.sample('orrery_cloud_instances', { node_group: name, capacity_type: type }, instances);
  }
  out.family('orrery_cloud_cost', 'counter', "What they have cost, in the provider's currency.");
  for (const { name, capacity_type: type, cost } of groups) {
    out.sample('orrery_cloud_cost_total', { node_group: name, capacity_type: type }, cost);
  }
  out.family('orrery_cloud_launches_refused', 'counter', 'Instances that could not be had, by the reason.');
  for (const [error, refused] of Object.entries(counts.refusals)) {
    out.sample('orrery_cloud_launches_refused_total', { error }, refused);
  }
  if (autoscaler === undefined) return;
  const { nodesAdded, nodesRemoved, failedScaleUps } = autoscaler.counts;
  const name = (what: string): string => `cluster_autoscaler_${what}`;
  out.family(name('scaled_up_nodes'), 'counter', 'Nodes that groups were asked for.');
  out.sample(name('scaled_up_nodes_total'), {}, nodesAdded);
  out.family(name('scaled_down_nodes'), 'counter', 'Nodes removed.');
  out.sample(name('scaled_down_nodes_total'), {}, nodesRemoved);
  out.family(name('failed_scale_ups'), 'counter', 'Groups that could not give what was asked of them.');
  out.sample(name('failed_scale_ups_total'), {}, failedScaleUps);
}
