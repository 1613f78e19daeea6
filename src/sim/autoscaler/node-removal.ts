import type { KubeNode, Taint } from '../api/core.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import { hasTaint, TO_BE_DELETED } from '../cloud/cloud-taints.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { ClusterAutoscalerSettings } from '../settings.ts';
import type { ClusterSnapshot } from './cluster-snapshot.ts';
import type { NodeGroups } from './node-groups.ts';
import { NodeTaints } from './node-taints.ts';
import { isOfDaemonSet, staysWithNode } from './pod-kinds.ts';
import { byKey } from './pod-order.ts';
import { podsToMove } from './pods-to-move.ts';

const COMPONENT = 'cluster-autoscaler';

/** A node that could go, so that new pods rather go elsewhere. Source: autoscaler utils/taints/taints.go. */
export const CANDIDATE = 'DeletionCandidateOfClusterAutoscaler';

/** An eviction that was refused is tried again after this. Source: autoscaler core/scaledown/actuation/drain.go. */
const EVICTION_RETRY: Micros = 10 * SECOND;

/** Beyond the longest grace period, pods are waited for so long. Source: the same file. */
const HEADROOM: Micros = 30 * SECOND;

/** How often it is looked whether all pods are gone. Source: the same file. */
const POLL: Micros = 5 * SECOND;

/** A call of the provider that was refused is tried again after this. An assumption. */
const CALL_RETRY: Micros = 10 * SECOND;

/** A node that is being removed; plain data. */
interface Removal {
  readonly node: string;
  readonly drain: boolean;
  /** Pods whose eviction the API server has not taken yet, and until when it is asked. */
  evicting: number;
  patience: Micros;
  /** When pods that are still there are waited for no longer. */
  deadline: Micros;
}

interface PodToEvict {
  readonly node: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

interface RemovalsState {
  readonly removals: readonly Removal[];
  readonly lastDelete: Micros;
  readonly lastFailure: Micros;
  readonly removed: number;
}

/**
 * Removes nodes: taints them, waits a little, evicts what runs there, waits until it is gone and gives the instance back. What
 * fails is taken back. Source: autoscaler core/scaledown/actuation/actuator.go.
 */
export class NodeRemovals implements Saveable {
  readonly #environment: Environment;
  readonly #kernel: Kernel;
  readonly #client: ApiClient;
  readonly #snapshot: ClusterSnapshot;
  readonly #groups: NodeGroups;
  readonly #settings: ClusterAutoscalerSettings;
  readonly #taints: NodeTaints;
  readonly #due: HandlerId;
  readonly #evicted: HandlerId;
  readonly #evict: HandlerId;
  readonly #look: HandlerId;
  readonly #remove: HandlerId;
  #removals = new Map<string, Removal>();
  /** When a node was last removed, and when a removal last failed. */
  lastDelete: Micros = -Infinity;
  lastFailure: Micros = -Infinity;
  /** Nodes removed so far. */
  removed = 0;

  constructor(environment: Environment, client: ApiClient, snapshot: ClusterSnapshot, groups: NodeGroups) {
    const { kernel, settings } = environment;
    this.#environment = environment;
    this.#kernel = kernel;
    this.#client = client;
    this.#snapshot = snapshot;
    this.#groups = groups;
    this.#settings = settings.clusterAutoscaler;
    this.#taints = new NodeTaints(environment, client, snapshot, (node, error) => this.#onTainted(node, error));
    this.#due = kernel.register('autoscaler/drain', (_a, _b, node) => this.#drain(node as string));
    this.#evicted = kernel.register('autoscaler/evicted', (_a, _b, reply) => this.#onEvicted(reply as ApiReply));
    this.#evict = kernel.register('autoscaler/evict', (_a, _b, pod) => this.#evictPod(pod as PodToEvict));
    this.#look = kernel.register('autoscaler/drained', (_a, _b, node) => this.#lookAt(node as string));
    this.#remove = kernel.register('autoscaler/remove', (_a, _b, node) => this.#giveBack(node as string));
  }

