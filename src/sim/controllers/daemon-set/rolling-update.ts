import type { Pod } from '../../api/core.ts';

/** A node's daemon pods, as a rolling update looks at them. */
export interface NodePods {
  readonly node: string;
  /** Those that are not being deleted. */
  readonly updated: readonly Pod[];
  readonly outdated: readonly Pod[];
}

/** Old pods to be deleted, and nodes that get a new pod beside the old one. */
export interface Replacement {
  readonly deletions: readonly Pod[];
  readonly nodes: readonly string[];
}

/**
 * Without surge: old pods that are not available are replaced at once, others as long as no more than maxUnavailable
 * nodes are without a pod. Source: daemon/update.go rollingUpdate.
 */
export function replaceInPlace(
  nodes: readonly NodePods[],
  maxUnavailable: number,
  isAvailable: (pod: Pod) => boolean,
): Replacement {
  let unavailable = 0;
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  for (const { updated, outdated } of nodes) {
    // Several of one kind: the surplus is about to be deleted.
    if (updated.length > 1 || outdated.length > 1) continue;
    const [fresh] = updated;
    const [old] = outdated;
    if ((fresh === undefined) === (old === undefined)) unavailable++;
    else if (fresh !== undefined) unavailable += isAvailable(fresh) ? 0 : 1;
    else if (old !== undefined && !isAvailable(old)) broken.push(old);
    else if (old !== undefined && unavailable < maxUnavailable) candidates.push(old);
  }
  const allowed = Math.max(0, maxUnavailable - unavailable);
  return { deletions: [...broken, ...candidates.slice(0, allowed)], nodes: [] };
}

/** With surge: a new pod beside the old one on up to maxSurge nodes; the old one goes when the new one is available. */
export function replaceWithSurge(
  nodes: readonly NodePods[],
  maxSurge: number,
  isAvailable: (pod: Pod) => boolean,
): Replacement {
  let surging = 0;
  const deletions: Pod[] = [];
  const broken: string[] = [];
  const candidates: string[] = [];
  for (const { node, updated, outdated } of nodes) {
    if (updated.length > 1 || outdated.length > 1) continue;
    const [fresh] = updated;
    const [old] = outdated;
    if (old === undefined) continue;
    if (fresh === undefined) (isAvailable(old) ? candidates : broken).push(node);
    else if (isAvailable(fresh)) deletions.push(old);
    else surging++;
  }
  const allowed = Math.max(0, maxSurge - surging);
  return { deletions, nodes: [...broken, ...candidates.slice(0, allowed)] };
}
