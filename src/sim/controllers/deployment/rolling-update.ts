import { availableOf, sizeOf, sum } from './view.ts';
import type { Scale, View } from './view.ts';

/**
 * How many pods the current ReplicaSet may have now: as many as are wanted, as far as all together stay within replicas
 * plus surge. Source: deployment_util.go NewRSNewReplicas.
 */
export function currentTarget({ sets, current, replicas, maxSurge }: View): number {
  const own = current === undefined ? 0 : sizeOf(current);
  if (own > replicas) return replicas;
  const room = replicas + maxSurge - sum(sets, sizeOf);
  if (room <= 0) return own;
  return own + Math.min(room, replicas - own);
}

/** One step of a rolling update: the current ReplicaSet up, or else old ones down. Source: deployment/rolling.go. */
export function rollingUpdate(view: View): Scale[] {
  const { current } = view;
  if (current === undefined) return [];
  const target = currentTarget(view);
  if (target !== sizeOf(current)) return [{ set: current, replicas: target }];
  return oldsDown(view);
}

/** Old pods that are not available go first, as far as that keeps enough; then available ones, oldest sets first. */
export function oldsDown({ sets, current, olds, replicas, maxUnavailable }: View): Scale[] {
  if (current === undefined || sum(olds, sizeOf) === 0) return [];
  const minAvailable = replicas - maxUnavailable;
  const unavailableNew = sizeOf(current) - availableOf(current);
  const maxCleanup = sum(sets, sizeOf) - minAvailable - unavailableNew;
  if (maxCleanup <= 0) return [];

  const sizes = new Map(olds.map((set) => [set, sizeOf(set)]));
  let cleaned = 0;
  for (const set of olds) {
    const unhealthy = Math.max(0, sizeOf(set) - availableOf(set));
    const fewer = Math.min(maxCleanup - cleaned, unhealthy);
    sizes.set(set, sizeOf(set) - fewer);
    cleaned += fewer;
  }

  let excess = sum(sets, availableOf) - minAvailable;
  for (const set of olds) {
    if (excess <= 0) break;
    const size = sizes.get(set) as number;
    const fewer = Math.min(size, excess);
    sizes.set(set, size - fewer);
    excess -= fewer;
  }
  return olds.flatMap((set) => {
    const size = sizes.get(set) as number;
    return size === sizeOf(set) ? [] : [{ set, replicas: size }];
  });
}
