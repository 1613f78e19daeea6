import type { Pod } from '../../sim/api/core.ts';
import type { ScaleDownPolicy } from '../../sim/controllers/policies.ts';
import { scaleDownOrder } from '../../sim/controllers/scale-down-order.ts';

/**
 * Packs instead of spreading: among pods that run, those go first that are alone of their workload on a node, so that
 * nodes come free; pods that do not run yet still go before all others. Ties are Kubernetes's own order.
 */
export const emptyNodesScaleDown: ScaleDownPolicy = {
  name: 'empty-nodes-scale-down',
  rank(pods, { calendar, now, relatedOnNode }) {
    const company = (pod: Pod): number => {
      const { nodeName } = pod.spec;
      if (nodeName === undefined || nodeName === '' || pod.status.phase !== 'Running') return 0;
      return relatedOnNode(nodeName);
    };
    const usual = scaleDownOrder(pods, calendar, now);
    return usual
      .map((pod) => ({ pod, company: company(pod) }))
      .sort((a, b) => a.company - b.company)
      .map(({ pod }) => pod);
  },
};
