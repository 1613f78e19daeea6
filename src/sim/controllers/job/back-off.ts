import type { Pod } from '../../api/core.ts';
import type { Calendar } from '../../api/timestamps.ts';
import type { Job } from '../../api/workloads.ts';
import { SECOND, seconds } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import { podCondition } from '../pod-state.ts';
import type { JobRetryPolicy } from './job-retry-policy.ts';

/** A Job's failures since its latest success. */
export interface BackOff {
  readonly failures: number;
  /** When the latest of them ended. */
  readonly last: Micros;
}

export const NO_FAILURES: BackOff = { failures: 0, last: 0 };

/** The record after some more pods have ended; a success wipes out what was before it. Source: job/backoff_utils.go. */
export function backOffAfter(before: BackOff, succeeded: readonly Micros[], failed: readonly Micros[]): BackOff {
  const success = Math.max(...succeeded);
  const since = succeeded.length === 0 ? failed : failed.filter((time) => time > success);
  const kept = succeeded.length === 0 ? before : NO_FAILURES;
  if (since.length === 0) return kept;
  return { failures: kept.failures + since.length, last: Math.max(kept.last, ...since) };
}

/** How long no new pod may be created yet, as the policy has it; 0 for none. */
export function remaining(
  { failures, last }: BackOff,
  now: Micros,
  policy: JobRetryPolicy,
  job: Job,
  limit: number,
): Micros {
  if (failures === 0) return 0;
  return Math.max(0, last + seconds(policy.waitSeconds({ job, failures, limit })) - now);
}

/** When a pod ended: as its containers say, or else its conditions, or its deletion. */
export function finishedAt(pod: Pod, calendar: Calendar, now: Micros): Micros {
  let latest: Micros | undefined;
  const statuses = pod.status.containerStatuses ?? [];
  for (const { state } of statuses) {
    if (state.terminated?.finishedAt === undefined) {
      latest = undefined;
      break;
    }
    latest = Math.max(latest ?? 0, calendar.micros(state.terminated.finishedAt));
  }
  if (latest !== undefined) return latest;
  const ready = podCondition(pod, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined) {
    return calendar.micros(ready.lastTransitionTime);
  }
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  if (deletionTimestamp === undefined) return now;
  return calendar.micros(deletionTimestamp) - deletionGracePeriodSeconds * SECOND;
}
