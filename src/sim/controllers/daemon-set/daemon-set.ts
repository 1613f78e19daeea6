import type { KubeNode, Pod, PodSpec } from '../../api/core.ts';
import type { ControllerRevision, DaemonSet } from '../../api/workloads.ts';
import type { Index, Informer } from '../../apiserver/informer.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { keyOf } from '../../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../../apiserver/request.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import { Claims } from '../claims.ts';
import { ControllerRevisions, REVISION_LABEL } from '../controller-revisions.ts';
import type { CurrentRevision } from '../controller-revisions.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { Expectations } from '../expectations.ts';
import { scaledValue } from '../int-or-percent.ts';
import { recordPodReply } from '../pod-replies.ts';
import { isFinished, isReady, untilAvailable } from '../pod-state.ts';
import { createPod, deleteObject, updateStatus } from '../requests.ts';
import { daemonSpec, eligibility, pinnedTo, targetNode } from './eligibility.ts';
import { FailureBackOff } from './failure-back-off.ts';
import { NodeLedger } from './node-ledger.ts';
import type { NodeEntry } from './node-ledger.ts';
import { replaceInPlace, replaceWithSurge } from './rolling-update.ts';
import type { NodePods } from './rolling-update.ts';

const COMPONENT = 'daemonset-controller';

/** Pods created or deleted in one sync. Source: daemon/daemon_controller.go BurstReplicas. */
const BURST = 250;

/** The DaemonSet controller. */
export const daemonSetController: ControllerFactory = {
  name: 'daemonset',
  create: (environment) => new DaemonSets(environment),
};

interface State {
  readonly claims: unknown;
  readonly expectations: unknown;
  readonly backOff: unknown;
  readonly ledgers: readonly [string, unknown][];
}

/** One sync's findings. */
interface Work {
  readonly set: DaemonSet;
  readonly spec: PodSpec;
  readonly revision: CurrentRevision;
  readonly ledger: NodeLedger;
  readonly deletions: Set<Pod>;
  readonly needing: Set<string>;
  /** The earliest instant at which time alone changes something. */
  wait: Micros;
}

