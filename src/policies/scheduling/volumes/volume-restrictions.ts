import type { Pod, Volume } from '../../../sim/api/core.ts';
import { Action } from '../../../sim/scheduler/cluster-event.ts';
import type { Cycle, Plugin, PluginHandle } from '../../../sim/scheduler/framework.ts';
import type { PodInfo } from '../../../sim/scheduler/pod-class.ts';
import type { PodCounter } from '../../../sim/scheduler/pod-counters.ts';
import { SKIP, unresolvable, unschedulable } from '../../../sim/scheduler/status.ts';
import { claimNames, claimOf, notFoundText } from '../../../sim/storage/claims.ts';
import { namesClaim } from './volume-events.ts';

const NAME = 'VolumeRestrictions';
const DISK_CONFLICT = unschedulable('node(s) had no available disk');
const CLAIM_IN_USE = unschedulable(
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
);

/** What PreFilter leaves for Filter: the claims that only one pod may use. */
interface Exclusive {
  /** Pods that use each of them, wherever they are. */
  readonly users: readonly PodCounter[];
  /** Claims that were in use at PreFilter. */
  readonly conflicts: number;
  /** Users at PreFilter. */
  readonly total: number;
}

type Disk = Readonly<Record<string, unknown>>;

/** The kinds of volumes in a pod's own spec that cannot be had twice on a node, and when two are the same. */
const DISKS: readonly { readonly source: string; readonly conflict: (a: Disk, b: Disk) => boolean }[] = [
  {
    source: 'gcePersistentDisk',
    conflict: (a, b) => a['pdName'] === b['pdName'] && !bothReadOnly(a, b),
  },
  { source: 'awsElasticBlockStore', conflict: (a, b) => a['volumeID'] === b['volumeID'] },
  { source: 'iscsi', conflict: (a, b) => a['iqn'] === b['iqn'] && !bothReadOnly(a, b) },
  {
    source: 'rbd',
    conflict: (a, b) =>
      monitors(a).some((monitor) => monitors(b).includes(monitor)) &&
      (a['pool'] ?? 'rbd') === (b['pool'] ?? 'rbd') &&
      a['image'] === b['image'] &&
      !bothReadOnly(a, b),
  },
];

function bothReadOnly(a: Disk, b: Disk): boolean {
  return a['readOnly'] === true && b['readOnly'] === true;
}

function monitors(disk: Disk): readonly unknown[] {
  return (disk['monitors'] as readonly unknown[] | undefined) ?? [];
}

function needsDisk({ spec: { volumes } }: Pod): boolean {
  return volumes?.some((volume) => DISKS.some(({ source }) => volume[source] !== undefined)) === true;
}

function conflicting(volume: Volume, existing: Volume): boolean {
  return DISKS.some(({ source, conflict }) => {
    const ours = volume[source] as Disk | undefined;
    const theirs = existing[source] as Disk | undefined;
    return ours !== undefined && theirs !== undefined && conflict(ours, theirs);
  });
}

/**
 * Keeps disks from being mounted twice on a node, and claims of mode ReadWriteOncePod from being used twice anywhere.
 * Source: plugins/volumerestrictions/volume_restrictions.go.
 */
export function volumeRestrictions({ table, objects }: PluginHandle): Plugin {
  /** Pods that use a claim, kept current as they come and go, for a trial too. */
  const usersOf = (namespace: string, claim: string): PodCounter =>
    table.counters.counter(
      `claim ${namespace}/${claim}`,
      ({ namespace: other, spec }) =>
        other === namespace &&
        spec.spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim) === true,
      'all',
    );

  const inUse = ({ state }: Cycle): boolean => {
    const exclusive = state.get(NAME) as Exclusive | undefined;
    if (exclusive === undefined) return false;
    const gone = exclusive.total - totalOf(exclusive.users);
    return exclusive.conflicts - gone > 0;
  };

  return {
    name: NAME,
    repeatable: true,
    events: [
      { resource: 'Node', action: Action.add },
      { resource: 'AssignedPod', action: Action.delete },
      { resource: 'PersistentVolumeClaim', action: Action.add, hint: namesClaim },
    ],
    preFilter({ state }, { pod }: PodInfo) {
      if (pod.spec.volumes === undefined) return SKIP;
      const { storage } = objects;
      const namespace = pod.metadata.namespace ?? '';
      const exclusive = new Set<string>();
      for (const name of storage === undefined ? [] : claimNames(pod)) {
        const claim = storage === undefined ? undefined : claimOf(storage, pod, name);
        if (claim === undefined) return unresolvable(notFoundText('PersistentVolumeClaim', name));
        if (claim.spec.accessModes?.includes('ReadWriteOncePod') === true) exclusive.add(name);
      }
      const users = [...exclusive].map((name) => usersOf(namespace, name));
      const conflicts = users.filter(({ total }) => total > 0).length;
      if (conflicts === 0 && !needsDisk(pod)) return SKIP;
      const left: Exclusive = { users, conflicts, total: totalOf(users) };
      state.set(NAME, left);
      return undefined;
    },
    filter(cycle, { pod }, node) {
      if (needsDisk(pod)) {
        for (const { pod: existing } of node.pods) {
          for (const volume of pod.spec.volumes ?? []) {
            if (existing.spec.volumes?.some((other) => conflicting(volume, other)) === true) return DISK_CONFLICT;
          }
        }
      }
      return inUse(cycle) ? CLAIM_IN_USE : undefined;
    },
  };
}

function totalOf(users: readonly PodCounter[]): number {
  return users.reduce((sum, { total }) => sum + total, 0);
}
