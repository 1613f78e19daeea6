import type { KubeNode, Pod } from '../api/core.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { ClusterAutoscalerSettings } from '../settings.ts';
import type { ClusterSnapshot } from './cluster-snapshot.ts';
import type { NodeGroups } from './node-groups.ts';
import { isReady } from './node-readiness.ts';
import { podsToMove } from './pods-to-move.ts';
import { byUrgency, likeness } from './pod-order.ts';

/** A node's own word against its removal. */
const DISABLED = 'cluster-autoscaler.kubernetes.io/scale-down-disabled';

/** A node that could go. */
export interface UnneededNode {
  readonly name: string;
  /** Without a pause. */
  readonly since: Micros;
  readonly empty: boolean;
}

interface PlannerState {
  readonly unneeded: readonly UnneededNode[];
  readonly unremovable: readonly [string, Micros][];
  readonly planned: string;
  readonly recheck: Micros;
}

/**
 * Finds nodes that are not needed: hardly asked for, and with pods that would all find room elsewhere. Each is tried in the
 * cluster as it would be without those found before. Source: autoscaler core/scaledown/planner, eligibility, unneeded.
 */
export class ScaleDownPlanner implements Saveable {
  readonly #snapshot: ClusterSnapshot;
  readonly #groups: NodeGroups;
  readonly #settings: ClusterAutoscalerSettings;
  #unneeded = new Map<string, UnneededNode>();
  /** Nodes that could not go, which are looked at again at a time. */
  #unremovable = new Map<string, Micros>();
  /** What the latest look went by; nothing has changed while it is the same. */
  #planned = '';
  #recheck: Micros = Infinity;

  constructor(snapshot: ClusterSnapshot, groups: NodeGroups, settings: ClusterAutoscalerSettings) {
    this.#snapshot = snapshot;
    this.#groups = groups;
    this.#settings = settings;
  }

