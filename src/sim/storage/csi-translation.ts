import type { NodeSelectorTerm, Volume } from '../api/core.ts';
import type { CSINode, PersistentVolume } from '../api/storage.ts';

/** Annotation of a CSINode: the in-tree plugins whose volumes its node leaves to CSI drivers. */
export const MIGRATED_PLUGINS = 'storage.alpha.kubernetes.io/migrated-plugins';

/** Between the zones of a volume that is in several. */
const ZONE_SEPARATOR = '__';

const ZONE_LABELS = ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'] as const;

/** An in-tree volume plugin, with the CSI driver that took its place. Source: csi-translation-lib/plugins. */
interface Migration {
  readonly plugin: string;
  readonly driver: string;
  /** The field of a volume, and of a PersistentVolume, that holds its source. */
  readonly source: keyof PersistentVolume['spec'];
  /** The field of the source that tells one volume from another. */
  readonly handle: string;
  /** The node label by which the driver knows zones. */
  readonly zoneKey?: string;
}

const MIGRATIONS: readonly Migration[] = [
  {
    plugin: 'kubernetes.io/aws-ebs',
    driver: 'ebs.csi.aws.com',
    source: 'awsElasticBlockStore',
    handle: 'volumeID',
    zoneKey: 'topology.ebs.csi.aws.com/zone',
  },
  {
    plugin: 'kubernetes.io/gce-pd',
    driver: 'pd.csi.storage.gke.io',
    source: 'gcePersistentDisk',
    handle: 'pdName',
    zoneKey: 'topology.gke.io/zone',
  },
  {
    plugin: 'kubernetes.io/azure-disk',
    driver: 'disk.csi.azure.com',
    source: 'azureDisk',
    handle: 'diskURI',
    zoneKey: 'topology.disk.csi.azure.com/zone',
  },
  { plugin: 'kubernetes.io/azure-file', driver: 'file.csi.azure.com', source: 'azureFile', handle: 'shareName' },
  {
    plugin: 'kubernetes.io/cinder',
    driver: 'cinder.csi.openstack.org',
    source: 'cinder',
    handle: 'volumeID',
    zoneKey: 'topology.cinder.csi.openstack.org/zone',
  },
  {
    plugin: 'kubernetes.io/vsphere-volume',
    driver: 'csi.vsphere.vmware.com',
    source: 'vsphereVolume',
    handle: 'volumePath',
    zoneKey: 'topology.csi.vmware.com/zone',
  },
  {
    plugin: 'kubernetes.io/portworx-volume',
    driver: 'pxd.portworx.com',
    source: 'portworxVolume',
    handle: 'volumeID',
  },
];

/** A volume as its CSI driver knows it. */
export interface CsiVolume {
  readonly driver: string;
  readonly handle: string;
}

function isMigrated({ plugin }: Migration, csiNode: CSINode | undefined): boolean {
  const plugins = csiNode?.metadata.annotations?.[MIGRATED_PLUGINS];
  return plugins !== undefined && plugins.split(',').includes(plugin);
}

function translated(migration: Migration, source: object): CsiVolume {
  return { driver: migration.driver, handle: (source as Record<string, string | undefined>)[migration.handle] ?? '' };
}

/** The CSI volume behind a PersistentVolume: its own, or that of an in-tree plugin which the node leaves to CSI. */
export function csiVolumeOf({ spec }: PersistentVolume, csiNode: CSINode | undefined): CsiVolume | undefined {
  if (spec.csi !== undefined) return { driver: spec.csi.driver, handle: spec.csi.volumeHandle };
  const migration = MIGRATIONS.find(({ source }) => spec[source] !== undefined);
  if (migration === undefined || !isMigrated(migration, csiNode)) return undefined;
  return translated(migration, spec[migration.source] as object);
}

/** The same of a volume that stands in the pod itself. */
export function inlineCsiVolume(volume: Volume, csiNode: CSINode | undefined): CsiVolume | undefined {
  const migration = MIGRATIONS.find(({ source }) => volume[source] !== undefined);
  if (migration === undefined || !isMigrated(migration, csiNode)) return undefined;
  return translated(migration, volume[migration.source] as object);
}

/** Whether a pod's own volume is of a kind that may be left to CSI. */
export function isMigratable(volume: Volume): boolean {
  return MIGRATIONS.some(({ source }) => volume[source] !== undefined);
}

/** The driver that makes a class's volumes; undefined where an in-tree provisioner is not left to CSI on the node. */
export function driverOf(provisioner: string, csiNode: CSINode | undefined): string | undefined {
  const migration = MIGRATIONS.find(({ plugin }) => plugin === provisioner);
  if (migration === undefined) return provisioner;
  return isMigrated(migration, csiNode) ? migration.driver : undefined;
}

/** The same where all nodes leave their in-tree plugins to CSI, as since v1.31 nothing else is possible. */
export function csiDriverName(provisioner: string): string {
  return MIGRATIONS.find(({ plugin }) => plugin === provisioner)?.driver ?? provisioner;
}

/**
 * The nodes that a volume reaches: its node affinity, in the terms of its CSI driver where the node leaves it to one. Zones
 * that only its labels tell count then, too. Source: csi-translation-lib, translateTopologyFromInTreeToCSI.
 */
export function nodeTermsOf(
  { metadata, spec }: PersistentVolume,
  csiNode: CSINode | undefined,
): readonly NodeSelectorTerm[] | undefined {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms;
  const migration = MIGRATIONS.find(({ source }) => spec[source] !== undefined);
  if (spec.csi !== undefined || migration?.zoneKey === undefined || !isMigrated(migration, csiNode)) return terms;
  const { zoneKey } = migration;
  const zoneLabel = ZONE_LABELS.find((label) => metadata.labels?.[label] !== undefined) ?? ZONE_LABELS[1];
  const named = (terms ?? []).some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ key }) => key === zoneLabel),
  );
  if (named) {
    return terms?.map((term) => ({
      ...term,
      matchExpressions: (term.matchExpressions ?? []).map((one) =>
        one.key === zoneLabel ? { ...one, key: zoneKey } : one,
      ),
    }));
  }
  const zones = metadata.labels?.[zoneLabel]?.split(ZONE_SEPARATOR);
  if (zones === undefined) return terms;
  const inZone = { key: zoneKey, operator: 'In', values: zones } as const;
  return (terms ?? [{}]).map((term) => ({ ...term, matchExpressions: [...(term.matchExpressions ?? []), inZone] }));
}

/** Whether nothing ties a volume to some of the nodes, however they translate it. */
export function reachesAll({ metadata, spec }: PersistentVolume): boolean {
  return (
    spec.nodeAffinity?.required === undefined && !ZONE_LABELS.some((label) => metadata.labels?.[label] !== undefined)
  );
}

/** All in-tree plugins that can be left to CSI, as a CSINode lists them. */
export function migratedPlugins(): string {
  return MIGRATIONS.map(({ plugin }) => plugin).join(',');
}
