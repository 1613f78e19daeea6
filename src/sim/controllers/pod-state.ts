import type { Pod } from '../api/core.ts';
import type { Condition } from '../api/meta.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Micros } from '../kernel/time.ts';
import { SECOND } from '../kernel/time.ts';

/** Whether a controller counts the pod: neither finished nor being deleted. Source: controller_utils.go IsPodActive. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Whether its containers have all ended for good. */
export function isFinished(pod: Pod): boolean {
  const { phase } = pod.status;
  return phase === 'Succeeded' || phase === 'Failed';
}

/** A pod's condition of that type. */
export function podCondition(pod: Pod, type: string): Condition | undefined {
  const { conditions } = pod.status;
  if (conditions === undefined) return undefined;
  for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** When the pod became ready, in simulated time; undefined where it is not. */
export function readySince(pod: Pod, calendar: Calendar): Micros | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  return ready.lastTransitionTime === undefined ? 0 : calendar.micros(ready.lastTransitionTime);
}

/**
 * How long until the pod has been ready for minReadySeconds: 0 where it has (it is available), undefined where it is
 * not ready at all.
 */
export function untilAvailable(pod: Pod, minReadySeconds: number, calendar: Calendar, now: Micros): Micros | undefined {
  if (minReadySeconds === 0) return isReady(pod) ? 0 : undefined;
  const since = readySince(pod, calendar);
  return since === undefined ? undefined : Math.max(0, since + minReadySeconds * SECOND - now);
}

/** Restarts of the pod's main container that restarted most. */
export function mostRestarts(pod: Pod): number {
  let most = 0;
  for (const { restartCount } of pod.status.containerStatuses ?? []) most = Math.max(most, restartCount);
  return most;
}
