import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import { restarts } from './pod-containers.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** A failing pod is looked at again after 10 s, and up to half as long again. Source: pkg/kubelet/pod_workers.go. */
const REQUEUE: Micros = 10 * SECOND;
const REQUEUE_JITTER = 0.5;
/** Requeued pods are picked up by a ticker of the sync loop. */
const SYNC_TICK: Micros = SECOND;

type BackOffState = Pick<ContainerRecord, 'backOff' | 'backOffSince' | 'finishedAt'>;
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

function startAgain(container: ContainerRecord, now: Micros, settings: BackOffSettings): void {
  container.backOff = restartBackOff(container, settings);
  container.backOffSince = now;
  container.waitingReason = 'ContainerCreating';
  container.retryAt = 0;
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
