import type { Pod, PodStatus } from '../api/core.ts';
import { identityOfUid } from '../api/uid.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef } from '../kernel/kernel.ts';
import type { Micros } from '../kernel/time.ts';
import type { CpuAccount } from './cpu-account.ts';
import type { Spell } from './health.ts';
import { containersOf, initCount } from './pod-containers.ts';

/** A probe that goes on looking; plain data, replaced as a whole. */
export interface Probing {
  /** When it looked first: it looks every period from there. */
  readonly phase: Micros;
  /** Its next turn, or how far was looked. */
  readonly at: Micros;
  /** The container's health at that time. */
  readonly spell: Spell;
  /** Whether it is a turn. */
  readonly certain: boolean;
}

/** A container as its kubelet knows it; plain data. */
export interface ContainerRecord {
  /** Index into the pod's init containers followed by its containers. */
  readonly index: number;
  state: 'waiting' | 'running' | 'terminated';
  /** Why it waits, as its status says. */
  waitingReason: string;
  waitingMessage: string;
  startedAt: Micros;
  finishedAt: Micros;
  exitCode: number;
  terminatedReason: string;
  /** How the run before this one ended; undefined if there was none. */
  last: { startedAt: Micros; finishedAt: Micros; exitCode: number; reason: string } | undefined;
  restarts: number;
  /** Runs begun, for the draws. */
  runs: number;
  ready: boolean;
  /** Whether its start-up probe has passed, or there is none and it runs. */
  started: boolean;
  /** Whether the kubelet has noticed that it runs: from then on probes look at it. */
  seen: boolean;
  /** Its readiness and liveness probes, where they have something to find. */
  readiness: Probing | undefined;
  liveness: Probing | undefined;
  /** It is being killed because a probe failed, and what it will end with. */
  killing: boolean;
  killCode: number;
  /** What is left of its work as of a time, at full speed; -1: it runs for ever. How fast it gets on, and when it ends. */
  workLeft: Micros;
  workSince: Micros;
  speed: number;
  endsAt: Micros;
  /** When it last began to answer its start-up probe in time, or too late. */
  pacedAt: Micros;
  /** What it has of the processor, once it may get less than it wants. */
  cpu: CpuAccount | undefined;
  /** Back-off before the next restart, and when it was last set; 0 before the second start. */
  backOff: Micros;
  backOffSince: Micros;
  /** While it waits: not to be started before this time. */
  retryAt: Micros;
  /** Back-off before its image is pulled again, and when a pull failed last; 0: none did. */
  pullBackOff: Micros;
  pullFailedAt: Micros;
  /** Pulls so far, for the draws. */
  pulls: number;
}

/** A volume of a pod that is a claim's; plain data. */
export interface VolumeUse {
  readonly claim: string;
  /** Its CSI driver; '' for none. */
  driver: string;
  /** Its name in the node's status where it has to be attached; '' where not, or not known yet. */
  unique: string;
  /** When it is mounted; -1: not to be said yet. */
  mountedAt: Micros;
}

/** Where a pod stands on its node. */
export type PodStage =
  /** Its volumes are being mounted, then its sandbox (network included) is being made. */
  | 'sandbox'
  /** Init containers run, one after the other. */
  | 'init'
  /** Containers are started, one after the other, or all run. */
  | 'main'
  /** Containers have been told to stop. */
  | 'stopping'
  /** All has ended; the object stands until it is deleted. */
  | 'done';

/** A pod as its kubelet knows it; plain data. */
export interface PodRecord {
  /** Its number, by which events find it. */
  readonly id: number;
  readonly node: number;
  /** The object's key. */
  readonly key: string;
  /** The object as the watch last showed it. */
  pod: Pod;
  readonly identity: number;
  /** It is the kubelet's own: `pod` is what its folder says, and the API server has a mirror of it. */
  readonly isStatic: boolean;
  /** The mirror's UID; '' where there is none, as far as the kubelet knows. And whether it has been marked for deletion. */
  mirrorUid: string;
  mirrorLeaves: boolean;
  stage: PodStage;
  /** Counts what makes pending events void: the machine's crash, a stop. */
  epoch: number;
  startTime: Micros;
  /** What requests to it want of the processor, thousandths of a core at its full speed. */
  served: number;
  /** Since when probes of the pod look, and whether after a restart of the kubelet. */
  probesSince: Micros;
  kubeletRestarts: number;
  sandboxes: number;
  podIP: string;
  readonly containers: ContainerRecord[];
  /** Volumes that are mounted, or are to be. */
  volumes: VolumeUse[];
  /** Since when they are waited for, and how often in vain. */
  volumesSince: Micros;
  volumeTries: number;
  /** They are being unmounted, all containers having ended. */
  unmounting: boolean;
  /** Container that is being pulled for or started; -1 for none. */
  starting: number;
  /** When it becomes terminal against its will: reason and message, and whether that disrupts its owner's plans. */
  failure: { reason: string; message: string; disruption?: string } | undefined;
  /** Set when the object was marked for deletion and the kubelet has seen it. */
  deleting: boolean;
  /** When all containers will have stopped at the latest. */
  stopsAt: Micros;
  /** How its containers stop. */
  stops: readonly { readonly index: number; readonly at: Micros; readonly exitCode: number }[];
  /** The pending look at the pod (a sync), and its time. */
  sync: EventRef;
  syncAt: Micros;
  /** Draws used so far for PLEG phases and requeue jitter. */
  plegDraws: number;
  requeueDraws: number;
  /** Whether what it asks for is booked on the node. */
  booked: boolean;
  /** A write is on its way to the server. */
  sending: boolean;
  /** The status the server is known to have. */
  written: PodStatus | undefined;
  /** There is news since. */
  dirty: boolean;
  /** The object is to be removed once the server has the last status. */
  removing: boolean;
}

