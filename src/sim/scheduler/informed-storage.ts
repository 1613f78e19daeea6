import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
} from '../api/storage.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Index, Informer, Informers } from '../apiserver/informer.ts';
import { keyOf } from '../apiserver/request.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { classOf } from '../storage/claims.ts';
import { Action } from './cluster-event.ts';
import type { ClusterEvent, EventResource } from './cluster-event.ts';
import type { StorageAssumptions, StorageObjects } from './framework.ts';

/** Objects as they will be when what the scheduler has asked for is done. Source: util/assumecache. */
class Assumed<T extends KubeObject> {
  readonly #objects = new Map<string, T>();

  /** What is assumed, as long as the informer has none newer than it was made from. */
  pending(key: string, known: T | undefined): T | undefined {
    const assumed = this.#objects.get(key);
    return assumed?.metadata.resourceVersion === known?.metadata.resourceVersion ? assumed : undefined;
  }

  /** What counts. */
  of(key: string, known: T | undefined): T | undefined {
    return this.pending(key, known) ?? known;
  }

  set(object: T): void {
    this.#objects.set(keyOf(object), object);
  }

  delete(key: string): void {
    this.#objects.delete(key);
  }

  save(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  restore(objects: readonly KubeObject[]): void {
    this.#objects.clear();
    for (const object of objects) this.set(object as T);
  }
}

interface StorageState {
  readonly volumes: readonly KubeObject[];
  readonly claims: readonly KubeObject[];
}

/** Volumes and what decides where they can be, as the scheduler's informers have them and as its Reserve assumes them. */
export class InformedStorage implements StorageObjects, Saveable {
  version = 0;
  csiNodeVersion = 0;
  readonly assumptions: StorageAssumptions = {
    assumeVolume: (volume) => this.#assume(this.#assumedVolumes, volume),
    assumeClaim: (claim) => this.#assume(this.#assumedClaims, claim),
    assumedVolume: (name) => this.#assumedVolumes.pending(name, this.#volumes.get(name)),
    assumedClaim: (key) => this.#assumedClaims.pending(key, this.#claims.get(key)),
    restoreVolume: (name) => this.#restore(this.#assumedVolumes, name),
    restoreClaim: (key) => this.#restore(this.#assumedClaims, key),
  };
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #volumesByClass: Index<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #csiNodes: Informer<CSINode>;
  readonly #csiDrivers: Informer<CSIDriver>;
  readonly #capacities: Informer<CSIStorageCapacity>;
  readonly #allAttachments: Informer<VolumeAttachment>;
  readonly #attachments: Index<VolumeAttachment>;
  readonly #assumedVolumes = new Assumed<PersistentVolume>();
  readonly #assumedClaims = new Assumed<PersistentVolumeClaim>();

  /** `happened` is told of what may make a pod schedulable. */
  constructor(informers: Informers, happened: (event: ClusterEvent) => void) {
    const told = <T extends KubeObject>(resource: EventResource): Informer<T> => {
      const informer = informers.informer<T>(resource);
      informer.on((type, after, before) => {
        this.version++;
        if (type === 'added') happened({ resource, action: Action.add, after });
        else if (type === 'modified') happened({ resource, action: Action.updateOther, before, after });
        else happened({ resource, action: Action.delete, before: after });
      });
      return informer;
    };
    this.#classes = told('StorageClass');
    this.#csiDrivers = told('CSIDriver');
    this.#csiNodes = told('CSINode');
    this.#csiNodes.on(() => this.csiNodeVersion++);
    this.#capacities = told('CSIStorageCapacity');
    this.#allAttachments = told('VolumeAttachment');
    this.#attachments = this.#allAttachments.index('node', ({ spec }) => spec.nodeName);
    this.#volumes = told('PersistentVolume');
    this.#volumesByClass = this.#volumes.index('class', classOf);
    this.#claims = told('PersistentVolumeClaim');
    this.#volumes.on((type, _volume, _previous, key) => {
      if (type === 'deleted') this.#assumedVolumes.delete(key);
    });
    this.#claims.on((type, _claim, _previous, key) => {
      if (type === 'deleted') this.#assumedClaims.delete(key);
    });
  }

  claim(key: string): PersistentVolumeClaim | undefined {
    return this.#assumedClaims.of(key, this.#claims.get(key));
  }

  volume(name: string): PersistentVolume | undefined {
    return this.#assumedVolumes.of(name, this.#volumes.get(name));
  }

  volumesOfClass(name: string): readonly PersistentVolume[] {
    return this.#volumesByClass
      .get(name)
      .map((volume) => this.#assumedVolumes.of(volume.metadata.name, volume) ?? volume);
  }

  storageClass(name: string): StorageClass | undefined {
    return this.#classes.get(name);
  }

  csiNode(name: string): CSINode | undefined {
    return this.#csiNodes.get(name);
  }

  csiDriver(name: string): CSIDriver | undefined {
    return this.#csiDrivers.get(name);
  }

  storageCapacities(): readonly CSIStorageCapacity[] {
    return [...this.#capacities.list()];
  }

  attachments(node: string): readonly VolumeAttachment[] {
    return this.#attachments.get(node);
  }

  attachmentCount(node: string): number {
    return this.#attachments.count(node);
  }

  get attachmentTotal(): number {
    return this.#allAttachments.size;
  }

  #assume<T extends KubeObject>(assumed: Assumed<T>, object: T): void {
    this.version++;
    assumed.set(object);
  }

  #restore<T extends KubeObject>(assumed: Assumed<T>, key: string): void {
    this.version++;
    assumed.delete(key);
  }

  save(): StorageState {
    return { volumes: this.#assumedVolumes.save(), claims: this.#assumedClaims.save() };
  }

  restore(saved: unknown): void {
    const { volumes, claims } = saved as StorageState;
    this.#assumedVolumes.restore(volumes);
    this.#assumedClaims.restore(claims);
    this.version++;
    this.csiNodeVersion++;
  }
}
