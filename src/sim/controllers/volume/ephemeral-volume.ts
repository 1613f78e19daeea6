import type { Pod } from '../../api/core.ts';
import type { ObjectMetaInput } from '../../api/meta.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../api/storage.ts';
import type { Informer } from '../../apiserver/informer.ts';
import type { ApiRequest } from '../../apiserver/request.ts';
import { claimUse, foreignText } from '../../storage/claims.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { controllerReference } from '../requests.ts';

/**
 * Makes the claims of pods' generic ephemeral volumes; they belong to the pod and go with it.
 * Source: pkg/controller/volume/ephemeral/controller.go.
 */
export const ephemeralVolumeController: ControllerFactory = {
  name: 'ephemeral-volume',
  create: (environment) => new EphemeralVolumes(environment),
};

interface ClaimTemplate {
  readonly metadata?: ObjectMetaInput;
  readonly spec: PersistentVolumeClaimSpec;
}

class EphemeralVolumes implements Controller {
  readonly name = 'ephemeral-volume';
  /** --concurrent-ephemeralvolume-syncs. */
  readonly workers = 5;
  readonly #environment: ControllerEnvironment;
  readonly #pods: Informer<Pod>;
  readonly #claims: Informer<PersistentVolumeClaim>;

  constructor(environment: ControllerEnvironment) {
    const { informers, queue } = environment;
    this.#environment = environment;
    this.#claims = informers.informer<PersistentVolumeClaim>('PersistentVolumeClaim');
    this.#pods = informers.informer<Pod>('Pod');
    this.#pods.on((type, { spec }, _previous, key) => {
      if (type === 'added' && spec.volumes?.some((volume) => templateOf(volume) !== undefined) === true) queue.add(key);
    });
    this.#claims.on((type, claim) => {
      // A claim that went: the pod it was for may need it again.
      const owner = claim.metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (type === 'deleted' && owner?.kind === 'Pod') queue.add(`${claim.metadata.namespace ?? ''}/${owner.name}`);
    });
  }

  reconcile(key: string): Plan | undefined {
    const pod = this.#pods.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
    const requests: ApiRequest[] = [];
    for (const volume of pod.spec.volumes ?? []) {
      const template = templateOf(volume);
      const use = claimUse(pod, volume);
      if (template === undefined || use === undefined) continue;
      const existing = this.#claims.get(`${pod.metadata.namespace ?? ''}/${use.name}`);
      if (existing === undefined) requests.push(createClaim(pod, use.name, template));
      else this.#check(pod, existing);
    }
    return requests.length === 0 ? undefined : { stages: [requests] };
  }

  #check(pod: Pod, claim: PersistentVolumeClaim): void {
    const foreign = foreignText(pod, claim);
    if (foreign === undefined) return;
    this.#environment.events.record('ephemeral_volume', pod, 'Warning', 'ClaimConflict', foreign);
  }

  save(): null {
    return null;
  }

  restore(): void {
    // All it knows is in the informers and the queue.
  }
}

function templateOf(volume: NonNullable<Pod['spec']['volumes']>[number]): ClaimTemplate | undefined {
  const ephemeral = volume['ephemeral'] as { readonly volumeClaimTemplate?: ClaimTemplate } | null | undefined;
  return ephemeral?.volumeClaimTemplate;
}

function createClaim(pod: Pod, name: string, { metadata, spec }: ClaimTemplate): ApiRequest {
  const { namespace = '' } = pod.metadata;
  const body = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...metadata, name, namespace, ownerReferences: [controllerReference(pod)] },
    spec,
  };
  return { verb: 'create', kind: 'PersistentVolumeClaim', namespace, name, body };
}
