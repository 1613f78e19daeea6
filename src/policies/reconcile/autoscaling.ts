import { linearRegression } from 'simple-statistics';
import type { AutoscalerView, AutoscalingPolicy } from '../../sim/controllers/horizontal/autoscaling-policy.ts';
import { SECOND } from '../../sim/kernel/time.ts';

/** Parameters of `predictive`. */
export interface PredictiveParams {
  readonly windowSeconds: number;
  readonly horizonSeconds: number;
}

/**
 * Grows ahead of the load: the demand of the last while is continued on a straight line, and there are to be enough
 * replicas for what it comes to after a while, or for what the real formula wants, whichever is more. It shrinks as the
 * real controller does.
 */
export function predictiveAutoscaling({ windowSeconds, horizonSeconds }: PredictiveParams): AutoscalingPolicy {
  return {
    name: 'predictive',
    historySeconds: windowSeconds,
    replicas({ now, history, current, ratio, allowed }) {
      const samples = [...history, { time: now, demand: current * ratio }];
      if (samples.length < 3) return allowed;
      const { m, b } = linearRegression(samples.map(({ time, demand }) => [(time - now) / SECOND, demand]));
      return m > 0 ? Math.max(allowed, Math.ceil(b + m * horizonSeconds)) : allowed;
    },
  };
}

/** From a ratio of metric to target on, so much is added: pods, or per cent of what there is. Negative: taken away. */
interface Step {
  readonly ratio: number;
  readonly pods?: number | undefined;
  readonly percent?: number | undefined;
}

/** Parameters of `step`. */
export interface StepParams {
  readonly above: readonly Step[];
  readonly below: readonly Step[];
  readonly cooldownSeconds: number;
}

/**
 * Fixed steps by how far the metric is from its target, as the scaling policies of clouds have them, and a pause after
 * each. The farthest step that is reached counts.
 */
export function stepAutoscaling({ above, below, cooldownSeconds }: StepParams): AutoscalingPolicy {
  return {
    name: 'step',
    replicas(view) {
      const { now, current, ratio, lastScaled } = view;
      if (lastScaled !== undefined && now - lastScaled < cooldownSeconds * SECOND) return current;
      const up = above.filter((step) => ratio >= step.ratio).sort((a, b) => b.ratio - a.ratio)[0];
      const down = below.filter((step) => ratio <= step.ratio).sort((a, b) => a.ratio - b.ratio)[0];
      return changed(view, up ?? down);
    },
  };
}

function changed({ current }: AutoscalerView, step: Step | undefined): number {
  if (step === undefined) return current;
  const share = (current * (step.percent ?? 0)) / 100;
  // At least one pod, in the direction of the step.
  return current + (step.pods ?? 0) + (share > 0 ? Math.ceil(share) : Math.floor(share));
}
