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
}
