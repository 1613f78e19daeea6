import type { Kind } from '../api/kinds.ts';
import type { KubeObject, OwnerReference } from '../api/meta.ts';
import type { Informer } from '../apiserver/informer.ts';
import { keyOf, objectKey } from '../apiserver/request.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { deleteObject, withoutFinalizer } from './requests.ts';

/** Kinds that own or are owned. */
const KINDS: readonly Kind[] = [
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
  'ControllerRevision',
  'CronJob',
  'Job',
  'Service',
  'EndpointSlice',
  'PersistentVolumeClaim',
  'ConfigMap',
  'Secret',
  'ResourceClaim',
  'ResourceSlice',
  'Node',
  'Pod',
];

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
    for (const kind of KINDS) {
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
    // An owner that waits for its dependents is looked at when one of them goes.
    for (const owner of (gone ? before : undefined) ?? []) {
      const waiting = this.#owner(owner, metadata.namespace);
      if (waiting?.metadata.finalizers?.includes(FOREGROUND) === true) queue.add(idOf(waiting));
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
  #owner({ kind, name, uid }: OwnerReference, namespace: string | undefined): KubeObject | undefined {
    const informer = this.#informers.get(kind);
    const object = informer?.get(objectKey(namespace, name)) ?? informer?.get(name);
    return object?.metadata.uid === uid ? object : undefined;
  }

  /** Whether the owner is there, asked of the server as well before anything is deleted for its sake. */
  #isThere(owner: OwnerReference, namespace: string | undefined): boolean {
    if (this.#owner(owner, namespace) !== undefined) return true;
    const { server } = this.#environment;
    const live = server.get(owner.kind, namespace ?? '', owner.name) ?? server.get(owner.kind, '', owner.name);
    return live?.metadata.uid === owner.uid;
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

  #dependent(object: KubeObject): Plan | undefined {
    const { ownerReferences = [], namespace, uid } = object.metadata;
    if (ownerReferences.length === 0) return undefined;
    const solid: OwnerReference[] = [];
    let waitingOwner = false;
    for (const reference of ownerReferences) {
      if (!this.#isThere(reference, namespace)) continue;
      const owner = this.#owner(reference, namespace);
      if (owner?.metadata.finalizers?.includes(FOREGROUND) === true) waitingOwner = true;
      else solid.push(reference);
    }
    if (solid.length === ownerReferences.length) return undefined;
    if (solid.length > 0) return { stages: [[this.#withOwners(object, solid)]] };
    // In the foreground all the way down, where it blocks its owner and has dependents itself.
    const foreground = waitingOwner && this.#dependents.has(uid);
    const propagationPolicy = foreground ? 'Foreground' : 'Background';
    return { stages: [[deleteObject(object, { propagationPolicy, preconditions: { uid } })]] };
  }

  #foreground(owner: KubeObject): Plan | undefined {
    const { uid } = owner.metadata;
    const blocking: string[] = [];
    for (const id of this.#dependents.get(uid) ?? []) {
      const dependent = this.#object(id);
      if (dependent === undefined) continue;
      if (dependent.metadata.deletionTimestamp === undefined) this.#environment.queue.add(id);
      const reference = dependent.metadata.ownerReferences?.find((other) => other.uid === uid);
      if (reference?.blockOwnerDeletion === true) blocking.push(id);
    }
    if (blocking.length > 0) return undefined;
    return { stages: [[withoutFinalizer(owner, FOREGROUND)]] };
  }

  #orphan(owner: KubeObject): Plan {
    const requests: ApiRequest[] = [];
    for (const id of this.#dependents.get(owner.metadata.uid) ?? []) {
      const dependent = this.#object(id);
      const others = dependent?.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid);
      if (dependent !== undefined && others !== undefined) requests.push(this.#withOwners(dependent, others));
    }
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
