import type { Pod } from '../../api/core.ts';
import type { Condition } from '../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../api/workloads.ts';
import { byController } from '../../apiserver/informer.ts';
import type { Index, Informer } from '../../apiserver/informer.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { keyOf, objectKey } from '../../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../../apiserver/request.ts';
import { Claims } from '../claims.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import type { ReconcilePolicies } from '../policies.ts';
import { isFinished } from '../pod-state.ts';
import { deleteObject, updateObject, updateStatus } from '../requests.ts';
import {
  REVISION,
  beyondHistory,
  createCurrent,
  currentAnnotations,
  currentKey,
  currentName,
  currentRevision,
  revisionOf,
} from './revisions.ts';
import { memoryOn, remembering } from './roll-out-memory.ts';
import { strategyRollOut } from './roll-out-policy.ts';
import type { RollOutPolicy } from './roll-out-policy.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, isScalingEvent, scaled } from './scaling.ts';
import {
  conditionOf,
  countedStatus,
  hasDeadline,
  isComplete,
  rolloutStatus,
  stuckAfter,
  withCondition,
} from './status.ts';
import type { Clock } from './status.ts';
import { sizeOf, viewOf } from './view.ts';
import type { Scale, View } from './view.ts';

const COMPONENT = 'deployment-controller';

/** The Deployment controller. `rollout` absent: as each Deployment's own strategy says. */
export function deploymentController({
  rollout = strategyRollOut,
}: Partial<ReconcilePolicies> = {}): ControllerFactory {
  return { name: 'deployment', create: (environment) => new Deployments(environment, rollout) };
}

interface State {
  readonly claims: unknown;
  readonly scaledFrom: readonly [string, number][];
  readonly memory: readonly [string, unknown][];
}

/** What one sync is to do, in the order of its parts. */
interface Step {
  readonly scales?: readonly Scale[] | undefined;
  /** The ReplicaSet of the current template is made, with so many pods. */
  readonly create?: number | undefined;
  readonly remove?: readonly ReplicaSet[] | undefined;
  readonly againAfterSeconds?: number | undefined;
  /** What the policy is to remember. */
  readonly memory?: unknown;
  /** A scaling alone says nothing about progress. */
  readonly rollout: boolean;
}

class Deployments implements Controller {
  readonly name = 'deployment';
  readonly workers: number;
  /** Source: deployment_controller.go maxRetries. */
  readonly maxRetries = 15;
  readonly #environment: ControllerEnvironment;
  readonly #deployments: Informer<Deployment>;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Index<Pod>;
  readonly #claims: Claims<Deployment, ReplicaSet>;
  /** Sizes before the scalings under way, by ReplicaSet, for their events. */
  #scaledFrom = new Map<string, number>();
  readonly #rollout: RollOutPolicy;
  /** What the roll-out policy keeps of each Deployment. */
  #memory = new Map<string, unknown>();

