import type { PersistentVolume, PersistentVolumeClaim } from '../../api/storage.ts';
import { quantityValue } from '../../api/quantity.ts';
import { identityOfObject } from '../../api/uid.ts';
import type { Informer } from '../../apiserver/informer.ts';
import { SECOND } from '../../kernel/time.ts';
import { isBound } from '../../storage/claims.ts';
import { attachableVolume, driverSettings } from '../../storage/drivers.ts';
import { sizeAsked } from '../../storage/volume-matching.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { updateObject, updateStatus } from '../requests.ts';
import { DriverCalls } from './driver-calls.ts';

/**
 * external-resizer, with what the kubelet does after it: makes a bound volume as large as its claim has come to ask for. The
 * volume and its file system grow in one step. Source: kubernetes-csi/external-resizer, pkg/controller/controller.go.
 */
export const csiResizer: ControllerFactory = {
  name: 'csi-resizer',
  create: (environment) => new Resizer(environment),
};

class Resizer implements Controller {
  readonly name = 'csi-resizer';
  /** --workers. */
  readonly workers = 10;
  readonly #environment: ControllerEnvironment;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #calls: DriverCalls;

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, kernel } = environment;
    this.#environment = environment;
    this.#calls = new DriverCalls(kernel, 'csi-expand');
    this.#volumes = informers.informer<PersistentVolume>('PersistentVolume');
    this.#claims = informers.informer<PersistentVolumeClaim>('PersistentVolumeClaim');
    this.#claims.on((type, _claim, _previous, key) => {
      if (type === 'deleted') this.#calls.forget(key);
      else queue.add(key);
    });
  }

  reconcile(key: string): Plan | undefined {
    const claim = this.#claims.get(key);
    if (claim === undefined || !isBound(claim) || claim.metadata.deletionTimestamp !== undefined) return undefined;
    const size = claim.spec.resources?.requests?.['storage'];
    const capacity = claim.status?.capacity?.['storage'];
    if (size === undefined || capacity === undefined || sizeAsked(claim) <= quantityValue(capacity)) return undefined;
    const volume = this.#volumes.get(claim.spec.volumeName ?? '');
    const csi = volume === undefined ? undefined : attachableVolume(volume);
    if (volume === undefined || csi === undefined) return undefined;
    const { events, settings } = this.#environment;
    const { expandLatency } = driverSettings(settings.storage, csi.driver);
    const component = `external-resizer ${csi.driver}`;
    if (!this.#calls.isUnderWay(key)) {
      const text = `External resizer is resizing volume ${volume.metadata.name}`;
      events.record(component, claim, 'Normal', 'Resizing', text);
    }
    const left = this.#calls.left(key, expandLatency, identityOfObject(claim));
    if (left > 0) {
      return { stages: [], requeueAfterSeconds: left / SECOND };
    }
    events.record(
      component,
      claim,
      'Normal',
      'FileSystemResizeSuccessful',
      'MountVolume.NodeExpandVolume succeeded for volume',
    );
    const grown = { ...volume, spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage: size } } };
    const status = { ...claim.status, capacity: { ...claim.status?.capacity, storage: size } };
    return { stages: [[updateObject(grown)], [updateStatus(claim, status)]] };
  }

  save(): unknown {
    return this.#calls.save();
  }

  restore(saved: unknown): void {
    this.#calls.restore(saved);
  }
}
