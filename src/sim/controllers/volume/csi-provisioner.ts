import type { KubeNode } from '../../api/core.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeAttachment } from '../../api/storage.ts';
import type { Draft } from '../../api/meta.ts';
import { identityOfObject } from '../../api/uid.ts';
import type { Index, Informer } from '../../apiserver/informer.ts';
import { SECOND } from '../../kernel/time.ts';
import { classOf, SELECTED_NODE, selectedNodeOf, waitsForConsumer } from '../../storage/claims.ts';
import { driverSettings } from '../../storage/drivers.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { deleteObject, withoutFinalizer } from '../requests.ts';
import { DriverCalls } from './driver-calls.ts';
import { DYNAMICALLY_PROVISIONED, PROVISIONER, PROVISIONER_FINALIZER } from './provisioning.ts';
import { byVolume } from './attachments.ts';
import { topologyOf } from './topology.ts';

/** The access modes of a claim that says none. */
const ACCESS = ['ReadWriteOnce'];

/**
 * external-provisioner, which stands beside each CSI driver: makes the volumes that the binder asks for, and deletes those
 * that are released. Every provisioner that a StorageClass names is taken to be installed.
 * Source: sigs.k8s.io/sig-storage-lib-external-provisioner, kubernetes-csi/external-provisioner.
 */
export const csiProvisioner: ControllerFactory = {
  name: 'csi-provisioner',
  create: (environment) => new Provisioner(environment),
};

