import type { KubeNode } from '../api/core.ts';
import type { CSIDriver, CSINode, PersistentVolume, StorageClass } from '../api/storage.ts';
import type { Draft } from '../api/meta.ts';
import { DEFAULT_CLASS } from './claims.ts';
import type { CsiDriverSettings, StorageSettings } from '../settings.ts';
import { csiVolumeOf, MIGRATED_PLUGINS, migratedPlugins } from './csi-translation.ts';
import type { CsiVolume } from './csi-translation.ts';

/** The provisioner of the StorageClass that a cluster has from the start. */
const DEFAULT_PROVISIONER = 'csi.orrery.dev';

/** The StorageClass that a cluster has from the start; undefined where it has none. */
export function defaultStorageClass(settings: StorageSettings): Draft<StorageClass> | undefined {
  const { defaultStorageClass: name } = settings;
  if (name === '') return undefined;
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations: { [DEFAULT_CLASS]: 'true' } },
    provisioner: DEFAULT_PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  };
}

/** What is known of a driver. */
export function driverSettings(settings: StorageSettings, driver: string): CsiDriverSettings {
  return settings.drivers[driver] ?? settings.driver;
}

/** Whether the driver's volumes are attached to a node before they are mounted. */
export function needsAttachment(settings: StorageSettings, name: string, driver: CSIDriver | undefined): boolean {
  return driver?.spec.attachRequired ?? driverSettings(settings, name).attachRequired;
}

/** A CSINode on which all in-tree plugins are left to CSI, as on every node since v1.31. */
const ALL_MIGRATED = { metadata: { annotations: { [MIGRATED_PLUGINS]: migratedPlugins() } } } as unknown as CSINode;

/** The CSI volume behind a PersistentVolume for those who attach and mount it; undefined for local disks and the like. */
export function attachableVolume(volume: PersistentVolume): CsiVolume | undefined {
  return csiVolumeOf(volume, ALL_MIGRATED);
}

/** A volume's name in the status of nodes. Source: pkg/volume/util GetUniqueVolumeName. */
export function uniqueVolumeName({ driver, handle }: CsiVolume): string {
  return `kubernetes.io/csi/${driver}^${handle}`;
}

/** The CSINode of a node on which all the drivers of the settings are installed; undefined where there are none. */
export function csiNodeOf(node: string, { drivers }: StorageSettings): Draft<CSINode> | undefined {
  const installed = Object.entries(drivers);
  if (installed.length === 0) return undefined;
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name: node, annotations: { [MIGRATED_PLUGINS]: migratedPlugins() } },
    spec: {
      drivers: installed.map(([name, { attachLimit, topologyKeys }]) => ({
        name,
        nodeID: node,
        topologyKeys,
        ...(attachLimit === 0 ? {} : { allocatable: { count: attachLimit } }),
      })),
    },
  };
}

/** Where a driver's volume lies that is reached from the node: a value for each of the driver's labels that it has. */
export function segmentOf(node: KubeNode, topologyKeys: readonly string[]): ReadonlyMap<string, string> {
  const segment = new Map<string, string>();
  for (const key of topologyKeys) {
    const value = node.metadata.labels?.[key];
    if (value !== undefined) segment.set(key, value);
  }
  return segment;
}
