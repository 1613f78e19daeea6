import type { Pod } from '../api/core.ts';
import type { Condition, LabelSelector } from '../api/meta.ts';
import { matchesPairs, matchesSelector } from '../api/selectors.ts';
import type { ReplicaSet } from '../api/workloads.ts';
import { byController, controllerUid } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import { keyOf } from '../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { Claims } from './claims.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { Expectations } from './expectations.ts';
import { recordPodReply } from './pod-replies.ts';
import type { PodFailure } from './pod-replies.ts';
import { isActive, isReady, untilAvailable } from './pod-state.ts';
import type { ScaleDownPolicy } from './policies.ts';
import { ReplicaCounts, countsAlike } from './replica-counts.ts';
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
  readonly failures: readonly [string, PodFailure][];
}

/** An owner's active pods in numbers. */
interface Census {
  readonly active: number;
  readonly fullyLabeled: number;
  readonly ready: number;
  readonly available: number;
  /** Time until the next ready pod is available; undefined where none is to become so. */
  readonly untilNextAvailable: Micros | undefined;
}

class ReplicaSets implements Controller {
  readonly name: string;
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #flavour: Flavour;
  readonly #scaleDown: ScaleDownPolicy;
  readonly #owners: Informer<ReplicaSet>;
  readonly #pods: Index<Pod>;
  readonly #counts: ReplicaCounts;
  readonly #siblings: Index<ReplicaSet>;
  readonly #claims: Claims<ReplicaSet, Pod>;
  readonly #expectations = new Expectations();
  /** Why the latest sync that had to change the number of pods could not. */
  #failures = new Map<string, PodFailure>();

  constructor(environment: ControllerEnvironment, flavour: Flavour, options: Options) {
    const { informers, queue } = environment;
    this.#environment = environment;
    this.#flavour = flavour;
    this.#scaleDown = options.scaleDown;
    this.name = flavour.name;
    const { concurrentReplicaSetSyncs, concurrentRcSyncs } = environment.settings.controllerManager;
    this.workers = flavour.kind === 'ReplicaSet' ? concurrentReplicaSetSyncs : concurrentRcSyncs;
    this.#owners = informers.informer<ReplicaSet>(flavour.kind);
    const pods = informers.informer<Pod>('Pod');
    this.#pods = byController(pods);
    this.#counts = new ReplicaCounts(pods);
    this.#siblings = byController(this.#owners);
    this.#claims = new Claims(flavour.kind, this.#owners, pods, flavour.selectorOf, (...told) =>
      this.#podChanged(...told),
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

  #podChanged(
    owner: ReplicaSet,
    type: 'added' | 'modified' | 'deleted',
    pod: Pod,
    previous: Pod | undefined,
    key: string,
    podKey: string,
  ): void {
    // What the owner's status and number of pods do not depend on needs no look at all of its pods.
    const alike = type === 'modified' && previous !== undefined && countsAlike(previous, pod);
    if (alike && pod.metadata.deletionTimestamp === undefined) return;
    const { queue, calendar, kernel } = this.#environment;
    this.#expectations.observed(key, type, pod, podKey);
    if (alike) return;
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
    const mayChange = owner.metadata.deletionTimestamp === undefined && this.#expectations.satisfied(key, now);
    let census = this.#glance(owner);
    let requests: readonly ApiRequest[] = [];
    let changes: readonly ApiRequest[] = [];
    if (census === undefined || (mayChange && census.active > (owner.spec.replicas ?? 1))) {
      const claim = this.#claims.claim(owner);
      requests = claim.requests;
      const active = claim.owned.filter((pod) => isActive(pod));
      census = this.#survey(owner, active);
      if (mayChange) changes = this.#changes(key, owner, active.length, active);
    } else if (mayChange) {
      changes = this.#changes(key, owner, census.active, []);
    }
    const status = this.#status(key, owner, census);
    const { untilNextAvailable } = census;
    const always = sameJson(owner.status, status) ? [] : [updateStatus(owner, status)];
    if (requests.length + changes.length + always.length === 0 && untilNextAvailable === undefined) return undefined;
    return {
      stages: [requests, changes],
      always,
      slowStart: true,
      ...(untilNextAvailable === undefined ? {} : { requeueAfterSeconds: untilNextAvailable / SECOND }),
    };
  }

