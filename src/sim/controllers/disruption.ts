import type { Pod } from '../api/core.ts';
import type { IntOrString, KubeObject, StringMap } from '../api/meta.ts';
import { matchesSelector } from '../api/selectors.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { PodDisruptionBudget } from '../api/workloads.ts';
import { byNamespace } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import { keyOf, objectKey } from '../apiserver/request.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { isFinished, isReady, podCondition } from './pod-state.ts';
import { updateStatus } from './requests.ts';

/** Controllers whose scale says how many pods are expected. */
const SCALED = ['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet'];

/** Source: pkg/controller/disruption/disruption.go DeletionTimeout. */
const DELETION_TIMEOUT_SECONDS = 120;

/** A pod that was to be disrupted and lives on is told so after this. Source: the same, stalePodDisruptionTimeout. */
const STALE = 120 * SECOND;

/** Marks a queue key as a pod's. Names never hold a colon. */
const POD = 'pod:';

/** The disruption controller: how many pods of each PodDisruptionBudget may be evicted now. */
export const disruptionController: ControllerFactory = {
  name: 'disruption',
  create: (environment) => new Disruptions(environment),
};

/** An object with a number of replicas. */
type Scaled = KubeObject & { readonly spec: { readonly replicas?: number } };

class Disruptions implements Controller {
  readonly name = 'disruption';
  readonly workers = 1;
  readonly #calendar: Calendar;
  readonly #kernel: Kernel;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Index<Pod>;
  readonly #allPods: Informer<Pod>;
  readonly #owners: ReadonlyMap<string, Informer<Scaled>>;

