import type { NodeSelectorTerm, ResourceList } from './core.ts';
import type { KubeObject, LabelSelector, ObjectMeta } from './meta.ts';

/** core/v1 PersistentVolume, as far as scheduling reads it. */
export interface PersistentVolume extends KubeObject {
  readonly spec: {
    readonly capacity?: ResourceList;
    readonly accessModes?: readonly string[];
    readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
    readonly csi?: { readonly driver: string; readonly volumeHandle: string };
    readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } };
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly volumeAttributesClassName?: string;
  };
  readonly status?: { readonly phase?: string };
}

/** core/v1 PersistentVolumeClaim, as far as scheduling reads it. */
export interface PersistentVolumeClaim extends KubeObject {
  readonly spec: {
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests?: ResourceList };
    readonly selector?: LabelSelector;
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly volumeName?: string;
    readonly volumeAttributesClassName?: string;
  };
  readonly status?: { readonly phase?: string };
}

/** storage.k8s.io/v1 StorageClass. */
export interface StorageClass extends KubeObject {
  readonly provisioner?: string;
  readonly volumeBindingMode?: string;
  readonly allowedTopologies?: readonly TopologySelectorTerm[];
}

/** Alternatives of a StorageClass: each a list of labels with the values that are allowed. */
export interface TopologySelectorTerm {
  readonly matchLabelExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
}

/** storage.k8s.io/v1 CSINode: the drivers of the node of that name. */
export interface CSINode extends KubeObject {
  readonly spec: {
    readonly drivers?: readonly { readonly name: string; readonly allocatable?: { readonly count?: number } | null }[];
  };
}

/** storage.k8s.io/v1 CSIDriver. */
export interface CSIDriver extends KubeObject {
  readonly spec: { readonly storageCapacity?: boolean };
}

/** storage.k8s.io/v1 CSIStorageCapacity: what a class has left on the nodes that the topology selects. */
export interface CSIStorageCapacity {
  readonly metadata: ObjectMeta;
  readonly storageClassName: string;
  readonly capacity?: string;
  readonly maximumVolumeSize?: string;
  readonly nodeTopology?: LabelSelector;
}
