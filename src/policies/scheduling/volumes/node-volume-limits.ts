import type { Pod } from '../../../sim/api/core.ts';
import type { PersistentVolumeClaim } from '../../../sim/api/storage.ts';
import { Action } from '../../../sim/scheduler/cluster-event.ts';
import type { Plugin, PluginHandle, StorageObjects } from '../../../sim/scheduler/framework.ts';
import { SKIP, unresolvable, unschedulable } from '../../../sim/scheduler/status.ts';
import type { Status } from '../../../sim/scheduler/status.ts';
import { claimOf, claimUse, classOf, foreignText, notFoundText } from './claims.ts';

const NAME = 'NodeVolumeLimits';
const TOO_MANY = unschedulable('node(s) exceed max volume count');

/** Volumes by a name of their own, with the driver that attaches them. */
type Volumes = Map<string, string>;

/** Driver and volume behind a claim; a claim without a volume yet will get one from its class's provisioner. */
function attachment(storage: StorageObjects, claim: PersistentVolumeClaim): readonly [string, string] | undefined {
  const { volumeName = '' } = claim.spec;
  const volume = volumeName === '' ? undefined : storage.volume(volumeName);
  if (volume !== undefined) {
    const { csi } = volume.spec;
    return csi === undefined ? undefined : [csi.driver, csi.volumeHandle];
  }
  const provisioner = storage.storageClass(classOf(claim))?.provisioner;
  if (provisioner === undefined) return undefined;
  return [provisioner, `to be provisioned for ${claim.metadata.namespace ?? ''}/${claim.metadata.name}`];
}

/** Adds the volumes that a pod has attached. Answers what is wrong; of a pod that is there already nothing is. */
function collect(storage: StorageObjects, pod: Pod, isNew: boolean, into: Volumes): Status | undefined {
  for (const volume of pod.spec.volumes ?? []) {
    const use = claimUse(pod, volume);
    if (use === undefined) continue;
    const claim = claimOf(storage, pod, use.name);
    if (claim === undefined) {
      if (!isNew) continue;
      const place = `${pod.metadata.namespace ?? ''}/${use.name}`;
      return unresolvable(`looking up PVC ${place}: ${notFoundText('PersistentVolumeClaim', use.name)}`);
    }
    const foreign = use.ephemeral ? foreignText(pod, claim) : undefined;
    if (foreign !== undefined) return { code: 'Error', reasons: [foreign] };
    const attached = attachment(storage, claim);
    if (attached !== undefined) into.set(attached.join(' '), attached[0]);
  }
  return undefined;
}

/**
 * Keeps the number of a CSI driver's volumes on a node within what the node's CSINode allows. Volumes of in-tree drivers
 * are not translated to CSI, and VolumeAttachments are not looked at. Source: plugins/nodevolumelimits/csi.go.
 */
export function nodeVolumeLimits({ objects }: PluginHandle): Plugin {
  return {
    name: NAME,
    repeatable: true,
    events: [
      { resource: 'Node', action: Action.add },
      { resource: 'AssignedPod', action: Action.delete },
    ],
    preFilter(_cycle, { pod }) {
      if (objects.storage === undefined || pod.spec.volumes === undefined) return SKIP;
      return pod.spec.volumes.some((volume) => claimUse(pod, volume) !== undefined) ? undefined : SKIP;
    },
    filter(_cycle, { pod }, node) {
      const { storage } = objects;
      if (storage === undefined) return undefined;
      const added: Volumes = new Map();
      const problem = collect(storage, pod, true, added);
      if (problem !== undefined || added.size === 0) return problem;
      const limits = new Map<string, number>();
      for (const { name, allocatable } of storage.csiNode(node.name)?.spec.drivers ?? []) {
        if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
      }
      if (limits.size === 0) return undefined;
      const attached: Volumes = new Map();
      for (const { pod: existing } of node.pods) {
        const refusal = collect(storage, existing, false, attached);
        if (refusal !== undefined) return refusal;
      }
      for (const volume of attached.keys()) added.delete(volume);
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
