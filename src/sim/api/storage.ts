import type { NodeSelectorTerm, ResourceList } from './core.ts';
import type { Condition, KubeObject, LabelSelector } from './meta.ts';

/** Names the claim that a volume is for. */
export interface ClaimReference {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Empty or absent: promised by whoever made the volume, and not bound yet. */
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** A volume's source that is no CSI driver: what of it is read is read in sim/storage/csi-translation.ts. */
type InTreeSource = Readonly<Record<string, unknown>>;

/** core/v1 PersistentVolume. */
export interface PersistentVolume extends KubeObject {
  readonly spec: {
    readonly capacity?: ResourceList;
    readonly accessModes?: readonly string[];
    readonly claimRef?: ClaimReference;
    readonly csi?: { readonly driver: string; readonly volumeHandle: string };
    readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } };
    readonly persistentVolumeReclaimPolicy?: 'Retain' | 'Delete' | 'Recycle';
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly volumeAttributesClassName?: string;
    readonly awsElasticBlockStore?: InTreeSource;
    readonly gcePersistentDisk?: InTreeSource;
    readonly azureDisk?: InTreeSource;
    readonly azureFile?: InTreeSource;
    readonly cinder?: InTreeSource;
    readonly vsphereVolume?: InTreeSource;
    readonly portworxVolume?: InTreeSource;
  };
  readonly status?: { readonly phase?: 'Pending' | 'Available' | 'Bound' | 'Released' | 'Failed' };
}

export interface PersistentVolumeClaimSpec {
  readonly accessModes?: readonly string[];
  readonly resources?: { readonly requests?: ResourceList };
  readonly selector?: LabelSelector;
  readonly storageClassName?: string;
  readonly volumeMode?: string;
  readonly volumeName?: string;
  readonly volumeAttributesClassName?: string;
}

/** core/v1 PersistentVolumeClaim. */
export interface PersistentVolumeClaim extends KubeObject {
  readonly spec: PersistentVolumeClaimSpec;
  readonly status?: {
    readonly phase?: 'Pending' | 'Bound' | 'Lost';
    readonly accessModes?: readonly string[];
    readonly capacity?: ResourceList;
    readonly conditions?: readonly Condition[];
  };
}

/** storage.k8s.io/v1 StorageClass. */
export interface StorageClass extends KubeObject {
  readonly provisioner?: string;
  readonly volumeBindingMode?: string;
  readonly reclaimPolicy?: 'Retain' | 'Delete';
  readonly allowVolumeExpansion?: boolean;
  readonly allowedTopologies?: readonly TopologySelectorTerm[];
}

/** Alternatives of a StorageClass: each a list of labels with the values that are allowed. */
export interface TopologySelectorTerm {
  readonly matchLabelExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
}

/** storage.k8s.io/v1 CSINode: the drivers of the node of that name. */
export interface CSINode extends KubeObject {
  readonly spec: {
    readonly drivers?: readonly {
      readonly name: string;
      readonly nodeID?: string;
      readonly topologyKeys?: readonly string[];
      readonly allocatable?: { readonly count?: number } | null;
    }[];
  };
}

/** storage.k8s.io/v1 CSIDriver. */
export interface CSIDriver extends KubeObject {
  readonly spec: { readonly storageCapacity?: boolean; readonly attachRequired?: boolean };
}

/** storage.k8s.io/v1 CSIStorageCapacity: what a class has left on the nodes that the topology selects. */
export interface CSIStorageCapacity extends KubeObject {
  readonly storageClassName: string;
  readonly capacity?: string;
  readonly maximumVolumeSize?: string;
  readonly nodeTopology?: LabelSelector;
}

/** storage.k8s.io/v1 VolumeAttachment: a volume that is, or is to be, attached to a node. */
export interface VolumeAttachment extends KubeObject {
  readonly spec: {
    readonly attacher: string;
    readonly nodeName: string;
    readonly source: { readonly persistentVolumeName?: string };
  };
  readonly status?: { readonly attached: boolean };
}
