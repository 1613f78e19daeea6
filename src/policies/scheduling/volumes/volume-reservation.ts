import type { KubeNode } from '../../../sim/api/core.ts';
import type { KubeObject } from '../../../sim/api/meta.ts';
import type { PersistentVolumeClaim } from '../../../sim/api/storage.ts';
import type { ApiRequest } from '../../../sim/apiserver/request.ts';
import { keyOf } from '../../../sim/apiserver/request.ts';
import type { StorageAssumptions, StorageObjects } from '../../../sim/scheduler/framework.ts';
import { annotated, isBound, SELECTED_NODE, selectedNodeOf, volumeBoundTo } from '../../../sim/storage/claims.ts';
import { nodeTermsOf } from '../../../sim/storage/csi-translation.ts';
import { matchVolumes, reaches } from '../../../sim/storage/volume-matching.ts';

/** What Reserve has taken for a pod on its node; plain data. Source: volumebinding/binder.go PodVolumes. */
export interface Reserved {
  /** Claims with the volume that each is to get: keys and names. */
  readonly bindings: readonly (readonly [claim: string, volume: string])[];
  /** Keys of the claims whose volumes are to be made; of these, those for which the node was not chosen before. */
  readonly provisions: readonly string[];
  readonly chosen: readonly string[];
  /** The API server has been asked for it. */
  readonly asked: boolean;
}

/** Takes the volumes that are there for a pod's claims, and has the others made for its node; so far in memory alone. */
export function reserveVolumes(
  storage: StorageObjects,
  assumptions: StorageAssumptions,
  claims: readonly PersistentVolumeClaim[],
  node: KubeNode,
  nodeName: string,
): Reserved {
  const open = claims.filter((claim) => selectedNodeOf(claim) === undefined);
  const { found, left } = matchVolumes(storage, open, node);
  for (const [claim, volume] of found) assumptions.assumeVolume(volumeBoundTo(volume, claim));
  const others = claims.filter((claim) => selectedNodeOf(claim) !== undefined);
  for (const claim of left) assumptions.assumeClaim(annotated(claim, SELECTED_NODE, nodeName));
  return {
    bindings: found.map(([claim, volume]) => [keyOf(claim), volume.metadata.name]),
    provisions: [...others, ...left].map((claim) => keyOf(claim)),
    chosen: left.map((claim) => keyOf(claim)),
    asked: false,
  };
}

/** Forgets what was assumed. */
export function giveBack(assumptions: StorageAssumptions, { bindings, chosen }: Reserved): void {
  for (const [, volume] of bindings) assumptions.restoreVolume(volume);
  for (const claim of chosen) assumptions.restoreClaim(claim);
}

/** The writes that make it so: each refused where the object has moved on since. */
export function bindingRequests(
  assumptions: StorageAssumptions,
  { bindings, chosen }: Reserved,
): readonly ApiRequest[] {
  const objects = [
    ...bindings.map(([, volume]) => assumptions.assumedVolume(volume)),
    ...chosen.map((claim) => assumptions.assumedClaim(claim)),
  ];
  return objects.flatMap((object) => (object === undefined ? [] : [update(object)]));
}

function update(body: KubeObject): ApiRequest {
  const { namespace = '', name } = body.metadata;
  return { verb: 'update', kind: body.kind, namespace, name, body };
}

/** Why a pod's volumes will not be bound as reserved; 'pending' as long as they may be. Source: binder.go checkBindings. */
export function bindingProblem(
  storage: StorageObjects,
  assumptions: StorageAssumptions,
  { bindings, provisions }: Reserved,
  node: KubeNode,
  nodeName: string,
): string | undefined {
  const csiNode = storage.csiNode(nodeName);
  const misses = (name: string): string | undefined => {
    const volume = storage.volume(name);
    if (volume === undefined) return undefined;
    if (reaches(volume, node, nodeTermsOf(volume, csiNode))) return undefined;
    return `pv "${name}" node affinity doesn't match node "${nodeName}": no matching NodeSelectorTerms`;
  };
  for (const [key, name] of bindings) {
    const volume = storage.volume(name);
    if (volume === undefined) return `failed to check binding: could not find v1.PersistentVolume "${name}"`;
    const claim = storage.claim(key);
    if (claim === undefined) return `failed to check pvc binding: could not find v1.PersistentVolumeClaim "${key}"`;
    // What was asked for has not come back by way of the watch.
    if (assumptions.assumedVolume(name) !== undefined) return 'pending';
    const problem = misses(name);
    if (problem !== undefined) return problem;
    if ((volume.spec.claimRef?.uid ?? '') === '') return `ClaimRef got reset for pv "${name}"`;
    if (!isBound(claim)) return 'pending';
  }
  for (const key of provisions) {
    const claim = storage.claim(key);
    if (claim === undefined) return `failed to check pvc binding: could not find v1.PersistentVolumeClaim "${key}"`;
    if (assumptions.assumedClaim(key) !== undefined) return 'pending';
    const selected = selectedNodeOf(claim);
    if (claim.metadata.annotations === undefined)
      return `selectedNode annotation reset for PVC "${claim.metadata.name}"`;
    if (selected !== nodeName) {
      return `selectedNode annotation value "${selected ?? ''}" not set to scheduled node "${nodeName}"`;
    }
    const { volumeName = '' } = claim.spec;
    const problem = volumeName === '' ? undefined : misses(volumeName);
    if (problem !== undefined) return problem;
    if (!isBound(claim)) return 'pending';
  }
  return undefined;
}
