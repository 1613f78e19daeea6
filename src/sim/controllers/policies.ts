import type { Pod } from '../api/core.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { ReplicaSet } from '../api/workloads.ts';
import type { ExpanderPolicy } from '../autoscaler/expander.ts';
import type { Micros } from '../kernel/time.ts';
import type { RollOutPolicy } from './deployment/roll-out-policy.ts';
import type { EvictionPolicy } from './eviction-policy.ts';
import type { AutoscalingPolicy } from './horizontal/autoscaling-policy.ts';
import type { JobRetryPolicy } from './job/job-retry-policy.ts';
import type { QueuePolicy } from './queue-policy.ts';

/** What of the controllers' decisions a run may replace; what is absent is the real controllers' own. */
export interface ReconcilePolicies {
  /** Which pods a ReplicaSet removes first. */
  readonly scaleDown: ScaleDownPolicy;
  /** How fast the pods of failed nodes are given up. */
  readonly eviction: EvictionPolicy;
  /** How a Deployment gets to its current template. */
  readonly rollout?: RollOutPolicy;
  /** How many replicas a HorizontalPodAutoscaler wants. */
  readonly autoscaling?: AutoscalingPolicy;
  /** How a Job goes on after a failure. */
  readonly jobRetry?: JobRetryPolicy;
  /** In which order, and how soon, controllers work on what waits. */
  readonly queue?: QueuePolicy;
  /** Which node group grows: one after the other, each among what the one before has left. */
  readonly expander?: readonly ExpanderPolicy[];
}

/** What a scale-down policy may look at besides the pods. */
export interface ScaleDownContext {
  readonly now: Micros;
  /** Reads the pods' timestamps. */
  readonly calendar: Calendar;
  /** The ReplicaSet (or ReplicationController) that shrinks. */
  readonly owner: ReplicaSet;
  /** Active pods on a node that belong to the same workload: those of sibling ReplicaSets included. */
  readonly relatedOnNode: (nodeName: string) => number;
}

/** Decides which pods a ReplicaSet removes when it has too many. Pure: it holds no state between calls. */
export interface ScaleDownPolicy {
  readonly name: string;
  /** The same pods in the order in which they are to go, first to go first. */
  rank(pods: readonly Pod[], context: ScaleDownContext): readonly Pod[];
}
