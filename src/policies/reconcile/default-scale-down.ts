import type { ScaleDownPolicy } from '../../sim/controllers/policies.ts';
import { scaleDownOrder } from '../../sim/controllers/scale-down-order.ts';

/** Kubernetes's own order; see scale-down-order.ts. */
export const defaultScaleDown: ScaleDownPolicy = {
  name: 'default-scale-down',
  rank: (pods, { calendar, now, relatedOnNode }) => scaleDownOrder(pods, calendar, now, relatedOnNode),
};
