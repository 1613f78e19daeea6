import type { Pod } from '../../../sim/api/core.ts';
import type { CSINode } from '../../../sim/api/storage.ts';
import type { StorageObjects } from '../../../sim/scheduler/framework.ts';
import { blockEnd, blockOf, blocksOf } from '../../../sim/scheduler/node-order.ts';
import type { NodeOrder } from '../../../sim/scheduler/node-order.ts';
import type { NodeTable } from '../../../sim/scheduler/node-table.ts';
import { claimUse } from '../../../sim/storage/claims.ts';
import { isMigratable } from '../../../sim/storage/csi-translation.ts';

/** Room of a node that limits no driver's volumes. */
const NO_LIMIT = 2 ** 31 - 1;

/** How many volumes of a CSI driver a node may have attached, by the drivers for which its CSINode says so. */
export function limitsOf(csiNode: CSINode | undefined): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const { name, allocatable } of csiNode?.spec.drivers ?? []) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  }
  return limits;
}

/** The most volumes that a pod can have attached. */
export function volumeCount(pod: Pod): number {
  let count = 0;
  for (const volume of pod.spec.volumes ?? []) {
    if (claimUse(pod, volume) !== undefined || isMigratable(volume)) count++;
  }
  return count;
}

/**
 * How many volumes more each node takes for certain, whichever drivers they are of: as if all volumes of its pods and all
 * that are attached counted towards the lowest of its limits. What comes out of it spares looking them up one by one.
 */
export class VolumeRoom {
  readonly #table: NodeTable;
  readonly #storage: StorageObjects;
  #csiNodeVersion = -1;
  /** By row, without what is attached: it holds while the row's generation is the one that was seen. */
  #rooms = new Int32Array(0);
  #seen = new Uint32Array(0);
  /** The least of each block of nodes. */
  #order: NodeOrder | undefined;
  #blockRooms = new Int32Array(0);
  #blocksSeen = new Uint32Array(0);

  constructor(table: NodeTable, storage: StorageObjects) {
    this.#table = table;
    this.#storage = storage;
  }

  /** Volumes for which the node of a row has room; more may turn out to fit. */
  of(row: number): number {
    this.#follow();
    const room = this.#roomOf(row);
    if (room === NO_LIMIT || this.#storage.attachmentTotal === 0) return room;
    return room - this.#storage.attachmentCount(this.#table.names[row] as string);
  }

  /** Volumes for which every node has room; 0 where that is not known. */
  everywhere(): number {
    if (this.#storage.attachmentTotal > 0) return 0;
    this.#follow();
    const order = this.#table.nodeOrder;
    if (order !== this.#order) {
      this.#order = order;
      this.#blockRooms = new Int32Array(blocksOf(order.rows.length));
      this.#blocksSeen = new Uint32Array(this.#blockRooms.length);
    }
    let least = NO_LIMIT;
    for (let place = 0; place < order.rows.length; place = blockEnd(place, order.rows.length)) {
      least = Math.min(least, this.#roomOfBlock(order, place));
    }
    return least;
  }

  #roomOfBlock({ rows, changed }: NodeOrder, from: number): number {
    const block = blockOf(from);
    if (this.#blocksSeen[block] !== changed[block]) {
      let least = NO_LIMIT;
      const end = blockEnd(from, rows.length);
      for (let place = from; place < end; place++) least = Math.min(least, this.#roomOf(rows[place] as number));
      this.#blockRooms[block] = least;
      this.#blocksSeen[block] = changed[block] as number;
    }
    return this.#blockRooms[block] as number;
  }

  /** Forgets all where a limit may have changed, or rows were added. */
  #follow(): void {
    const { generation } = this.#table;
    if (this.#csiNodeVersion === this.#storage.csiNodeVersion && this.#rooms.length === generation.length) return;
    this.#csiNodeVersion = this.#storage.csiNodeVersion;
    this.#rooms = new Int32Array(generation.length);
    this.#seen = new Uint32Array(generation.length);
    this.#order = undefined;
  }

  #roomOf(row: number): number {
    const generation = this.#table.generation[row] as number;
    if (this.#seen[row] !== generation) {
      this.#rooms[row] = this.#compute(row);
      this.#seen[row] = generation;
    }
    return this.#rooms[row] as number;
  }

  #compute(row: number): number {
    const limits = limitsOf(this.#storage.csiNode(this.#table.names[row] as string));
    if (limits.size === 0) return NO_LIMIT;
    let room = Math.min(...limits.values());
    for (const { pod } of this.#table.podsOn[row] ?? []) {
      // Whose claim that is has to be looked up.
      if (pod.spec.volumes?.some((volume) => volume['ephemeral'] !== undefined) === true) return -1;
      room -= volumeCount(pod);
    }
    return room;
  }
}
