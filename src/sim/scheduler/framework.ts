import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
} from '../api/storage.ts';
import type { AllocationResult, ResourceClaim } from '../api/resource.ts';
import type { DeviceState } from '../devices/ask.ts';
import type { Pool } from '../devices/pools.ts';
import type { KubeNode, Namespace, Pod, Service } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import type { PodDisruptionBudget, ReplicaSet, StatefulSet } from '../api/workloads.ts';
import type { ClusterEvent, EventRegistration } from './cluster-event.ts';
import type { Extenders } from './extenders.ts';
import type { NodeTable } from './node-table.ts';
import type { NodeView } from './node-view.ts';
import type { Enabled } from './plugin-run.ts';
import type { PodInfo } from './pod-class.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { PluginStatus, Status, StatusTable } from './status.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** The best score a plugin can give after normalisation. */
export const MAX_NODE_SCORE = 100;

/** Other objects of the cluster as the scheduler knows them. */
export interface ClusterObjects {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  /** Of one namespace. */
  services(namespace: string): readonly Service[];
  replicaSet(key: string): ReplicaSet | undefined;
  replicationController(key: string): { readonly spec: { readonly selector?: StringMap } } | undefined;
  statefulSet(key: string): StatefulSet | undefined;
  /** PodDisruptionBudgets of one namespace. */
  disruptionBudgets(namespace: string): readonly PodDisruptionBudget[];
  /** Counts changes of PodDisruptionBudgets. */
  readonly budgetVersion: number;
  /** Absent: claims are taken for granted, wherever a pod goes. */
  readonly storage?: StorageObjects;
  /** Absent: pods have no claims on devices. */
  readonly devices?: DeviceObjects;
  /** Counts changes of services, replica sets, replication controllers and stateful sets. */
  readonly workloadVersion: number;
  /** Counts changes of namespaces' labels. */
  readonly namespaceVersion: number;
}

