import type { Pod, PodResourceClaim } from '../api/core.ts';
import { CLAIM_FINALIZER } from '../api/resource.ts';
import type { ResourceClaim, ResourceClaimTemplate } from '../api/resource.ts';
import { byController } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { keyOf } from '../apiserver/request.ts';
import type { ApiReply, ApiRequest, CreateRequest, PatchRequest } from '../apiserver/request.ts';
import { canBeReserved, claimNameOf, isForPod, isReservedFor, podClaims, usesClaims } from '../devices/pod-claims.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { isFinished } from './pod-state.ts';
import { controllerReference, deleteObject } from './requests.ts';

/** Ties a claim to the entry of the pod's spec that it was made for. */
const POD_CLAIM_NAME = 'resource.kubernetes.io/pod-claim-name';

/** Room for a hyphen and five letters in a name of 63. */
const LONGEST_BASE = 57;

/** Keys of the work queue are those of pods and of claims, each with what it is before it. */
const POD = 'pod:';
const CLAIM = 'claim:';

interface State {
  /** Claims that were made and are not in the cache yet: the pod's UID and entry, then the claim's name. */
  readonly made: readonly [string, string][];
}

/**
 * The resource claim controller: makes claims of pods from their templates, takes the reservations of pods that have ended
 * out of claims, and with the last one the devices; removes the claims of pods that are done.
 * Source: pkg/controller/resourceclaim/controller.go.
 */
export const resourceClaimController: ControllerFactory = {
  name: 'resource-claim-controller',
  create: (environment) => new ResourceClaims(environment),
};

class ResourceClaims implements Controller {
  readonly name = 'resource-claim-controller';
  /** Source: defaultResourceClaimControllerWorkers, cmd/kube-controller-manager/app/core.go. */
  readonly workers = 50;
  readonly #environment: ControllerEnvironment;
  readonly #pods: Informer<Pod>;
  readonly #claims: Informer<ResourceClaim>;
  readonly #claimsOfPod: Index<ResourceClaim>;
  readonly #templates: Informer<ResourceClaimTemplate>;
  #made = new Map<string, string>();

