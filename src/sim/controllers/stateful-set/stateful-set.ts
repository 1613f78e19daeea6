import type { Pod, PodTemplateSpec } from '../../api/core.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { ControllerRevision, StatefulSet } from '../../api/workloads.ts';
import type { Informer } from '../../apiserver/informer.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { keyOf } from '../../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../../apiserver/request.ts';
import { SECOND } from '../../kernel/time.ts';
import { Claims } from '../claims.ts';
import { ControllerRevisions } from '../controller-revisions.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { untilAvailable } from '../pod-state.ts';
import { deleteObject, updateStatus } from '../requests.ts';
import { retainClaims } from './claim-retention.ts';
import {
  createClaims,
  createMember,
  isRunningAndReady,
  isTerminating,
  ordinalOf,
  revisionOfMember,
} from './members.ts';
import { nextActions } from './next-actions.ts';
import type { Actions } from './next-actions.ts';

const COMPONENT = 'statefulset-controller';

/** The StatefulSet controller. */
export const statefulSetController: ControllerFactory = {
  name: 'statefulset',
  create: (environment) => new StatefulSets(environment),
};

class StatefulSets implements Controller {
  readonly name = 'statefulset';
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #sets: Informer<StatefulSet>;
  readonly #volumeClaims: Informer<KubeObject>;
  readonly #claims: Claims<StatefulSet, Pod>;
  readonly #revisions: ControllerRevisions;

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentStatefulSetSyncs;
    this.#sets = informers.informer<StatefulSet>('StatefulSet');
    this.#volumeClaims = informers.informer<KubeObject>('PersistentVolumeClaim');
    this.#revisions = new ControllerRevisions(informers.informer<ControllerRevision>('ControllerRevision'));
    this.#claims = new Claims(
      'StatefulSet',
      this.#sets,
      informers.informer<Pod>('Pod'),
      (set) => set.spec.selector,
      (set) => queue.add(keyOf(set)),
    );
    this.#sets.on((_type, set) => queue.add(keyOf(set)));
  }

  reconcile(key: string): Plan | undefined {
    const set = this.#sets.get(key);
    if (set === undefined) return undefined;
    const { owned, requests } = this.#claims.claim(set);
    const update = this.#revisions.current(set, set.spec.template);
    const current = this.#currentRevision(set, update.name);
    const { wanted, condemned } = sorted(set, owned);
    const actions = nextActions({
      set,
      wanted,
      condemned,
      updateRevision: update.name,
      isAvailable: (pod) => this.#untilAvailable(set, pod) === 0,
    });
    const members = [...wanted.filter((pod) => pod !== undefined), ...condemned];
    const status = this.#status(set, members, current.name, update.name);
    const changes = this.#requests(set, actions, current, update.name);
    const live = new Set([
      status.currentRevision ?? '',
      update.name,
      ...members.map((pod) => revisionOfMember(pod) ?? ''),
    ]);
    const history = this.#revisions.beyondLimit(set, live, set.spec.revisionHistoryLimit ?? 10);
    if (actions.recreates === true) for (const pod of actions.delete) this.#sayRecreated(set, pod);
    const always = sameJson(set.status, status) ? [] : [updateStatus(set, status)];
    const retained = retainClaims(set, ordinalsOf(set, wanted, condemned), (claim) => this.#volumeClaims.get(claim));
    const stages = [[...requests, ...update.requests, ...retained], ...changes, history];
    const waits = members.map((pod) => this.#untilAvailable(set, pod) ?? 0).filter((left) => left > 0);
    if (stages.every((stage) => stage.length === 0) && always.length + waits.length === 0) return undefined;
    const again = waits.length === 0 ? {} : { requeueAfterSeconds: Math.min(...waits) / SECOND };
    return { stages, always, slowStart: true, ...again };
  }

  /** The revision members below the partition are made from, with its template. */
  #currentRevision(set: StatefulSet, update: string): { readonly name: string; readonly template: PodTemplateSpec } {
    const name = set.status.currentRevision ?? update;
    const template = name === update ? undefined : this.#revisions.templateOf(set, name);
    return template === undefined ? { name: update, template: set.spec.template } : { name, template };
  }

  #untilAvailable(set: StatefulSet, pod: Pod): number | undefined {
    const { calendar, kernel } = this.#environment;
    return untilAvailable(pod, set.spec.minReadySeconds ?? 0, calendar, kernel.now);
  }

  #requests(
    set: StatefulSet,
    actions: Actions,
    current: { readonly name: string; readonly template: PodTemplateSpec },
    update: string,
  ): readonly (readonly ApiRequest[])[] {
    const start = set.spec.ordinals?.start ?? 0;
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const rolling = set.spec.updateStrategy?.type !== 'OnDelete';
    const claims: ApiRequest[] = [];
    const pods: ApiRequest[] = [];
    for (const index of actions.create) {
      const ordinal = start + index;
      const old = rolling && ordinal < start + partition;
      claims.push(...createClaims(set, ordinal, (key) => this.#volumeClaims.get(key)));
      pods.push(
        old
          ? createMember(set, current.template, current.name, ordinal)
          : createMember(set, set.spec.template, update, ordinal),
      );
    }
    const deletions = actions.delete.map((pod): ApiRequest => ({
      ...deleteObject(pod, { preconditions: { uid: pod.metadata.uid } }),
      ignore: ['NotFound', 'Conflict'],
    }));
    return [claims, pods, deletions];
  }

  #status(set: StatefulSet, members: readonly Pod[], current: string, update: string): StatefulSet['status'] {
    let readyReplicas = 0;
    let availableReplicas = 0;
    let currentReplicas = 0;
    let updatedReplicas = 0;
    for (const pod of members) {
      if (isRunningAndReady(pod)) {
        readyReplicas++;
        if (this.#untilAvailable(set, pod) === 0) availableReplicas++;
      }
      if (isTerminating(pod)) continue;
      const revision = revisionOfMember(pod);
      if (revision === current) currentReplicas++;
      if (revision === update) updatedReplicas++;
    }
    const replicas = members.length;
    const complete =
      set.spec.updateStrategy?.type !== 'OnDelete' && updatedReplicas === replicas && readyReplicas === replicas;
    const { generation } = set.metadata;
    return {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      replicas,
      ...(readyReplicas > 0 ? { readyReplicas } : {}),
      availableReplicas,
      ...(complete ? { currentReplicas: updatedReplicas } : currentReplicas > 0 ? { currentReplicas } : {}),
      ...(updatedReplicas > 0 ? { updatedReplicas } : {}),
      currentRevision: complete ? update : current,
      updateRevision: update,
    };
  }

  #sayRecreated(set: StatefulSet, pod: Pod): void {
    const { namespace = '', name } = set.metadata;
    const message = `StatefulSet ${namespace}/${name} is recreating failed Pod ${pod.metadata.name}`;
    this.#environment.events.record(COMPONENT, set, 'Warning', 'RecreatingFailedPod', message);
  }

  replied(key: string, { request, result }: ApiReply): void {
    const set = this.#sets.get(key);
    if (set === undefined || request.kind !== 'Pod' || (request.verb !== 'create' && request.verb !== 'delete')) return;
    const reason = request.verb === 'create' ? 'Create' : 'Delete';
    const what = `${request.verb} Pod ${request.name} in StatefulSet ${set.metadata.name}`;
    const { events } = this.#environment;
    if (result.ok) {
      events.record(COMPONENT, set, 'Normal', `Successful${reason}`, `${what} successful`);
    } else if (request.ignore?.includes(result.status.reason) !== true) {
      events.record(COMPONENT, set, 'Warning', `Failed${reason}`, `${what} failed error: ${result.status.message}`);
    }
  }

  save(): unknown {
    return this.#claims.save();
  }

  restore(saved: unknown): void {
    this.#claims.restore(saved);
  }
}

