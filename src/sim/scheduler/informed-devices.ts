import type { KubeNode } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import type { AllocationResult, DeviceClass, ResourceClaim, ResourceSlice } from '../api/resource.ts';
import type { Index, Informer, Informers } from '../apiserver/informer.ts';
import { heldDevices } from '../devices/allocator.ts';
import { gatherPools, poolId } from '../devices/pools.ts';
import type { Pool } from '../devices/pools.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { Action } from './cluster-event.ts';
import type { ClusterEvent, EventResource } from './cluster-event.ts';
import type { DeviceObjects } from './framework.ts';

/** Under this value stand the slices that are not of one node. */
const NO_NODE = '';

interface KnownPools {
  readonly node: KubeNode;
  readonly version: number;
  readonly pools: readonly Pool[];
}

/**
 * Devices, their classes and who has them, as the scheduler's informers know them, with the allocations that are on their
 * way to the API server. Source: dynamicresources/dra_manager.go.
 */
export class InformedDevices implements DeviceObjects, Saveable {
  readonly #claims: Informer<ResourceClaim>;
  readonly #classes: Informer<DeviceClass>;
  readonly #slices: Index<ResourceSlice>;
  /** Counts changes of slices. */
  #sliceVersion = 0;
  readonly #pools = new Map<string, KnownPools>();
  /** Counts changes of classes. */
  #classVersion = 0;
  /** Counts, by the pool's id, changes of who has its devices. */
  readonly #holdVersions = new Map<string, number>();
  /** How many allocations hold a device. */
  readonly #held = new Map<string, number>();
  /** Allocations that were decided and are not known to be written, by the claim's UID. */
  readonly #pending = new Map<string, AllocationResult>();

  /** `happened` is told of what may make a pod schedulable. */
  constructor(informers: Informers, happened: (event: ClusterEvent) => void) {
    const told = <T extends KubeObject>(
      resource: EventResource,
      changed: (after: T | undefined, before: T | undefined) => void,
    ): Informer<T> => {
      const informer = informers.informer<T>(resource);
      informer.on((type, object, previous) => {
        const gone = type === 'deleted';
        changed(gone ? undefined : object, gone ? object : previous);
        if (type === 'added') happened({ resource, action: Action.add, after: object });
        else if (type === 'modified')
          happened({ resource, action: Action.updateOther, before: previous, after: object });
        else happened({ resource, action: Action.delete, before: object });
      });
      return informer;
    };
    this.#classes = told('DeviceClass', () => this.#classVersion++);
    this.#slices = told<ResourceSlice>('ResourceSlice', () => this.#sliceVersion++).index(
      'node',
      ({ spec }) => spec.nodeName ?? NO_NODE,
    );
    this.#claims = told<ResourceClaim>('ResourceClaim', (after, before) => this.#claimChanged(after, before));
  }

  claim(key: string): ResourceClaim | undefined {
    return this.#claims.get(key);
  }

  deviceClass(name: string): DeviceClass | undefined {
    return this.#classes.get(name);
  }

  pools(node: KubeNode): readonly Pool[] {
    const { name } = node.metadata;
    const known = this.#pools.get(name);
    if (known?.node === node && known.version === this.#sliceVersion) return known.pools;
    const pools = gatherPools([...this.#slices.get(name), ...this.#slices.get(NO_NODE)], node);
    this.#pools.set(name, { node, version: this.#sliceVersion, pools });
    return pools;
  }

  version(pools: readonly Pool[]): number {
    let version = this.#classVersion;
    for (const { id } of pools) version += this.#holdVersions.get(id) ?? 0;
    return version;
  }

  isAllocated(device: string): boolean {
    return this.#held.has(device);
  }

  isPending(uid: string): boolean {
    return this.#pending.has(uid);
  }

  setPending(uid: string, allocation: AllocationResult): void {
    this.clearPending(uid);
    this.#pending.set(uid, allocation);
    this.#hold(allocation, 1);
  }

  clearPending(uid: string): void {
    const allocation = this.#pending.get(uid);
    if (allocation === undefined) return;
    this.#pending.delete(uid);
    this.#hold(allocation, -1);
  }

  #claimChanged(after: ResourceClaim | undefined, before: ResourceClaim | undefined): void {
    const now = after?.status?.allocation;
    const then = before?.status?.allocation;
    if (now === then) return;
    if (then !== undefined) this.#hold(then, -1);
    if (now === undefined) return;
    this.#hold(now, 1);
    this.clearPending((after as ResourceClaim).metadata.uid);
  }

  #hold(allocation: AllocationResult, by: 1 | -1): void {
    for (const { driver, pool } of allocation.devices.results) {
      const id = poolId(driver, pool);
      this.#holdVersions.set(id, (this.#holdVersions.get(id) ?? 0) + 1);
    }
    for (const device of heldDevices(allocation)) {
      const count = (this.#held.get(device) ?? 0) + by;
      if (count > 0) this.#held.set(device, count);
      else this.#held.delete(device);
    }
  }

  save(): readonly [string, AllocationResult][] {
    return [...this.#pending];
  }

  /** After the informers were restored. */
  restore(saved: unknown): void {
    this.#pending.clear();
    this.#held.clear();
    this.#pools.clear();
    this.#sliceVersion++;
    for (const { status } of this.#claims.list())
      if (status?.allocation !== undefined) this.#hold(status.allocation, 1);
    for (const [uid, allocation] of saved as [string, AllocationResult][]) this.setPending(uid, allocation);
  }
}
