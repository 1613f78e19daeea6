import type { HorizontalPodAutoscaler } from '../../api/workloads.ts';
import type { Micros } from '../../kernel/time.ts';

/** What an autoscaler found at one look. */
export interface DemandSample {
  readonly time: Micros;
  /** Replicas that would bring the metric just to its target, not rounded. */
  readonly demand: number;
}

/** What an autoscaling policy may look at. */
export interface AutoscalerView {
  readonly now: Micros;
  readonly autoscaler: HorizontalPodAutoscaler;
  /** Replicas that the target has now. */
  readonly current: number;
  readonly minimum: number;
  readonly maximum: number;
  /** The deciding metric's value as a multiple of its target: 2 is twice as much as is wanted. */
  readonly ratio: number;
  /** What the real controller's formula proposes from the metrics. */
  readonly proposed: number;
  /** What it would set, after stabilisation, the autoscaler's `behavior` and its limits. */
  readonly allowed: number;
  /** Earlier looks of the last `historySeconds`, oldest first. */
  readonly history: readonly DemandSample[];
  /** When its target was last given another size; undefined: never. */
  readonly lastScaled: Micros | undefined;
}

/** Decides how many replicas an autoscaler wants. */
export interface AutoscalingPolicy {
  readonly name: string;
  /** For how long looks are remembered for it; absent: not at all. */
  readonly historySeconds?: number;
  /** Replicas, kept within the autoscaler's minimum and maximum whatever is given. */
  replicas(view: AutoscalerView): number;
}

/** The real controller's. Source: pkg/controller/podautoscaler/horizontal.go. */
export const realAutoscaling: AutoscalingPolicy = { name: 'default', replicas: ({ allowed }) => allowed };
