import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../api/storage.ts';
import type { Pod } from '../../api/core.ts';
import type { Index, Informer } from '../../apiserver/informer.ts';
import { keyOf, objectKey } from '../../apiserver/request.ts';
import type { ApiRequest } from '../../apiserver/request.ts';
import { SECOND, seconds } from '../../kernel/time.ts';
import {
  annotated,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classOf,
  selectedNodeOf,
  volumeBoundTo,
  waitsForConsumer,
} from '../../storage/claims.ts';
import { csiDriverName } from '../../storage/csi-translation.ts';
import { matchingVolume, NO_PROVISIONER } from '../../storage/volume-matching.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { updateObject, updateStatus } from '../requests.ts';
import { ClaimUsers } from './claim-users.ts';
import { DYNAMICALLY_PROVISIONED, PROVISIONER, BETA_PROVISIONER } from './provisioning.ts';

const COMPONENT = 'persistentvolume-controller';

/** Before a key of the work queue: what it is the key of. */
const CLAIM = 'claim ';
const VOLUME = 'volume ';

/**
 * The PersistentVolume binder: binds claims to volumes, asks provisioners for volumes that are not there, and says of
 * volumes whose claims are gone that they are released. Source: pkg/controller/volume/persistentvolume/pv_controller.go.
 */
export const persistentVolumeBinder: ControllerFactory = {
  name: 'persistentvolume-binder',
  create: (environment) => new Binder(environment),
};

class Binder implements Controller {
  readonly name = 'persistentvolume-binder';
  /** One for claims and one for volumes. */
  readonly workers = 2;
  readonly #environment: ControllerEnvironment;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #volumesByClass: Index<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #users: ClaimUsers;

