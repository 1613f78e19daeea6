import type { StringMap } from '../api/meta.ts';
import type { Micros } from '../kernel/time.ts';

/** A node that is not Ready, or whose object is gone, as whoever looks after the machines sees it. */
export interface UnhealthyNode {
  readonly name: string;
  readonly identity: number;
  readonly group: string;
  readonly zone: string;
  readonly labels: StringMap;
  /** An instance of a cloud provider: it can be replaced. */
  readonly cloud: boolean;
  readonly now: Micros;
  /** How often something was done about this node before. */
  readonly ordinal: number;
}

/** What is to be done about a node. */
export interface Remedy {
  /**
   * reboot: power off and on; ends crashes and freezes. replace: the instance is given back, and a new one of the same
   * name boots. drain-and-reboot: cordon, evict what runs there, reboot, uncordon when Ready.
   */
  readonly action: 'reboot' | 'replace' | 'drain-and-reboot';
  /** Only if the node is unhealthy for so long without a break. */
  readonly afterSeconds: number;
  /** For drain-and-reboot: evictions that are refused for so long are given up. @defaultValue 300 */
  readonly drainSeconds?: number;
}

/** What the cluster does about a failed node. Pure. Asked when a node turns unhealthy, and again if a remedy did not help. */
export interface FailureResponse {
  readonly name: string;
  respond(node: UnhealthyNode): Remedy | undefined;
}