/** Members with their ordinals, and whether they are to go. */
function ordinalsOf(
  set: StatefulSet,
  wanted: readonly (Pod | undefined)[],
  condemned: readonly Pod[],
): readonly { readonly pod: Pod; readonly ordinal: number; readonly condemned: boolean }[] {
  if ((set.spec.volumeClaimTemplates ?? []).length === 0) return [];
  const of = (pod: Pod | undefined, going: boolean) =>
    pod === undefined ? [] : [{ pod, ordinal: ordinalOf(set, pod) ?? 0, condemned: going }];
  return [...wanted.flatMap((pod) => of(pod, false)), ...condemned.flatMap((pod) => of(pod, true))];
}

/** Members by their place: wanted ordinals, and those beyond them. */
function sorted(
  set: StatefulSet,
  owned: readonly Pod[],
): { readonly wanted: readonly (Pod | undefined)[]; readonly condemned: readonly Pod[] } {
  const start = set.spec.ordinals?.start ?? 0;
  const replicas = set.spec.replicas ?? 1;
  const wanted = Array.from({ length: replicas }, (): Pod | undefined => undefined);
  const condemned: { readonly pod: Pod; readonly ordinal: number }[] = [];
  for (const pod of owned) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= start && ordinal < start + replicas) wanted[ordinal - start] = pod;
    else condemned.push({ pod, ordinal });
  }
  condemned.sort((a, b) => a.ordinal - b.ordinal);
  return { wanted, condemned: condemned.map(({ pod }) => pod) };
}