  constructor(environment: ControllerEnvironment) {
    const { informers, queue } = environment;
    this.#environment = environment;
    this.#templates = informers.informer('ResourceClaimTemplate');
    this.#claims = informers.informer('ResourceClaim');
    this.#claimsOfPod = byController(this.#claims);
    this.#pods = informers.informer('Pod');
    this.#pods.on((type, pod, _previous, key) => {
      if (usesClaims(pod)) this.#podChanged(type === 'deleted', pod, key);
    });
    this.#claims.on((type, claim, _previous, key) => {
      if (type !== 'deleted') queue.add(`${CLAIM}${key}`);
      const owner = claim.metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (type !== 'modified' && owner?.kind === 'Pod') {
        queue.add(`${POD}${claim.metadata.namespace ?? ''}/${owner.name}`);
      }
    });
  }

  #podChanged(gone: boolean, pod: Pod, key: string): void {
    const { queue } = this.#environment;
    if (!gone && !isDone(pod)) {
      queue.add(`${POD}${key}`);
      return;
    }
    for (const entry of pod.spec.resourceClaims ?? []) {
      const named = claimNameOf(pod, entry);
      if (typeof named === 'string' || named.name === undefined) continue;
      queue.add(`${CLAIM}${pod.metadata.namespace ?? ''}/${named.name}`);
    }
    for (const { name } of pod.spec.resourceClaims ?? []) this.#made.delete(`${pod.metadata.uid} ${name}`);
  }

  reconcile(key: string): Plan | undefined {
    return key.startsWith(POD) ? this.#syncPod(key.slice(POD.length)) : this.#syncClaim(key.slice(CLAIM.length));
  }

  replied(_key: string, { request, result }: ApiReply): void {
    if (request.verb !== 'create' || !result.ok) return;
    const { metadata } = result.object;
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    this.#made.set(`${owner?.uid ?? ''} ${metadata.annotations?.[POD_CLAIM_NAME] ?? ''}`, metadata.name);
    // The pod's status can only be written now that the claim's name is known.
    this.#environment.queue.add(`${POD}${metadata.namespace ?? ''}/${owner?.name ?? ''}`);
  }

  #syncPod(key: string): Plan | undefined {
    const pod = this.#pods.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || isDone(pod)) return undefined;
    const creations: CreateRequest[] = [];
    const names = new Map<string, string>();
    for (const entry of pod.spec.resourceClaims ?? []) {
      if (entry.resourceClaimTemplateName === undefined || this.#isThere(pod, entry)) continue;
      const name = this.#nameOfMade(pod, entry.name);
      if (name !== undefined) {
        names.set(entry.name, name);
        continue;
      }
      const template = this.#templates.get(`${pod.metadata.namespace ?? ''}/${entry.resourceClaimTemplateName}`);
      if (template === undefined) return this.#noTemplate(pod, entry);
      creations.push(claimFor(pod, entry, template));
    }
    // One after the other.
    if (creations.length > 0) return { stages: creations.map((creation) => [creation]) };
    if (names.size > 0) return { stages: [[statusesPatch(pod, names)]] };
    return this.#reservations(pod);
  }

  /** Told as an event, and tried again with the usual delays. */
  #noTemplate(pod: Pod, entry: PodResourceClaim): undefined {
    const { events, queue } = this.#environment;
    const problem = `resource claim template "${entry.resourceClaimTemplateName ?? ''}": resourceclaimtemplate.resource.k8s.io "${entry.resourceClaimTemplateName ?? ''}" not found`;
    events.record(
      this.name,
      pod,
      'Warning',
      'FailedResourceClaimCreation',
      `PodResourceClaim ${entry.name}: ${problem}`,
    );
    queue.addRateLimited(`${POD}${keyOf(pod)}`);
    return undefined;
  }

  /** Whether the claim of the entry is made and the pod knows of it. */
  #isThere(pod: Pod, entry: PodResourceClaim): boolean {
    const named = claimNameOf(pod, entry);
    if (typeof named === 'string') return false;
    if (named.name === undefined) return true;
    const claim = this.#claims.get(`${pod.metadata.namespace ?? ''}/${named.name}`);
    return claim !== undefined && isForPod(claim, pod);
  }

  #nameOfMade(pod: Pod, entry: string): string | undefined {
    const claims = this.#claimsOfPod.get(pod.metadata.uid);
    const claim = claims.find(({ metadata }) => metadata.annotations?.[POD_CLAIM_NAME] === entry);
    return claim?.metadata.name ?? this.#made.get(`${pod.metadata.uid} ${entry}`);
  }

  /** A pod that got its node without the scheduler takes part in the claims that have devices. */
  #reservations(pod: Pod): Plan | undefined {
    if ((pod.spec.nodeName ?? '') === '') return undefined;
    const claims = podClaims(pod, (key) => this.#claims.get(key));
    if (typeof claims === 'string') return undefined;
    const open = claims.filter(
      (claim) => claim.status?.allocation !== undefined && !isReservedFor(claim, pod) && canBeReserved(claim),
    );
    if (open.length === 0) return undefined;
    const consumer = { resource: 'pods', name: pod.metadata.name, uid: pod.metadata.uid };
    return {
      stages: [
        open.map((claim) => statusPatch(claim, { reservedFor: [...(claim.status?.reservedFor ?? []), consumer] })),
      ],
    };
  }

  #syncClaim(key: string): Plan | undefined {
    const claim = this.#claims.get(key);
    if (claim === undefined) return undefined;
    const { reservedFor = [], allocation } = claim.status ?? {};
    const valid = reservedFor.filter(({ name, uid }) => this.#stillUses(claim, name, uid));
    const stages: ApiRequest[][] = [];
    const held = claim.metadata.finalizers?.includes(CLAIM_FINALIZER) === true;
    if (valid.length < reservedFor.length) {
      const free = valid.length === 0 && held;
      stages.push([statusPatch(claim, { reservedFor: valid, ...(free ? { allocation: null } : {}) })]);
      if (free) stages.push([withoutClaimFinalizer(claim)]);
    } else if (held && claim.metadata.deletionTimestamp !== undefined && valid.length === 0) {
      if (allocation !== undefined) stages.push([statusPatch(claim, { allocation: null })]);
      stages.push([withoutClaimFinalizer(claim)]);
    }
    if (valid.length === 0 && claim.metadata.deletionTimestamp === undefined && this.#isOfDonePod(claim)) {
      stages.push([deleteObject(claim)]);
    }
    return stages.length === 0 ? undefined : { stages };
  }

  /** A pod that the cache has not (yet) is asked of the server. */
  #stillUses(claim: ResourceClaim, name: string, uid: string): boolean {
    const { namespace = '' } = claim.metadata;
    const pod = this.#pods.get(`${namespace}/${name}`) ?? this.#environment.server.get<Pod>('Pod', namespace, name);
    return pod !== undefined && pod.metadata.uid === uid && !isDone(pod);
  }

  /** Made for a pod that will not run: claims of pods that are gone are the garbage collector's. */
  #isOfDonePod({ metadata }: ResourceClaim): boolean {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner?.kind !== 'Pod' || metadata.annotations?.[POD_CLAIM_NAME] === undefined) return false;
    const pod = this.#pods.get(`${metadata.namespace ?? ''}/${owner.name}`);
    return pod !== undefined && (pod.metadata.uid !== owner.uid || isDone(pod));
  }

  save(): State {
    return { made: [...this.#made] };
  }

  restore(saved: unknown): void {
    this.#made = new Map((saved as State).made);
  }
}

/** It has ended, or was deleted before it had a node. */
function isDone(pod: Pod): boolean {
  return isFinished(pod) || (pod.metadata.deletionTimestamp !== undefined && (pod.spec.nodeName ?? '') === '');
}

function claimFor(pod: Pod, entry: PodResourceClaim, template: ResourceClaimTemplate): CreateRequest {
  const { name: podName, namespace = '' } = pod.metadata;
  const { labels, annotations } = template.spec.metadata ?? {};
  const metadata = {
    namespace,
    generateName: baseName(podName, entry.name),
    annotations: { ...annotations, [POD_CLAIM_NAME]: entry.name },
    ...(labels === undefined ? {} : { labels }),
    ownerReferences: [controllerReference(pod)],
  };
  const body = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata, spec: template.spec.spec };
  return { verb: 'create', kind: 'ResourceClaim', namespace, name: '', body };
}