  constructor({ informers, queue, calendar, kernel }: ControllerEnvironment) {
    this.#calendar = calendar;
    this.#kernel = kernel;
    this.#budgets = informers.informer<PodDisruptionBudget>('PodDisruptionBudget');
    const inNamespace = byNamespace(this.#budgets);
    const pods = informers.informer<Pod>('Pod');
    this.#pods = byNamespace(pods);
    this.#allPods = pods;
    this.#owners = new Map(SCALED.map((kind) => [kind, informers.informer(kind)]));
    this.#budgets.on((type, budget) => {
      if (type !== 'deleted') queue.add(keyOf(budget));
    });
    pods.on((type, pod) => {
      const stale = type === 'deleted' ? undefined : this.#staleAt(pod);
      if (stale !== undefined) queue.addAfter(POD + keyOf(pod), stale - kernel.now);
      const { namespace = '', labels } = pod.metadata;
      if (inNamespace.count(namespace) === 0) return;
      for (const budget of inNamespace.get(namespace)) {
        if (matchesSelector(budget.spec.selector, labels)) queue.add(keyOf(budget));
      }
    });
  }

  /** When the pod's DisruptionTarget is stale, if nothing comes of it; undefined where it has none. */
  #staleAt(pod: Pod): Micros | undefined {
    const target = podCondition(pod, 'DisruptionTarget');
    if (target?.status !== 'True' || pod.metadata.deletionTimestamp !== undefined || isFinished(pod)) return undefined;
    return this.#calendar.micros(target.lastTransitionTime ?? pod.metadata.creationTimestamp) + STALE;
  }

  #clear(key: string): Plan | undefined {
    const pod = this.#allPods.get(key);
    const at = pod === undefined ? undefined : this.#staleAt(pod);
    if (pod === undefined || at === undefined) return undefined;
    const { now } = this.#kernel;
    if (at > now) return { stages: [], requeueAfterSeconds: (at - now) / SECOND };
    const lastTransitionTime = this.#calendar.timestamp(now);
    const conditions = (pod.status.conditions ?? []).map((condition) =>
      condition.type === 'DisruptionTarget' ? { ...condition, status: 'False', lastTransitionTime } : condition,
    );
    const { namespace = '', name, uid } = pod.metadata;
    const patch = { metadata: { uid }, status: { conditions } };
    const target = { kind: 'Pod', namespace, name } as const;
    return { stages: [[{ ...target, verb: 'patch', subresource: 'status', patch, ignore: ['NotFound', 'Conflict'] }]] };
  }

  reconcile(key: string): Plan | undefined {
    if (key.startsWith(POD)) return this.#clear(key.slice(POD.length));
    const budget = this.#budgets.get(key);
    if (budget === undefined) return undefined;
    const { spec, metadata } = budget;
    const pods = this.#pods
      .get(metadata.namespace ?? '')
      .filter((pod) => matchesSelector(spec.selector, pod.metadata.labels));
    const disrupted = this.#disrupted(budget, pods);
    const living = pods.filter(({ metadata: { deletionTimestamp } }) => deletionTimestamp === undefined);
    const currentHealthy = living.filter((pod) => isReady(pod) && !(pod.metadata.name in disrupted)).length;
    const byCount = typeof spec.minAvailable === 'number';
    const expectedPods = byCount ? pods.length : this.#expected(pods);
    const desiredHealthy =
      spec.maxUnavailable === undefined
        ? countOf(spec.minAvailable ?? 1, expectedPods)
        : Math.max(0, expectedPods - countOf(spec.maxUnavailable, expectedPods));
    const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    const status: NonNullable<PodDisruptionBudget['status']> = {
      disruptionsAllowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
      ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    };
    const requeue = Object.keys(disrupted).length === 0 ? {} : { requeueAfterSeconds: DELETION_TIMEOUT_SECONDS };
    if (sameJson(budget.status, status)) return { stages: [], ...requeue };
    const write = updateStatus(budget as PodDisruptionBudget & { status: unknown }, status);
    // Refused where an eviction has been granted meanwhile: what it noted down must not be lost.
    const { resourceVersion } = metadata;
    const body = { ...write.body, metadata: { ...(write.body as KubeObject).metadata, resourceVersion } };
    return { stages: [[{ ...write, body }]], ...requeue };
  }

  /** Pods that were granted an eviction and are not seen being deleted yet; that it happens at all is waited for so long. */
  #disrupted({ status }: PodDisruptionBudget, pods: readonly Pod[]): StringMap {
    const noted = status?.disruptedPods;
    if (noted === undefined) return {};
    const disrupted: Record<string, string> = {};
    for (const { metadata } of pods) {
      const since = noted[metadata.name];
      if (since === undefined || metadata.deletionTimestamp !== undefined) continue;
      if (this.#calendar.micros(since) + DELETION_TIMEOUT_SECONDS * SECOND >= this.#kernel.now) {
        disrupted[metadata.name] = since;
      }
    }
    return disrupted;
  }

  /** The sum of the replicas that the pods' controllers want; a Deployment stands for its ReplicaSets. */
  #expected(pods: readonly Pod[]): number {
    const seen = new Set<string>();
    let expected = 0;
    for (const pod of pods) {
      const owner = this.#ownerOf(pod);
      const scaled = owner?.kind === 'ReplicaSet' ? (this.#ownerOf(owner) ?? owner) : owner;
      if (scaled === undefined || seen.has(scaled.metadata.uid)) continue;
      seen.add(scaled.metadata.uid);
      expected += scaled.spec.replicas ?? 0;
    }
    return expected;
  }

  /** The controller of an object, where it has a scale. */
  #ownerOf({ metadata }: KubeObject): Scaled | undefined {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner === undefined) return undefined;
    const object = this.#owners.get(owner.kind)?.get(objectKey(metadata.namespace, owner.name));
    return object?.metadata.uid === owner.uid ? object : undefined;
  }

  /** Nothing but what its queue holds. */
  save(): null {
    return null;
  }

  restore(): void {
    // Nothing to restore.
  }
}

/** A number, or a percentage of the pods expected, rounded up. */
function countOf(value: IntOrString, expected: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * expected);
}