/** Volumes and all that decides where they can be. Keys are `namespace/name`, or `name` for cluster-scoped kinds. */
export interface StorageObjects {
  claim(key: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  /** Volumes that name the class; '' for those without one. */
  volumesOfClass(name: string): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  csiNode(name: string): CSINode | undefined;
  /** Counts changes of CSINodes. */
  readonly csiNodeVersion: number;
  csiDriver(name: string): CSIDriver | undefined;
  storageCapacities(): readonly CSIStorageCapacity[];
  /** VolumeAttachments of a node. */
  attachments(node: string): readonly VolumeAttachment[];
  attachmentCount(node: string): number;
  /** VolumeAttachments of all nodes. */
  readonly attachmentTotal: number;
  /** Counts changes. */
  readonly version: number;
  /** Absent: nothing can be assumed, so that Reserve takes nothing. */
  readonly assumptions?: StorageAssumptions;
}

/**
 * Volumes and claims as they will be when what Reserve wants is done. An assumed object counts until the informer has a
 * newer one than it was made from. Source: pkg/scheduler/util/assumecache.
 */
export interface StorageAssumptions {
  assumeVolume(volume: PersistentVolume): void;
  assumeClaim(claim: PersistentVolumeClaim): void;
  /** Undefined where nothing is assumed, or what is has come true. */
  assumedVolume(name: string): PersistentVolume | undefined;
  assumedClaim(key: string): PersistentVolumeClaim | undefined;
  restoreVolume(name: string): void;
  restoreClaim(key: string): void;
}

/** Devices and their claims. Keys are `namespace/name`. */
export interface DeviceObjects extends DeviceState {
  claim(key: string): ResourceClaim | undefined;
  /** What the node can reach. */
  pools(node: KubeNode): readonly Pool[];
  /** Counts changes of who has devices of these pools, and of all device classes. */
  version(pools: readonly Pool[]): number;
  /** Whether an allocation of the claim of that UID was decided and is not known to be written. */
  isPending(uid: string): boolean;
  setPending(uid: string, allocation: AllocationResult): void;
  clearPending(uid: string): void;
}

/** What plugins are given when they are made. */
export interface PluginHandle {
  readonly table: NodeTable;
  readonly objects: ClusterObjects;
  /** A seeded draw from 0 to n - 1, for a pod's attempt. */
  readonly draws: (pod: PodInfo, attempt: number, n: number) => number;
  /** Pods that Permit holds back. */
  readonly waitingPods: WaitingPods;
  /** Whether victims of the pod of that UID are still to be removed; absent: nobody's are. */
  readonly isPreempting?: (uid: string) => boolean;
  /** HTTP extenders; absent: there are none. */
  readonly extenders?: Extenders | undefined;
}

/**
 * "Not yet". Of Permit: the pod keeps its place on the node until the plugin lets it go (see `PluginHandle.waitingPods`).
 * Of PreBind: the plugin is asked again, until it agrees or refuses.
 */
export interface Waiting {
  readonly code: 'Wait';
  /** After so long the pod is given up; 15 minutes at most for Permit. */
  readonly timeoutSeconds: number;
  /** PreBind: until it is asked again. @defaultValue 1 */
  readonly pollSeconds?: number;
  /** PreBind: sent to the API server first. A refusal ends the binding, unless its request ignores it. */
  readonly requests?: readonly ApiRequest[];
  /** PreBind: what it is about, for the message when it comes to nothing. */
  readonly doing?: string;
}

/** One scheduling cycle: what plugins share among their extension points. */
export interface Cycle extends Omit<PluginHandle, 'draws' | 'waitingPods' | 'isPreempting' | 'extenders'> {
  readonly statuses: StatusTable;
  /** By plugin: what PreFilter left for Filter, and PreScore for Score. */
  readonly state: Map<string, unknown>;
  /**
   * By plugin: what Reserve leaves for Permit, PreBind and Unreserve. Plain data (objects, lists, texts, numbers), because a
   * run may be saved while a pod waits.
   */
  readonly bindingState: Map<string, unknown>;
  /** Runs all filters on a row as it is now, pods nominated there included. Answers the first refusal. */
  fits(pod: PodInfo, row: number): PluginStatus | undefined;
  /**
   * By row, 1 where pods are nominated: what `fits` says of all other rows hangs on the row and the pod's class alone.
   * Undefined where a filter looks further.
   */
  nominatedRows(): Uint8Array | undefined;
}

/** A PreFilter that leaves only some nodes to look at. */
export interface PreFilterNodes {
  readonly nodeNames: ReadonlySet<string>;
}

/** What PostFilter came to. */
export interface PostFilterResult {
  /** Text for the condition; empty for none. */
  readonly message: string;
  /** An error: no further plugin is asked, and this is all the text. */
  readonly failed?: boolean;
  /** The node the pod is to wait for; '' clears a former one, absent leaves it. */
  readonly nominatedNode?: string;
  /** Keys of the pods to be deleted for it. */
  readonly victims?: readonly string[];
  /** Sent to the API server, whatever they come to. */
  readonly requests?: readonly ApiRequest[];
}

/** Why no node took the pod: given to PostFilter. */
export interface Diagnosis {
  /** By row: the verdict of the nodes that were looked at and refused. Good while PostFilter runs. */
  readonly verdicts: { get(row: number): number | undefined };
  /** PreFilter refused the pod itself. */
  readonly preFilterStatus: Status | undefined;
}

/**
 * A scheduling plugin, with the extension points of the real framework; it has those it needs. All answer `undefined` to
 * agree. `score` gives whole numbers; without `normalizeScore` they have to be within 0 and 100.
 *
 * The forms over many rows (`filterRows`, `scoreRows`) are there for speed: they have to say the same as the plain ones.
 */
export interface Plugin {
  readonly name: string;
  /**
   * 'row': Filter and Score depend on nothing but the pod's spec (save the names of its claims) and one node with the pods
   * on it, and PreFilter and PreScore skip by the spec alone. Their results are then remembered until the node changes. Absent: asked anew in
   * each cycle.
   */
  readonly scope?: 'row';
  /** Whatever else a plugin of scope 'row' depends on, as a number that changes with it. */
  version?(pod: PodInfo): number;
  /** What may make a pod schedulable that this plugin rejected; absent: everything. */
  readonly events?: readonly EventRegistration[];
  /**
   * Whether a pod that came to a node, or whose labels changed there, is news for `pod`, which this plugin has `rejected`
   * or not. Such events are offered only to pods of which a plugin says so.
   * Source: getUnschedulablePodsWithCrossTopologyTerm, backend/queue/scheduling_queue.go.
   */
  concerns?(pod: PodInfo, other: Pod, rejected: boolean): boolean;
  /**
   * Whether a cycle's refusal may be repeated for an equal pod while nothing changed. True of all that is a function of
   * pod and cluster; absent: not so.
   */
  readonly repeatable?: boolean;