  /** Nodes that are being removed. */
  get leaving(): ReadonlySet<string> {
    return new Set(this.#removals.keys());
  }

  /** Those of them whose pods have to move. */
  get drained(): readonly string[] {
    return [...this.#removals.values()].filter(({ drain }) => drain).map(({ node }) => node);
  }

  /** Nodes that may be begun with beside those under way: of all, and of those with pods. */
  get budget(): { readonly all: number; readonly drains: number } {
    const { maxScaleDownParallelism, maxDrainParallelism } = this.#settings;
    const all = maxScaleDownParallelism - this.#removals.size;
    return { all, drains: Math.min(all, maxDrainParallelism - this.drained.length) };
  }

  /** Begins to remove a node. */
  begin(node: KubeNode, drain: boolean): void {
    const { name } = node.metadata;
    this.#removals.set(name, { node: name, drain, evicting: 0, patience: 0, deadline: 0 });
    const taint: Taint = { key: TO_BE_DELETED, value: this.#stamp, effect: 'NoSchedule' };
    this.#taints.put(name, taint, true);
  }

  #onTainted(name: string, error: string | undefined): void {
    if (!this.#removals.has(name)) return;
    const node = this.#snapshot.nodes.get(name);
    if (error !== undefined || node === undefined) {
      this.#fail(name, `failed to mark the node as toBeDeleted/unschedulable: ${error ?? 'it is gone'}`);
      return;
    }
    this.#event(node, 'ScaleDown', 'marked the node as toBeDeleted/unschedulable');
    this.#kernel.after(seconds(this.#settings.nodeDeleteDelayAfterTaintSeconds), this.#due, 0, 0, name);
  }

  /** Looks once more at what is there, and evicts it. */
  #drain(name: string): void {
    const removal = this.#removals.get(name);
    if (removal === undefined) return;
    if (this.#snapshot.nodes.get(name) === undefined) {
      this.#removals.delete(name);
      return;
    }
    const moving = podsToMove(this.#snapshot, name, this.#settings, removal.drain);
    if ('blockedBy' in moving) {
      this.#fail(name, 'failed to get pods to move on node');
      return;
    }
    if (moving.pods.length === 0) {
      this.#giveBack(name);
      return;
    }
    if (!removal.drain) {
      this.#fail(name, 'node is not empty');
      return;
    }
    const { now } = this.#kernel;
    const { maxGracefulTerminationSeconds: most, maxPodEvictionTimeSeconds } = this.#settings;
    const graces = moving.pods.map(({ pod }) => Math.min(most, pod.spec.terminationGracePeriodSeconds ?? 30));
    removal.evicting = moving.pods.length;
    removal.patience = now + seconds(maxPodEvictionTimeSeconds);
    removal.deadline = now + seconds(Math.max(...graces)) + HEADROOM;
    for (const { pod } of moving.pods) {
      const { namespace = '', name: podName, uid } = pod.metadata;
      this.#event(pod, 'ScaleDown', 'deleting pod for node scale down');
      this.#evictPod({ node: name, namespace, name: podName, uid });
    }
    this.#evictDaemons(name);
  }

  /** Pods of DaemonSets are asked to go as well, and not waited for (--daemonset-eviction-for-occupied-nodes). */
  #evictDaemons(node: string): void {
    const there = [...(this.#snapshot.view(node)?.pods ?? [])].filter(({ pod }) => isOfDaemonSet(pod)).sort(byKey);
    for (const { pod } of there) {
      const { namespace = '', name, uid } = pod.metadata;
      const options = { preconditions: { uid } };
      this.#client.request({ verb: 'evict', kind: 'Pod', namespace, name, options });
    }
  }

  #evictPod(pod: PodToEvict): void {
    if (!this.#removals.has(pod.node)) return;
    const { namespace, name, uid } = pod;
    const request: ApiRequest = { verb: 'evict', kind: 'Pod', namespace, name, options: { preconditions: { uid } } };
    this.#client.request(request, this.#evicted, pod);
  }

  #onEvicted({ result, context }: ApiReply): void {
    const pod = context as PodToEvict;
    const removal = this.#removals.get(pod.node);
    if (removal === undefined) return;
    const { now } = this.#kernel;
    if (!result.ok && result.status.reason !== 'NotFound' && result.status.reason !== 'Conflict') {
      if (now + EVICTION_RETRY <= removal.patience) this.#kernel.after(EVICTION_RETRY, this.#evict, 0, 0, pod);
      else this.#fail(pod.node, 'failed to evict pods');
      return;
    }
    removal.deadline = Math.max(removal.deadline, now + HEADROOM);
    if (--removal.evicting === 0) this.#kernel.after(POLL, this.#look, 0, 0, pod.node);
  }

  #lookAt(name: string): void {
    const removal = this.#removals.get(name);
    if (removal === undefined) return;
    const there = this.#snapshot.view(name)?.pods ?? [];
    const left = there.some(({ pod }) => !staysWithNode(pod));
    if (!left) this.#giveBack(name);
    else if (this.#kernel.now >= removal.deadline) this.#fail(name, 'pods remain after timeout');
    else this.#kernel.after(POLL, this.#look, 0, 0, name);
  }

  #giveBack(name: string): void {
    if (!this.#removals.has(name)) return;
    const node = this.#snapshot.nodes.get(name);
    const group = this.#groups.groupOf(name);
    if (node !== undefined && group !== undefined) {
      if (!this.#groups.remove(group, name)) {
        this.#kernel.after(CALL_RETRY, this.#remove, 0, 0, name);
        return;
      }
      this.removed++;
      this.#event(node, 'ScaleDown', 'node removed by cluster autoscaler');
    }
    this.lastDelete = this.#kernel.now;
    this.#removals.delete(name);
  }

  #fail(name: string, why: string): void {
    this.#removals.delete(name);
    this.lastFailure = this.#kernel.now;
    const node = this.#snapshot.nodes.get(name);
    if (node === undefined) return;
    this.#environment.events.record(COMPONENT, node, 'Warning', 'ScaleDownFailed', `failed to delete the node: ${why}`);
    if (hasTaint(node, { key: TO_BE_DELETED })) this.#taints.take(name, TO_BE_DELETED);
  }

  /** Says softly of a node that it may go, or that it may not any more. */
  mark(node: KubeNode, unneeded: boolean): void {
    const { name } = node.metadata;
    if (unneeded) this.#taints.put(name, { key: CANDIDATE, value: this.#stamp, effect: 'PreferNoSchedule' }, false);
    else this.#taints.take(name, CANDIDATE);
  }

  /** Seconds since 1970, as taints have them. */
  get #stamp(): string {
    return String(this.#environment.calendar.startSeconds + Math.floor(this.#kernel.now / SECOND));
  }

  #event(object: Parameters<Environment['events']['record']>[1], reason: string, message: string): void {
    this.#environment.events.record(COMPONENT, object, 'Normal', reason, message);
  }

  save(): RemovalsState {
    const { lastDelete, lastFailure, removed } = this;
    return { removals: [...this.#removals.values()].map((one) => ({ ...one })), lastDelete, lastFailure, removed };
  }

  restore(saved: unknown): void {
    const { removals, lastDelete, lastFailure, removed } = saved as RemovalsState;
    this.removed = removed;
    this.#removals = new Map(removals.map((one) => [one.node, { ...one }]));
    this.lastDelete = lastDelete;
    this.lastFailure = lastFailure;
  }
}
