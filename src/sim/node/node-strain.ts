import type { KubeNode } from '../api/core.ts';
import { quantityValue } from '../api/quantity.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import { homeOfImages } from './eviction-signals.ts';
import type { StarvedResource } from './eviction-signals.ts';
import { imagesOnDisk } from './images.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import { constantLoad } from './load.ts';
import type { Load } from './load.ts';
import type { PodRecord } from './pod-record.ts';
import { containerLoads, podLoads, saysUsage } from './pod-usage.ts';
import { volumeLoads } from './pod-volumes.ts';

/** What a fault takes of a node besides its pods: at once, and more every second; plain data. */
export interface Strain {
  readonly fault: number;
  readonly resource: 'memory' | 'disk';
  readonly since: Micros;
  /** Part of the capacity that is taken at once, and bytes every second after that. */
  readonly share: number;
  readonly perSecond: number;
}

/** The disk of a node of which nothing is said, where a fault fills it. No constant upstream. */
const ASSUMED_DISK = 100e9;

/** What the node has of a resource; Infinity where nothing is said of it. */
export function capacityOf(node: NodeRecord, resource: StarvedResource, settings: KubeletSettings): number {
  if (resource === 'pid') return settings.pidMax;
  if (resource === 'images') return settings.imageFilesystemBytes || Infinity;
  if (resource === 'inodes') return settings.inodes === 0 ? Infinity : settings.inodes;
  const { capacity } = (node.machine.node.status as KubeNode['status'] | undefined) ?? {};
  const text = capacity?.[resource === 'memory' ? 'memory' : 'ephemeral-storage'];
  if (text !== undefined) return quantityValue(text);
  const filled = resource === 'disk' && node.strains.some((strain) => strain.resource === 'disk');
  return filled ? ASSUMED_DISK : Infinity;
}

/** Those of the node's pods of whose usage something is said. */
export function consumersOn(state: KubeletState, node: NodeRecord): readonly PodRecord[] {
  const records: PodRecord[] = [];
  for (const id of node.pods.values()) {
    const record = state.pods.get(id) as PodRecord;
    if (saysUsage(record)) records.push(record);
  }
  return records;
}

/** All that is used of a resource on the node: by pods, by images, by what is wrong with it. */
export function nodeLoads(
  state: KubeletState,
  node: NodeRecord,
  resource: StarvedResource,
  settings: KubeletSettings,
): readonly Load[] {
  const loads: Load[] = [];
  for (const record of consumersOn(state, node)) loads.push(...loadsAt(record, resource, settings));
  if (resource === homeOfImages(settings)) loads.push(constantLoad(imagesOnDisk(node, settings)));
  for (const strain of node.strains) {
    if (strain.resource === resource) loads.push(strainLoad(strain, capacityOf(node, resource, settings)));
  }
  return loads;
}

/** What a pod uses of a resource of its node: what its containers write lies where images do, its own volumes on the disk. */
export function loadsAt(record: PodRecord, resource: StarvedResource, settings: KubeletSettings): readonly Load[] {
  if (resource === 'images') return containerLoads(record, 'disk');
  if (resource === 'disk' && homeOfImages(settings) !== 'disk') return volumeLoads(record, 'disk');
  return podLoads(record, resource);
}

function strainLoad({ since, share, perSecond }: Strain, capacity: number): Load {
  const amount = share === 0 ? 0 : share * capacity;
  return {
    at: (time) => amount + (Math.max(0, time - since) / SECOND) * perSecond,
    trend: () => ({ slope: perSecond / SECOND, until: Infinity }),
    most: perSecond > 0 ? Infinity : amount,
  };
}
