import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import { restarts, roleOf } from './pod-containers.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** A failing pod is looked at again after 10 s, and up to half as long again. Source: pkg/kubelet/pod_workers.go. */
const REQUEUE: Micros = 10 * SECOND;
const REQUEUE_JITTER = 0.5;
/** Requeued pods are picked up by a ticker of the sync loop. */
const SYNC_TICK: Micros = SECOND;

type BackOffState = Readonly<Pick<ContainerRecord, 'backOff' | 'backOffSince' | 'finishedAt'>>;
type BackOffSettings = Pick<
  KubeletSettings,
  'crashLoopInitialSeconds' | 'crashLoopMaxSeconds' | 'crashLoopResetSeconds'
>;

/** A back-off is forgotten after a run that lasted longer than some ten minutes. */
function isExpired({ backOffSince, finishedAt }: BackOffState, settings: BackOffSettings): boolean {
  return finishedAt - backOffSince > seconds(settings.crashLoopResetSeconds);
}

/** Until when a container that ended may not be started again; undefined where it may be now. */
export function backingOffUntil(container: BackOffState, now: Micros, settings: BackOffSettings): Micros | undefined {
  if (container.backOff === 0 || isExpired(container, settings)) return undefined;
  const until = container.finishedAt + container.backOff;
  return now < until ? until : undefined;
}

/** The back-off that a start of the container now sets. Source: client-go util/flowcontrol/backoff.go Next. */
export function restartBackOff(container: BackOffState, settings: BackOffSettings): Micros {
  const { backOff } = container;
  if (backOff === 0 || isExpired(container, settings)) return seconds(settings.crashLoopInitialSeconds);
  return Math.min(2 * backOff, seconds(settings.crashLoopMaxSeconds));
}

/**
 * Puts containers that ended and are to run again among the waiting. Answers which of them have to wait: `retryAt` says
 * when the pod is looked at after a back-off that ends at a time.
 */
export function restartStopped(
  { pod, containers }: PodRecord,
  now: Micros,
  settings: BackOffSettings,
  retryAt: (until: Micros) => Micros,
): readonly number[] {
  const backingOff: number[] = [];
  for (const container of containers) {
    const { index, exitCode, state } = container;
    if (state === 'waiting' && container.waitingReason === 'CrashLoopBackOff' && container.retryAt <= now) {
      startAgain(container, now, settings);
      continue;
    }
    if (state !== 'terminated' || !restarts(pod, index, exitCode)) continue;
    const { startedAt, finishedAt, terminatedReason: reason } = container;
    container.last = { startedAt, finishedAt, exitCode, reason };
    container.state = 'waiting';
    const until = backingOffUntil(container, now, settings);
    if (until === undefined) {
      startAgain(container, now, settings);
      continue;
    }
    container.waitingReason = 'CrashLoopBackOff';
    container.retryAt = retryAt(until);
    backingOff.push(index);
  }
  return backingOff;
}

/**
 * A container that was killed for a probe's sake: the look that had it killed starts it again at once, unless the run
 * before that ended too short a time ago. Answers whether it has to wait. Source: kuberuntime_manager.go doBackOff, which
 * sees the containers as they were before the kill.
 */
export function restartKilled(
  { pod }: PodRecord,
  container: ContainerRecord,
  now: Micros,
  settings: BackOffSettings,
  retryAt: (until: Micros) => Micros,
): boolean {
  // With any policy but Never; what the container ended with does not matter.
  if ((pod.spec.restartPolicy ?? 'Always') === 'Never' && roleOf(pod, container.index) !== 'sidecar') return false;
  const { startedAt, finishedAt, exitCode, terminatedReason: reason, backOff, backOffSince, last: before } = container;
  container.last = { startedAt, finishedAt, exitCode, reason };
  container.state = 'waiting';
  if (before === undefined) {
    container.waitingReason = 'ContainerCreating';
    container.retryAt = 0;
    return false;
  }
  const seen = { backOff, backOffSince, finishedAt: before.finishedAt };
  if (backingOffUntil(seen, now, settings) === undefined) {
    Object.assign(container, startedWith(restartBackOff(seen, settings), now));
    return false;
  }
  container.waitingReason = 'CrashLoopBackOff';
  container.retryAt = retryAt(finishedAt + backOff);
  return true;
}

function startedWith(backOff: Micros, now: Micros): Partial<ContainerRecord> {
  return { backOff, backOffSince: now, waitingReason: 'ContainerCreating', waitingMessage: '', retryAt: 0 };
}

function startAgain(container: ContainerRecord, now: Micros, settings: BackOffSettings): void {
  Object.assign(container, startedWith(restartBackOff(container, settings), now));
}

/** When the first of the waiting containers may be tried again; undefined where none has to wait. */
export function nextRetry({ containers }: PodRecord, now: Micros): Micros | undefined {
  let next: Micros | undefined;
  for (const { state, retryAt } of containers) {
    if (state === 'waiting' && retryAt > now && (next === undefined || retryAt < next)) next = retryAt;
  }
  return next;
}

/** Time to the next look at a failing pod, from two uniform draws. */
export function requeueAfter(jitter: number, tick: number): Micros {
  return Math.round(REQUEUE * (1 + REQUEUE_JITTER * jitter) + SYNC_TICK * tick);
}

/** Back-offs live in the kubelet's memory. */
export function forgetBackOffs(container: ContainerRecord): void {
  if (container.state === 'waiting') container.retryAt = 0;
  container.backOff = 0;
  container.pullBackOff = 0;
}
