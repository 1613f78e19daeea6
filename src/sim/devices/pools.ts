import type { KubeNode, NodeSelector } from '../api/core.ts';
import type { Device, ResourceSlice } from '../api/resource.ts';
import { matchesTerm } from '../scheduler/node-selection.ts';

/** The devices of a driver's pool that a node can reach. */
export interface Pool {
  /** `driver/pool`. */
  readonly id: string;
  readonly driver: string;
  readonly name: string;
  /** Slices are still to come: all devices cannot be told yet. */
  readonly incomplete: boolean;
  /** Two devices have one name. */
  readonly invalid: boolean;
  readonly devices: readonly PooledDevice[];
}

export interface PooledDevice {
  /** `driver/pool/device`. */
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
}

export function poolId(driver: string, pool: string): string {
  return `${driver}/${pool}`;
}

export function deviceId(driver: string, pool: string, device: string): string {
  return `${driver}/${pool}/${device}`;
}

/**
 * The pools that a node can reach, of the latest generation of each. In the order of their names, as the slices of each:
 * the original's is that of a hash table. Source: structured/internal/…/pools_*.go GatherPools.
 */
export function gatherPools(slices: Iterable<ResourceSlice>, node: KubeNode): Pool[] {
  const found = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    if (!reaches(slice, node)) continue;
    const { driver, pool } = slice.spec;
    const id = poolId(driver, pool.name);
    const known = found.get(id);
    const newer = (pool.generation ?? 0) - (known?.[0]?.spec.pool.generation ?? 0);
    if (known === undefined || newer > 0) found.set(id, [slice]);
    else if (newer === 0) known.push(slice);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, of]) => poolOf(of));
}

/** Devices that ask for a choice by device (`perDeviceNodeSelection`) belong to an alpha feature and are left out. */
function reaches({ spec }: ResourceSlice, node: KubeNode): boolean {
  if (spec.perDeviceNodeSelection !== undefined) return false;
  if ((spec.nodeName ?? '') !== '') return spec.nodeName === node.metadata.name;
  return spec.allNodes === true || (spec.nodeSelector !== undefined && selects(spec.nodeSelector, node));
}

/** Whether one of the selector's terms takes the node. */
export function selects({ nodeSelectorTerms }: NodeSelector, node: KubeNode): boolean {
  return nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function poolOf(slices: readonly ResourceSlice[]): Pool {
  const [{ spec }] = slices as unknown as [ResourceSlice];
  const inOrder = [...slices].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const { driver, pool } = spec;
  const devices = inOrder.flatMap((slice) =>
    (slice.spec.devices ?? []).map((device) => ({
      id: deviceId(driver, pool.name, device.name),
      driver,
      pool: pool.name,
      device,
      slice,
    })),
  );
  return {
    id: poolId(driver, pool.name),
    driver,
    name: pool.name,
    incomplete: slices.length !== pool.resourceSliceCount,
    invalid: new Set(devices.map(({ id }) => id)).size < devices.length,
    devices,
  };
}
