import type { KubeNode, Taint } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import type { NodeTable, PodRecord } from './node-table.ts';

const NO_LABELS: StringMap = {};

/** One node as plugins see it: a window on its row, always current. */
export class NodeView {
  readonly row: number;
  readonly #table: NodeTable;

  constructor(table: NodeTable, row: number) {
    this.#table = table;
    this.row = row;
  }

  get node(): KubeNode {
    return this.#table.nodes[this.row] as KubeNode;
  }

  get name(): string {
    return this.#table.names[this.row] as string;
  }

  get labels(): StringMap {
    return this.node.metadata.labels ?? NO_LABELS;
  }

  get taints(): readonly Taint[] {
    return this.#table.taintSets[this.#table.taintSet[this.row] as number] as readonly Taint[];
  }

  get pods(): readonly PodRecord[] {
    return this.#table.podsOn[this.row] as readonly PodRecord[];
  }

  /** Allocatable amount of a resource: millicores for cpu, whole units for the rest; 0 where the node has none. */
  allocatable(resource: string): number {
    if (resource === 'pods') return this.#table.allowedPods[this.row] as number;
    return this.#table.allocatable.get(this.#table.classes.resources.id(resource), this.row);
  }

  /** What the pods on the node request of a resource, in the same unit. */
  requested(resource: string): number {
    if (resource === 'pods') return this.#table.podCount[this.row] as number;
    return this.#table.requested.get(this.#table.classes.resources.id(resource), this.row);
  }
}