  /** The owner's pods in numbers without a look at any; undefined where one is needed. */
  #glance(owner: ReplicaSet): Census | undefined {
    if ((owner.spec.minReadySeconds ?? 0) > 0 || this.#claims.mayAdopt(owner)) return undefined;
    const selector = this.#flavour.selectorOf(owner);
    const wanted = owner.spec.template.metadata?.labels ?? {};
    let active = 0;
    let fullyLabeled = 0;
    let ready = 0;
    for (const replicas of this.#counts.of(owner.metadata.uid)) {
      if (!matchesSelector(selector, replicas.labels)) return undefined;
      active += replicas.active;
      ready += replicas.ready;
      if (replicas.labels === wanted || matchesPairs(wanted, replicas.labels)) fullyLabeled += replicas.active;
    }
    return { active, fullyLabeled, ready, available: ready, untilNextAvailable: undefined };
  }

  #survey(owner: ReplicaSet, active: readonly Pod[]): Census {
    const { calendar, kernel } = this.#environment;
    const minReadySeconds = owner.spec.minReadySeconds ?? 0;
    const wanted = owner.spec.template.metadata?.labels ?? {};
    let fullyLabeled = 0;
    let ready = 0;
    let available = 0;
    let untilNextAvailable: number | undefined;
    for (const pod of active) {
      if (pod.metadata.labels === wanted || matchesPairs(wanted, pod.metadata.labels)) fullyLabeled++;
      const left = untilAvailable(pod, minReadySeconds, calendar, kernel.now);
      if (left === undefined) continue;
      ready++;
      if (left === 0) available++;
      else untilNextAvailable = Math.min(untilNextAvailable ?? Infinity, left);
    }
    return { active: active.length, fullyLabeled, ready, available, untilNextAvailable };
  }

  /** What brings the number of active pods to the one that is wanted; `pods` are they, where there are too many. */
  #changes(key: string, owner: ReplicaSet, active: number, pods: readonly Pod[]): readonly ApiRequest[] {
    const { now } = this.#environment.kernel;
    const excess = active - (owner.spec.replicas ?? 1);
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
    const going = this.#toDelete(owner, pods, Math.min(excess, BURST));
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

  #status(key: string, owner: ReplicaSet, census: Census): ReplicaSet['status'] {
    const { active, fullyLabeled, ready, available } = census;
    const conditions = this.#conditions(key, owner);
    const generation = owner.metadata.generation;
    const some = (count: number): number | undefined => (count > 0 ? count : undefined);
    // One shape for all, fields that are undefined count as absent: see numberedMeta.
    const status: Record<keyof ReplicaSet['status'], unknown> = {
      replicas: active,
      fullyLabeledReplicas: some(fullyLabeled),
      readyReplicas: some(ready),
      availableReplicas: some(available),
      observedGeneration: generation,
      conditions: conditions.length > 0 ? conditions : undefined,
    };
    return status as unknown as ReplicaSet['status'];
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

  replied(key: string, reply: ApiReply): void {
    const { request, result } = reply;
    if (request.kind !== 'Pod' || (request.verb !== 'create' && request.verb !== 'delete')) return;
    const owner = this.#owners.get(key);
    if (!result.ok) this.skipped(key, request);
    if (owner === undefined) return;
    const failure = recordPodReply(this.#environment.events, this.#flavour.component, owner, reply);
    if (failure !== undefined) this.#failures.set(key, failure);
  }

  skipped(key: string, request: ApiRequest): void {
    if (request.kind === 'Pod') this.#expectations.notAsked(key, request);
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
    this.#counts.restored();
    this.#claims.restore(state.claims);
    this.#expectations.restore(state.expectations);
    this.#failures = new Map(state.failures);
  }
}