  preEnqueue?(pod: PodInfo): Status | undefined;
  preFilter?(cycle: Cycle, pod: PodInfo): Status | PreFilterNodes | undefined;
  filter?(cycle: Cycle, pod: PodInfo, node: NodeView): Status | undefined;
  /** Sets the verdict of those of the first `count` rows that have none yet and do not pass: `statuses.id(name, status)`. */
  filterRows?(cycle: Cycle, pod: PodInfo, rows: Int32Array, count: number, verdicts: Int32Array): void;
  /** The only rows that Filter may let pass, where it can tell that they are few; for speed. */
  onlyRows?(cycle: Cycle, pod: PodInfo): Iterable<number> | undefined;
  /** Whether Filter lets every node pass, as they are and with any of their pods removed, where it can tell; for speed. */
  passesAll?(cycle: Cycle, pod: PodInfo): boolean;
  postFilter?(cycle: Cycle, pod: PodInfo, diagnosis: Diagnosis, attempt: number): PostFilterResult | undefined;
  preScore?(cycle: Cycle, pod: PodInfo, rows: Int32Array, count: number): Status | undefined;
  /**
   * Whether PreScore skips, said without the nodes, for speed: where every plugin that has a PreScore says so or has scope
   * 'row', nodes need not be listed. PreScore itself is then not called.
   */
  skipsScore?(cycle: Cycle, pod: PodInfo): boolean;
  score?(cycle: Cycle, pod: PodInfo, node: NodeView): number;
  scoreRows?(cycle: Cycle, pod: PodInfo, rows: Int32Array, count: number, scores: Float64Array): void;
  /** The score of every node, before it is normalised, where it is the same for all of them; for speed. */
  levelScore?(cycle: Cycle, pod: PodInfo): number | undefined;
  /** A form of this plugin together with others of the profile; for speed. */
  joint?(plugins: readonly Enabled[]): JointForm | undefined;
  /** What joint forms of other plugins may use of this one. */
  readonly offer?: unknown;
  /** Its scores are added as they are: those of extenders are not checked. */
  readonly unchecked?: boolean;
  /** Maps the scores of the feasible nodes to 0–100, in place. */
  normalizeScore?(cycle: Cycle, pod: PodInfo, scores: Float64Array, count: number, rows: Int32Array): void;
  reserve?(cycle: Cycle, pod: PodInfo, node: NodeView): Status | undefined;
  /**
   * Gives back what Reserve took, if it took anything. The node may be gone. Answers what has to be written for it, if
   * anything has; nobody waits for that.
   */
  unreserve?(cycle: Cycle, pod: PodInfo, node: NodeView | undefined): readonly ApiRequest[] | undefined | void;
  permit?(cycle: Cycle, pod: PodInfo, node: NodeView): Status | Waiting | undefined;
  /** Called once, and again as often as it answers that it waits. */
  preBind?(cycle: Cycle, pod: PodInfo, node: NodeView): Status | Waiting | undefined;
  /** What the plugin remembers from one pod to the next, as plain data; absent: nothing. */
  save?(): unknown;
  restore?(saved: unknown): void;
  /** True: this plugin binds pods, by way of the API. Exactly one of a profile does. */
  readonly binds?: boolean;
}

/** Filter and Score of several plugins of scope 'row' in one pass over rows: says the same as they do one by one. */
export interface JointForm {
  readonly plugins: ReadonlySet<Plugin>;
  /** Whether it can take the pod. */
  serves(cycle: Cycle, pod: PodInfo): boolean;
  /**
   * Looks at `count` nodes from a place in the table's order on, after `serves` has said so: at all of them, or at those
   * whose verdict, by position, is PASSES.
   */
  scan(
    cycle: Cycle,
    pod: PodInfo,
    from: number,
    count: number,
    verdicts: Int32Array | undefined,
    into: Standings,
  ): void;
}

/** What a search has found so far. */
export interface Standings {
  feasible: number;
  /** The highest weighted sum of scores. */
  best: number;
  /** The rows that have it: the first `ties` of `tied`. */
  ties: number;
  readonly tied: Int32Array;
}

export type PluginFactory = (handle: PluginHandle) => Plugin;

/** A plugin of a profile. `weight` counts for its score. */
export interface PluginEntry {
  readonly create: PluginFactory;
  readonly weight: number;
}

/** The extension points whose order of plugins shows: the first refusal of a node is the one that is told. */
export type OrderedPoint = 'preFilter' | 'filter' | 'postFilter';

/** Names of plugins in the order in which they run, by extension point. */
export type PluginOrder = Readonly<Record<OrderedPoint, readonly string[]>>;

/** The plugins that decide about the pods of one scheduler name, in their order. */
export interface Profile {
  /** `default-scheduler` where absent. */
  readonly schedulerName?: string;
  /** In place of the scheduler's own. */
  readonly percentageOfNodesToScore?: number | undefined;
  readonly plugins: readonly PluginEntry[];
  /** Where it differs from that of `plugins`. */
  readonly order?: PluginOrder;
}
export type { ClusterEvent, KubeNode, Pod };
