import type { Pod } from '../../../sim/api/core.ts';
import { Action } from '../../../sim/scheduler/cluster-event.ts';
import type { Plugin, PluginHandle, StorageObjects } from '../../../sim/scheduler/framework.ts';
import { SKIP, unresolvable } from '../../../sim/scheduler/status.ts';
import type { Status } from '../../../sim/scheduler/status.ts';
import { claimNames, claimOf, classOf, notFoundText } from '../../../sim/storage/claims.ts';
import { namesClaim } from './volume-events.ts';

const NAME = 'VolumeZone';
const OTHER_ZONE = unresolvable('node(s) had no available volume zone');

/** Labels that bind a volume to a zone or region, each with the one that took its place. */
const TOPOLOGY: ReadonlyMap<string, string> = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
]);

/** Between the zones of a volume that is in several. */
const SEPARATOR = '__';

/** A label that the node has to have, with one of these values. */
interface Demand {
  readonly label: string;
  readonly values: readonly string[];
}

function demandsOf(storage: StorageObjects, pod: Pod): readonly Demand[] | Status {
  const demands: Demand[] = [];
  for (const name of claimNames(pod)) {
    const claim = claimOf(storage, pod, name);
    if (claim === undefined) return unresolvable(notFoundText('PersistentVolumeClaim', name));
    const { volumeName = '' } = claim.spec;
    if (volumeName === '') {
      const refusal = unbound(storage, classOf(claim));
      if (refusal !== undefined) return refusal;
      continue;
    }
    const volume = storage.volume(volumeName);
    if (volume === undefined) return unresolvable(notFoundText('PersistentVolume', volumeName));
    for (const label of TOPOLOGY.keys()) {
      const value = volume.metadata.labels?.[label];
      if (value === undefined) continue;
      const values = value.split(SEPARATOR).map((zone) => zone.trim());
      // A value that names an empty zone is passed over.
      if (values.every((zone) => zone !== '')) demands.push({ label, values });
    }
  }
  return demands;
}

/** A claim without a volume has to be one that waits for a node. */
function unbound(storage: StorageObjects, className: string): Status | undefined {
  if (className === '') return unresolvable('PersistentVolumeClaim had no pv name and storageClass name');
  const storageClass = storage.storageClass(className);
  if (storageClass === undefined) {
    return unresolvable(`storageclass.storage.k8s.io "${className}" not found`);
  }
  const { volumeBindingMode } = storageClass;
  if (volumeBindingMode === undefined) return unresolvable(`VolumeBindingMode not set for StorageClass "${className}"`);
  return volumeBindingMode === 'WaitForFirstConsumer' ? undefined : unresolvable('PersistentVolume had no name');
}

/** Keeps pods to the zones of the volumes they have. Source: plugins/volumezone/volume_zone.go. */
export function volumeZone({ objects }: PluginHandle): Plugin {
  return {
    name: NAME,
    repeatable: true,
    events: [
      { resource: 'StorageClass', action: Action.add },
      { resource: 'Node', action: Action.add | Action.updateNodeLabel },
      { resource: 'PersistentVolumeClaim', action: Action.add | Action.updateOther, hint: namesClaim },
      { resource: 'PersistentVolume', action: Action.add | Action.updateOther },
    ],
    preFilter({ state }, { pod }) {
      const { storage } = objects;
      if (storage === undefined || pod.spec.volumes === undefined) return SKIP;
      const demands = demandsOf(storage, pod);
      if ('code' in demands) return demands;
      if (demands.length === 0) return SKIP;
      state.set(NAME, demands);
      return undefined;
    },
    filter({ state }, _pod, { labels }) {
      // A node outside all zones takes any volume.
      if (![...TOPOLOGY.keys()].some((label) => labels[label] !== undefined)) return undefined;
      for (const { label, values } of state.get(NAME) as readonly Demand[]) {
        const value = labels[label] ?? labels[TOPOLOGY.get(label) as string];
        if (value === undefined || !values.includes(value)) return OTHER_ZONE;
      }
      return undefined;
    },
  };
}
