import type { KubeNode, Pod } from '../api/core.ts';
import { podRequests } from '../api/pod-requests.ts';
import { Informers } from '../apiserver/informer.ts';
import { hasTaint } from '../cloud/cloud-taints.ts';
import type { CloudProvider } from '../cloud/provider.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Purpose } from '../kernel/random.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { drawLatency } from '../latency.ts';
import type { Profile } from '../scheduler/framework.ts';
import type { ClusterAutoscalerSettings } from '../settings.ts';
import { ClusterSnapshot } from './cluster-snapshot.ts';
import type { ExpanderPolicy, ExpansionOption } from './expander.ts';
import { GroupBackOffs } from './group-back-off.ts';
import { NodeGroups, templateNode } from './node-groups.ts';
import type { ScalableGroup } from './node-groups.ts';
import { isReady } from './node-readiness.ts';
import { CANDIDATE, NodeRemovals } from './node-removal.ts';
import { isOfDaemonSet } from './pod-kinds.ts';
import { ScaleDownPlanner } from './scale-down.ts';
import { ScaleUpPlanner } from './scale-up.ts';

const NAME = 'cluster-autoscaler';

/** As the autoscaler knows GPUs, and how long pods that want some are left alone. Source: core/static_autoscaler.go. */
const GPU = 'nvidia.com/gpu';
const GPU_BUFFER = seconds(30);

/** What was done to the node groups so far. */
export interface AutoscalerCounts {
  readonly scaleUps: number;
  readonly nodesAdded: number;
  readonly nodesRemoved: number;
  /** Groups that could not give what was asked of them. */
  readonly failedScaleUps: number;
}

interface AutoscalerState {
  readonly informers: unknown;
  readonly version: number;
  readonly planner: unknown;
  readonly removals: unknown;
  readonly backOffs: unknown;
  readonly loops: number;
  readonly lastScaleUp: Micros;
  readonly told: readonly string[];
  readonly counts: Omit<AutoscalerCounts, 'nodesRemoved'>;
}

/**
 * cluster-autoscaler: every --scan-interval it looks for pods that no node takes, and has a group grow by as many nodes as
 * they need; and for nodes that nobody needs, which it drains and gives back. Source: autoscaler core/static_autoscaler.go.
 */
export class ClusterAutoscaler implements Component {
  readonly name = NAME;
  readonly #environment: Environment;
  readonly #kernel: Kernel;
  readonly #settings: ClusterAutoscalerSettings;
  readonly #informers: Informers;
  readonly #snapshot: ClusterSnapshot;
  readonly #groups: NodeGroups;
  readonly #expanders: readonly ExpanderPolicy[];
  readonly #draws: Purpose;
  readonly #scaleUp: ScaleUpPlanner;
  readonly #planner: ScaleDownPlanner;
  readonly #removals: NodeRemovals;
  readonly #backOffs: GroupBackOffs;
  readonly #costs: Purpose;
  readonly #loop: HandlerId;
  /** Loops so far, for the draws. */
  #loops = 0;
  #lastScaleUp: Micros = -Infinity;
  /** UIDs of pods that were told that nothing can be done for them. */
  #told = new Set<string>();
  #counts = { scaleUps: 0, nodesAdded: 0, failedScaleUps: 0 };

