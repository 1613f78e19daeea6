import type { Pod } from '../api/core.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { ReplicaSet } from '../api/workloads.ts';
import type { Micros } from '../kernel/time.ts';

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
