import { applyDefaults } from '../api/defaulting.ts';
import { kindInfo } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import type { Pod, Service } from '../api/core.ts';
import type { Draft, KubeObject, ManagedFields } from '../api/meta.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Change, Entry, EtcdStore } from '../etcd/store.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { Admission } from './admission.ts';
import { policyProblem } from './admission/validating-policy.ts';
import type { ValidatingAdmissionPolicy } from './admission/validating-policy.ts';
import { conflict, done, isStatus, NO_SPACE, notFound, refused } from './answers.ts';
import { bindingRefusal, boundTo } from './binding.ts';
import { creationRefusal } from './creation.ts';
import { deletionOf, isGone } from './deletion.ts';
import { withEnd } from './ended-pod.ts';
import { evictionOf } from './eviction.ts';
import { exactRevision } from './flow-control/list-source.ts';
import { LastApplied } from './last-applied.ts';
import { tooLarge, VERSION_EXPIRED } from './list-request.ts';
import { sameJson } from './merge-patch.ts';
import { firstMeta, revisedMeta } from './metadata.ts';
import { Naming } from './naming.ts';
import { firstStatus, hasGeneration } from './new-object.ts';
import type { ObjectStorage } from './object-storage.ts';
import { patched } from './patched.ts';
import { objectKey } from './request.ts';
import type { ApiRequest, ApiResult, DeleteOptions, PatchRequest, ReadRequest } from './request.ts';
import { ownersAfter, serverSideApply } from './server-side-apply.ts';
import { ServiceAddresses } from './service-addresses.ts';
import { resized, specRefusal } from './spec-changes.ts';
import { storedObject } from './stored-object.ts';
import type { Stored } from './stored-object.ts';

interface RegistryState {
  readonly naming: unknown;
  readonly addresses: unknown;
  readonly applied: unknown;
}

/**
 * What each verb does to what is stored, as upstream's registries do it: defaults, names, the strategy of each kind and
 * admission come before the write.
 */
export class Registry implements Saveable {
  readonly #kernel: Kernel;
  readonly #calendar: Calendar;
  readonly #storage: ObjectStorage;
  readonly #store: EtcdStore;
  readonly #admission: Admission;
  readonly #naming = new Naming();
  readonly #addresses = new ServiceAddresses();
  readonly #applied = new LastApplied();

  constructor(kernel: Kernel, calendar: Calendar, storage: ObjectStorage, admission: Admission) {
    this.#kernel = kernel;
    this.#calendar = calendar;
    this.#storage = storage;
    this.#store = storage.store;
    this.#admission = admission;
  }

  /** Called for each write, in order. */
  written(change: Change): void {
    if (change.kind === 'Service') this.#addresses.written(change);
  }

  /** What becomes of a request for the object under this key, by a client of this name. */
  carryOut(request: ApiRequest, key: string, by: string): ApiResult {
    const { kind } = request;
    if (this.#storage.full && needsSpace(request)) return refused(NO_SPACE);
    if (request.verb === 'create') return this.#create(kind, request.body as Draft, by);
    if (request.verb === 'list') return this.#list(request);
    const entry = this.#store.get(kind, key);
    if (request.verb === 'apply') {
      return this.#apply(kind, entry, request.body as Draft, by);
    }
    if (request.verb === 'patch' && request.patchType === 'apply') return this.#serverSideApply(entry, request, by);
    if (entry === undefined) return refused(notFound(kind, request.name));
    switch (request.verb) {
      case 'update':
        return this.#replace(entry, withEnd(entry.object as Stored, request), request.subresource, by);
      case 'patch': {
        const next = patched(entry.object, request);
        return isStatus(next) ? refused(next) : this.#replace(entry, next, request.subresource, by);
      }
      case 'get':
        return done(entry.object);
      case 'bind':
        return this.#bind(entry, request.uid, request.nodeName);
      case 'delete':
        return this.#delete(entry, request.options ?? {}, by);
      case 'evict': {
        const { status, spent } = evictionOf(
          entry.object as Pod,
          this.#store,
          this.#calendar.timestamp(this.#kernel.now),
        );
        if (status !== undefined) return refused(status);
        if (spent !== undefined) this.#storage.write(spent.budget, spent.entry);
        return this.#delete(entry, request.options ?? {}, by);
      }
    }
  }

  /** A list without its items, of the revision that it asks for. */
  #list(request: ReadRequest): ApiResult {
    const { revision, compactRevision } = this.#store;
    const exact = exactRevision(request);
    if (exact !== undefined && exact < compactRevision) return refused(VERSION_EXPIRED);
    const { resourceVersion = '' } = request;
    if (Number(resourceVersion) > revision) return refused(tooLarge(resourceVersion, revision));
    return done(listHead(request.kind, exact ?? revision));
  }

