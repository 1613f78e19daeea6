import type { Summary } from '../summary.ts';
import { card, grouped, table } from './html.ts';

/** What the provider's instances cost, and how many there were; '' where there is no provider. */
export function costCard({ node_groups: groups, metrics }: Summary): string {
  if (groups === undefined) return '';
  const columns = [
    ['node group', ''],
    ['instances', ''],
    ['now', 'num'],
    ['at most', 'num'],
    ['hours', 'num'],
    ['cost', 'num'],
  ] as const;
  const rows = groups.map((group) => [
    group.name,
    `${group.instance_type}, ${group.capacity_type}`,
    grouped(group.instances),
    grouped(group.instances_peak),
    group.instance_hours.toFixed(1),
    group.cost.toFixed(2),
  ]);
  const count = (name: string): string => grouped(metrics[name] ?? 0);
  const launches = `${count('cloud_launches')} instances were launched, ${count('cloud_launches_without_capacity')} could not be had, ${count('cloud_launches_over_quota')} were over the quota.`;
  const scaled =
    metrics['autoscaler_scale_ups'] === undefined
      ? ''
      : ` The autoscaler made groups grow ${count('autoscaler_scale_ups')} times, and removed ${count('autoscaler_nodes_removed')} nodes.`;
  return `<div class="two" id="cost">
${card('Instances', 'Instances of the provider, booting ones included, by node group.', '<div class="plot" id="instances"></div><div class="legend"></div>')}
${card('What they cost', `From launch to end, by node group. ${launches}${scaled}`, table('Cost', columns, rows))}
</div>`;
}
