import type { Pod } from '../../../sim/api/core.ts';
import type { PersistentVolumeClaim } from '../../../sim/api/storage.ts';
import { Action } from '../../../sim/scheduler/cluster-event.ts';
import type { EventRegistration } from '../../../sim/scheduler/cluster-event.ts';
import type { Plugin, PluginHandle, StorageObjects, Waiting } from '../../../sim/scheduler/framework.ts';
import type { NodeView } from '../../../sim/scheduler/node-view.ts';
import { SKIP, unresolvable } from '../../../sim/scheduler/status.ts';
import type { Status } from '../../../sim/scheduler/status.ts';
import {
  claimOf,
  claimUse,
  classOf,
  foreignText,
  isBound,
  notFoundText,
  selectedNodeOf,
  waitsForConsumer,
} from '../../../sim/storage/claims.ts';
import { matchVolumes, provisioning, reaches } from '../../../sim/storage/volume-matching.ts';
import { nodeTermsOf, reachesAll } from '../../../sim/storage/csi-translation.ts';
import { namesClaim } from './volume-events.ts';
import { bindingProblem, bindingRequests, giveBack, reserveVolumes } from './volume-reservation.ts';
import type { Reserved } from './volume-reservation.ts';

const NAME = 'VolumeBinding';
const UNBOUND_IMMEDIATE = unresolvable('pod has unbound immediate PersistentVolumeClaims');
const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage';
const VOLUME_GONE = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/** A pod's claims, by what is to be done about them. */
interface Claims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** To be bound when a node has been chosen. */
  readonly delayed: readonly PersistentVolumeClaim[];
}

