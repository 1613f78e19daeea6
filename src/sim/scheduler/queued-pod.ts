import type { Pod } from '../api/core.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { HeapItem } from './heap.ts';
import type { PodClasses, PodInfo } from './pod-class.ts';

/** Where a waiting pod is. `backoff` pods were rejected, `errorBackoff` pods came back from an error. */
export type QueuePlace = 'active' | 'backoff' | 'errorBackoff' | 'unschedulable' | 'inFlight';

/** A pod that waits for a node, with its history. */
export interface QueuedPod extends HeapItem {
  info: PodInfo;
  readonly key: string;
  /** Order of arrival, which decides where times are equal. */
  readonly sequence: number;
  place: QueuePlace;
  /** When it entered the queue, or came back to it. */
  timestamp: Micros;
  readonly firstSeen: Micros;
  attempts: number;
  unschedulableCount: number;
  consecutiveErrors: number;
  /** Plugins that rejected it in its latest attempt, sorted. */
  rejectedBy: readonly string[];
  /** Those of them that wait for something of their own: what they wait for ends the back-off, too. */
  pendingBy: readonly string[];
  /** The PreEnqueue plugin that holds it back; '' for none. */
  gatedBy: string;
  /** Which group of unschedulable pods it is in. */
  group: string;
}

/** A queued pod written out. */
export type QueuedPodState = Omit<QueuedPod, 'info'> & { readonly pod: Pod };

/** A queued pod as plain data. */
export function queuedPodState({ info, ...rest }: QueuedPod): QueuedPodState {
  return { ...rest, slot: -1, pod: info.pod };
}

/** The reverse of `queuedPodState`. */
export function queuedPodFrom({ pod, ...rest }: QueuedPodState, classes: PodClasses): QueuedPod {
  return { ...rest, info: classes.info(pod) };
}

export interface BackoffSettings {
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
}

/** PrioritySort: higher priority first, then the longer wait. */
export function activeBefore(a: QueuedPod, b: QueuedPod): boolean {
  const [left, right] = [a.info.podClass.spec.priority, b.info.podClass.spec.priority];
  if (left !== right) return left > right;
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp;
  return a.sequence < b.sequence;
}

/** Back-off expiries are cut to windows of this length. Source: backend/queue/backoff_queue.go. */
export const BACKOFF_WINDOW: Micros = SECOND;

/** Time cut to the start of its window. */
export function windowOf(time: Micros): Micros {
  return Math.floor(time / BACKOFF_WINDOW) * BACKOFF_WINDOW;
}

/** When a pod's back-off ends: min(initial * 2^(count - 1), max) after it came back; undefined for a pod never tried. */
export function backoffExpiry(pod: QueuedPod, settings: BackoffSettings): Micros | undefined {
  const count = pod.consecutiveErrors > 0 ? pod.consecutiveErrors : pod.unschedulableCount;
  if (count === 0) return undefined;
  const seconds = Math.min(settings.podInitialBackoffSeconds * 2 ** (count - 1), settings.podMaxBackoffSeconds);
  return windowOf(pod.timestamp + Math.round(seconds * SECOND));
}
