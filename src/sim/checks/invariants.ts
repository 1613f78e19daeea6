import type { KubeNode, Pod, PodPhase } from '../api/core.ts';
import { amounts, podRequests } from '../api/pod-requests.ts';
import type { EndpointSlice } from '../api/workloads.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import type { Change } from '../etcd/store.ts';
import type { Micros } from '../kernel/time.ts';
import { observedRevision } from '../network/endpoints.ts';
import { InvariantViolation } from './invariant-violation.ts';

/** Phases a pod may go to from each; to stay is always allowed. Source: the pod life-cycle of the API's documentation. */
const NEXT_PHASES: Readonly<Record<PodPhase, readonly PodPhase[]>> = {
  Pending: ['Running', 'Succeeded', 'Failed', 'Unknown'],
  Running: ['Succeeded', 'Failed', 'Unknown'],
  Unknown: ['Pending', 'Running', 'Succeeded', 'Failed'],
  Succeeded: [],
  Failed: [],
};

/** What is known of a pod besides its object. */
interface PodRecord {
  phase: PodPhase;
  nodeName: string | undefined;
  /** Whether its node has taken it in and still carries it. */
  admitted: boolean;
  /** Since which revision it was ready and since which it was not, by turns; begins with readiness. */
  readonly turns: number[];
}

/**
 * What must hold at every instant, checked at every write: of all runs with `--check`, and in every test of whole
 * clusters. Costs a few map look-ups a write, so it changes no result and little of the speed.
 */
export class Invariants {
  readonly #server: ApiServer;
  readonly #pods = new Map<string, PodRecord>();
  readonly #phases: Record<PodPhase, number> = { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 };
  /** Sums of what admitted pods ask for, by node. */
  readonly #used = new Map<string, Map<string, number>>();
  #created = 0;
  #deleted = 0;
  #time: Micros = 0;
  #revision: number;

  /** Begins to watch a server, at whatever it holds now. */
  constructor(server: ApiServer) {
    this.#server = server;
    this.#revision = server.revision;
    for (const pod of server.all('Pod')) this.#podAdded(pod as Pod);
    server.observe((change) => this.#check(change));
  }

  /** Writes that were checked. */
  checked = 0;

  #check(change: Change): void {
    this.checked++;
    this.#order(change);
    if (change.kind === 'Pod') this.#pod(change, change.object as Pod);
    else if (change.kind === 'EndpointSlice') this.#slice(change, change.object as EndpointSlice);
  }