  constructor(environment: ControllerEnvironment) {
    const { informers, queue } = environment;
    this.#environment = environment;
    this.#classes = informers.informer<StorageClass>('StorageClass');
    this.#volumes = informers.informer<PersistentVolume>('PersistentVolume');
    this.#volumesByClass = this.#volumes.index('class', classOf);
    this.#claims = informers.informer<PersistentVolumeClaim>('PersistentVolumeClaim');
    this.#users = new ClaimUsers(informers.informer<Pod>('Pod'), () => undefined);
    this.#volumes.on((type, { spec }, _previous, key) => {
      if (type !== 'deleted') queue.add(`${VOLUME}${key}`);
      else if (spec.claimRef?.name !== undefined)
        queue.add(`${CLAIM}${objectKey(spec.claimRef.namespace, spec.claimRef.name)}`);
    });
    this.#claims.on((type, { spec }, _previous, key) => {
      if (type !== 'deleted') queue.add(`${CLAIM}${key}`);
      else if ((spec.volumeName ?? '') !== '') queue.add(`${VOLUME}${spec.volumeName}`);
    });
  }

  reconcile(key: string): Plan | undefined {
    if (key.startsWith(VOLUME)) {
      const volume = this.#volumes.get(key.slice(VOLUME.length));
      return volume === undefined ? undefined : this.#volume(volume);
    }
    const claim = this.#claims.get(key.slice(CLAIM.length));
    if (claim === undefined) return undefined;
    return claim.metadata.annotations?.[BIND_COMPLETED] === undefined ? this.#unbound(claim) : this.#bound(claim);
  }

  #unbound(claim: PersistentVolumeClaim): Plan | undefined {
    const { volumeName = '' } = claim.spec;
    if (volumeName === '') return this.#open(claim);
    // A user asks for this volume and no other.
    const volume = this.#volumes.get(volumeName);
    if (volume === undefined) return this.#later();
    const { claimRef } = volume.spec;
    const { namespace, name, uid } = claim.metadata;
    const free = claimRef === undefined || (claimRef.namespace === namespace && claimRef.name === name);
    return free && ((claimRef?.uid ?? '') === '' || claimRef?.uid === uid) ? this.#bind(claim, volume) : this.#later();
  }

  #open(claim: PersistentVolumeClaim): Plan | undefined {
    const name = classOf(claim);
    const storageClass = name === '' ? undefined : this.#classes.get(name);
    const delayed = waitsForConsumer(storageClass);
    const volumes = this.#volumesByClass.get(name);
    const volume = matchingVolume(claim, volumes, undefined, { delayed });
    if (volume !== undefined) return this.#bind(claim, volume);
    const { events } = this.#environment;
    if (delayed && selectedNodeOf(claim) === undefined) {
      events.record(COMPONENT, claim, 'Normal', 'WaitForFirstConsumer', this.#waitingText(claim));
      return this.#later();
    }
    if (name === '') {
      const text = 'no persistent volumes available for this claim and no storage class is set';
      events.record(COMPONENT, claim, 'Normal', 'FailedBinding', text);
      return this.#later();
    }
    return this.#provision(claim, name, storageClass);
  }

  /** Source: emitEventForUnboundDelayBindingClaim. */
  #waitingText(claim: PersistentVolumeClaim): string {
    const waiting = this.#users.of(keyOf(claim)).filter(({ spec }) => (spec.nodeName ?? '') === '');
    if (waiting.length === 0) return 'waiting for first consumer to be created before binding';
    const names = waiting.map(({ metadata }) => metadata.name).sort();
    return `waiting for pod${names.length > 1 ? 's' : ''} ${names.join(',')} to be scheduled`;
  }

  /** Has the class's provisioner make a volume, by an annotation that it looks for. */
  #provision(claim: PersistentVolumeClaim, name: string, storageClass: StorageClass | undefined): Plan | undefined {
    const { events } = this.#environment;
    if (storageClass === undefined) {
      const text = `storageclass.storage.k8s.io "${name}" not found`;
      events.record(COMPONENT, claim, 'Warning', 'ProvisioningFailed', text);
      return this.#later();
    }
    const { provisioner = '' } = storageClass;
    // Volumes of such a class are made by hand.
    if (provisioner === '' || provisioner === NO_PROVISIONER) return this.#later();
    const driver = csiDriverName(provisioner);
    const text = `Waiting for a volume to be created either by the external provisioner '${driver}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    events.record(COMPONENT, claim, 'Normal', 'ExternalProvisioning', text);
    if (claim.metadata.annotations?.[PROVISIONER] === driver) return this.#later();
    const asked = annotated(annotated(claim, BETA_PROVISIONER, driver), PROVISIONER, driver);
    return { stages: [[updateObject(asked)]] };
  }

  /** Looked at again at the next resync, as whatever it waits for may tell nobody. */
  #later(): Plan {
    const { settings, kernel } = this.#environment;
    const period = seconds(settings.controllerManager.pvClaimBinderSyncPeriodSeconds);
    return { stages: [], requeueAfterSeconds: (period - (kernel.now % period)) / SECOND };
  }

  /** The volume first, then the claim: if either is refused, the rest is done another time. */
  #bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Plan | undefined {
    const stages: ApiRequest[][] = [];
    const bound = volumeBoundTo(volume, claim);
    if (bound !== volume) stages.push([updateObject(bound)]);
    if (volume.status?.phase !== 'Bound') stages.push([updateStatus(volume, { phase: 'Bound' })]);
    const { name } = volume.metadata;
    const byController = (claim.spec.volumeName ?? '') === '';
    if (byController || claim.metadata.annotations?.[BIND_COMPLETED] === undefined) {
      const named = byController ? annotated(claim, BOUND_BY_CONTROLLER, 'yes') : claim;
      const complete = annotated(named, BIND_COMPLETED, 'yes');
      stages.push([updateObject({ ...complete, spec: { ...claim.spec, volumeName: name } } as PersistentVolumeClaim)]);
    }
    if (claim.status?.phase !== 'Bound') {
      const { accessModes = [], capacity = {} } = volume.spec;
      const status = { ...claim.status, phase: 'Bound' as const, accessModes, capacity };
      stages.push([updateStatus(claim, status)]);
    }
    return stages.length === 0 ? undefined : { stages };
  }

  #bound(claim: PersistentVolumeClaim): Plan | undefined {
    const { volumeName = '' } = claim.spec;
    if (volumeName === '')
      return this.#lost(
        claim,
        'ClaimLost',
        'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
      );
    const volume = this.#volumes.get(volumeName);
    if (volume === undefined)
      return this.#lost(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
    const { claimRef } = volume.spec;
    if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return this.#bind(claim, volume);
    return this.#lost(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
  }

  #lost(claim: PersistentVolumeClaim, reason: string, text: string): Plan | undefined {
    if (claim.status?.phase === 'Lost') return undefined;
    this.#environment.events.record(COMPONENT, claim, 'Warning', reason, text);
    return { stages: [[updateStatus(claim, { ...claim.status, phase: 'Lost' })]] };
  }

  #volume(volume: PersistentVolume): Plan | undefined {
    const { claimRef } = volume.spec;
    if (claimRef === undefined || (claimRef.uid ?? '') === '') return this.#phase(volume, 'Available');
    const key = objectKey(claimRef.namespace, claimRef.name ?? '');
    const claim = this.#claimOf(key, claimRef.uid ?? '');
    if (claim === undefined) {
      // What becomes of it then is its reclaim policy's business, and that its provisioner's.
      return volume.status?.phase === 'Failed' ? undefined : this.#phase(volume, 'Released');
    }
    const { volumeName = '' } = claim.spec;
    if (volumeName === volume.metadata.name) return this.#phase(volume, 'Bound');
    if (volumeName === '') {
      this.#environment.queue.add(`${CLAIM}${key}`);
      return undefined;
    }
    // The claim has got another volume meanwhile.
    const { annotations } = volume.metadata;
    const dynamic = annotations?.[DYNAMICALLY_PROVISIONED] !== undefined;
    if (dynamic && volume.spec.persistentVolumeReclaimPolicy === 'Delete') return this.#phase(volume, 'Released');
    if (annotations?.[BOUND_BY_CONTROLLER] === undefined) return undefined;
    return { stages: [[updateObject(unboundVolume(volume))], [updateStatus(volume, { phase: 'Available' })]] };
  }

  /** The claim of that UID, asked of the server as well before a volume is taken to be nobody's. */
  #claimOf(key: string, uid: string): PersistentVolumeClaim | undefined {
    const known = this.#claims.get(key);
    if (known?.metadata.uid === uid) return known;
    const slash = key.indexOf('/');
    const { server } = this.#environment;
    const live = server.get<PersistentVolumeClaim>('PersistentVolumeClaim', key.slice(0, slash), key.slice(slash + 1));
    return live?.metadata.uid === uid ? live : undefined;
  }

  #phase(volume: PersistentVolume, phase: NonNullable<PersistentVolume['status']>['phase']): Plan | undefined {
    if (volume.status?.phase === phase) return undefined;
    return { stages: [[updateStatus(volume, { phase })]] };
  }

  save(): null {
    return null;
  }

  restore(): void {
    this.#users.restored();
  }
}

/** The volume without the claim that a controller had bound it to. */
function unboundVolume(volume: PersistentVolume): PersistentVolume {
  const { [BOUND_BY_CONTROLLER]: _, ...annotations } = volume.metadata.annotations ?? {};
  const { claimRef: _claim, ...spec } = volume.spec;
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec };
}