  constructor(environment: ControllerEnvironment, rollout: RollOutPolicy) {
    this.#rollout = rollout;
    const { informers, queue, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentDeploymentSyncs;
    this.#deployments = informers.informer<Deployment>('Deployment');
    this.#sets = informers.informer<ReplicaSet>('ReplicaSet');
    const pods = informers.informer<Pod>('Pod');
    this.#pods = byController(pods);
    this.#claims = new Claims(
      'Deployment',
      this.#deployments,
      this.#sets,
      (deployment) => deployment.spec.selector,
      (deployment) => queue.add(keyOf(deployment)),
    );
    this.#deployments.on((type, deployment) => {
      const key = keyOf(deployment);
      if (type === 'deleted') this.#memory.delete(key);
      queue.add(key);
    });
    pods.on((type, pod) => {
      if (type === 'deleted') this.#podGone(pod);
    });
  }

  /** Recreate goes on when the last old pod is gone; so may a policy of another kind. */
  #podGone(pod: Pod): void {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner?.kind !== 'ReplicaSet') return;
    const set = this.#sets.get(objectKey(pod.metadata.namespace, owner.name));
    const deployment = set === undefined ? undefined : this.#claims.ownerOf(set);
    if (deployment === undefined) return;
    if (this.#rollout === strategyRollOut && deployment.spec.strategy?.type !== 'Recreate') return;
    if (this.#pods.count(owner.uid) === 0) this.#environment.queue.add(keyOf(deployment));
  }

  reconcile(key: string): Plan | undefined {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined) return undefined;
    const { owned, requests } = this.#claims.claim(deployment);
    const view = viewOf(deployment, owned);
    const plan = this.#planOf(view, this.#stepOf(key, view));
    return requests.length === 0 ? plan : { ...plan, stages: [requests, ...(plan?.stages ?? [])] };
  }

  /** Source: deployment_controller.go syncDeployment. */
  #stepOf(key: string, view: View): Step {
    const { deployment, sets, current, olds, replicas, maxSurge, maxUnavailable } = view;
    if (deployment.metadata.deletionTimestamp !== undefined) return { rollout: false };
    if (deployment.spec.paused === true) return { scales: scaled(view), remove: beyondHistory(view), rollout: false };
    if (isScalingEvent(view)) return { scales: scaled(view), rollout: false };
    const { calendar, now } = this.#clock;
    const { create, scales, againAfterSeconds, memory } = this.#rollout.step({
      deployment,
      sets,
      current,
      olds,
      replicas,
      maxSurge,
      maxUnavailable,
      calendar,
      now,
      // What the process knows itself is newer than what its cache shows; a new process goes by that.
      memory: this.#memory.get(key) ?? memoryOn(deployment),
      hasPods: this.#hasRunningPods,
    });
    if (memory !== undefined) this.#memory.set(key, memory);
    const goesOn = create !== undefined || (scales !== undefined && scales.length > 0);
    const remove = !goesOn && isComplete(deployment, deployment.status) ? beyondHistory(view) : [];
    return { create, scales, againAfterSeconds, remove, memory, rollout: true };
  }

  get #clock(): Clock {
    return { calendar: this.#environment.calendar, now: this.#environment.kernel.now };
  }

  readonly #hasRunningPods = (set: ReplicaSet): boolean =>
    this.#pods.get(set.metadata.uid).some((pod) => !isFinished(pod));

  #planOf(view: View, step: Step): Plan | undefined {
    const { deployment, current } = view;
    const clock = this.#clock;
    if (step.create !== undefined && this.#nameIsTaken(deployment)) {
      const collisionCount = (deployment.status.collisionCount ?? 0) + 1;
      return { stages: [[updateStatus(deployment, { ...deployment.status, collisionCount })]] };
    }
    const conditions = this.#conditions(view, step, clock);
    const status = step.rollout ? rolloutStatus(view, clock, conditions) : countedStatus(view, clock, conditions);
    const changes = this.#changes(view, step);
    const after: ApiRequest[] = (step.remove ?? []).map((set) => deleteObject(set));
    const known = current ?? (step.create !== undefined ? { revision: currentRevision(view) } : undefined);
    const revision = known === undefined ? 0 : 'revision' in known ? known.revision : this.#revisionToBe(view, known);
    if (revision > 0 && revisionOf(deployment) !== revision) after.push(setRevision(deployment, revision));
    const remembered = step.memory === undefined ? undefined : remembering(deployment, step.memory);
    if (remembered !== undefined) after.push(remembered);
    const changed = !sameJson(deployment.status, status);
    if (changed) after.push(updateStatus(deployment, status));
    const stuck = changed || !step.rollout ? undefined : stuckAfter(deployment, status, clock);
    const again = Math.min(stuck ?? Infinity, step.againAfterSeconds ?? Infinity);
    if (changes.length + after.length === 0 && again === Infinity) return undefined;
    return { stages: [changes, after], ...(again === Infinity ? {} : { requeueAfterSeconds: again }) };
  }

  #nameIsTaken(deployment: Deployment): boolean {
    return this.#sets.get(currentKey(deployment)) !== undefined;
  }

  #revisionToBe(view: View, current: ReplicaSet): number {
    return Math.max(revisionOf(current), currentRevision(view));
  }

  /** Creation and changes of ReplicaSets: one request for each, its annotations and size together. */
  #changes(view: View, { scales = [], create }: Step): readonly ApiRequest[] {
    if (create !== undefined) return [createCurrent(view, create)];
    const { deployment, current, replicas, maxSurge } = view;
    const sizes = new Map(scales.map(({ set, replicas: size }) => [set, size]));
    if (current !== undefined && !sizes.has(current)) sizes.set(current, sizeOf(current));
    const requests: ApiRequest[] = [];
    for (const [set, size] of sizes) {
      const isScaled = scales.some((scale) => scale.set === set);
      const known = (set === current ? currentAnnotations(view) : set.metadata.annotations) ?? {};
      const annotations = isScaled
        ? { ...known, [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + maxSurge) }
        : known;
      const minReadySeconds = set === current ? deployment.spec.minReadySeconds : set.spec.minReadySeconds;
      const sameSpec = size === sizeOf(set) && minReadySeconds === set.spec.minReadySeconds;
      if (sameSpec && sameJson(annotations, set.metadata.annotations ?? {})) continue;
      const spec = { ...set.spec, replicas: size, ...(minReadySeconds === undefined ? {} : { minReadySeconds }) };
      if (size !== sizeOf(set)) this.#scaledFrom.set(keyOf(set), sizeOf(set));
      requests.push(updateObject({ ...set, metadata: { ...set.metadata, annotations }, spec } as ReplicaSet));
    }
    return requests;
  }

  #conditions(view: View, step: Step, clock: Clock): readonly Condition[] {
    const { deployment, current } = view;
    const conditions = deployment.status.conditions ?? [];
    if (!hasDeadline(deployment)) return conditions;
    const progressing = conditionOf(conditions, 'Progressing');
    const say = (status: Condition['status'], reason: string, message: string): readonly Condition[] =>
      withCondition(conditions, { type: 'Progressing', status, reason, message }, clock);
    const timedOut = progressing?.reason === 'ProgressDeadlineExceeded';
    if (deployment.spec.paused === true && !timedOut) {
      return say('Unknown', 'DeploymentPaused', 'Deployment is paused');
    }
    if (deployment.spec.paused !== true && progressing?.reason === 'DeploymentPaused') {
      return say('Unknown', 'DeploymentResumed', 'Deployment is resumed');
    }
    if (step.create !== undefined) {
      return say('True', 'NewReplicaSetCreated', `Created new replica set "${currentName(deployment)}"`);
    }
    if (current !== undefined && progressing === undefined && step.rollout) {
      return say('True', 'FoundNewReplicaSet', `Found new replica set "${current.metadata.name}"`);
    }
    return conditions;
  }

  replied(key: string, { request, result }: ApiReply): void {
    if (request.kind !== 'ReplicaSet' || (request.verb !== 'create' && request.verb !== 'update')) return;
    const { events } = this.#environment;
    const deployment = this.#deployments.get(key);
    const setKey = objectKey(request.namespace, request.name);
    const before = request.verb === 'create' ? 0 : this.#scaledFrom.get(setKey);
    this.#scaledFrom.delete(setKey);
    if (deployment === undefined) return;
    if (!result.ok) {
      if (request.verb === 'create' && result.status.reason !== 'AlreadyExists') {
        const message = `Failed to create new replica set "${request.name}": ${result.status.message}`;
        events.record(COMPONENT, deployment, 'Warning', 'ReplicaSetCreateError', message);
      }
      return;
    }
    const after = sizeOf(result.object as ReplicaSet);
    if (before === undefined || before === after) return;
    const direction = after > before ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${request.name} from ${before} to ${after}`;
    events.record(COMPONENT, deployment, 'Normal', 'ScalingReplicaSet', message);
  }

  save(): State {
    return { claims: this.#claims.save(), scaledFrom: [...this.#scaledFrom], memory: [...this.#memory] };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#claims.restore(state.claims);
    this.#scaledFrom = new Map(state.scaledFrom);
    this.#memory = new Map(state.memory);
  }
}

function setRevision(deployment: Deployment, revision: number): ApiRequest {
  const { namespace = '', name } = deployment.metadata;
  const patch = { metadata: { annotations: { [REVISION]: String(revision) } } };
  return { verb: 'patch', kind: 'Deployment', namespace, name, patch, ignore: ['NotFound'] };
}
