import type { Kind } from '../api/kinds.ts';
import type { KubeObject, LabelSelector, OwnerReference } from '../api/meta.ts';
import { matchesSelector } from '../api/selectors.ts';
import { byController, controllerOf, controllerUid } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { keyOf, objectKey } from '../apiserver/request.ts';
import type { ApiRequest, PatchRequest } from '../apiserver/request.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { controllerReference } from './requests.ts';

/** What an owner's controller is told of its children. */
export type ChildListener<O, C> = (
  owner: O,
  type: 'added' | 'modified' | 'deleted',
  child: C,
  previous: C | undefined,
  /** The owner's key and the child's, each one and the same string whenever it is told. */
  ownerKey: string,
  childKey: string,
) => void;

/**
 * Which objects (pods, say) belong to which owner: those that name it as their controller and match its selector. An
 * orphan that matches is adopted, a child that matches no more is released. Found by index, never by going through all.
 */
export class Claims<O extends KubeObject, C extends KubeObject> implements Saveable {
  readonly #kind: Kind;
  readonly #owners: Informer<O>;
  readonly #selectorOf: (owner: O) => LabelSelector | undefined;
  readonly #children: Index<C>;
  readonly #orphans: Index<C>;
  /** Owners by one pair of their selector: who might want an orphan with that label. */
  readonly #wanting: Index<O>;
  /** Keys of owners by UID, as children named them: what a UID belongs to never changes. */
  readonly #keys = new Map<string, string>();
  /** Keys of owners that may have orphans to adopt. */
  #adopting = new Set<string>();

  constructor(
    kind: Kind,
    owners: Informer<O>,
    children: Informer<C>,
    selectorOf: (owner: O) => LabelSelector | undefined,
    listener: ChildListener<O, C>,
  ) {
    this.#kind = kind;
    this.#owners = owners;
    this.#selectorOf = selectorOf;
    this.#children = byController(children);
    this.#orphans = children.index('orphans', (child) =>
      controllerUid(child) === undefined && child.metadata.labels !== undefined ? child.metadata.namespace : undefined,
    );
    this.#wanting = owners.index('selector', (owner) => selectorPair(owner.metadata.namespace, selectorOf(owner)));
    owners.on((type, owner) => {
      if (type === 'added') this.#adopting.add(keyOf(owner));
      if (type !== 'deleted') return;
      this.#adopting.delete(keyOf(owner));
      this.#keys.delete(owner.metadata.uid);
    });
    children.on((type, child, previous, childKey) => {
      const reference = controllerOf(child);
      const changedOwner =
        previous !== undefined &&
        previous.metadata.ownerReferences !== child.metadata.ownerReferences &&
        controllerUid(previous) !== reference?.uid;
      if (changedOwner) {
        const before = this.ownerOf(previous);
        if (before !== undefined) listener(before, type, child, previous, keyOf(before), childKey);
      }
      if (reference !== undefined) {
        const owner = this.#owner(reference, child);
        if (owner === undefined) return;
        listener(owner, type, child, previous, this.#keys.get(reference.uid) as string, childKey);
        return;
      }
      if (type === 'deleted') return;
      if (previous !== undefined && !changedOwner && previous.metadata.labels === child.metadata.labels) return;
      for (const owner of this.#wantersOf(child)) {
        const key = keyOf(owner);
        this.#adopting.add(key);
        listener(owner, type, child, previous, key, childKey);
      }
    });
  }

  /** The owner that a child names as its controller, where it is known and of this kind. */
  ownerOf(child: C): O | undefined {
    const reference = controllerOf(child);
    return reference === undefined ? undefined : this.#owner(reference, child);
  }

  #owner(reference: OwnerReference, child: C): O | undefined {
    if (reference.kind !== this.#kind) return undefined;
    const known = this.#keys.get(reference.uid);
    const key = known ?? objectKey(child.metadata.namespace, reference.name);
    const owner = this.#owners.get(key);
    if (owner?.metadata.uid !== reference.uid || owner.metadata.namespace !== child.metadata.namespace)
      return undefined;
    if (known === undefined) this.#keys.set(reference.uid, key);
    return owner;
  }

  /** The owner's children, and the requests by which it adopts and releases some. */
  claim(owner: O): { readonly owned: readonly C[]; readonly requests: readonly ApiRequest[] } {
    const selector = this.#selectorOf(owner);
    const owned: C[] = [];
    const requests: ApiRequest[] = [];
    const going = owner.metadata.deletionTimestamp !== undefined;
    // Children of one template share one set of labels: what holds for one holds for the next.
    let labels: KubeObject['metadata']['labels'] = undefined;
    let selected = matchesSelector(selector, undefined);
    for (const child of this.#children.get(owner.metadata.uid)) {
      if (child.metadata.labels !== labels) {
        labels = child.metadata.labels;
        selected = matchesSelector(selector, labels);
      }
      if (selected) owned.push(child);
      else if (!going && child.metadata.deletionTimestamp === undefined) requests.push(release(owner, child));
    }
    const key = keyOf(owner);
    if (going || !this.#adopting.has(key)) return { owned, requests };
    const before = owned.length;
    for (const orphan of this.#orphans.get(owner.metadata.namespace ?? '')) {
      if (orphan.metadata.deletionTimestamp !== undefined) continue;
      if (!matchesSelector(selector, orphan.metadata.labels)) continue;
      owned.push(orphan);
      requests.push(adopt(owner, orphan));
    }
    if (owned.length === before) this.#adopting.delete(key);
    return { owned, requests };
  }

  /** Whether a claim may find orphans to adopt. */
  mayAdopt(owner: O): boolean {
    return this.#adopting.has(keyOf(owner));
  }

  #wantersOf(orphan: C): O[] {
    const { namespace, labels } = orphan.metadata;
    const wanters: O[] = [];
    const consider = (value: string): void => {
      for (const owner of this.#wanting.get(value)) {
        if (matchesSelector(this.#selectorOf(owner), labels)) wanters.push(owner);
      }
    };
    for (const [label, value] of Object.entries(labels ?? {})) consider(pairText(namespace, label, value));
    if (labels !== undefined) consider(anyText(namespace));
    return wanters;
  }

  save(): readonly string[] {
    return [...this.#adopting];
  }

  restore(saved: unknown): void {
    this.#adopting = new Set(saved as readonly string[]);
  }
}

function pairText(namespace: string | undefined, label: string, value: string): string {
  return `${namespace ?? ''}|${label}=${value}`;
}

function anyText(namespace: string | undefined): string {
  return `${namespace ?? ''}|`;
}

/** One pair that every selected object has; the namespace alone where the selector names none. */
function selectorPair(namespace: string | undefined, selector: LabelSelector | undefined): string | undefined {
  if (selector === undefined) return undefined;
  for (const label in selector.matchLabels) {
    return pairText(namespace, label, selector.matchLabels[label] as string);
  }
  return anyText(namespace);
}

function patchOwners(child: KubeObject, ownerReferences: readonly object[]): PatchRequest {
  const { namespace, name, uid } = child.metadata;
  return {
    verb: 'patch',
    kind: child.kind,
    namespace: namespace ?? '',
    name,
    patch: { metadata: { uid, ownerReferences } },
    ignore: ['NotFound'],
  };
}

function adopt(owner: KubeObject, orphan: KubeObject): ApiRequest {
  return patchOwners(orphan, [...(orphan.metadata.ownerReferences ?? []), controllerReference(owner)]);
}

function release(owner: KubeObject, child: KubeObject): ApiRequest {
  const others = (child.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
  return patchOwners(child, others);
}