class DaemonSets implements Controller {
  readonly name = 'daemonset';
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #sets: Informer<DaemonSet>;
  readonly #nodes: Informer<KubeNode>;
  /** Daemon pods by owner and node. */
  readonly #pods: Index<Pod>;
  readonly #claims: Claims<DaemonSet, Pod>;
  readonly #revisions: ControllerRevisions;
  readonly #expectations = new Expectations();
  readonly #backOff = new FailureBackOff();
  #ledgers = new Map<string, NodeLedger>();

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentDaemonSetSyncs;
    this.#sets = informers.informer<DaemonSet>('DaemonSet');
    this.#nodes = informers.informer<KubeNode>('Node');
    const pods = informers.informer<Pod>('Pod');
    this.#pods = pods.index('daemon', (pod) => {
      const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
      return owner?.kind === 'DaemonSet' ? placeOf(owner.uid, targetNode(pod) ?? '') : undefined;
    });
    this.#revisions = new ControllerRevisions(informers.informer<ControllerRevision>('ControllerRevision'));
    this.#claims = new Claims(
      'DaemonSet',
      this.#sets,
      pods,
      (set) => set.spec.selector,
      (set, type, pod) => this.#podChanged(set, type, pod),
    );
    this.#sets.on((type, set, previous) => {
      const key = keyOf(set);
      if (type === 'deleted') {
        this.#expectations.forget(key);
        this.#ledgers.delete(key);
      } else if (previous?.metadata.generation !== set.metadata.generation) {
        this.#ledger(key).markAll();
      }
      queue.add(key);
    });
    this.#nodes.on((type, node, previous) => {
      if (type === 'modified' && previous !== undefined && sameForDaemons(node, previous)) return;
      for (const set of this.#sets.list()) {
        const key = keyOf(set);
        this.#ledger(key).mark(node.metadata.name);
        queue.add(key);
      }
    });
  }

  #ledger(key: string): NodeLedger {
    let ledger = this.#ledgers.get(key);
    if (ledger === undefined) {
      ledger = new NodeLedger();
      this.#ledgers.set(key, ledger);
    }
    return ledger;
  }

  #podChanged(set: DaemonSet, type: 'added' | 'modified' | 'deleted', pod: Pod): void {
    const key = keyOf(set);
    this.#expectations.observed(key, type, pod, keyOf(pod));
    this.#ledger(key).mark(targetNode(pod) ?? '');
    this.#environment.queue.add(key);
  }

  /** Source: daemon/daemon_controller.go syncDaemonSet. */
  reconcile(key: string): Plan | undefined {
    const set = this.#sets.get(key);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
    const { now } = this.#environment.kernel;
    const revision = this.#revisions.current(set, set.spec.template);
    const ledger = this.#ledger(key);
    const claims = ledger.all ? this.#claims.claim(set).requests : [];
    const spec = daemonSpec(set.spec.template);
    const work: Work = { set, spec, revision, ledger, deletions: new Set(), needing: new Set(), wait: Infinity };
    const manage = this.#expectations.satisfied(key, now);
    const due = this.#due(ledger);
    if (manage) ledger.clear();
    for (const node of due) this.#visit(work, node, manage);
    if (manage) this.#roll(work);
    const pods = manage ? this.#changes(key, work) : [[], []];
    const status = this.#status(work);
    const history = manage ? this.#history(work) : [];
    const always = sameJson(set.status, status) ? [] : [updateStatus(set, status)];
    const stages = [[...claims, ...revision.requests], ...pods, history];
    if (stages.every((stage) => stage.length === 0) && always.length === 0 && work.wait === Infinity) return undefined;
    const again = work.wait === Infinity ? {} : { requeueAfterSeconds: work.wait / SECOND };
    return { stages, always, slowStart: true, ...again };
  }

  #due(ledger: NodeLedger): ReadonlySet<string> {
    if (!ledger.all) return ledger.due;
    const due = new Set(ledger.nodes);
    for (const node of this.#nodes.list()) due.add(node.metadata.name);
    for (const node of ledger.due) due.add(node);
    return due;
  }

  #visit(work: Work, name: string, manage: boolean): void {
    const { set, ledger } = work;
    const node = this.#nodes.get(name);
    const pods = this.#podsAt(set, name);
    if (node === undefined) {
      // Pods that were there go by the garbage collector; those that wait for the node will wait for ever.
      if (manage) for (const pod of pods) if ((pod.spec.nodeName ?? '') === '') this.#delete(work, pod);
      ledger.set(name, undefined);
      return;
    }
    const { runs, stays } = eligibility(work.spec, node);
    ledger.set(name, this.#entry(work, pods, runs));
    if (!manage) return;
    if (runs && pods.length === 0) work.needing.add(name);
    else if (!stays) for (const pod of pods) this.#delete(work, pod);
    else this.#tidy(work, name, pods);
  }

  /** Removes pods that ended and surplus ones. Source: podsShouldBeOnNode. */
  #tidy(work: Work, node: string, pods: readonly Pod[]): void {
    const { set, ledger, revision } = work;
    const { kernel, events } = this.#environment;
    const running: Pod[] = [];
    for (const pod of pods) {
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      if (!isFinished(pod)) {
        running.push(pod);
        continue;
      }
      const failed = pod.status.phase === 'Failed';
      const wait = failed ? this.#backOff.use(`${placeOf(set.metadata.uid, node)} ${revision.hash}`, kernel.now) : 0;
      if (wait > 0) {
        ledger.mark(node);
        work.wait = Math.min(work.wait, wait);
        continue;
      }
      const what = `${failed ? 'failed' : 'succeeded'} daemon pod ${keyOf(pod)} on node ${node}`;
      const action = failed ? 'kill' : 'delete';
      const reason = failed ? 'FailedDaemonPod' : 'SucceededDaemonPod';
      events.record(COMPONENT, set, failed ? 'Warning' : 'Normal', reason, `Found ${what}, will try to ${action} it`);
      this.#delete(work, pod);
    }
    const kinds = maxSurgeOf(set) !== 0 ? [this.#updated(work, running), this.#outdated(work, running)] : [running];
    for (const kind of kinds) for (const surplus of [...kind].sort(byCreation).slice(1)) this.#delete(work, surplus);
  }

  #delete({ deletions }: Work, pod: Pod): void {
    if (pod.metadata.deletionTimestamp === undefined) deletions.add(pod);
  }

  #entry(work: Work, pods: readonly Pod[], runs: boolean): NodeEntry {
    const some = pods.length > 0 ? 1 : 0;
    const outdated = this.#outdated(work, pods).some(({ metadata }) => metadata.deletionTimestamp === undefined)
      ? 1
      : 0;
    const none = { desired: 0, current: 0, misscheduled: some, ready: 0, available: 0, updated: 0, outdated };
    if (!runs) return none;
    const oldest = [...pods].sort(byCreation)[0];
    if (oldest === undefined) return { ...none, desired: 1, misscheduled: 0 };
    const left = this.#untilAvailable(work.set, oldest);
    if (left !== undefined && left > 0) {
      work.ledger.mark(targetNode(oldest) ?? '');
      work.wait = Math.min(work.wait, left);
    }
    return {
      desired: 1,
      current: 1,
      misscheduled: 0,
      ready: isReady(oldest) ? 1 : 0,
      available: left === 0 ? 1 : 0,
      updated: this.#updated(work, [oldest]).length,
      outdated,
    };
  }

  #roll(work: Work): void {
    const { set, ledger, deletions, needing } = work;
    if (set.spec.updateStrategy?.type === 'OnDelete' || ledger.sums.outdated === 0) return;
    // What is missing or to be deleted is settled first.
    if (deletions.size + needing.size > 0) return;
    const nodes: NodePods[] = [];
    for (const node of ledger.nodes) {
      const pods = this.#podsAt(set, node).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      const known = this.#nodes.get(node);
      if (known === undefined || (pods.length === 0 && !eligibility(work.spec, known).runs)) continue;
      nodes.push({ node, updated: this.#updated(work, pods), outdated: this.#outdated(work, pods) });
    }
    const isAvailable = (pod: Pod): boolean => this.#untilAvailable(set, pod) === 0;
    const surge = scaledValue(maxSurgeOf(set), ledger.sums.desired, true);
    const { maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
    const asked = scaledValue(maxUnavailable, ledger.sums.desired, true);
    const replacement =
      surge > 0 ? replaceWithSurge(nodes, surge, isAvailable) : replaceInPlace(nodes, Math.max(asked, 1), isAvailable);
    for (const pod of replacement.deletions) deletions.add(pod);
    for (const node of replacement.nodes) needing.add(node);
  }

  #changes(key: string, work: Work): ApiRequest[][] {
    const { set, ledger } = work;
    const going = [...work.deletions];
    const needing = [...work.needing];
    for (const pod of going.splice(BURST)) ledger.mark(targetNode(pod) ?? '');
    for (const node of needing.splice(BURST)) ledger.mark(node);
    const { now } = this.#environment.kernel;
    const deletions = going.map((pod) => keyOf(pod));
    if (needing.length + going.length > 0) this.#expectations.expect(key, needing.length, deletions, now);
    const labels = { ...set.spec.template.metadata?.labels, [REVISION_LABEL]: work.revision.hash };
    const creations = needing.map((node) =>
      createPod(set, set.spec.template, { metadata: { labels }, spec: pinnedTo(work.spec, node) }),
    );
    return [creations, going.map((pod) => deleteObject(pod))];
  }

  #history({ set, revision, ledger }: Work): readonly ApiRequest[] {
    // While pods of older templates run, their revisions are needed.
    if (ledger.sums.outdated > 0) return [];
    return this.#revisions.beyondLimit(set, new Set([revision.name]), set.spec.revisionHistoryLimit ?? 10);
  }

  #status({ set, ledger }: Work): DaemonSet['status'] {
    const { desired, current, misscheduled, ready, available, updated } = ledger.sums;
    const { generation } = set.metadata;
    return {
      currentNumberScheduled: current,
      numberMisscheduled: misscheduled,
      desiredNumberScheduled: desired,
      numberReady: ready,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
      ...(available > 0 ? { numberAvailable: available } : {}),
      ...(desired > available ? { numberUnavailable: desired - available } : {}),
    };
  }

  #podsAt(set: DaemonSet, node: string): readonly Pod[] {
    return this.#pods.get(placeOf(set.metadata.uid, node));
  }

  #updated({ revision }: Work, pods: readonly Pod[]): Pod[] {
    return pods.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] === revision.hash);
  }

  #outdated({ revision }: Work, pods: readonly Pod[]): Pod[] {
    return pods.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] !== revision.hash);
  }

  #untilAvailable(set: DaemonSet, pod: Pod): Micros | undefined {
    const { calendar, kernel } = this.#environment;
    return untilAvailable(pod, set.spec.minReadySeconds ?? 0, calendar, kernel.now);
  }

  replied(key: string, reply: ApiReply): void {
    const { request, result } = reply;
    if (request.kind !== 'Pod' || (request.verb !== 'create' && request.verb !== 'delete')) return;
    if (!result.ok) this.skipped(key, request);
    const set = this.#sets.get(key);
    if (set !== undefined) recordPodReply(this.#environment.events, COMPONENT, set, reply);
  }

  /** The node has not got what it needs: it is to be looked at again. */
  skipped(key: string, request: ApiRequest): void {
    if (request.kind !== 'Pod') return;
    this.#expectations.notAsked(key, request);
    if (request.verb === 'create') this.#ledger(key).mark(targetNode(request.body as Pod) ?? '');
    if (request.verb === 'delete') this.#ledger(key).markAll();
  }

  save(): State {
    return {
      claims: this.#claims.save(),
      expectations: this.#expectations.save(),
      backOff: this.#backOff.save(),
      ledgers: [...this.#ledgers].map(([key, ledger]) => [key, ledger.save()]),
    };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#claims.restore(state.claims);
    this.#expectations.restore(state.expectations);
    this.#backOff.restore(state.backOff);
    this.#ledgers = new Map();
    for (const [key, ledger] of state.ledgers) this.#ledger(key).restore(ledger);
  }
}

function placeOf(uid: string, node: string): string {
  return `${uid}|${node}`;
}

function maxSurgeOf(set: DaemonSet): number | string {
  const { updateStrategy } = set.spec;
  if (updateStrategy?.type === 'OnDelete') return 0;
  const { maxSurge = 0 } = updateStrategy?.rollingUpdate ?? {};
  return maxSurge === '0%' ? 0 : maxSurge;
}

/** Oldest first; names decide within a second. */
function byCreation(a: Pod, b: Pod): number {
  const left = a.metadata.creationTimestamp;
  const right = b.metadata.creationTimestamp;
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** Whether nothing changed that decides where daemons run. */
function sameForDaemons(node: KubeNode, previous: KubeNode): boolean {
  return sameJson(node.metadata.labels, previous.metadata.labels) && sameJson(node.spec.taints, previous.spec.taints);
}
