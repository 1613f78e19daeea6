import type { Pod } from '../api/core.ts';
import type { Condition, LabelSelector } from '../api/meta.ts';
import { matchesPairs } from '../api/selectors.ts';
import type { ReplicaSet } from '../api/workloads.ts';
import { byController, controllerUid } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import { keyOf, objectKey } from '../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import { SECOND } from '../kernel/time.ts';
import { Claims } from './claims.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { Expectations } from './expectations.ts';
import { isActive, isReady, untilAvailable } from './pod-state.ts';
import type { ScaleDownPolicy } from './policies.ts';
import { createPod, deleteObject, updateStatus } from './requests.ts';

/** Pods created or deleted in one sync. Source: replicaset/replica_set.go BurstReplicas. */
const BURST = 500;

interface Options {
  readonly scaleDown: ScaleDownPolicy;
}

/** The two kinds that keep a number of equal pods; one code, as upstream. */
interface Flavour {
  readonly kind: 'ReplicaSet' | 'ReplicationController';
  readonly name: string;
  readonly component: string;
  readonly selectorOf: (owner: ReplicaSet) => LabelSelector | undefined;
}

/** The ReplicaSet controller. */
export function replicaSetController(options: Options): ControllerFactory {
  const flavour: Flavour = {
    kind: 'ReplicaSet',
    name: 'replicaset',
    component: 'replicaset-controller',
    selectorOf: (owner) => owner.spec.selector,
  };
  return { name: flavour.name, create: (environment) => new ReplicaSets(environment, flavour, options) };
}

/** The ReplicationController controller: its selector is a plain set of labels. */
export function replicationController(options: Options): ControllerFactory {
  const selectors = new WeakMap<object, LabelSelector>();
  const flavour: Flavour = {
    kind: 'ReplicationController',
    name: 'replicationcontroller',
    component: 'replication-controller',
    selectorOf: (owner) => {
      const matchLabels = owner.spec.selector as LabelSelector['matchLabels'] | undefined;
      if (matchLabels === undefined) return undefined;
      let selector = selectors.get(matchLabels);
      if (selector === undefined) {
        selector = { matchLabels };
        selectors.set(matchLabels, selector);
      }
      return selector;
    },
  };
  return { name: flavour.name, create: (environment) => new ReplicaSets(environment, flavour, options) };
}

interface State {
  readonly claims: unknown;
  readonly expectations: unknown;
  readonly failures: readonly [string, Failure][];
}

/** Why the latest sync that had to change the number of pods could not. */
interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

class ReplicaSets implements Controller {
  readonly name: string;
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #flavour: Flavour;
  readonly #scaleDown: ScaleDownPolicy;
  readonly #owners: Informer<ReplicaSet>;
  readonly #pods: Index<Pod>;
  readonly #siblings: Index<ReplicaSet>;
  readonly #claims: Claims<ReplicaSet, Pod>;
  readonly #expectations = new Expectations();
  #failures = new Map<string, Failure>();

