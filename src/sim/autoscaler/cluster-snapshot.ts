import type { KubeNode, Pod } from '../api/core.ts';
import type { DaemonSet } from '../api/workloads.ts';
import type { Informer, Informers } from '../apiserver/informer.ts';
import { daemonSpec, eligibility } from '../controllers/daemon-set/eligibility.ts';
import { isFinished, podCondition } from '../controllers/pod-state.ts';
import type { Profile } from '../scheduler/framework.ts';
import { InformedObjects } from '../scheduler/informed-objects.ts';
import { NodeTable } from '../scheduler/node-table.ts';
import type { NodeView } from '../scheduler/node-view.ts';
import { CycleError, PluginError } from '../scheduler/plugin-error.ts';
import { PodClasses, schedulerNameOf } from '../scheduler/pod-class.ts';
import type { PodInfo } from '../scheduler/pod-class.ts';
import { ResourceNames } from '../scheduler/resource-names.ts';
import { DEFAULT_SCHEDULER_NAME } from '../scheduler/scheduler-name.ts';
import { SchedulingCycle } from '../scheduler/scheduling-cycle.ts';
import { PASSES } from '../scheduler/status.ts';
import { likeness } from './pod-order.ts';

/** What a simulation has done, to be undone. */
type Step =
  | { readonly did: 'put'; readonly key: string }
  | { readonly did: 'took'; readonly info: PodInfo; readonly node: string }
  | { readonly did: 'added'; readonly node: string };