  constructor(
    environment: Environment,
    provider: CloudProvider,
    profiles: readonly Profile[],
    expanders: readonly ExpanderPolicy[],
  ) {
    const { kernel, hub, clients, settings } = environment;
    this.#environment = environment;
    this.#kernel = kernel;
    this.#settings = settings.clusterAutoscaler;
    this.#informers = new Informers(NAME, hub);
    this.#snapshot = new ClusterSnapshot(this.#informers, profiles);
    this.#groups = new NodeGroups(provider);
    this.#expanders = expanders;
    this.#draws = kernel.random.purpose('autoscaler-expander');
    const client = clients.client(NAME, settings.clusterAutoscaler);
    this.#scaleUp = new ScaleUpPlanner(this.#snapshot, this.#groups, this.#settings);
    this.#planner = new ScaleDownPlanner(this.#snapshot, this.#groups, this.#settings);
    this.#removals = new NodeRemovals(environment, client, this.#snapshot, this.#groups);
    this.#backOffs = new GroupBackOffs(this.#settings);
    this.#costs = kernel.random.purpose('autoscaler-loop');
    this.#loop = kernel.register('autoscaler/loop', () => {
      this.#run();
      const { scanIntervalSeconds, loopLatency } = this.#settings;
      const cost = Math.round(drawLatency(loopLatency, this.#costs, 0, this.#loops++));
      kernel.after(cost + seconds(scanIntervalSeconds), this.#loop, 0, 0, undefined, Priority.timer);
    });
  }

  get counts(): AutoscalerCounts {
    return { ...this.#counts, nodesRemoved: this.#removals.removed };
  }

  start(): void {
    this.#informers.start();
    const interval = seconds(this.#settings.scanIntervalSeconds);
    const phase = Math.floor(this.#kernel.random.purpose('autoscaler-phase').uniform(0, 0) * interval);
    this.#kernel.after(phase, this.#loop, 0, 0, undefined, Priority.timer);
  }

  #run(): void {
    if (!this.#informers.synced || this.#tooManyUnready()) return;
    for (const group of this.#groups.all) this.#settle(group);
    const pending = this.#pending();
    if (pending.length > 0 || this.#removals.drained.length > 0) {
      if (pending.length > 0 && this.#areNew(pending)) return;
      if (this.#grow(pending)) return;
    } else {
      this.#told.clear();
    }
    if (this.#settings.scaleDownEnabled) this.#shrink(pending);
  }

  /** Pods that make nodes: those that are not expendable, and not of a DaemonSet, whose pods come with nodes. */
  #pending(): readonly Pod[] {
    const cutoff = this.#settings.expendablePodsPriorityCutoff;
    return this.#snapshot.pending.filter((pod) => (pod.spec.priority ?? 0) >= cutoff && !isOfDaemonSet(pod));
  }

  /**
   * Others may be on their way: they are seen together in a later loop. Pods with GPUs are waited for longer, as the next one
   * may take what was meant for the last. Source: core/static_autoscaler.go allPodsAreNew.
   */
  #areNew(pending: readonly Pod[]): boolean {
    const { calendar, kernel } = this.#environment;
    const youngerThan = (pods: readonly Pod[], age: Micros): boolean =>
      pods.every(({ metadata }) => kernel.now - calendar.micros(metadata.creationTimestamp) < age);
    const withGpu = pending.filter(({ spec }) => (podRequests(spec).get(GPU) ?? 0) > 0);
    return (
      youngerThan(pending, seconds(this.#settings.unschedulablePodTimeBufferSeconds)) ||
      (withGpu.length > 0 && youngerThan(withGpu, GPU_BUFFER))
    );
  }

  /** Whether so many nodes fail that what is seen of the cluster says little. */
  #tooManyUnready(): boolean {
    const { okTotalUnreadyCount, maxTotalUnreadyPercentage } = this.#settings;
    let unready = 0;
    let all = 0;
    for (const node of this.#snapshot.nodes.list()) {
      all++;
      if (!isReady(node) && !this.#isStarting(node)) unready++;
    }
    return unready > okTotalUnreadyCount && unready > (all * maxTotalUnreadyPercentage) / 100;
  }

  /** A node that is not Ready and may well become it. */
  #isStarting({ metadata }: KubeNode): boolean {
    const since = this.#environment.calendar.micros(metadata.creationTimestamp);
    return this.#kernel.now - since < seconds(this.#settings.maxNodeProvisionTimeSeconds);
  }

  /** What a group could not give, and nodes that never came, are given up; the group is then left alone for a while. */
  #settle(group: ScalableGroup): void {
    const { now } = this.#kernel;
    const shortage = this.#groups.shortage(group);
    if (shortage !== undefined) {
      const before = this.#groups.target(group);
      const after = Math.max(group.autoscaling.min, before - shortage.missing);
      // At its least the provider's group goes on trying by itself.
      if (after === before) this.#backOffs.failed(group.name, now);
      else if (this.#groups.resize(group, after)) this.#failed(group);
    }
    for (const { name, launched } of this.#groups.instances(group)) {
      const provision = seconds(this.#settings.maxNodeProvisionTimeSeconds);
      if (this.#snapshot.nodes.get(name) !== undefined || now - launched <= provision) continue;
      if (this.#groups.remove(group, name)) this.#failed(group);
    }
  }

  #failed({ name }: ScalableGroup): void {
    this.#backOffs.failed(name, this.#kernel.now);
    this.#counts.failedScaleUps++;
  }

  /** Nodes that were asked for and are not there, or not Ready: as they will be. */
  #upcoming(): readonly KubeNode[] {
    return this.#groups.all.flatMap((group) => {
      const instances = this.#groups.instances(group);
      const known = instances.flatMap(({ name, zone }) => {
        const node = this.#snapshot.nodes.get(name);
        const comes = node === undefined || (!isReady(node) && this.#isStarting(node));
        return comes ? [templateNode(group, `upcoming-${name}`, zone)] : [];
      });
      const missing = Math.max(0, this.#groups.target(group) - instances.length);
      return [...known, ...this.#groups.templates(group, missing, 'missing')];
    });
  }

  /** Whether a group was made to grow. */
  #grow(pending: readonly Pod[]): boolean {
    const { now } = this.#kernel;
    const canGrow = this.#groups.all.filter(({ name }) => !this.#backOffs.isBackedOff(name, now));
    const plan = this.#scaleUp.plan(pending, this.#upcoming(), this.#removals.drained, canGrow);
    if (plan.helpless.length === 0) return false;
    const option = this.#choose(plan.options);
    const group = canGrow.find(({ name }) => name === option?.group);
    if (option === undefined || group === undefined) {
      this.#refuse(plan.helpless);
      return false;
    }
    const before = this.#groups.target(group);
    const after = before + option.nodes;
    if (!this.#groups.resize(group, after)) return false;
    this.#lastScaleUp = now;
    this.#counts.scaleUps++;
    this.#counts.nodesAdded += option.nodes;
    const message = `pod triggered scale-up: [{${group.name} ${before}->${after} (max: ${group.autoscaling.max})}]`;
    const helped = new Set(option.pods.map(({ metadata }) => metadata.uid));
    for (const pod of option.pods) {
      this.#told.delete(pod.metadata.uid);
      this.#environment.events.record(NAME, pod, 'Normal', 'TriggeredScaleUp', message);
    }
    this.#refuse(plan.helpless.filter(({ metadata }) => !helped.has(metadata.uid)));
    return true;
  }

  /** Each expander among what the one before has left; then by lot. */
  #choose(options: readonly ExpansionOption[]): ExpansionOption | undefined {
    let left = options;
    for (const expander of this.#expanders) if (left.length > 1) left = expander.best(left, this.#kernel.now);
    return left.length < 2 ? left[0] : left[this.#draws.integer(0, this.#counts.scaleUps, left.length)];
  }

  /** Tells pods once that no group would help them. */
  #refuse(pods: readonly Pod[]): void {
    const message = `pod didn't trigger scale-up: no node group with room, or allowed to grow, would take it`;
    for (const pod of pods) {
      if (this.#told.has(pod.metadata.uid)) continue;
      this.#told.add(pod.metadata.uid);
      this.#environment.events.record(NAME, pod, 'Normal', 'NotTriggerScaleUp', message);
    }
  }

  #shrink(pending: readonly Pod[]): void {
    const { now } = this.#kernel;
    const removals = this.#removals;
    this.#planner.update(now, removals.leaving, pending);
    if (this.#isCoolingDown(now)) return;
    const budget = { ...removals.budget };
    let begun = 0;
    for (const unneeded of this.#planner.unneeded) {
      if (!this.#planner.isDue(unneeded, now) || budget.all <= 0 || (!unneeded.empty && budget.drains <= 0)) continue;
      const node = this.#snapshot.nodes.get(unneeded.name);
      const group = this.#groups.groupOf(unneeded.name);
      if (node === undefined || group === undefined || removals.leaving.has(unneeded.name)) continue;
      removals.begin(node, !unneeded.empty);
      budget.all--;
      if (!unneeded.empty) budget.drains--;
      begun++;
    }
    if (begun === 0) this.#mark(removals.leaving);
  }

  #isCoolingDown(now: Micros): boolean {
    const s = this.#settings;
    return (
      now < this.#lastScaleUp + seconds(s.scaleDownDelayAfterAddSeconds) ||
      now < this.#removals.lastDelete + seconds(s.scaleDownDelayAfterDeleteSeconds) ||
      now < this.#removals.lastFailure + seconds(s.scaleDownDelayAfterFailureSeconds)
    );
  }

  /** Soft taints for nodes that could go, so many a loop. */
  #mark(leaving: ReadonlySet<string>): void {
    let left = this.#settings.maxBulkSoftTaintCount;
    for (const node of this.#snapshot.nodes.list()) {
      const { name } = node.metadata;
      if (left === 0) return;
      const unneeded = this.#planner.isUnneeded(name);
      if (leaving.has(name) || unneeded === hasTaint(node, { key: CANDIDATE })) continue;
      this.#removals.mark(node, unneeded);
      left--;
    }
  }

  save(): AutoscalerState {
    return {
      informers: this.#informers.save(),
      version: this.#snapshot.version,
      planner: this.#planner.save(),
      removals: this.#removals.save(),
      backOffs: this.#backOffs.save(),
      loops: this.#loops,
      lastScaleUp: this.#lastScaleUp,
      told: [...this.#told],
      counts: { ...this.#counts },
    };
  }

  restore(saved: unknown): void {
    const state = saved as AutoscalerState;
    this.#informers.restore(state.informers);
    this.#snapshot.restored(state.version);
    this.#planner.restore(state.planner);
    this.#removals.restore(state.removals);
    this.#backOffs.restore(state.backOffs);
    this.#loops = state.loops;
    this.#lastScaleUp = state.lastScaleUp;
    this.#told = new Set(state.told);
    this.#counts = { ...state.counts };
  }
}
