import type { Pod } from '../../../sim/api/core.ts';
import type { CSINode, PersistentVolumeClaim } from '../../../sim/api/storage.ts';
import { Action } from '../../../sim/scheduler/cluster-event.ts';
import type { Plugin, PluginHandle, StorageObjects } from '../../../sim/scheduler/framework.ts';
import { SKIP, unresolvable, unschedulable } from '../../../sim/scheduler/status.ts';
import type { Status } from '../../../sim/scheduler/status.ts';
import { claimOf, claimUse, classOf, foreignText, notFoundText } from '../../../sim/storage/claims.ts';
import { csiVolumeOf, driverOf, inlineCsiVolume } from '../../../sim/storage/csi-translation.ts';
import type { CsiVolume } from '../../../sim/storage/csi-translation.ts';
import { namesClaim, usesVolumes } from './volume-events.ts';
import { limitsOf, volumeCount, VolumeRoom } from './volume-room.ts';

const NAME = 'NodeVolumeLimits';
const TOO_MANY = unschedulable('node(s) exceed max volume count');

/** Volumes by a name of their own, with the driver that attaches them. */
type Volumes = Map<string, string>;

function add(volumes: Volumes, { driver, handle }: CsiVolume): void {
  volumes.set(`${driver}/${handle}`, driver);
}

/** The volume behind a claim; a claim without one yet will get one from its class's provisioner. */
function volumeOf(
  storage: StorageObjects,
  claim: PersistentVolumeClaim,
  csiNode: CSINode | undefined,
): CsiVolume | undefined {
  const { volumeName = '' } = claim.spec;
  const volume = volumeName === '' ? undefined : storage.volume(volumeName);
  if (volume !== undefined) return csiVolumeOf(volume, csiNode);
  const provisioner = storage.storageClass(classOf(claim))?.provisioner;
  const driver = provisioner === undefined ? undefined : driverOf(provisioner, csiNode);
  if (driver === undefined) return undefined;
  return { driver, handle: `to be provisioned for ${claim.metadata.namespace ?? ''}/${claim.metadata.name}` };
}

/** Adds the volumes that a pod has attached. Answers what is wrong; of a pod that is there already nothing is. */
function collect(
  storage: StorageObjects,
  pod: Pod,
  csiNode: CSINode | undefined,
  isNew: boolean,
  into: Volumes,
): Status | undefined {
  for (const volume of pod.spec.volumes ?? []) {
    const use = claimUse(pod, volume);
    if (use === undefined) {
      const inline = inlineCsiVolume(volume, csiNode);
      if (inline !== undefined) add(into, inline);
      continue;
    }
    const claim = claimOf(storage, pod, use.name);
    if (claim === undefined) {
      if (!isNew) continue;
      const place = `${pod.metadata.namespace ?? ''}/${use.name}`;
      return unresolvable(`looking up PVC ${place}: ${notFoundText('PersistentVolumeClaim', use.name)}`);
    }
    const foreign = use.ephemeral ? foreignText(pod, claim) : undefined;
    if (foreign !== undefined) return { code: 'Error', reasons: [foreign] };
    const attached = volumeOf(storage, claim, csiNode);
    if (attached !== undefined) add(into, attached);
  }
  return undefined;
}

/** Volumes that are attached to the node, or being attached, whatever the pods on it say. */
function attachedTo(storage: StorageObjects, node: string, into: Volumes): void {
  for (const { spec } of storage.attachments(node)) {
    const name = spec.source.persistentVolumeName;
    const csi = name === undefined ? undefined : storage.volume(name)?.spec.csi;
    if (csi !== undefined) add(into, { driver: spec.attacher, handle: csi.volumeHandle });
  }
}

/**
 * Keeps the number of a CSI driver's volumes on a node within what the node's CSINode allows. What counts are the volumes
 * of the pods on it and those that VolumeAttachments tell. Source: plugins/nodevolumelimits/csi.go.
 */
export function nodeVolumeLimits({ table, objects }: PluginHandle): Plugin {
  const room = objects.storage === undefined ? undefined : new VolumeRoom(table, objects.storage);

  return {
    name: NAME,
    repeatable: true,
    events: [
      { resource: 'Node', action: Action.add },
      { resource: 'CSINode', action: Action.add },
      {
        resource: 'CSINode',
        action: Action.updateOther,
        hint: (_pod, { before, after }) => {
          const had = limitsOf(before as CSINode);
          return [...limitsOf(after as CSINode)].some(([driver, count]) => count > (had.get(driver) ?? 0));
        },
      },
      { resource: 'AssignedPod', action: Action.delete, hint: (_pod, { before }) => usesVolumes(before as Pod) },
      { resource: 'PersistentVolumeClaim', action: Action.add, hint: namesClaim },
      { resource: 'VolumeAttachment', action: Action.delete },
    ],
    preFilter({ state }, { pod }) {
      const { storage } = objects;
      if (storage === undefined || pod.spec.volumes === undefined) return SKIP;
      const count = volumeCount(pod);
      if (count === 0) return SKIP;
      // What is wrong with its claims is wrong on every node.
      if (collect(storage, pod, undefined, true, new Map()) === undefined) state.set(NAME, count);
      return undefined;
    },
    passesAll({ state }) {
      const count = state.get(NAME) as number | undefined;
      return count !== undefined && room !== undefined && room.everywhere() >= count;
    },
    filter({ state }, { pod }, node) {
      const { storage } = objects;
      if (storage === undefined) return undefined;
      const count = state.get(NAME) as number | undefined;
      if (count !== undefined && room !== undefined && room.of(node.row) >= count) return undefined;
      const csiNode = storage.csiNode(node.name);
      const added: Volumes = new Map();
      const problem = collect(storage, pod, csiNode, true, added);
      if (problem !== undefined || added.size === 0) return problem;
      const limits = limitsOf(csiNode);
      if (limits.size === 0) return undefined;
      const attached: Volumes = new Map();
      for (const { pod: existing } of node.pods) {
        const refusal = collect(storage, existing, csiNode, false, attached);
        if (refusal !== undefined) return refusal;
      }
      for (const volume of attached.keys()) added.delete(volume);
      attachedTo(storage, node.name, attached);
      for (const driver of new Set(added.values())) {
        const limit = limits.get(driver);
        if (limit !== undefined && countOf(attached, driver) + countOf(added, driver) > limit) return TOO_MANY;
      }
      return undefined;
    },
  };
}

function countOf(volumes: Volumes, driver: string): number {
  let count = 0;
  for (const other of volumes.values()) if (other === driver) count++;
  return count;
}
