import type { Container, ContainerState, ContainerStatus, Pod, PodPhase, PodStatus } from '../api/core.ts';
import type { Condition } from '../api/meta.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Micros } from '../kernel/time.ts';
import { containersOf, initCount, isSidecar, restarts } from './pod-containers.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** Conditions the kubelet sets; all others on the object are kept. */
const OWN = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']);

/** Source: pkg/kubelet/kubelet_pods.go getPhase. */
export function phaseOf(record: PodRecord): PodPhase {
  // While containers run there is no telling how they will end.
  if (record.failure !== undefined && record.stage === 'done') return 'Failed';
  const { pod, containers } = record;
  const inits = initCount(pod);
  const stopped = record.stage === 'done';
  for (let i = 0; i < inits; i++) {
    const { state, exitCode } = containers[i] as ContainerRecord;
    if (isSidecar(pod, i)) continue;
    if (state === 'terminated' && exitCode === 0) continue;
    if (state === 'terminated' && (stopped || !restarts(pod, i, exitCode))) return 'Failed';
    return stopped ? 'Failed' : 'Pending';
  }
  let running = 0;
  let waiting = 0;
  let failed = 0;
  for (let i = inits; i < containers.length; i++) {
    const { state, exitCode, last } = containers[i] as ContainerRecord;
    if (state === 'running') running++;
    else if (state === 'waiting' && last === undefined) waiting++;
    else if (state === 'waiting') running++;
    else if (!stopped && restarts(pod, i, exitCode)) running++;
    else if (exitCode !== 0) failed++;
  }
  if (stopped && waiting > 0) return 'Failed';
  if (waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  return failed > 0 ? 'Failed' : 'Succeeded';
}

function stateOf(record: ContainerRecord, calendar: Calendar): ContainerState {
  const { state, startedAt, finishedAt, exitCode, terminatedReason: reason } = record;
  if (state === 'waiting') {
    const { waitingReason, waitingMessage: message } = record;
    return { waiting: message === '' ? { reason: waitingReason } : { reason: waitingReason, message } };
  }
  if (state === 'running') return { running: { startedAt: calendar.timestamp(startedAt) } };
  return { terminated: terminated({ startedAt, finishedAt, exitCode, reason }, calendar) };
}

function terminated(
  run: { startedAt: Micros; finishedAt: Micros; exitCode: number; reason: string },
  calendar: Calendar,
): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: run.exitCode,
    reason: run.reason,
    startedAt: calendar.timestamp(run.startedAt),
    finishedAt: calendar.timestamp(run.finishedAt),
  };
}

function containerStatus(spec: Container, record: ContainerRecord, calendar: Calendar): ContainerStatus {
  const status = {
    name: spec.name,
    image: spec.image ?? '',
    ready: record.ready,
    started: record.started,
    restartCount: record.restarts,
    state: stateOf(record, calendar),
  };
  if (record.last === undefined) return status;
  return { ...status, lastState: { terminated: terminated(record.last, calendar) } };
}

/**
 * The pod's status as its kubelet sees it at `now`. Conditions that did not change keep their transition times. All
 * statuses have one shape, fields that are undefined count as absent: see `numberedMeta`.
 */
export function statusOf(record: PodRecord, hostIP: string, calendar: Calendar, now: Micros): PodStatus {
  const { pod, containers, failure, stage, podIP } = record;
  const phase = phaseOf(record);
  const inits = initCount(pod);
  const statuses = containersOf(pod).map((spec, i) =>
    containerStatus(spec, containers[i] as ContainerRecord, calendar),
  );
  const terminal = phase === 'Succeeded' || phase === 'Failed';
  let initialized = true;
  let ready = !terminal;
  for (let i = 0; i < containers.length; i++) {
    const container = containers[i] as ContainerRecord;
    if (i >= inits) ready &&= container.ready;
    else initialized &&= isSidecar(pod, i) ? container.started : hasSucceeded(container);
  }
  const hasSandbox = stage !== 'sandbox' && stage !== 'done';
  const why = notReadyReason(phase, terminal);
  const before = pod.status.conditions;
  const conditions: Condition[] = [];
  if (before !== undefined) for (const condition of before) if (!OWN.has(condition.type)) conditions.push(condition);
  const time = calendar.timestamp(now);
  conditions.push(
    conditionAfter(before, 'PodReadyToStartContainers', hasSandbox, undefined, time),
    conditionAfter(before, 'Initialized', initialized || phase === 'Succeeded', 'ContainersNotInitialized', time),
    conditionAfter(before, 'Ready', ready && gatesPass(pod), ready ? 'ReadinessGatesNotReady' : why, time),
    conditionAfter(before, 'ContainersReady', ready, why, time),
  );
  if (failure?.disruption !== undefined) {
    const known = conditionOf(before, 'DisruptionTarget');
    const since = known?.status === 'True' ? known.lastTransitionTime : time;
    const { disruption: reason, message } = failure;
    if (known === undefined) {
      conditions.push({ type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: since ?? time });
    }
  }
  const status: Record<keyof PodStatus, unknown> = {
    phase,
    reason: phase === 'Failed' ? failure?.reason : undefined,
    message: phase === 'Failed' ? failure?.message : undefined,
    conditions,
    qosClass: pod.status.qosClass,
    nominatedNodeName: pod.status.nominatedNodeName,
    resourceClaimStatuses: pod.status.resourceClaimStatuses,
    hostIP,
    startTime: calendar.timestamp(record.startTime),
    podIP: podIP === '' ? undefined : podIP,
    podIPs: podIP === '' ? undefined : [{ ip: podIP }],
    initContainerStatuses: inits > 0 ? statuses.slice(0, inits) : undefined,
    containerStatuses: inits > 0 ? statuses.slice(inits) : statuses,
  };
  return status as unknown as PodStatus;
}

function hasSucceeded({ state, exitCode }: ContainerRecord): boolean {
  return state === 'terminated' && exitCode === 0;
}

/** A condition of the kubelet's own; `reason` says why it does not hold. */
function conditionAfter(
  before: readonly Condition[] | undefined,
  type: string,
  holds: boolean,
  reason: string | undefined,
  time: string,
): Condition {
  const status = holds ? 'True' : 'False';
  const known = conditionOf(before, type);
  const said = holds ? undefined : reason;
  if (known?.status === status && known.lastTransitionTime !== undefined) {
    if (known.reason === said && known.message === undefined) return known;
    time = known.lastTransitionTime;
  }
  return said === undefined
    ? { type, status, lastTransitionTime: time }
    : { type, status, reason: said, lastTransitionTime: time };
}

function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  if (conditions !== undefined) for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

function notReadyReason(phase: PodPhase, terminal: boolean): string {
  if (!terminal) return 'ContainersNotReady';
  return phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed';
}

function gatesPass(pod: Pod): boolean {
  const { readinessGates } = pod.spec;
  if (readinessGates === undefined) return true;
  return readinessGates.every(({ conditionType }) =>
    pod.status.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  );
}
