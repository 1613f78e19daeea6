import type { Pod, Taint } from '../api/core.ts';
import type { ControllerManagerSettings } from '../settings.ts';

/** How a zone does, by the share of its nodes that are not Ready. */
export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** A zone as an eviction policy sees it. */
export interface ZoneView {
  readonly zone: string;
  readonly state: ZoneState;
  readonly nodes: number;
  readonly notReady: number;
}

/**
 * How fast the pods of failed nodes are given up: how many nodes a second of a zone get the NoExecute taint that evicts
 * them. Not asked while every zone is down: then nothing is evicted.
 */
export interface EvictionPolicy {
  readonly name: string;
  /** Nodes a second; 0 stops evictions in the zone. */
  nodesPerSecond(zone: ZoneView, settings: ControllerManagerSettings): number;
  /** How a zone does, where that is to be judged otherwise than by --unhealthy-zone-threshold. */
  zoneState?(zone: Omit<ZoneView, 'state'>, settings: ControllerManagerSettings): ZoneState;
  /**
   * For how many seconds a pod stays on a node with a NoExecute taint, from when the taint was seen; `tolerated` is what its
   * own tolerations say (0: not at all, Infinity: for ever). Absent: that.
   */
  toleratedSeconds?(pod: Pod, taint: Taint, tolerated: number): number;
}
