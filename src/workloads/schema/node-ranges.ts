import { z } from 'zod';
import { parseCidr } from '../../sim/api/cidr.ts';
import type { ComponentSettings } from '../../sim/settings.ts';
import { refuse } from './common.ts';

/** --cluster-cidr. Source: pkg/controller/nodeipam and cmd/kube-controller-manager/app/core.go (processCIDRs). */
export const clusterCIDR = (value: readonly string[]): z.ZodType<readonly string[]> =>
  z
    .array(
      z.string().refine((text) => parseCidr(text) !== undefined, {
        error: () => 'a range of addresses such as 10.244.0.0/16 or fd00:10:244::/56',
      }),
    )
    .min(1)
    .max(2)
    .readonly()
    .default([...value])
    .superRefine((ranges, context) => {
      if (ranges.length < 2 || new Set(ranges.map((text) => text.includes(':'))).size === 2) return;
      refuse(context, 'both ranges are of one family', 'one of IPv4, one of IPv6');
    })
    .describe("--cluster-cidr: nodes' ranges are taken out of it; two for dual stack, one of each family.");

/** Nodes' ranges lie inside the cluster's. Source: cidrset/cidr_set.go (NewCIDRSet), app/core.go. */
export function nodeRangesFit(manager: ComponentSettings['controllerManager'], context: z.RefinementCtx): void {
  if (!manager.allocateNodeCIDRs) return;
  for (const text of manager.clusterCIDR) {
    const cluster = parseCidr(text);
    if (cluster === undefined) continue;
    const field = cluster.isIPv6 ? 'nodeCIDRMaskSizeIPv6' : 'nodeCIDRMaskSizeIPv4';
    const most = cluster.isIPv6 ? cluster.length + 16 : 30;
    if (manager[field] >= cluster.length && manager[field] <= most) continue;
    refuse(context, `nodes' ranges do not fit into ${text}`, `${cluster.length} to ${most}`, [field]);
  }
}
