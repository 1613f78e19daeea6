import type { DeviceAsk, DeviceClass, ResourceClaim } from '../api/resource.ts';
import type { PooledDevice } from './pools.ts';

/** What stands against the claims themselves, wherever they are to be allocated: the scheduling attempt is an error. */
export class AllocationError extends Error {
  override readonly name = 'AllocationError';
}

/** The devices of this node alone do not do; other nodes' may. */
export class NodeAllocationError extends AllocationError {}

/** What an allocation rests on. */
export interface DeviceState {
  deviceClass(name: string): DeviceClass | undefined;
  isAllocated(deviceId: string): boolean;
}

/** A request, or one of its alternatives, with what it comes to on this node. */
export interface Ask {
  /** `request`, or `request/alternative`. */
  readonly name: string;
  readonly request: string;
  readonly ask: DeviceAsk;
  readonly deviceClass: DeviceClass;
  /** Devices that it takes. */
  readonly count: number;
  /** All of them, where it takes all that match. */
  readonly all: readonly PooledDevice[] | undefined;
}

export function titleOf({ metadata }: ResourceClaim): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
