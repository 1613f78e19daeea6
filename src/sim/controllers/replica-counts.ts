import type { Pod } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import { controllerUid } from '../apiserver/informer.ts';
import type { Informer } from '../apiserver/informer.ts';
import { isActive, isReady } from './pod-state.ts';

/** Pods of one owner with one set of labels. */
export interface Replicas {
  readonly labels: StringMap | undefined;
  /** Pods that are there, in whatever state. */
  pods: number;
  /** Those that are neither finished nor being deleted. */
  active: number;
  /** Those of them that are ready. */
  ready: number;
}

/**
 * How many pods each owner has and in what state, kept as the informer hears of changes: a sync that has nothing to do
 * then need not look at a single pod. Derived from the cache, so never saved.
 */
export class ReplicaCounts {
  readonly #pods: Informer<Pod>;
  /** By owner; pods of one template share one set of labels, so there is hardly ever more than one entry. */
  readonly #byOwner = new Map<string, Replicas[]>();

  constructor(pods: Informer<Pod>) {
    this.#pods = pods;
    pods.on((type, pod, previous) => {
      if (previous !== undefined) {
        if (type === 'modified' && countsAlike(previous, pod)) return;
        this.#count(previous, -1);
      }
      if (type !== 'deleted') this.#count(pod, 1);
    });
  }

  /** The owner's pods by their labels. */
  of(owner: string): readonly Replicas[] {
    return this.#byOwner.get(owner) ?? [];
  }

  /** Counts anew, when the cache has been restored. */
  restored(): void {
    this.#byOwner.clear();
    for (const pod of this.#pods.list()) this.#count(pod, 1);
  }

  #count(pod: Pod, sign: 1 | -1): void {
    const owner = controllerUid(pod);
    if (owner === undefined) return;
    let all = this.#byOwner.get(owner);
    if (all === undefined) this.#byOwner.set(owner, (all = []));
    const { labels } = pod.metadata;
    let replicas = all.find((other) => other.labels === labels);
    if (replicas === undefined) all.push((replicas = { labels, pods: 0, active: 0, ready: 0 }));
    replicas.pods += sign;
    if (isActive(pod)) {
      replicas.active += sign;
      if (isReady(pod)) replicas.ready += sign;
    }
    if (replicas.pods > 0) return;
    all.splice(all.indexOf(replicas), 1);
    if (all.length === 0) this.#byOwner.delete(owner);
  }
}

/** Whether two states of a pod count alike. */
export function countsAlike(before: Pod, after: Pod): boolean {
  return (
    before.metadata.labels === after.metadata.labels &&
    before.metadata.ownerReferences === after.metadata.ownerReferences &&
    isActive(before) === isActive(after) &&
    isReady(before) === isReady(after)
  );
}