  constructor(environment: ControllerEnvironment, flavour: Flavour, options: Options) {
    const { informers, queue } = environment;
    this.#environment = environment;
    this.#flavour = flavour;
    this.#scaleDown = options.scaleDown;
    this.name = flavour.name;
    this.workers = environment.settings.controllerManager.concurrentReplicaSetSyncs;
    this.#owners = informers.informer<ReplicaSet>(flavour.kind);
    const pods = informers.informer<Pod>('Pod');
    this.#pods = byController(pods);
    this.#siblings = byController(this.#owners);
    this.#claims = new Claims(flavour.kind, this.#owners, pods, flavour.selectorOf, (owner, type, pod, previous) =>
      this.#podChanged(owner, type, pod, previous),
    );
    this.#owners.on((type, owner) => {
      const key = keyOf(owner);
      if (type === 'deleted') {
        this.#expectations.forget(key);
        this.#failures.delete(key);
      }
      queue.add(key);
    });
  }

  #podChanged(owner: ReplicaSet, type: 'added' | 'modified' | 'deleted', pod: Pod, previous: Pod | undefined): void {
    const { queue, calendar, kernel } = this.#environment;
    const key = keyOf(owner);
    if (type === 'deleted' || pod.metadata.deletionTimestamp !== undefined) {
      this.#expectations.deletionObserved(key, keyOf(pod));
    } else if (type === 'added') {
      this.#expectations.creationObserved(key);
    }
    // What the owner's status and number of pods do not depend on needs no look at all of its pods.
    if (type === 'modified' && previous !== undefined && countsAlike(previous, pod)) return;
    queue.add(key);
    const minReadySeconds = owner.spec.minReadySeconds ?? 0;
    if (minReadySeconds > 0 && previous !== undefined && !isReady(previous) && isReady(pod)) {
      const left = untilAvailable(pod, minReadySeconds, calendar, kernel.now) ?? 0;
      queue.addAfter(key, left + SECOND);
    }
  }

  reconcile(key: string): Plan | undefined {
    const owner = this.#owners.get(key);
    if (owner === undefined) return undefined;
    const { now } = this.#environment.kernel;
    const { owned, requests } = this.#claims.claim(owner);
    const active = owned.filter((pod) => isActive(pod));
    let changes: readonly ApiRequest[] = [];
    if (owner.metadata.deletionTimestamp === undefined && this.#expectations.satisfied(key, now)) {
      changes = this.#changes(key, owner, active);
    }
    const { status, untilNextAvailable } = this.#status(key, owner, active);
    const always = sameJson(owner.status, status) ? [] : [updateStatus(owner, status)];
    if (requests.length + changes.length + always.length === 0 && untilNextAvailable === undefined) return undefined;
    return {
      stages: [requests, changes],
      always,
      slowStart: true,
      ...(untilNextAvailable === undefined ? {} : { requeueAfterSeconds: untilNextAvailable / SECOND }),
    };
  }

  #changes(key: string, owner: ReplicaSet, active: readonly Pod[]): readonly ApiRequest[] {
    const { now } = this.#environment.kernel;
    const excess = active.length - (owner.spec.replicas ?? 1);
    if (excess === 0) {
      this.#failures.delete(key);
      return [];
    }
    if (excess < 0) {
      const count = Math.min(-excess, BURST);
      this.#expectations.expect(key, count, [], now);
      const request = createPod(owner, owner.spec.template);
      return Array.from({ length: count }, () => request);
    }
    const going = this.#toDelete(owner, active, Math.min(excess, BURST));
    this.#expectations.expect(
      key,
      0,
      going.map((pod) => keyOf(pod)),
      now,
    );
    return going.map((pod) => deleteObject(pod));
  }

  #toDelete(owner: ReplicaSet, active: readonly Pod[], count: number): readonly Pod[] {
    if (count >= active.length) return active;
    const { calendar, kernel } = this.#environment;
    let onNodes: Map<string, number> | undefined;
    const relatedOnNode = (nodeName: string): number => {
      onNodes ??= this.#activeByNode(owner);
      return onNodes.get(nodeName) ?? 0;
    };
    return this.#scaleDown.rank(active, { now: kernel.now, calendar, owner, relatedOnNode }).slice(0, count);
  }

  /** Active pods of the owner and of all others with the same controller (the Deployment), by node. */
  #activeByNode(owner: ReplicaSet): Map<string, number> {
    const controller = controllerUid(owner);
    const related = controller === undefined ? [owner] : this.#siblings.get(controller);
    const counts = new Map<string, number>();
    for (const sibling of related) {
      for (const pod of this.#pods.get(sibling.metadata.uid)) {
        const { nodeName } = pod.spec;
        if (nodeName === undefined || nodeName === '' || !isActive(pod)) continue;
        counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1);
      }
    }
    return counts;
  }

  #status(
    key: string,
    owner: ReplicaSet,
    active: readonly Pod[],
  ): { readonly status: ReplicaSet['status']; readonly untilNextAvailable: number | undefined } {
    const { calendar, kernel } = this.#environment;
    const minReadySeconds = owner.spec.minReadySeconds ?? 0;
    const labels = owner.spec.template.metadata?.labels ?? {};
    let fullyLabeledReplicas = 0;
    let readyReplicas = 0;
    let availableReplicas = 0;
    let untilNextAvailable: number | undefined;
    for (const pod of active) {
      if (pod.metadata.labels === labels || matchesPairs(labels, pod.metadata.labels)) fullyLabeledReplicas++;
      const left = untilAvailable(pod, minReadySeconds, calendar, kernel.now);
      if (left === undefined) continue;
      readyReplicas++;
      if (left === 0) availableReplicas++;
      else untilNextAvailable = Math.min(untilNextAvailable ?? Infinity, left);
    }
    const conditions = this.#conditions(key, owner);
    const generation = owner.metadata.generation;
    const status: ReplicaSet['status'] = {
      replicas: active.length,
      ...(fullyLabeledReplicas > 0 ? { fullyLabeledReplicas } : {}),
      ...(readyReplicas > 0 ? { readyReplicas } : {}),
      ...(availableReplicas > 0 ? { availableReplicas } : {}),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(conditions.length > 0 ? { conditions } : {}),
    };
    return { status, untilNextAvailable };
  }

  #conditions(key: string, owner: ReplicaSet): readonly Condition[] {
    const others = (owner.status.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure');
    const failure = this.#failures.get(key);
    if (failure === undefined) return others;
    const before = owner.status.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (before?.reason === failure.reason) return owner.status.conditions ?? [];
    const { calendar, kernel } = this.#environment;
    const lastTransitionTime = calendar.timestamp(kernel.now);
    return [...others, { type: 'ReplicaFailure', status: 'True', ...failure, lastTransitionTime }];
  }

  replied(key: string, { request, result }: ApiReply): void {
    if (request.kind !== 'Pod' || (request.verb !== 'create' && request.verb !== 'delete')) return;
    const owner = this.#owners.get(key);
    if (!result.ok) this.skipped(key, request);
    if (owner === undefined) return;
    const { events } = this.#environment;
    const { component } = this.#flavour;
    const created = request.verb === 'create';
    if (result.ok) {
      const { name } = result.object.metadata;
      if (created) events.record(component, owner, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`);
      else events.record(component, owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      return;
    }
    const { reason, message } = result.status;
    if (!created && reason === 'NotFound') return;
    const why: Failure = created
      ? { reason: 'FailedCreate', message: `Error creating: ${message}` }
      : { reason: 'FailedDelete', message: `Error deleting: ${message}` };
    events.record(component, owner, 'Warning', why.reason, why.message);
    this.#failures.set(key, { reason: why.reason, message });
  }

  skipped(key: string, request: ApiRequest): void {
    if (request.kind !== 'Pod') return;
    if (request.verb === 'create') this.#expectations.creationObserved(key);
    if (request.verb === 'delete') {
      this.#expectations.deletionObserved(key, objectKey(request.namespace, request.name));
    }
  }

  save(): State {
    return {
      claims: this.#claims.save(),
      expectations: this.#expectations.save(),
      failures: [...this.#failures],
    };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#claims.restore(state.claims);
    this.#expectations.restore(state.expectations);
    this.#failures = new Map(state.failures);
  }
}

/** Whether a ReplicaSet counts two states of a pod alike. */
function countsAlike(before: Pod, after: Pod): boolean {
  return (
    before.metadata.labels === after.metadata.labels &&
    before.metadata.ownerReferences === after.metadata.ownerReferences &&
    isActive(before) === isActive(after) &&
    isReady(before) === isReady(after)
  );
}