  #fail(invariant: string, found: string, change: Change): never {
    const all = this.#server.changesAfter(Math.max(0, this.#server.compactedRevision));
    const history = all.filter(({ kind, key }) => kind === change.kind && key === change.key);
    throw new InvariantViolation(invariant, found, change, history);
  }

  #order(change: Change): void {
    if (change.time < this.#time) this.#fail('the clock never goes back', `it stood at ${this.#time} µs`, change);
    if (change.revision <= this.#revision) {
      this.#fail('revisions increase', `the last one was ${this.#revision}`, change);
    }
    const { resourceVersion } = change.object.metadata;
    if (resourceVersion !== String(change.revision)) {
      this.#fail('an object carries its revision', `resourceVersion is ${resourceVersion}`, change);
    }
    if (change.previous !== undefined && Number(change.previous.metadata.resourceVersion) >= change.revision) {
      const before = change.previous.metadata.resourceVersion;
      this.#fail("an object's revisions increase", `it had ${before} before`, change);
    }
    this.#time = change.time;
    this.#revision = change.revision;
  }

  #pod(change: Change, pod: Pod): void {
    if (change.type === 'ADDED') this.#podAdded(pod);
    else this.#podChanged(change, pod);
    const sum = Object.values(this.#phases).reduce((total, count) => total + count, 0);
    if (sum !== this.#created - this.#deleted || sum !== this.#server.count('Pod')) {
      const counts = JSON.stringify(this.#phases);
      const found = `created ${this.#created}, deleted ${this.#deleted}, stored ${this.#server.count('Pod')}, ${counts}`;
      this.#fail('created = pending + running + succeeded + failed + deleted', found, change);
    }
    const { nodeName } = pod.spec;
    if (nodeName !== undefined) this.#capacity(change, nodeName);
  }

  #podAdded(pod: Pod): void {
    const { phase } = pod.status;
    this.#created++;
    this.#phases[phase]++;
    const turns = isReady(pod) ? [Number(pod.metadata.resourceVersion)] : [];
    const record: PodRecord = { phase, nodeName: pod.spec.nodeName, admitted: false, turns };
    this.#pods.set(pod.metadata.uid, record);
    this.#carry(record, pod, isAdmitted(pod));
  }

  #podChanged(change: Change, pod: Pod): void {
    const record = this.#pods.get(pod.metadata.uid);
    if (record === undefined) this.#fail('only what was created changes', `uid ${pod.metadata.uid} is new`, change);
    const { nodeName } = pod.spec;
    if (record.nodeName !== undefined && record.nodeName !== nodeName) {
      this.#fail('no pod is bound twice', `it was on ${record.nodeName}, now ${String(nodeName)}`, change);
    }
    const { phase } = pod.status;
    if (phase !== record.phase && !NEXT_PHASES[record.phase].includes(phase)) {
      this.#fail("a pod's phases come in order", `${record.phase}, then ${phase}`, change);
    }
    this.#phases[record.phase]--;
    record.nodeName = nodeName;
    record.phase = phase;
    const gone = change.type === 'DELETED';
    const ready = !gone && isReady(pod);
    if (ready !== (record.turns.length % 2 === 1)) record.turns.push(change.revision);
    this.#carry(record, pod, !gone && isAdmitted(pod));
    if (gone) this.#deleted++;
    else this.#phases[phase]++;
  }

  /** Books a pod on its node or off it. */
  #carry(record: PodRecord, pod: Pod, admitted: boolean): void {
    if (record.admitted === admitted || record.nodeName === undefined) return;
    record.admitted = admitted;
    let used = this.#used.get(record.nodeName);
    if (used === undefined) {
      used = new Map();
      this.#used.set(record.nodeName, used);
    }
    const sign = admitted ? 1 : -1;
    for (const [resource, amount] of podRequests(pod.spec)) {
      used.set(resource, (used.get(resource) ?? 0) + sign * amount);
    }
    used.set('pods', (used.get('pods') ?? 0) + sign);
  }

  #capacity(change: Change, nodeName: string): void {
    const node = this.#server.get<KubeNode>('Node', '', nodeName);
    // Pods of a node that was deleted stand until they are collected.
    if (node === undefined) return;
    const allocatable = amounts(node.status.allocatable ?? node.status.capacity);
    for (const [resource, used] of this.#used.get(nodeName) ?? []) {
      if (used === 0 || used <= (allocatable.get(resource) ?? (resource === 'pods' ? Infinity : 0))) continue;
      const found = `${nodeName} carries ${used} of ${allocatable.get(resource) ?? 0} ${resource}`;
      this.#fail("no node's admitted pods are over its allocatable", found, change);
    }
  }

  #slice(change: Change, slice: EndpointSlice): void {
    if (change.type === 'DELETED') return;
    for (const endpoint of slice.endpoints) {
      const { conditions, targetRef } = endpoint;
      // With publishNotReadyAddresses an endpoint is ready whatever its pod is; serving says that the pod is.
      if (!conditions.ready || conditions.serving === false || targetRef === undefined) continue;
      const seen = observedRevision(endpoint) ?? change.revision;
      if (readyAt(this.#pods.get(targetRef.uid), seen)) continue;
      const found = `${targetRef.name} was not at revision ${seen}`;
      this.#fail('an endpoint is ready only where its pod was seen ready', found, change);
    }
  }
}

function readyAt(record: PodRecord | undefined, revision: number): boolean {
  if (record === undefined) return false;
  let turns = 0;
  for (const since of record.turns) if (since <= revision) turns++;
  return turns % 2 === 1;
}

function isReady(pod: Pod): boolean {
  return (pod.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Its kubelet has taken the pod in (startTime) and its containers may run. */
function isAdmitted(pod: Pod): boolean {
  const { phase, startTime } = pod.status;
  return pod.spec.nodeName !== undefined && startTime !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
}
