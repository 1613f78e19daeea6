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
  /** Likewise, since it turned unhealthy. */
  readonly attempt: number;
}

/** What is to be done about a node. */
export interface Remedy {
  /**
   * reboot: power off and on; ends crashes and freezes. replace: the instance is given back, and a new one of the same
   * name boots. drain-and-reboot: cordon, evict what runs there, reboot, uncordon when Ready. drain: cordon and evict
   * alone. taint: put a NoExecute taint on it until it is Ready again.
   */
  readonly action: 'reboot' | 'replace' | 'drain-and-reboot' | 'drain' | 'taint';
  /** Only if the node is unhealthy for so long without a break; or, of a warning, so long after it. */
  readonly afterSeconds: number;
  /** For drains: evictions that are refused for so long are given up. @defaultValue 300 */
  readonly drainSeconds?: number;
  /** Put off, a minute at a time, while more than this part of all nodes is unhealthy. @defaultValue 1 */
  readonly maxUnhealthy?: number;
  /** For taint. */
  readonly taint?: { readonly key: string; readonly value?: string };
}

/**
 * What the cluster does about a failed node. Pure. Asked when a node turns unhealthy, and again if a remedy did not help;
 * and, where it can tell, when a node is known to fail soon.
 */
export interface FailureResponse {
  readonly name: string;
  respond(node: UnhealthyNode): Remedy | undefined;
  warned?(node: UnhealthyNode): Remedy | undefined;
}