class Provisioner implements Controller {
  readonly name = 'csi-provisioner';
  /** --worker-threads. */
  readonly workers = 100;
  readonly #environment: ControllerEnvironment;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #nodes: Informer<KubeNode>;
  readonly #attachments: Index<VolumeAttachment>;
  readonly #calls: DriverCalls;

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, kernel } = environment;
    this.#environment = environment;
    this.#calls = new DriverCalls(kernel, 'csi-provision');
    this.#classes = informers.informer<StorageClass>('StorageClass');
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#volumes = informers.informer<PersistentVolume>('PersistentVolume');
    this.#claims = informers.informer<PersistentVolumeClaim>('PersistentVolumeClaim');
    const attachments = informers.informer<VolumeAttachment>('VolumeAttachment');
    this.#attachments = byVolume(attachments);
    attachments.on((type, { spec }) => {
      if (type === 'deleted' && spec.source.persistentVolumeName !== undefined)
        queue.add(spec.source.persistentVolumeName);
    });
    // Claims are told from volumes by their namespace.
    this.#claims.on((type, _claim, _previous, key) => (type === 'deleted' ? this.#calls.forget(key) : queue.add(key)));
    this.#volumes.on((type, _volume, _previous, key) =>
      type === 'deleted' ? this.#calls.forget(key) : queue.add(key),
    );
  }

  reconcile(key: string): Plan | undefined {
    const claim = this.#claims.get(key);
    if (claim !== undefined) return this.#provision(key, claim);
    const volume = this.#volumes.get(key);
    return volume === undefined ? undefined : this.#delete(key, volume);
  }

  #provision(key: string, claim: PersistentVolumeClaim): Plan | undefined {
    const driver = claim.metadata.annotations?.[PROVISIONER];
    const storageClass = this.#classes.get(classOf(claim));
    if (driver === undefined || storageClass === undefined || (claim.spec.volumeName ?? '') !== '') return undefined;
    if (claim.metadata.deletionTimestamp !== undefined) return undefined;
    const volumeName = `pvc-${claim.metadata.uid}`;
    // Made already: the binder has yet to bind it.
    if (this.#volumes.get(volumeName) !== undefined) return undefined;
    const selected = selectedNodeOf(claim);
    if (waitsForConsumer(storageClass) && selected === undefined) return undefined;
    const node = selected === undefined ? undefined : this.#nodes.get(selected);
    if (selected !== undefined && node === undefined) return this.#choiceGone(claim, selected);
    const { storage } = this.#environment.settings;
    const { provisionLatency, topologyKeys } = driverSettings(storage, driver);
    const latency = storage.classes[storageClass.metadata.name]?.provisionLatency ?? provisionLatency;
    const begun = `External provisioner is provisioning volume for claim "${key}"`;
    if (!this.#calls.isUnderWay(key)) this.#say(claim, driver, 'Normal', 'Provisioning', begun);
    const left = this.#calls.left(key, latency, identityOfObject(claim));
    if (left > 0) return { stages: [], requeueAfterSeconds: left / SECOND };
    const terms = topologyOf({ claim, storageClass, node, nodes: this.#nodes, topologyKeys });
    if (terms === 'none') {
      const text = `failed to provision volume with StorageClass "${storageClass.metadata.name}": error generating accessibility requirements: no topology key found for node`;
      this.#say(claim, driver, 'Warning', 'ProvisioningFailed', text);
      return undefined;
    }
    this.#say(claim, driver, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeName}`);
    const body = volumeFor(claim, storageClass, driver, volumeName);
    const nodeAffinity = terms === undefined ? {} : { nodeAffinity: { required: { nodeSelectorTerms: terms } } };
    return {
      stages: [
        [
          {
            verb: 'create',
            kind: 'PersistentVolume',
            namespace: '',
            name: volumeName,
            body: { ...body, spec: { ...body.spec, ...nodeAffinity } },
            ignore: ['AlreadyExists'],
          },
        ],
      ],
    };
  }

  /** The node that was chosen for the claim is no more: the scheduler has to choose again. */
  #choiceGone(claim: PersistentVolumeClaim, node: string): Plan {
    const { namespace = '', name, uid } = claim.metadata;
    const text = `failed to get target node: node "${node}" not found`;
    this.#say(claim, claim.metadata.annotations?.[PROVISIONER] ?? '', 'Warning', 'ProvisioningFailed', text);
    const patch = { metadata: { uid, annotations: { [SELECTED_NODE]: null } } };
    return {
      stages: [[{ verb: 'patch', kind: 'PersistentVolumeClaim', namespace, name, patch, ignore: ['NotFound'] }]],
    };
  }

  #delete(key: string, volume: PersistentVolume): Plan | undefined {
    const driver = volume.metadata.annotations?.[DYNAMICALLY_PROVISIONED];
    const { deletionTimestamp, finalizers = [] } = volume.metadata;
    const released = volume.status?.phase === 'Released' && volume.spec.persistentVolumeReclaimPolicy === 'Delete';
    if (driver === undefined || !released || !finalizers.includes(PROVISIONER_FINALIZER)) return undefined;
    // While it is attached somewhere it cannot be deleted.
    if (this.#attachments.count(key) > 0) return undefined;
    const { deleteLatency } = driverSettings(this.#environment.settings.storage, driver);
    if (deletionTimestamp === undefined) {
      const left = this.#calls.left(key, deleteLatency, identityOfObject(volume));
      return left > 0 ? { stages: [], requeueAfterSeconds: left / SECOND } : { stages: [[deleteObject(volume)]] };
    }
    return { stages: [[withoutFinalizer(volume, PROVISIONER_FINALIZER)]] };
  }

  #say(claim: PersistentVolumeClaim, driver: string, type: 'Normal' | 'Warning', reason: string, text: string): void {
    this.#environment.events.record(`${driver}_external-provisioner`, claim, type, reason, text);
  }

  save(): unknown {
    return this.#calls.save();
  }

  restore(saved: unknown): void {
    this.#calls.restore(saved);
  }
}

function volumeFor(
  claim: PersistentVolumeClaim,
  { metadata, reclaimPolicy }: StorageClass,
  driver: string,
  name: string,
): Draft<PersistentVolume> {
  const { accessModes = ACCESS, resources, volumeMode = 'Filesystem' } = claim.spec;
  const { namespace = '', name: claimName, uid, resourceVersion } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { [DYNAMICALLY_PROVISIONED]: driver },
      finalizers: [PROVISIONER_FINALIZER],
    },
    spec: {
      accessModes,
      capacity: { storage: resources?.requests?.['storage'] ?? '0' },
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name: claimName, uid, resourceVersion },
      csi: { driver, volumeHandle: name },
      persistentVolumeReclaimPolicy: reclaimPolicy ?? 'Delete',
      storageClassName: metadata.name,
      volumeMode,
    },
  };
}
