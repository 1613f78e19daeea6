import type { KubeNode } from '../api/core.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../api/storage.ts';
import type { CSIDriver } from '../api/storage.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import type { Purpose } from '../kernel/random.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { drawLatency } from '../latency.ts';
import type { CsiDriverSettings } from '../settings.ts';
import { claimUse, isBound } from '../storage/claims.ts';
import { attachableVolume, driverSettings, needsAttachment, uniqueVolumeName } from '../storage/drivers.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import type { PodRecord, VolumeUse } from './pod-record.ts';
import type { PodSteps } from './pod-steps.ts';

/** The volume manager's loop. Source: pkg/kubelet/volumemanager/volume_manager.go reconcilerLoopSleepPeriod. */
const LOOP: Micros = SECOND / 10;

/** How often a pod's worker looks whether its volumes are mounted, and how long before it says that they are not. */
const POD_LOOK: Micros = (3 * SECOND) / 10;
const POD_PATIENCE: Micros = 123 * SECOND;

/** A check that fails is done again after 0.5 s, doubling up to this. Source: util/goroutinemap/exponentialbackoff. */
const FIRST_BACK_OFF: Micros = SECOND / 2;
const LONGEST_BACK_OFF: Micros = 122 * SECOND;

/** More volumes than any pod has: a mount's draw is numbered by the pod's sandboxes times this, plus its place. */
const VOLUMES = 64;

/** What the manager tells others. */
interface Listeners {
  /** All volumes of the pod are mounted. */
  mounted(record: PodRecord): void;
  /** All are unmounted again. */
  unmounted(record: PodRecord): void;
  /** The node's list of volumes in use is another. */
  changed(node: NodeRecord): void;
}

/**
 * The kubelet's volume manager: a pod's containers wait until its claims' volumes are attached and mounted, and the pod's
 * object until they are unmounted. A volume that is attached must be in the node's `volumesInUse`, which is reported with the
 * node's status, before it is mounted: so a pod may wait for the better part of 10 s for a volume that is there.
 * Source: pkg/kubelet/volumemanager, pkg/volume/util/operationexecutor GenerateVerifyControllerAttachedVolumeFunc.
 */
export class VolumeManager {
  readonly #environment: Environment;
  readonly #state: KubeletState;
  readonly #steps: PodSteps;
  readonly #listeners: Listeners;
  readonly #mounts: Purpose;
  readonly #unmounts: Purpose;
  readonly #try: HandlerId;
  readonly #mounted: HandlerId;
  readonly #unmounted: HandlerId;

