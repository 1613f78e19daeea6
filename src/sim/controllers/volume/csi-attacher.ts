import type { PersistentVolume, VolumeAttachment } from '../../api/storage.ts';
import { identityOfObject } from '../../api/uid.ts';
import type { Informer } from '../../apiserver/informer.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import { driverSettings } from '../../storage/drivers.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { updateStatus, withoutFinalizer } from '../requests.ts';
import { DriverCalls } from './driver-calls.ts';

/**
 * external-attacher, which stands beside each CSI driver: does what VolumeAttachments ask for.
 * Source: kubernetes-csi/external-attacher, pkg/controller/csi_handler.go.
 */
export const csiAttacher: ControllerFactory = {
  name: 'csi-attacher',
  create: (environment) => new Attacher(environment),
};

function finalizerOf(driver: string): string {
  return `external-attacher/${driver.replace(/[^a-zA-Z0-9]/g, '-')}`;
}

class Attacher implements Controller {
  readonly name = 'csi-attacher';
  /** --worker-threads. */
  readonly workers = 10;
  readonly #environment: ControllerEnvironment;
  readonly #attachments: Informer<VolumeAttachment>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #attaching: DriverCalls;
  readonly #detaching: DriverCalls;

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, kernel } = environment;
    this.#environment = environment;
    this.#attaching = new DriverCalls(kernel, 'csi-attach');
    this.#detaching = new DriverCalls(kernel, 'csi-detach');
    this.#volumes = informers.informer<PersistentVolume>('PersistentVolume');
    this.#attachments = informers.informer<VolumeAttachment>('VolumeAttachment');
    this.#attachments.on((type, _attachment, _previous, key) => {
      if (type === 'deleted') for (const calls of [this.#attaching, this.#detaching]) calls.forget(key);
      else queue.add(key);
    });
  }

  reconcile(key: string): Plan | undefined {
    const attachment = this.#attachments.get(key);
    if (attachment === undefined) return undefined;
    const { attacher, source } = attachment.spec;
    const finalizer = finalizerOf(attacher);
    const marked = attachment.metadata.finalizers?.includes(finalizer) === true;
    const { attachLatency, detachLatency } = driverSettings(this.#environment.settings.storage, attacher);
    // Its time is the volume's, whatever node it goes to.
    const volume = this.#volumes.get(source.persistentVolumeName ?? '') ?? attachment;
    const who = identityOfObject(volume);
    if (attachment.metadata.deletionTimestamp !== undefined) {
      if (!marked) return undefined;
      this.#attaching.forget(key);
      return after(this.#detaching.left(key, detachLatency, who), withoutFinalizer(attachment, finalizer));
    }
    if (attachment.status?.attached === true) return undefined;
    if (!marked) {
      const { name, uid, finalizers = [] } = attachment.metadata;
      const patch = { metadata: { uid, finalizers: [...finalizers, finalizer] } };
      return {
        stages: [[{ verb: 'patch', kind: 'VolumeAttachment', namespace: '', name, patch, ignore: ['NotFound'] }]],
      };
    }
    return after(this.#attaching.left(key, attachLatency, who), updateStatus(attachment, { attached: true }));
  }

  save(): unknown {
    return [this.#attaching.save(), this.#detaching.save()];
  }

  restore(saved: unknown): void {
    const [attaching, detaching] = saved as [unknown, unknown];
    this.#attaching.restore(attaching);
    this.#detaching.restore(detaching);
  }
}

/** The request, when the driver has done its part. */
function after(left: Micros, request: Plan['stages'][number][number]): Plan {
  return left > 0 ? { stages: [], requeueAfterSeconds: left / SECOND } : { stages: [[request]] };
}
