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
  if (record.failure !== undefined) return 'Failed';
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
  if (state === 'waiting') return { waiting: { reason: record.waitingReason } };
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

/** The pod's status as its kubelet sees it at `now`. Conditions that did not change keep their transition times. */
export function statusOf(record: PodRecord, hostIP: string, calendar: Calendar, now: Micros): PodStatus {
  const { pod, containers, failure, stage } = record;
  const phase = phaseOf(record);
  const specs = containersOf(pod);
  const inits = initCount(pod);
  const statuses = specs.map((spec, i) => containerStatus(spec, containers[i] as ContainerRecord, calendar));
  const terminal = phase === 'Succeeded' || phase === 'Failed';
  const initialized = containers
    .slice(0, inits)
    .every(({ state, exitCode, started }, i) =>
      isSidecar(pod, i) ? started : state === 'terminated' && exitCode === 0,
    );
  const ready = !terminal && containers.slice(inits).every((container) => container.ready);
  const hasSandbox = stage !== 'sandbox' && stage !== 'done';
  const why = notReadyReason(phase, terminal);
  const conditions: Condition[] = [];
  for (const condition of pod.status.conditions ?? []) if (!OWN.has(condition.type)) conditions.push(condition);
  const set = (type: string, holds: boolean, reason?: string): void => {
    const status = holds ? 'True' : 'False';
    const before = conditionOf(pod.status.conditions, type);
    const since = before?.status === status ? before.lastTransitionTime : undefined;
    const lastTransitionTime = since ?? calendar.timestamp(now);
    conditions.push(
      holds || reason === undefined
        ? { type, status, lastTransitionTime }
        : { type, status, reason, lastTransitionTime },
    );
  };
  set('PodReadyToStartContainers', hasSandbox);
  set('Initialized', initialized || phase === 'Succeeded', 'ContainersNotInitialized');
  set('Ready', ready && gatesPass(pod), ready ? 'ReadinessGatesNotReady' : why);
  set('ContainersReady', ready, why);
  return {
    phase,
    ...(failure === undefined ? {} : failure),
    conditions,
    ...(pod.status.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
    ...(pod.status.nominatedNodeName === undefined ? {} : { nominatedNodeName: pod.status.nominatedNodeName }),
    hostIP,
    startTime: calendar.timestamp(record.startTime),
    ...(record.podIP === '' ? {} : { podIP: record.podIP, podIPs: [{ ip: record.podIP }] }),
    ...(inits > 0 ? { initContainerStatuses: statuses.slice(0, inits) } : {}),
    containerStatuses: statuses.slice(inits),
  };
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
  return (pod.spec.readinessGates ?? []).every(({ conditionType }) =>
    pod.status.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  );
}