/** Pods that the scheduler has found no node for. Source: autoscaler utils/kubernetes/listers.go. */
function isUnschedulable(pod: Pod): boolean {
  const { nodeName } = pod.spec;
  if ((nodeName !== undefined && nodeName !== '') || pod.metadata.deletionTimestamp !== undefined) return false;
  const scheduled = podCondition(pod, 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable';
}

/**
 * The cluster as the autoscaler knows it, in which it can try things out: put pods on nodes, take them off, add nodes that
 * are not there. What fits is said by the scheduler's own filters. Outside of `simulate` it is as its informers are.
 */
export class ClusterSnapshot {
  readonly nodes: Informer<KubeNode>;
  readonly pods: Informer<Pod>;
  readonly table: NodeTable;
  readonly #daemonSets: Informer<DaemonSet>;
  readonly #classes = new PodClasses(new ResourceNames());
  readonly #objects: InformedObjects;
  readonly #cycles = new Map<string, SchedulingCycle>();
  readonly #pending = new Map<string, Pod>();
  #steps: Step[] = [];
  /** Counts what is news to whoever plans by it. */
  version = 0;

  constructor(informers: Informers, profiles: readonly Profile[]) {
    this.table = new NodeTable(this.#classes);
    this.nodes = informers.informer<KubeNode>('Node');
    this.#objects = new InformedObjects(
      informers,
      () => this.table.counters.reset(),
      () => undefined,
    );
    this.pods = informers.informer<Pod>('Pod');
    this.#daemonSets = informers.informer<DaemonSet>('DaemonSet');
    const handle = { table: this.table, objects: this.#objects, draws: () => 0 };
    const ties = (): number => 0;
    for (const profile of profiles) {
      this.#cycles.set(
        profile.schedulerName ?? DEFAULT_SCHEDULER_NAME,
        new SchedulingCycle(profile, handle, ties, 100),
      );
    }
    this.nodes.on((type, node) => {
      const { version } = this.table;
      if (type === 'deleted') this.table.removeNode(node.metadata.name);
      else this.table.setNode(node);
      if (this.table.version !== version) this.version++;
    });
    informers.informer('PodDisruptionBudget').on(() => this.version++);
    this.pods.on((type, pod, _previous, key) => this.#podChanged(key, type === 'deleted' ? undefined : pod));
  }

  #podChanged(key: string, pod: Pod | undefined): void {
    const waits = pod !== undefined && isUnschedulable(pod);
    if (waits !== this.#pending.has(key)) this.version++;
    if (waits) this.#pending.set(key, pod);
    else this.#pending.delete(key);
    const booked = this.table.pod(key);
    const node = pod === undefined || isFinished(pod) ? '' : (pod.spec.nodeName ?? '');
    if (booked !== undefined && this.table.names[booked.row] === node) {
      this.table.replacePod(this.#classes.infoAfter(booked, pod as Pod));
      return;
    }
    if (booked !== undefined) this.table.removePod(key);
    if (node !== '') this.table.addPod(this.#classes.info(pod as Pod, key), node);
    if (booked !== undefined || node !== '') this.version++;
  }

  /** Pods that wait because no node takes them, in the order in which that was noticed. */
  get pending(): readonly Pod[] {
    return [...this.#pending.values()];
  }

  info(pod: Pod): PodInfo {
    return this.#classes.info(pod);
  }

  /** A node with the pods on it, as it stands in the simulation; undefined where there is none of that name. */
  view(node: string): NodeView | undefined {
    const row = this.table.rowOf(node);
    return row === undefined ? undefined : this.table.views[row];
  }

  /** PodDisruptionBudgets of a namespace. */
  budgets(namespace: string): ReturnType<InformedObjects['disruptionBudgets']> {
    return this.#objects.disruptionBudgets(namespace);
  }

  /** Runs something that puts, takes and adds; afterwards nothing of it has happened. */
  simulate<T>(work: () => T): T {
    const outer = this.#steps;
    this.#steps = [];
    try {
      return work();
    } finally {
      this.#undo();
      this.#steps = outer;
    }
  }

  /** The same, but what was done stays, as part of the simulation around it, where the answer is yes. */
  attempt(work: () => boolean): boolean {
    const outer = this.#steps;
    this.#steps = [];
    const kept = work();
    if (kept) outer.push(...this.#steps);
    else this.#undo();
    this.#steps = outer;
    return kept;
  }

  #undo(): void {
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const step = this.#steps[i] as Step;
      if (step.did === 'put') this.table.removePod(step.key);
      else if (step.did === 'took') this.table.addPod(step.info, step.node);
      else this.table.removeNode(step.node);
    }
  }

  /** Adds a node that is not there, with the pods of DaemonSets that it would have. Within `simulate`. */
  add(node: KubeNode): void {
    this.table.setNode(node);
    this.#steps.push({ did: 'added', node: node.metadata.name });
    for (const set of this.#daemonSets.list()) {
      const spec = daemonSpec(set.spec.template);
      if (!eligibility(spec, node).runs) continue;
      const { namespace = '', name, uid } = set.metadata;
      const metadata = { ...set.spec.template.metadata, namespace, name: `${name}-on-${node.metadata.name}`, uid };
      this.put(this.info({ apiVersion: 'v1', kind: 'Pod', metadata, spec, status: {} } as never), node.metadata.name);
    }
  }

  /** Puts a pod onto a node, whether it fits or not. Within `simulate`. */
  put(info: PodInfo, node: string): void {
    this.table.addPod(info, node);
    this.#steps.push({ did: 'put', key: info.key });
  }

  /** Takes a pod off its node, and answers it as one that has none. Within `simulate`. */
  take(key: string): PodInfo | undefined {
    const record = this.table.pod(key);
    if (record === undefined) return undefined;
    const node = this.table.names[record.row] as string;
    this.table.removePod(key);
    this.#steps.push({ did: 'took', info: record, node });
    const { nodeName: _node, ...spec } = record.pod.spec;
    return this.#classes.info({ ...record.pod, spec }, key);
  }

  /** The first of the nodes that takes the pod; undefined where none does. */
  firstFit(pod: PodInfo, nodes: Iterable<string>): string | undefined {
    const cycle = this.#cycles.get(schedulerNameOf(pod.pod));
    if (cycle === undefined) return undefined;
    const skipped = new Uint8Array(cycle.plugins.length);
    const shared = cycle.cycle(skipped);
    try {
      const { refused, names } = cycle.preFilter(shared, pod, skipped);
      if (refused !== undefined) return undefined;
      for (const node of nodes) {
        const row = names?.has(node) === false ? undefined : this.table.rowOf(node);
        if (row !== undefined && cycle.verdictOf(shared, pod, row, skipped) === PASSES) return node;
      }
      return undefined;
    } catch (error) {
      // The scheduler, too, would find no node.
      if (error instanceof CycleError || error instanceof PluginError) return undefined;
      throw error;
    }
  }

  /** Puts pods onto nodes as they fit, in their order. Answers those that do not. Within `simulate`. */
  place(pods: readonly PodInfo[], nodes: readonly string[]): readonly PodInfo[] {
    // Nodes only fill up: what does not fit one of like pods does not fit the next.
    const hopeless = new Set<string>();
    return pods.filter((pod) => {
      const like = likeness(pod);
      const node = hopeless.has(like) ? undefined : this.firstFit(pod, nodes);
      if (node === undefined) hopeless.add(like);
      else this.put(pod, node);
      return node === undefined;
    });
  }

  /** After the informers were restored; `version` as it was. */
  restored(version: number): void {
    this.#objects.restored();
    for (const key of Array.from(this.table.pods(), (record) => record.key)) this.table.removePod(key);
    for (const name of this.table.names) if (name !== undefined) this.table.removeNode(name);
    this.#pending.clear();
    for (const node of this.nodes.list()) this.table.setNode(node);
    for (const pod of this.pods.list()) this.#podChanged(`${pod.metadata.namespace ?? ''}/${pod.metadata.name}`, pod);
    this.version = version;
  }
}