/** Why a pod has to wait, whatever the node. */
function obstacle(storage: StorageObjects, pod: Pod): string | undefined {
  for (const volume of pod.spec.volumes ?? []) {
    const use = claimUse(pod, volume);
    if (use === undefined) continue;
    const claim = claimOf(storage, pod, use.name);
    if (claim === undefined) {
      return use.ephemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${use.name}"`
        : notFoundText('PersistentVolumeClaim', use.name);
    }
    const { name, deletionTimestamp } = claim.metadata;
    if (claim.status?.phase === 'Lost') {
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`;
    }
    if (deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
    const foreign = use.ephemeral ? foreignText(pod, claim) : undefined;
    if (foreign !== undefined) return foreign;
  }
  return undefined;
}

/** Sorts the pod's claims out. A status where one of them should have been bound before. */
function claimsOf(storage: StorageObjects, pod: Pod): Claims | Status {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let immediate = false;
  for (const volume of pod.spec.volumes ?? []) {
    const use = claimUse(pod, volume);
    const claim = use === undefined ? undefined : claimOf(storage, pod, use.name);
    if (claim === undefined) continue;
    if (isBound(claim)) {
      bound.push(claim);
      continue;
    }
    const name = classOf(claim);
    const storageClass = name === '' ? undefined : storage.storageClass(name);
    if (storageClass !== undefined && storageClass.volumeBindingMode === undefined) {
      return { code: 'Error', reasons: [`VolumeBindingMode not set for StorageClass "${name}"`] };
    }
    const waits = waitsForConsumer(storageClass) && (claim.spec.volumeName ?? '') === '';
    if (waits) delayed.push(claim);
    else immediate = true;
  }
  return immediate ? UNBOUND_IMMEDIATE : { bound, delayed };
}

function judge(storage: StorageObjects, { bound, delayed }: Claims, { node, name }: NodeView): Status | undefined {
  const reasons: string[] = [];
  const csiNode = storage.csiNode(name);
  const volumes = bound.map(({ spec }) => storage.volume(spec.volumeName as string));
  // The first that is not as it should be decides what is said of them.
  const wrong = volumes.findIndex(
    (volume) => volume === undefined || !reaches(volume, node, nodeTermsOf(volume, csiNode)),
  );
  if (wrong >= 0 && volumes[wrong] !== undefined) reasons.push(NODE_CONFLICT);
  const unbound = delayed.length === 0 ? undefined : binding(storage, delayed, node, name);
  if (typeof unbound === 'object') return unbound;
  if (unbound !== undefined) reasons.push(unbound);
  if (wrong >= 0 && volumes[wrong] === undefined) reasons.push(VOLUME_GONE);
  return reasons.length === 0 ? undefined : unresolvable(...reasons);
}

/** Why claims that wait for a node cannot have theirs on this one. */
function binding(
  storage: StorageObjects,
  delayed: readonly PersistentVolumeClaim[],
  node: NodeView['node'],
  nodeName: string,
): string | Status | undefined {
  const selected = delayed.filter((claim) => selectedNodeOf(claim) !== undefined);
  if (selected.some((claim) => selectedNodeOf(claim) !== nodeName)) return BIND_CONFLICT;
  const open = delayed.filter((claim) => selectedNodeOf(claim) === undefined);
  const toProvision = [...selected, ...matchVolumes(storage, open, node).left];
  const outcome = provisioning(storage, toProvision, node);
  if (typeof outcome === 'object') return { code: 'Error', reasons: [outcome.error] };
  if (outcome === 'unbindable') return BIND_CONFLICT;
  return outcome === 'full' ? NOT_ENOUGH_SPACE : undefined;
}

/** VolumeBindingArgs of a KubeSchedulerConfiguration. */
export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds?: number;
}

/** Source: apis/config/v1/defaults.go. */
const BIND_TIMEOUT_SECONDS = 600;

/**
 * Keeps pods to nodes that their volumes reach, or on which they can be bound or made, and has that done before the pod is
 * bound. It counts as a scoring plugin, though without the feature StorageCapacityScoring (alpha in v1.34) PreScore skips
 * it for every pod: where it is the only one, all totals are 0 and all nodes are searched, while without any scoring plugin
 * the first node that fits is taken. Source: plugins/volumebinding.
 */
export function volumeBinding({ bindTimeoutSeconds }: VolumeBindingArgs, { objects }: PluginHandle): Plugin {
  const timeoutSeconds = bindTimeoutSeconds ?? BIND_TIMEOUT_SECONDS;
  return {
    name: NAME,
    repeatable: true,
    events: EVENTS,
    preFilter({ state }, { pod }) {
      const { storage } = objects;
      if (storage === undefined) return SKIP;
      if (pod.spec.volumes?.some((volume) => claimUse(pod, volume) !== undefined) !== true) return SKIP;
      const problem = obstacle(storage, pod);
      if (problem !== undefined) return unresolvable(problem);
      const claims = claimsOf(storage, pod);
      if ('code' in claims) return claims;
      state.set(NAME, claims);
      return undefined;
    },
    passesAll({ state }) {
      const { storage } = objects;
      const { bound, delayed } = state.get(NAME) as Claims;
      if (storage === undefined || delayed.length > 0) return false;
      return bound.every(({ spec }) => {
        const volume = storage.volume(spec.volumeName as string);
        return volume !== undefined && reachesAll(volume);
      });
    },
    filter({ state }, _pod, node) {
      const { storage } = objects;
      return storage === undefined ? undefined : judge(storage, state.get(NAME) as Claims, node);
    },
    preScore: () => SKIP,
    skipsScore: () => true,
    score: () => 0,
    reserve({ bindingState }, { pod }, { name, node }) {
      const { storage } = objects;
      const { assumptions } = storage ?? {};
      if (storage === undefined || assumptions === undefined || pod.spec.volumes === undefined) return undefined;
      const claims = claimsOf(storage, pod);
      if ('code' in claims) return claims;
      if (claims.delayed.length === 0) return undefined;
      bindingState.set(NAME, reserveVolumes(storage, assumptions, claims.delayed, node, name));
      return undefined;
    },
    unreserve({ bindingState }) {
      const reserved = bindingState.get(NAME) as Reserved | undefined;
      const assumptions = objects.storage?.assumptions;
      if (reserved !== undefined && assumptions !== undefined) giveBack(assumptions, reserved);
    },
    preBind({ bindingState }, _pod, { name, node }) {
      const reserved = bindingState.get(NAME) as Reserved | undefined;
      const { storage } = objects;
      const { assumptions } = storage ?? {};
      if (reserved === undefined || storage === undefined || assumptions === undefined) return undefined;
      const waiting: Waiting = { code: 'Wait', timeoutSeconds, doing: 'binding volumes' };
      if (!reserved.asked) {
        bindingState.set(NAME, { ...reserved, asked: true });
        return { ...waiting, requests: bindingRequests(assumptions, reserved) };
      }
      const problem = bindingProblem(storage, assumptions, reserved, node, name);
      if (problem === 'pending') return waiting;
      return problem === undefined ? undefined : { code: 'Error', reasons: [`binding volumes: ${problem}`] };
    },
  };
}

const ADDED_OR_CHANGED = Action.add | Action.updateOther;

/** What may make a pod schedulable that this plugin rejected. Source: EventsToRegister. */
const EVENTS: readonly EventRegistration[] = [
  { resource: 'StorageClass', action: ADDED_OR_CHANGED },
  { resource: 'PersistentVolumeClaim', action: ADDED_OR_CHANGED, hint: namesClaim },
  { resource: 'PersistentVolume', action: ADDED_OR_CHANGED },
  { resource: 'Node', action: Action.add | Action.updateNodeLabel },
  { resource: 'CSINode', action: ADDED_OR_CHANGED },
  { resource: 'CSIDriver', action: Action.updateOther },
  { resource: 'CSIStorageCapacity', action: ADDED_OR_CHANGED },
];
