import { groupOf, kindInfo, KINDS } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import type { KubeObject, OwnerReference } from '../api/meta.ts';
import type { Informer } from '../apiserver/informer.ts';
import { keyOf, objectKey } from '../apiserver/request.ts';
import type { ApiRequest, PropagationPolicy } from '../apiserver/request.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { deleteObject, withoutFinalizer } from './requests.ts';

/** What is watched: all that can be deleted, but what is only computed. Source: garbagecollector.go (ignores events). */
const WATCHED: readonly Kind[] = KINDS.map(({ kind }) => kind).filter((kind) => kind !== 'Event' && kind !== 'Lease');

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

interface State {
  readonly dependents: readonly [string, readonly string[]][];
}

/** The garbage collector: what is owned goes when all its owners are gone. */
export const garbageCollector: ControllerFactory = {
  name: 'garbage-collector',
  create: (environment) => new GarbageCollector(environment),
};

/** A key of the work queue: kind and the object's key. */
function idOf(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`;
}

class GarbageCollector implements Controller {
  readonly name = 'garbage-collector';
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #informers = new Map<Kind, Informer<KubeObject>>();
  /** Ids of objects by the UIDs of their owners. */
  #dependents = new Map<string, Set<string>>();

  constructor(environment: ControllerEnvironment) {
    const { informers, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentGcSyncs;
    for (const kind of WATCHED) {
      const informer = informers.informer(kind);
      this.#informers.set(kind, informer);
      informer.on((type, object, previous) => this.#changed(type === 'deleted', object, previous));
    }
  }

  #changed(gone: boolean, object: KubeObject, previous: KubeObject | undefined): void {
    const { queue } = this.#environment;
    const { metadata } = object;
    const before = previous?.metadata.ownerReferences;
    const after = gone ? undefined : metadata.ownerReferences;
    if (before !== after) {
      const id = idOf(object);
      for (const { uid } of before ?? []) this.#unlink(uid, id);
      for (const { uid } of after ?? []) this.#link(uid, id);
      // What comes to live without its owner, or with another, is looked at.
      if (after?.some((owner) => this.#owner(owner, metadata.namespace) === undefined) === true) queue.add(id);
    }
    if (gone) {
      for (const dependent of this.#dependents.get(metadata.uid) ?? []) queue.add(dependent);
    } else if (metadata.deletionTimestamp !== undefined) {
      const { finalizers = [] } = metadata;
      if (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN)) queue.add(idOf(object));
    }
    // An owner that waits for its dependents is looked at when one of them goes, or does not hold it up any more.
    if (before === undefined || before === after) return;
    for (const owner of before) {
      if (owner.blockOwnerDeletion !== true) continue;
      if (after?.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true) === true)
        continue;
      const waiting = this.#owner(owner, metadata.namespace);
      if (waiting !== undefined && awaitsDependents(waiting)) queue.add(idOf(waiting));
    }
  }

  #link(uid: string, id: string): void {
    const ids = this.#dependents.get(uid);
    if (ids === undefined) this.#dependents.set(uid, new Set([id]));
    else ids.add(id);
  }

  #unlink(uid: string, id: string): void {
    const ids = this.#dependents.get(uid);
    if (ids?.delete(id) === true && ids.size === 0) this.#dependents.delete(uid);
  }

  /** The owner as the cache has it; undefined where it is gone or another has its name. */
  #owner(reference: OwnerReference, namespace: string | undefined): KubeObject | undefined {
    const key = kindInfo(reference.kind)?.namespaced === true ? objectKey(namespace, reference.name) : reference.name;
    const object = this.#informers.get(reference.kind)?.get(key);
    return object?.metadata.uid === reference.uid ? object : undefined;
  }

  /** Whether the owner is there, asked of the server as well before anything is deleted for its sake. */
  #isThere(owner: OwnerReference, namespace: string | undefined): boolean {
    if (this.#owner(owner, namespace) !== undefined) return true;
    const at = kindInfo(owner.kind)?.namespaced === true ? (namespace ?? '') : '';
    return this.#environment.server.get(owner.kind, at, owner.name)?.metadata.uid === owner.uid;
  }

  #object(id: string): KubeObject | undefined {
    const space = id.indexOf(' ');
    return this.#informers.get(id.slice(0, space))?.get(id.slice(space + 1));
  }

  reconcile(id: string): Plan | undefined {
    const object = this.#object(id);
    if (object === undefined) return undefined;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) return this.#orphan(object);
      if (finalizers.includes(FOREGROUND)) return this.#foreground(object);
      return undefined;
    }
    return this.#dependent(object);
  }

  /** Source: garbagecollector.go (attemptToDeleteItem). */
  #dependent(object: KubeObject): Plan | undefined {
    const { ownerReferences = [], namespace, uid } = object.metadata;
    if (ownerReferences.length === 0 || !ownerReferences.every((owner) => canBeFound(owner, namespace)))
      return undefined;
    const solid: OwnerReference[] = [];
    let waitingOwner = false;
    for (const reference of ownerReferences) {
      if (!this.#isThere(reference, namespace)) continue;
      const owner = this.#owner(reference, namespace);
      if (owner !== undefined && awaitsDependents(owner)) waitingOwner = true;
      else solid.push(reference);
    }
    if (solid.length === ownerReferences.length) return undefined;
    if (solid.length > 0) return { stages: [[this.#withOwners(object, solid)]] };
    const preconditions = { uid };
    if (!waitingOwner || !this.#dependents.has(uid)) {
      return { stages: [[deleteObject(object, { propagationPolicy: policyOf(object), preconditions })]] };
    }
    // In the foreground all the way down. Where one of its own dependents waits for it in turn, it no longer blocks.
    const isCircle = this.#dependentsOf(uid).some(awaitsDependents);
    const unblocked = ownerReferences.map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    const remove = deleteObject(object, { propagationPolicy: 'Foreground', preconditions });
    return { stages: isCircle ? [[this.#withOwners(object, unblocked)], [remove]] : [[remove]] };
  }

  /** What is owned by an object, as far as the cache knows it. */
  #dependentsOf(uid: string): readonly KubeObject[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((id) => this.#object(id) ?? []);
  }

  #foreground(owner: KubeObject): Plan | undefined {
    const { uid } = owner.metadata;
    const dependents = this.#dependentsOf(uid);
    for (const dependent of dependents) {
      if (dependent.metadata.deletionTimestamp === undefined) this.#environment.queue.add(idOf(dependent));
    }
    const blocks = ({ metadata }: KubeObject): boolean =>
      metadata.ownerReferences?.some((other) => other.uid === uid && other.blockOwnerDeletion === true) === true;
    return dependents.some(blocks) ? undefined : { stages: [[withoutFinalizer(owner, FOREGROUND)]] };
  }

  #orphan(owner: KubeObject): Plan {
    const { uid: gone } = owner.metadata;
    const requests: ApiRequest[] = this.#dependentsOf(gone).map((dependent) => {
      const others = (dependent.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== gone);
      return this.#withOwners(dependent, others);
    });
    return { stages: [requests, [withoutFinalizer(owner, ORPHAN)]] };
  }

  #withOwners({ kind, metadata }: KubeObject, owners: readonly OwnerReference[]): ApiRequest {
    const { name, namespace = '', uid } = metadata;
    const patch = { metadata: { uid, ownerReferences: owners.length === 0 ? null : owners } };
    return { verb: 'patch', kind, namespace, name, patch, ignore: ['NotFound'] };
  }

  save(): State {
    return { dependents: [...this.#dependents].map(([uid, ids]) => [uid, [...ids]]) };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#dependents = new Map(state.dependents.map(([uid, ids]) => [uid, new Set(ids)]));
  }
}

/**
 * Whether a reference names something that can be looked up. The real one fails on others and tries again for ever: what is
 * owned by a kind that the server does not know, or belongs to the whole cluster and names an owner in a namespace, stays.
 */
function canBeFound({ apiVersion, kind }: OwnerReference, namespace: string | undefined): boolean {
  const info = kindInfo(kind);
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return info !== undefined && groupOf(kind) === group && (!info.namespaced || namespace !== undefined);
}

/** Whether an object goes when its dependents are gone. */
function awaitsDependents({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FOREGROUND) === true;
}

/** How an object is deleted whose owners are gone: as its finalizers have it. */
function policyOf({ metadata: { finalizers = [] } }: KubeObject): PropagationPolicy {
  if (finalizers.includes(ORPHAN)) return 'Orphan';
  return finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
}
