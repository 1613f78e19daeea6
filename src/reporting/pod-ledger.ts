import type { Pod, PodPhase } from '../sim/api/core.ts';
import { podRequests } from '../sim/api/pod-requests.ts';
import type { Requests } from '../sim/api/pod-requests.ts';
import type { Change } from '../sim/etcd/store.ts';
import type { Micros } from '../sim/kernel/time.ts';
import { Refusals } from './refusals.ts';

/** A pod's life in times; undefined where it never got there. */
export interface PodLife {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ownerKind: string;
  readonly owner: string;
  readonly priority: number;
  readonly requests: Requests;
  readonly created: Micros;
  scheduled: Micros | undefined;
  running: Micros | undefined;
  ready: Micros | undefined;
  finished: Micros | undefined;
  /** When it was marked for deletion. */
  deleting: Micros | undefined;
  deleted: Micros | undefined;
  node: string;
  phase: PodPhase;
  isReady: boolean;
  restarts: number;
  attempts: number;
  /** Why it could not be scheduled at the last attempt; '' once it was. */
  unschedulable: string;
  /** Reason of a failure or eviction. */
  reason: string;
}

/** Told when what a pod occupies begins or ends to count on a node. */
export type Occupation = (node: string, life: PodLife, sign: 1 | -1) => void;

/** All pods of a run and their counts, kept as changes come: no look at a pod that did not change. */
export class PodLedger {
  readonly pods = new Map<string, PodLife>();
  readonly phases: Record<PodPhase, number> = { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 };
  ready = 0;
  terminating = 0;
  created = 0;
  deleted = 0;
  restarts = 0;
  /** Pending pods whose last attempt failed. */
  unschedulable = 0;
  readonly #occupies: Occupation;

  constructor(occupies: Occupation) {
    this.#occupies = occupies;
  }

  changed({ type, object, time }: Change): void {
    const pod = object as Pod;
    const known = this.pods.get(pod.metadata.uid);
    if (known === undefined) this.#added(pod, time);
    else if (type === 'DELETED') this.#deleted(known, pod, time);
    else this.#modified(known, pod, time);
  }

  /** What the scheduler said of those that wait. */
  readonly refusals = new Refusals();

  /** Notes a scheduling attempt. */
  attempted(uid: string, message: string): void {
    const life = this.pods.get(uid);
    if (life === undefined) return;
    life.attempts++;
    if (life.deleted === undefined && life.scheduled === undefined) {
      this.unschedulable += Number(message !== '') - Number(life.unschedulable !== '');
    }
    life.unschedulable = message;
  }

  #added(pod: Pod, time: Micros): void {
    const { metadata, spec, status } = pod;
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    const life: PodLife = {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      uid: metadata.uid,
      ownerKind: owner?.kind ?? '',
      owner: owner?.name ?? '',
      priority: spec.priority ?? 0,
      requests: podRequests(spec),
      created: time,
      scheduled: undefined,
      running: undefined,
      ready: undefined,
      finished: undefined,
      deleting: undefined,
      deleted: undefined,
      node: '',
      phase: 'Pending',
      isReady: false,
      restarts: 0,
      attempts: 0,
      unschedulable: '',
      reason: '',
    };
    this.pods.set(metadata.uid, life);
    this.created++;
    this.phases[status.phase]++;
    life.phase = status.phase;
    this.#modified(life, pod, time);
  }

  #modified(life: PodLife, { metadata, spec, status }: Pod, time: Micros): void {
    if (spec.nodeName !== undefined && life.node === '') {
      life.node = spec.nodeName;
      life.scheduled = time;
      if (life.unschedulable !== '') this.unschedulable--;
      life.unschedulable = '';
      this.#occupies(life.node, life, 1);
    }
    if (metadata.deletionTimestamp !== undefined && life.deleting === undefined) {
      life.deleting = time;
      this.terminating++;
    }
    if (status.phase !== life.phase) this.#phase(life, status.phase, time);
    let ready = false;
    let disruption = '';
    for (const condition of status.conditions ?? []) {
      if (condition.type === 'Ready') ready = condition.status === 'True';
      else if (condition.type === 'DisruptionTarget') disruption = condition.reason ?? '';
    }
    if (ready !== life.isReady) {
      life.isReady = ready;
      this.ready += ready ? 1 : -1;
      if (ready) life.ready ??= time;
    }
    let restarts = 0;
    for (const { restartCount } of status.containerStatuses ?? []) restarts += restartCount;
    this.restarts += restarts - life.restarts;
    life.restarts = restarts;
    if (status.reason !== undefined) life.reason = status.reason;
    if (disruption !== '') life.reason = disruption;
  }

  #phase(life: PodLife, phase: PodPhase, time: Micros): void {
    this.phases[life.phase]--;
    this.phases[phase]++;
    life.phase = phase;
    if (phase === 'Running') life.running ??= time;
    if (phase !== 'Succeeded' && phase !== 'Failed') return;
    // A pod so short that nobody saw it run ran all the same.
    if (phase === 'Succeeded') life.running ??= time;
    life.finished = time;
    if (life.node !== '') this.#occupies(life.node, life, -1);
  }

  #deleted(life: PodLife, pod: Pod, time: Micros): void {
    this.#modified(life, pod, time);
    life.deleted = time;
    this.deleted++;
    this.phases[life.phase]--;
    if (life.isReady) this.ready--;
    if (life.deleting !== undefined) this.terminating--;
    if (life.unschedulable !== '' && life.scheduled === undefined) this.unschedulable--;
    if (life.node !== '' && life.finished === undefined) this.#occupies(life.node, life, -1);
  }
}
