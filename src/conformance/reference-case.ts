import type { ProfileConfiguration } from '../policies/scheduling/configuration/read-configuration.ts';
import type { KubeNode, Namespace, Pod, Service } from '../sim/api/core.ts';
import type { StringMap } from '../sim/api/meta.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../sim/api/storage.ts';
import type { PodDisruptionBudget, ReplicaSet, StatefulSet } from '../sim/api/workloads.ts';

/**
 * A reference case: a scheduling problem and what the real kube-scheduler decided about it, one JSON object a line.
 * Objects leave out what cannot matter to scheduling.
 */
export interface ReferenceCase {
  readonly id: string;
  readonly group: string;
  /** `decision`: one pod, looked at in full. `sequence`: pods scheduled one after the other. */
  readonly kind: 'decision' | 'sequence';
  readonly input: ReferenceInput;
  readonly expect: ExpectedDecision & ExpectedSequence;
}

/** The cluster as it stands. An absent list is empty. */
export interface ReferenceInput {
  readonly nodes?: readonly KubeNode[];
  /** Pods there are already: bound, or pending and nominated to a node. */
  readonly pods?: readonly Pod[];
  readonly namespaces?: readonly Namespace[];
  readonly services?: readonly Service[];
  readonly replicaSets?: readonly ReplicaSet[];
  readonly replicationControllers?: readonly { metadata: Pod['metadata']; spec: { selector?: StringMap } }[];
  readonly podDisruptionBudgets?: readonly PodDisruptionBudget[];
  readonly statefulSets?: readonly StatefulSet[];
  readonly persistentVolumes?: readonly PersistentVolume[];
  readonly persistentVolumeClaims?: readonly PersistentVolumeClaim[];
  readonly storageClasses?: readonly StorageClass[];
  readonly csiNodes?: readonly CSINode[];
  readonly csiDrivers?: readonly CSIDriver[];
  readonly csiStorageCapacities?: readonly CSIStorageCapacity[];
  /** What `config`, a KubeSchedulerConfiguration, was read into; absent: the default. */
  readonly profiles?: readonly ProfileConfiguration[];
  /** The pod of a decision. */
  readonly pod?: Pod;
  /** The pods of a sequence, in order. */
  readonly pending?: readonly Pod[];
}

export interface ExpectedScore {
  readonly total: number;
  readonly plugins: Readonly<Record<string, { raw: number; normalized: number; weighted: number }>>;
}

export interface ExpectedStatus {
  readonly plugin?: string;
  readonly code: string;
  readonly reasons: readonly string[];
}

export interface ExpectedPreemption {
  readonly result: 'nominate' | 'clear' | 'keep';
  readonly code: string;
  /** Text of the PostFilter phase; absent: none. */
  readonly message?: string;
  readonly nominatedNodeName: string;
  /** `namespace/name`, sorted. */
  readonly victims?: readonly string[];
  /** The nodes that are equal under all tie-break rules; any of them is right. */
  readonly ties?: readonly string[];
  /** By node; victims with the most important first. */
  readonly candidates?: Readonly<
    Record<string, { readonly victims: readonly string[]; readonly pdbViolations: number }>
  >;
  /** By node: why preemption does not help there. */
  readonly nonCandidates?: Readonly<Record<string, ExpectedStatus>>;
}

/** What was decided about one pod, phase by phase, up to where the cycle ended. */
export interface ExpectedDecision {
  readonly queue?: {
    readonly ignored?: boolean;
    readonly gated?: boolean;
    readonly plugin?: string;
    readonly reasons?: readonly string[];
  };
  /** The cycle ended with an internal error. */
  readonly error?: string;
  readonly prefilter?: {
    readonly code: string;
    readonly plugin?: string;
    readonly reasons?: readonly string[];
    readonly nodeNames?: readonly string[];
  };
  readonly filter?: Readonly<Record<string, 'ok' | 'excluded' | ExpectedStatus>>;
  /** The pod's own nominated node passed: no other is feasible. */
  readonly nominatedNodeUsed?: boolean;
  readonly weights?: Readonly<Record<string, number>>;
  readonly prescoreSkipped?: readonly string[];
  readonly score?: Readonly<Record<string, ExpectedScore>>;
  readonly best?: readonly string[];
  readonly failure?: { readonly filterMessage: string; readonly message: string };
  readonly preemption?: ExpectedPreemption;
}

export interface ExpectedStep {
  readonly pod: string;
  readonly result: 'scheduled' | 'unschedulable' | 'gated' | 'ignored';
  readonly node?: string;
  readonly best?: readonly string[];
  readonly total?: number;
  readonly feasible: number;
  /** The failure's text without its PostFilter part. */
  readonly message?: string;
}

export interface ExpectedSequence {
  /** One a pending pod. */
  readonly steps?: readonly ExpectedStep[];
}
