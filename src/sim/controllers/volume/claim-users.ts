import type { Pod } from '../../api/core.ts';
import type { Informer } from '../../apiserver/informer.ts';
import { keyOf } from '../../apiserver/request.ts';
import { claimUse } from '../../storage/claims.ts';

/** Keys of the claims that a pod's volumes are of, those of generic ephemeral volumes included. */
export function claimKeys(pod: Pod): readonly string[] {
  const { volumes } = pod.spec;
  if (volumes === undefined) return [];
  const keys: string[] = [];
  for (const volume of volumes) {
    const use = claimUse(pod, volume);
    if (use !== undefined) keys.push(`${pod.metadata.namespace ?? ''}/${use.name}`);
  }
  return keys;
}

/** Which pods use a claim, by an informer of pods. Costs nothing for pods without claims. */
export class ClaimUsers {
  readonly #pods: Informer<Pod>;
  readonly #users = new Map<string, Set<string>>();

  /** `changed` is called for every change of a pod, once for each of its claims. */
  constructor(pods: Informer<Pod>, changed: (claim: string, pod: Pod) => void) {
    this.#pods = pods;
    pods.on((type, pod, _previous, key) => {
      if (pod.spec.volumes === undefined) return;
      for (const claim of claimKeys(pod)) {
        if (type === 'deleted') this.#remove(claim, key);
        else this.#add(claim, key);
        changed(claim, pod);
      }
    });
  }

  /** In the order in which they came. */
  of(claim: string): readonly Pod[] {
    const users: Pod[] = [];
    for (const key of this.#users.get(claim) ?? []) {
      const pod = this.#pods.get(key);
      if (pod !== undefined) users.push(pod);
    }
    return users;
  }

  #add(claim: string, pod: string): void {
    const users = this.#users.get(claim);
    if (users === undefined) this.#users.set(claim, new Set([pod]));
    else users.add(pod);
  }

  #remove(claim: string, pod: string): void {
    const users = this.#users.get(claim);
    users?.delete(pod);
    if (users?.size === 0) this.#users.delete(claim);
  }

  /** After the informer was restored: what it has is all there is to know. */
  restored(): void {
    this.#users.clear();
    for (const pod of this.#pods.list()) for (const claim of claimKeys(pod)) this.#add(claim, keyOf(pod));
  }
}
