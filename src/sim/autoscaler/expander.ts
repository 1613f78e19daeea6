import type { Pod } from '../api/core.ts';
import type { Micros } from '../kernel/time.ts';

/** What one more node of a group has. */
export interface NodeShape {
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

/** A way to make room: so many more nodes of one group, for the pods that would then fit. */
export interface ExpansionOption {
  readonly group: string;
  readonly nodes: number;
  readonly pods: readonly Pod[];
  readonly node: NodeShape;
  readonly spot: boolean;
  readonly instanceType: string;
  /** Of one node. */
  readonly pricePerHour: number;
  /** What the pods ask for together. */
  readonly requested: NodeShape;
}

/**
 * Decides which node group grows. Pure. Of several in a row the next one chooses among what the one before it has left;
 * what is left at the end is drawn from, as upstream does.
 */
export interface ExpanderPolicy {
  readonly name: string;
  /** The best of the options, all that are equally good; at least one. */
  best(options: readonly ExpansionOption[], now: Micros): readonly ExpansionOption[];
}