  /** Nodes that could go, those that are empty first, then in the order in which they were found. */
  get unneeded(): readonly UnneededNode[] {
    const all = [...this.#unneeded.values()];
    return [...all.filter(({ empty }) => empty), ...all.filter(({ empty }) => !empty)];
  }

  isUnneeded(node: string): boolean {
    return this.#unneeded.has(node);
  }

  /** Looks at all nodes again. `leaving` are on their way out; `pending` pods will go where there is room for them. */
  update(now: Micros, leaving: ReadonlySet<string>, pending: readonly Pod[]): void {
    const snapshot = this.#snapshot;
    const targets = this.#groups.all.map((group) => this.#groups.target(group));
    const news = `${snapshot.version}: ${targets.join(' ')}`;
    if (news === this.#planned && now < this.#recheck) return;
    const found = snapshot.simulate(() => {
      // What they will use is needed.
      const nodes = Array.from(snapshot.nodes.list(), ({ metadata }) => metadata.name);
      const waiting = [...pending].sort(byUrgency).map((pod) => snapshot.info(pod));
      snapshot.place(waiting, nodes);
      return this.#find(now, leaving);
    });
    this.#unneeded = new Map(
      found.map(({ name, empty }) => [name, { name, empty, since: this.#unneeded.get(name)?.since ?? now }]),
    );
    this.#planned = news;
    this.#recheck = Math.min(Infinity, ...this.#unremovable.values());
  }

  #find(now: Micros, leaving: ReadonlySet<string>): readonly Omit<UnneededNode, 'since'>[] {
    const snapshot = this.#snapshot;
    const candidates: { readonly name: string; readonly empty: boolean }[] = [];
    const destinations = new Set<string>();
    for (const node of snapshot.nodes.list()) {
      const { name } = node.metadata;
      if (leaving.has(name)) continue;
      destinations.add(name);
      if (!this.#isEligible(node)) continue;
      const moving = podsToMove(snapshot, name, this.#settings);
      if ('pods' in moving && moving.pods.length === 0) candidates.push({ name, empty: true });
      else if ('blockedBy' in moving) this.#unremovable.set(name, this.#again(now));
      else if (now >= (this.#unremovable.get(name) ?? 0)) candidates.push({ name, empty: false });
    }
    const found: { readonly name: string; readonly empty: boolean }[] = [];
    const left = new Map(
      this.#groups.all.map((group) => [group.name, this.#groups.target(group) - group.autoscaling.min]),
    );
    for (const name of leaving) {
      const group = this.#groups.groupOf(name)?.name;
      if (group !== undefined) left.set(group, (left.get(group) ?? 0) - 1);
    }
    let looked = 0;
    // Nodes that were unneeded before come first, so that the choice does not wander.
    const ordered = [
      ...candidates.filter(({ empty }) => empty),
      ...candidates.filter(({ name, empty }) => !empty && this.#unneeded.has(name)),
      ...candidates.filter(({ name, empty }) => !empty && !this.#unneeded.has(name)),
    ];
    for (const { name, empty } of ordered) {
      const group = this.#groups.groupOf(name)?.name ?? '';
      if ((left.get(group) ?? 0) <= 0) continue;
      if (!empty && looked++ >= this.#settings.scaleDownNonEmptyCandidatesCount) break;
      destinations.delete(name);
      if (!empty && !snapshot.attempt(() => this.#empties(name, destinations))) {
        destinations.add(name);
        this.#unremovable.set(name, this.#again(now));
        continue;
      }
      this.#unremovable.delete(name);
      left.set(group, (left.get(group) ?? 0) - 1);
      found.push({ name, empty });
    }
    for (const name of this.#unremovable.keys())
      if (snapshot.nodes.get(name) === undefined) this.#unremovable.delete(name);
    return found;
  }

  #again(now: Micros): Micros {
    return now + seconds(this.#settings.unremovableNodeRecheckTimeoutSeconds);
  }

  /** Of a group that may shrink, and hardly asked for. */
  #isEligible({ metadata }: KubeNode): boolean {
    const group = this.#groups.groupOf(metadata.name);
    if (group === undefined || this.#groups.target(group) <= group.autoscaling.min) return false;
    if (metadata.annotations?.[DISABLED] === 'true') return false;
    return this.utilization(metadata.name) < this.#settings.scaleDownUtilizationThreshold;
  }

  /** The larger of the shares of processors and memory that are asked for; of a node with GPUs, their share alone. */
  utilization(node: string): number {
    const view = this.#snapshot.view(node);
    if (view === undefined) return 0;
    const share = (resource: string): number => {
      const whole = view.allocatable(resource);
      return whole === 0 ? 0 : view.requested(resource) / whole;
    };
    return view.allocatable('nvidia.com/gpu') > 0 ? share('nvidia.com/gpu') : Math.max(share('cpu'), share('memory'));
  }

  /** Moves all pods of a node to others, if that can be done. */
  #empties(node: string, destinations: ReadonlySet<string>): boolean {
    const snapshot = this.#snapshot;
    const moving = podsToMove(snapshot, node, this.#settings);
    if ('blockedBy' in moving) return false;
    const taken = moving.pods.map(({ key }) => snapshot.take(key)).filter((info) => info !== undefined);
    const last = new Map<string, string>();
    for (const info of taken) {
      const like = likeness(info);
      // Where the one before went there may be room for one more.
      const hint = last.get(like);
      const to = snapshot.firstFit(info, hint === undefined ? destinations : [hint, ...destinations]);
      if (to === undefined) return false;
      last.set(like, to);
      snapshot.put(info, to);
    }
    return true;
  }

  /** Unneeded for long enough to go. A node that is not Ready may come back: it is given more time. */
  isDue({ name, since }: UnneededNode, now: Micros): boolean {
    const node = this.#snapshot.nodes.get(name);
    if (node === undefined) return false;
    const { scaleDownUnneededTimeSeconds, scaleDownUnreadyTimeSeconds } = this.#settings;
    return now - since > seconds(isReady(node) ? scaleDownUnneededTimeSeconds : scaleDownUnreadyTimeSeconds);
  }

  save(): PlannerState {
    return {
      unneeded: [...this.#unneeded.values()],
      unremovable: [...this.#unremovable],
      planned: this.#planned,
      recheck: this.#recheck,
    };
  }

  restore(saved: unknown): void {
    const { unneeded, unremovable, planned, recheck } = saved as PlannerState;
    this.#unneeded = new Map(unneeded.map((node) => [node.name, node]));
    this.#unremovable = new Map(unremovable);
    this.#planned = planned;
    this.#recheck = recheck;
  }
}