  #serverSideApply(entry: Entry | undefined, request: PatchRequest, by: string): ApiResult {
    const { kind, namespace, name, subresource, force = false } = request;
    const { apiVersion, metadata, ...content } = request.patch as Draft;
    const config = { apiVersion, metadata: { ...metadata, name, namespace }, ...content } as Draft;
    const time = this.#calendar.timestamp(this.#kernel.now);
    const applied = serverSideApply(entry?.object, config, { manager: by, force, time });
    if ('refusal' in applied) return refused(applied.refusal);
    const { object, managedFields } = applied;
    if (entry === undefined) {
      return this.#create(kind, { ...object, metadata: { ...object.metadata, managedFields } }, by);
    }
    const resourceVersion = metadata?.resourceVersion ?? '';
    const body = { ...object, metadata: { ...object.metadata, resourceVersion } } as Stored;
    return this.#replace(entry, body, subresource, by, managedFields);
  }

  #apply(kind: Kind, entry: Entry | undefined, draft: Draft, by: string): ApiResult {
    const result =
      entry === undefined
        ? this.#create(kind, draft, by)
        : this.#replace(entry, this.#applied.merged(entry.object, draft) as Stored, undefined, by);
    if (result.ok) this.#applied.note(kind, result.object, draft);
    return result;
  }

  #create(kind: Kind, body: Draft, by: string): ApiResult {
    const info = kindInfo(kind);
    if (info === undefined)
      return refused(failure('NotFound', `the server could not find the requested resource (${kind})`));
    const namespace = info.namespaced ? (body.metadata.namespace ?? 'default') : '';
    const obstacle = creationRefusal(this.#store, info, namespace, body);
    if (obstacle !== undefined) return refused(obstacle);
    const asked = body.metadata.name ?? '';
    const { name, uid } = this.#naming.next(
      kind,
      namespace,
      asked,
      body.metadata.generateName,
      (candidate) => this.#store.get(kind, objectKey(namespace, candidate)) !== undefined,
    );
    const draft = applyDefaults(kind, body) as Draft & { readonly spec?: object };
    const metadata = firstMeta(draft.metadata, {
      name,
      namespace: info.namespaced ? namespace : draft.metadata.namespace,
      uid,
      creationTimestamp: this.#calendar.timestamp(this.#kernel.now),
      generation: hasGeneration(kind) ? 1 : draft.metadata.generation,
    });
    if (kind === 'Service' && draft.spec !== undefined) {
      const refusal = this.#addresses.refusal(name, draft.spec as Service['spec']);
      if (refusal !== undefined) return refused(refusal);
    }
    const spec = this.#specOf(kind, draft.spec);
    const status = firstStatus(kind, spec, draft.status);
    const named = draft.kind === kind && draft.apiVersion === info.apiVersion;
    const of = named ? draft : { ...draft, apiVersion: info.apiVersion, kind };
    const admitted = this.#admission.admit(storedObject(of as KubeObject, metadata, spec, status));
    if (isStatus(admitted)) return refused(admitted);
    if (kind === 'ValidatingAdmissionPolicy') {
      const problem = policyProblem(admitted as ValidatingAdmissionPolicy);
      if (problem !== undefined) return refused(failure('Invalid', problem));
    }
    if (this.#admission.judges) {
      const refusal = this.#admission.judgeCreation(
        admitted,
        by,
        (entry, quota) => void this.#storage.write(quota, entry),
      );
      if (refusal !== undefined) return refused(refusal);
    }
    return done(this.#storage.write(admitted));
  }

  #specOf(kind: Kind, spec: unknown, previous?: unknown): unknown {
    if (kind === 'Service' && spec !== undefined) {
      return this.#addresses.assign(spec as Service['spec'], previous as Service['spec'] | undefined);
    }
    // The namespace goes when its content is gone: its controller takes this away then.
    if (kind === 'Namespace' && spec === undefined) return { finalizers: ['kubernetes'] };
    return spec;
  }

  /** Puts a client's whole object, or its status alone, in the place of the current one. */
  #replace(
    entry: Entry,
    body: Stored,
    subresource: 'status' | 'resize' | undefined,
    by: string,
    managedFields?: readonly ManagedFields[],
  ): ApiResult {
    const current = entry.object as Stored;
    const { kind } = current;
    const { uid, resourceVersion } = body.metadata;
    if (
      (resourceVersion !== undefined &&
        resourceVersion !== '' &&
        resourceVersion !== current.metadata.resourceVersion) ||
      (uid !== undefined && uid !== '' && uid !== current.metadata.uid)
    ) {
      return refused(conflict(current));
    }
    if (subresource === 'status') {
      if (sameJson(current.status, body.status)) return done(current);
      const changed = storedObject(current, current.metadata, current.spec, body.status);
      return done(this.#storage.write(this.#owned(current, changed, by, subresource, managedFields), entry));
    }
    if (subresource === 'resize') return done(this.#storage.write(resized(current as Pod, body as Pod), entry));
    const drafted = applyDefaults(kind, body as Draft) as unknown as Stored;
    const spec = sameJson(current.spec, drafted.spec) ? current.spec : this.#specOf(kind, drafted.spec, current.spec);
    const specChanged = spec !== current.spec && !sameJson(spec, current.spec);
    if (specChanged) {
      const refusal =
        current.kind === 'Service'
          ? this.#addresses.refusal(current.metadata.name, spec as Service['spec'], (current as Service).spec)
          : specRefusal(current, spec, this.#store);
      if (refusal !== undefined) return refused(refusal);
    }
    const metadata = revisedMeta(current.metadata, drafted.metadata, specChanged);
    const status = kindInfo(kind)?.status === true ? current.status : drafted.status;
    const next = storedObject(drafted, metadata, specChanged ? spec : current.spec, status);
    const refusal = this.#judged('UPDATE', next, current, by);
    if (refusal !== undefined) return refused(refusal);
    const { managedFields: owners } = current.metadata;
    if (sameJson(current, next) && (managedFields === undefined || sameJson(owners, managedFields)))
      return done(current);
    if (owners !== undefined || managedFields !== undefined) {
      return this.#settle(this.#owned(current, next, by, undefined, managedFields), entry);
    }
    return this.#settle(next, entry);
  }

  /** The object with who owns what of it; the same where nobody keeps track of that. */
  #owned(
    current: Stored,
    next: Stored,
    manager: string,
    subresource: string | undefined,
    managedFields: readonly ManagedFields[] | undefined,
  ): Stored {
    if (managedFields === undefined && current.metadata.managedFields === undefined) return next;
    const time = this.#calendar.timestamp(this.#kernel.now);
    const owners = managedFields ?? ownersAfter(current, next, { manager, time, subresource });
    return { ...next, metadata: { ...next.metadata, managedFields: owners } };
  }

  #judged(
    operation: 'UPDATE' | 'DELETE',
    object: Stored | undefined,
    oldObject: Stored,
    user: string,
  ): ApiStatus | undefined {
    if (!this.#admission.judgesAll) return undefined;
    return this.#admission.judgePolicies({ operation, object, oldObject, user });
  }

  #settle(next: Stored, entry: Entry): ApiResult {
    return done(isGone(next) ? this.#storage.remove(next, entry) : this.#storage.write(next, entry));
  }

  #bind(entry: Entry, uid: string, nodeName: string): ApiResult {
    const pod = entry.object as Pod;
    const refusal = bindingRefusal(pod, uid);
    if (refusal !== undefined) return refused(refusal);
    const { spec, status } = boundTo(pod, nodeName, this.#calendar.timestamp(this.#kernel.now));
    return done(this.#storage.write(pod, entry, spec, status));
  }

  #delete(entry: Entry, options: DeleteOptions, by: string): ApiResult {
    const current = entry.object as Stored;
    const { preconditions } = options;
    if (
      (preconditions?.uid !== undefined && preconditions.uid !== current.metadata.uid) ||
      (preconditions?.resourceVersion !== undefined &&
        preconditions.resourceVersion !== current.metadata.resourceVersion)
    ) {
      return refused(conflict(current));
    }
    const refusal = this.#judged('DELETE', undefined, current, by);
    if (refusal !== undefined) return refused(refusal);
    const next = deletionOf(current, options, this.#calendar, this.#kernel.now) as Stored;
    if (next === current) return done(current);
    if (this.#storage.full && !isGone(next)) return refused(NO_SPACE);
    return this.#settle(next, entry);
  }

  save(): RegistryState {
    return { naming: this.#naming.save(), addresses: this.#addresses.save(), applied: this.#applied.save() };
  }

  restore(saved: unknown): void {
    const { naming, addresses, applied } = saved as RegistryState;
    this.#naming.restore(naming);
    this.#addresses.restore(addresses);
    this.#applied.restore(applied);
  }
}

/** Whether a request puts something; deletions are looked at as they are carried out. */
function needsSpace({ verb }: ApiRequest): boolean {
  return verb !== 'get' && verb !== 'list' && verb !== 'delete';
}

/** A list without its items. */
function listHead(kind: Kind, revision: number): KubeObject {
  const metadata = { name: '', uid: '', creationTimestamp: '', resourceVersion: String(revision) };
  return { apiVersion: kindInfo(kind)?.apiVersion ?? 'v1', kind: `${kind}List`, metadata };
}