  constructor(environment: Environment, state: KubeletState, steps: PodSteps, listeners: Listeners) {
    const { random } = environment.kernel;
    this.#environment = environment;
    this.#state = state;
    this.#steps = steps;
    this.#listeners = listeners;
    this.#mounts = random.purpose('volume-mount');
    this.#unmounts = random.purpose('volume-unmount');
    this.#try = steps.register('kubelet/volumes', (record) => this.#check(record));
    this.#mounted = steps.register('kubelet/volumes-mounted', (record) => listeners.mounted(record));
    this.#unmounted = steps.register('kubelet/volumes-unmounted', (record) => {
      this.release(record);
      record.unmounting = false;
      listeners.unmounted(record);
    });
  }

  /** Begins to mount the pod's volumes. False: it has none that anybody has to wait for. */
  mount(record: PodRecord): boolean {
    const { pod } = record;
    if (pod.spec.volumes === undefined) return false;
    if (record.volumes.length === 0) {
      for (const volume of pod.spec.volumes) {
        const use = claimUse(pod, volume);
        if (use !== undefined) record.volumes.push({ claim: use.name, driver: '', unique: '', mountedAt: -1 });
      }
    }
    if (record.volumes.length === 0) return false;
    for (const use of record.volumes) use.mountedAt = -1;
    record.volumesSince = this.#environment.kernel.now;
    record.volumeTries = 0;
    this.#check(record);
    return true;
  }

  /** Begins to unmount what the pod has. False: there is nothing. */
  unmount(record: PodRecord): boolean {
    if (record.volumes.length === 0) return false;
    let takes = 0;
    for (const [i, use] of record.volumes.entries()) {
      if (use.mountedAt < 0) continue;
      const ordinal = record.sandboxes * VOLUMES + i;
      takes = Math.max(takes, drawLatency(this.#driver(use).unmountLatency, this.#unmounts, record.identity, ordinal));
    }
    record.unmounting = true;
    this.#steps.after(takes, this.#unmounted, record);
    return true;
  }

  /** The pod no longer uses its volumes. */
  release(record: PodRecord): void {
    const node = this.#state.nodeOf(record);
    let changed = false;
    for (const { unique } of record.volumes) {
      const users = unique === '' ? 0 : (node.volumes.get(unique) ?? 0);
      if (users > 1) node.volumes.set(unique, users - 1);
      else if (users === 1) changed = node.volumes.delete(unique) || changed;
    }
    record.volumes = [];
    if (changed) this.#listeners.changed(node);
  }

  /** Sees which volumes can be mounted; looks again, less and less often, where some cannot. */
  #check(record: PodRecord): void {
    const { now } = this.#environment.kernel;
    let last = 0;
    let missing = false;
    for (const [i, use] of record.volumes.entries()) {
      if (use.mountedAt < 0 && this.#isThere(record, use)) {
        const ordinal = record.sandboxes * VOLUMES + i;
        const takes = drawLatency(this.#driver(use).mountLatency, this.#mounts, record.identity, ordinal);
        use.mountedAt = now + Math.round(takes);
      }
      if (use.mountedAt < 0) missing = true;
      last = Math.max(last, use.mountedAt);
    }
    if (!missing) {
      const looks = Math.ceil((last - record.volumesSince) / POD_LOOK);
      this.#steps.after(record.volumesSince + looks * POD_LOOK - now, this.#mounted, record);
      return;
    }
    const wait = Math.min(FIRST_BACK_OFF * 2 ** record.volumeTries++, LONGEST_BACK_OFF);
    this.#steps.after(wait + LOOP - ((wait + now) % LOOP), this.#try, record);
    if (now - record.volumesSince >= POD_PATIENCE) this.#complain(record);
  }

  /** Whether the volume behind a claim is there to be mounted on the node. */
  #isThere(record: PodRecord, use: VolumeUse): boolean {
    const { server, settings } = this.#environment;
    const { namespace = '' } = record.pod.metadata;
    const claim = server.get<PersistentVolumeClaim>('PersistentVolumeClaim', namespace, use.claim);
    if (claim === undefined || !isBound(claim)) return false;
    const volume = server.get<PersistentVolume>('PersistentVolume', '', claim.spec.volumeName ?? '');
    if (volume === undefined) return false;
    const csi = attachableVolume(volume);
    if (csi === undefined) return true;
    use.driver = csi.driver;
    if (!needsAttachment(settings.storage, csi.driver, server.get<CSIDriver>('CSIDriver', '', csi.driver))) return true;
    const node = this.#state.nodeOf(record);
    const unique = uniqueVolumeName(csi);
    if (use.unique === '') {
      use.unique = unique;
      const users = node.volumes.get(unique) ?? 0;
      node.volumes.set(unique, users + 1);
      if (users === 0) this.#listeners.changed(node);
    }
    if (!node.reportedVolumes.includes(unique)) return false;
    const attached = server.get<KubeNode>('Node', '', node.name)?.status.volumesAttached;
    return attached?.some(({ name }) => name === unique) === true;
  }

  #driver({ driver }: VolumeUse): CsiDriverSettings {
    return driverSettings(this.#environment.settings.storage, driver);
  }

  #complain({ pod, volumes }: PodRecord): void {
    const names = volumes.filter(({ mountedAt }) => mountedAt < 0).map(({ claim }) => claim);
    const text = `Unable to attach or mount volumes: unmounted volumes=[${names.join(' ')}]: timed out waiting for the condition`;
    this.#environment.events.record('kubelet', pod, 'Warning', 'FailedMount', text);
  }
}
