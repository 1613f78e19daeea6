import type { ReplicaSet } from '../../api/workloads.ts';
import { active, availableOf, byAge, sizeOf, sum } from './view.ts';
import type { Scale, View } from './view.ts';

/** What a ReplicaSet remembers of its Deployment's size, to tell a scaling from a roll-out. */
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

function numberIn(set: ReplicaSet, annotation: string): number | undefined {
  const text = set.metadata.annotations?.[annotation];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** Whether somebody scaled the Deployment since its active ReplicaSets were last set. */
export function isScalingEvent({ sets, replicas }: View): boolean {
  return active(sets).some((set) => (numberIn(set, DESIRED_REPLICAS) ?? replicas) !== replicas);
}

/**
 * Sizes the ReplicaSets to the Deployment's new size without rolling anything out: the only active one gets it all,
 * several share it in proportion. Source: deployment/sync.go scale.
 */
export function scaled(view: View): Scale[] {
  const { sets, current, olds, replicas, deployment } = view;
  const only = activeOrLatest(view);
  if (only !== undefined) return sizeOf(only) === replicas ? [] : [{ set: only, replicas }];
  if (current !== undefined && isSaturated(current, replicas)) {
    return active(olds).map((set) => ({ set, replicas: 0 }));
  }
  return deployment.spec.strategy?.type === 'Recreate' ? [] : inProportion(view, active(sets));
}

/** The one that has pods; the current or else the newest where none has; none of them where several have. */
function activeOrLatest({ sets, current, olds }: View): ReplicaSet | undefined {
  const withPods = active(sets);
  if (withPods.length > 1) return undefined;
  return withPods[0] ?? current ?? olds.at(-1);
}

function isSaturated(current: ReplicaSet, replicas: number): boolean {
  return (
    sizeOf(current) === replicas &&
    numberIn(current, DESIRED_REPLICAS) === replicas &&
    availableOf(current) === replicas
  );
}

function inProportion({ deployment, replicas, maxSurge }: View, sets: ReplicaSet[]): Scale[] {
  const most = replicas > 0 ? replicas + maxSurge : 0;
  const toAdd = most - sum(sets, sizeOf);
  // The biggest first; among equals the newer when growing, the older when shrinking.
  sets.sort((a, b) => sizeOf(b) - sizeOf(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
  let added = 0;
  const sizes = sets.map((set) => {
    const share = toAdd === 0 ? 0 : shareOf(set, replicas, replicas + maxSurge, deployment.status.replicas ?? 0);
    const left = toAdd - added;
    const change = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    added += change;
    return sizeOf(set) + change;
  });
  // What rounding left over goes to the biggest.
  sizes[0] = Math.max(0, (sizes[0] as number) + toAdd - added);
  return sets.map((set, index) => ({ set, replicas: sizes[index] as number }));
}

/** How much a ReplicaSet would grow to keep its share. Source: deployment_util.go getReplicaSetFraction. */
function shareOf(set: ReplicaSet, replicas: number, most: number, reported: number): number {
  const size = sizeOf(set);
  if (replicas === 0) return -size;
  const before = numberIn(set, MAX_REPLICAS) ?? reported;
  return before === 0 ? 0 : Math.round((size * most) / before) - size;
}