/** `<pod>-<claim>-`; where that is too long, both are cut in proportion. */
function baseName(pod: string, claim: string): string {
  const whole = `${pod}-${claim}-`;
  if (whole.length <= LONGEST_BASE) return whole;
  const cut = (name: string): string => name.slice(0, Math.floor((name.length * LONGEST_BASE) / whole.length));
  return `${cut(pod)}-${cut(claim)}`;
}

function statusesPatch(pod: Pod, names: ReadonlyMap<string, string>): PatchRequest {
  const { name, namespace = '', uid } = pod.metadata;
  const others = (pod.status.resourceClaimStatuses ?? []).filter((status) => !names.has(status.name));
  const added = [...names].map(([entry, resourceClaimName]) => ({ name: entry, resourceClaimName }));
  const patch = { metadata: { uid }, status: { resourceClaimStatuses: [...others, ...added] } };
  return { verb: 'patch', subresource: 'status', kind: 'Pod', namespace, name, patch, ignore: ['NotFound'] };
}

/** Refused where the claim has moved on: a pod may have been given a part in it meanwhile. */
function statusPatch({ kind, metadata }: ResourceClaim, status: object): PatchRequest {
  const { name, namespace = '', uid, resourceVersion } = metadata;
  const patch = { metadata: { uid, resourceVersion }, status };
  return { verb: 'patch', subresource: 'status', kind, namespace, name, patch, ignore: ['NotFound'] };
}

function withoutClaimFinalizer({ kind, metadata }: ResourceClaim): PatchRequest {
  const { name, namespace = '', uid } = metadata;
  const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLAIM_FINALIZER);
  return { verb: 'patch', kind, namespace, name, patch: { metadata: { uid, finalizers } }, ignore: ['NotFound'] };
}
