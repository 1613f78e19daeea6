import type { Pod } from '../../api/core.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/storage.ts';
import type { Informer } from '../../apiserver/informer.ts';
import { CLAIM_PROTECTION, VOLUME_PROTECTION } from '../../storage/claims.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { withoutFinalizer } from '../requests.ts';
import { ClaimUsers } from './claim-users.ts';

/**
 * Lets claims go that are being deleted, when no pod on a node uses them any more.
 * Source: pkg/controller/volume/pvcprotection.
 */
export const claimProtectionController: ControllerFactory = {
  name: 'pvc-protection',
  create: (environment) => new ClaimProtection(environment),
};

class ClaimProtection implements Controller {
  readonly name = 'pvc-protection';
  readonly workers = 1;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #users: ClaimUsers;

  constructor({ informers, queue }: ControllerEnvironment) {
    this.#claims = informers.informer<PersistentVolumeClaim>('PersistentVolumeClaim');
    this.#claims.on((type, { metadata }, _previous, key) => {
      if (type !== 'deleted' && metadata.deletionTimestamp !== undefined) queue.add(key);
    });
    this.#users = new ClaimUsers(informers.informer<Pod>('Pod'), (claim) => {
      if (this.#claims.get(claim)?.metadata.deletionTimestamp !== undefined) queue.add(claim);
    });
  }

  reconcile(key: string): Plan | undefined {
    const claim = this.#claims.get(key);
    const { deletionTimestamp, finalizers = [] } = claim?.metadata ?? {};
    if (claim === undefined || deletionTimestamp === undefined || !finalizers.includes(CLAIM_PROTECTION))
      return undefined;
    // A pod that has no node yet will not be given one while its claim is being deleted.
    if (this.#users.of(key).some(({ spec }) => (spec.nodeName ?? '') !== '')) return undefined;
    return { stages: [[withoutFinalizer(claim, CLAIM_PROTECTION)]] };
  }

  save(): null {
    return null;
  }

  restore(): void {
    this.#users.restored();
  }
}

/** Lets volumes go that are being deleted, when no claim has them any more. Source: pkg/controller/volume/pvprotection. */
export const volumeProtectionController: ControllerFactory = {
  name: 'pv-protection',
  create: (environment) => new VolumeProtection(environment),
};

class VolumeProtection implements Controller {
  readonly name = 'pv-protection';
  readonly workers = 1;
  readonly #volumes: Informer<PersistentVolume>;

  constructor({ informers, queue }: ControllerEnvironment) {
    this.#volumes = informers.informer<PersistentVolume>('PersistentVolume');
    this.#volumes.on((type, { metadata }, _previous, key) => {
      if (type !== 'deleted' && metadata.deletionTimestamp !== undefined) queue.add(key);
    });
  }

  reconcile(key: string): Plan | undefined {
    const volume = this.#volumes.get(key);
    const { deletionTimestamp, finalizers = [] } = volume?.metadata ?? {};
    if (volume === undefined || deletionTimestamp === undefined || !finalizers.includes(VOLUME_PROTECTION))
      return undefined;
    return volume.status?.phase === 'Bound' ? undefined : { stages: [[withoutFinalizer(volume, VOLUME_PROTECTION)]] };
  }

  save(): null {
    return null;
  }

  restore(): void {
    // All it knows is in the informer and the queue.
  }
}
