import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import type { ContainerRecord } from './pod-record.ts';

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

/** Time to the next look at a failing pod, from two uniform draws. */
export function requeueAfter(jitter: number, tick: number): Micros {
  return Math.round(REQUEUE * (1 + REQUEUE_JITTER * jitter) + SYNC_TICK * tick);
}
