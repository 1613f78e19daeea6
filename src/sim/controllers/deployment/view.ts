import type { StringMap } from '../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../api/workloads.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { scaledValue } from '../int-or-percent.ts';

export const HASH_LABEL = 'pod-template-hash';

/** A Deployment with its ReplicaSets, oldest first. */
export interface View {
  readonly deployment: Deployment;
  readonly sets: readonly ReplicaSet[];
  /** The one with the Deployment's template, if there is one yet. */
  readonly current: ReplicaSet | undefined;
  readonly olds: readonly ReplicaSet[];
  /** Pods wanted. */
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** A ReplicaSet is to have so many pods. */
export interface Scale {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

export function viewOf(deployment: Deployment, owned: readonly ReplicaSet[]): View {
  const sets = [...owned].sort(byAge);
  const current = sets.find((set) => hasTemplateOf(set, deployment));
  const olds = sets.filter((set) => set !== current);
  const replicas = deployment.spec.replicas ?? 1;
  const { maxSurge, maxUnavailable } = fencePosts(deployment, replicas);
  return { deployment, sets, current, olds, replicas, maxSurge, maxUnavailable };
}

/** Pods the ReplicaSet is told to have. */
export function sizeOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

export function availableOf(set: ReplicaSet): number {
  return set.status.availableReplicas ?? 0;
}

export function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number {
  let total = 0;
  for (const set of sets) total += of(set);
  return total;
}

/** Those that are to have pods. */
export function active(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => sizeOf(set) > 0);
}

/** Oldest first; names decide within a second. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const left = a.metadata.creationTimestamp;
  const right = b.metadata.creationTimestamp;
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** Surge is rounded up, unavailability down; both zero would block. Source: deployment_util.go ResolveFenceposts. */
function fencePosts(deployment: Deployment, replicas: number): { maxSurge: number; maxUnavailable: number } {
  const { strategy } = deployment.spec;
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = scaledValue(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, true);
  const asked = scaledValue(strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, false);
  const maxUnavailable = maxSurge === 0 && asked === 0 ? 1 : asked;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

type Template = Deployment['spec']['template'];

/** Templates of ReplicaSets with the latest Deployment's that they were compared with, and how that ended. */
const compared = new WeakMap<Template, { readonly with: Template; readonly same: boolean }>();

function hasTemplateOf(set: ReplicaSet, deployment: Deployment): boolean {
  const ours = deployment.spec.template;
  const theirs = set.spec.template;
  let known = compared.get(theirs);
  if (known?.with !== ours) compared.set(theirs, (known = { with: ours, same: sameTemplate(theirs, ours) }));
  return known.same;
}

function sameTemplate(theirs: Template, ours: Template): boolean {
  if (!sameJson(theirs.spec, ours.spec)) return false;
  const { labels: theirLabels = {}, ...theirMetadata } = theirs.metadata ?? {};
  const { labels: ourLabels = {}, ...ourMetadata } = ours.metadata ?? {};
  return sameJson(withoutHash(theirLabels), withoutHash(ourLabels)) && sameJson(theirMetadata, ourMetadata);
}

function withoutHash(labels: StringMap): StringMap {
  return { ...labels, [HASH_LABEL]: '' };
}