/** A copy that shares only immutable objects. */
export function copyPodRecord(record: PodRecord): PodRecord {
  return {
    ...record,
    containers: record.containers.map((container) => ({ ...container })),
    volumes: record.volumes.map((volume) => ({ ...volume })),
  };
}

/** A pod that its kubelet has just seen. */
export function newPodRecord(
  id: number,
  node: number,
  pod: Pod,
  key: string,
  now: Micros,
  isStatic = false,
): PodRecord {
  const waitingReason = initCount(pod) > 0 ? 'PodInitializing' : 'ContainerCreating';
  return {
    id,
    node,
    key,
    pod,
    identity: identityOfUid(pod.metadata.uid),
    isStatic,
    mirrorUid: '',
    mirrorLeaves: false,
    stage: 'sandbox',
    epoch: 0,
    startTime: now,
    served: 0,
    probesSince: now,
    kubeletRestarts: 0,
    sandboxes: 0,
    podIP: '',
    containers: containersOf(pod).map((_, index) => newContainer(pod, index, waitingReason, now)),
    volumes: [],
    volumesSince: 0,
    volumeTries: 0,
    unmounting: false,
    starting: -1,
    failure: undefined,
    deleting: false,
    stopsAt: 0,
    stops: [],
    sync: NO_EVENT,
    syncAt: 0,
    plegDraws: 0,
    requeueDraws: 0,
    booked: false,
    sending: false,
    written: undefined,
    dirty: false,
    removing: false,
  };
}

/** A container's run is over. */
export function endContainer(container: ContainerRecord, now: Micros, exitCode: number, reason: string): void {
  container.state = 'terminated';
  container.finishedAt = now;
  container.exitCode = exitCode;
  container.terminatedReason = reason;
  container.ready = false;
  container.started = false;
  container.seen = false;
  container.readiness = undefined;
  container.liveness = undefined;
  container.killing = false;
  container.workLeft = -1;
}

/** No further run follows: a container that waits for one stays as its last run ended. */
export function endForGood(container: ContainerRecord, now: Micros): void {
  if (container.state === 'running') endContainer(container, now, 0, 'Completed');
  else if (container.state === 'waiting' && container.last !== undefined) {
    const { startedAt, finishedAt, exitCode, reason } = container.last;
    Object.assign(container, { state: 'terminated', startedAt, finishedAt, exitCode, terminatedReason: reason });
  }
}

/**
 * A container that its kubelet has just come to know. One that ran before, on a machine that has been replaced since, is
 * found nowhere; it counts as ended. Init containers that had passed have passed.
 * Source: pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses.
 */
function newContainer(pod: Pod, index: number, waitingReason: string, now: Micros): ContainerRecord {
  const inits = initCount(pod);
  const { initContainerStatuses, containerStatuses } = pod.status;
  const before = index < inits ? initContainerStatuses?.[index] : containerStatuses?.[index - inits];
  const container: ContainerRecord = {
    index,
    state: 'waiting',
    waitingReason,
    waitingMessage: '',
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    terminatedReason: '',
    last: undefined,
    restarts: 0,
    runs: 0,
    ready: false,
    started: false,
    seen: false,
    readiness: undefined,
    liveness: undefined,
    killing: false,
    killCode: 0,
    workLeft: -1,
    workSince: 0,
    speed: 1,
    endsAt: 0,
    pacedAt: 0,
    cpu: undefined,
    backOff: 0,
    backOffSince: 0,
    retryAt: 0,
    pullBackOff: 0,
    pullFailedAt: 0,
    pulls: 0,
  };
  if (before === undefined) return container;
  const { state, lastState, restartCount } = before;
  if (index < inits && state.terminated?.exitCode === 0) {
    return {
      ...container,
      state: 'terminated',
      finishedAt: now,
      terminatedReason: 'Completed',
      runs: restartCount + 1,
    };
  }
  const ended = state.terminated ?? lastState?.terminated;
  if (state.running === undefined && ended === undefined) return container;
  const { exitCode = 137, reason = 'ContainerStatusUnknown' } = state.running === undefined ? (ended ?? {}) : {};
  const last = { startedAt: now, finishedAt: now, exitCode, reason };
  return { ...container, last, restarts: restartCount, runs: restartCount + 1 };
}
