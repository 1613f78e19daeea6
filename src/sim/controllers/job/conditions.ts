import type { Condition } from '../../api/meta.ts';
import type { Job } from '../../api/workloads.ts';

/** How a Job ends: first it is known (FailureTarget, SuccessCriteriaMet), and final when its last pod is gone. */
export interface Ending {
  readonly failed: boolean;
  readonly reason: string;
  readonly message: string;
}

export function jobCondition(conditions: Job['status']['conditions'], type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Complete or Failed, and since when. */
export function finishOf(job: Job): Condition | undefined {
  const { conditions } = job.status;
  return conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
}

/** The ending that an earlier sync has written down. */
export function knownEnding(job: Job): Ending | undefined {
  for (const { type, status, reason = '', message = '' } of job.status.conditions ?? []) {
    if (status !== 'True') continue;
    if (type === 'FailureTarget') return { failed: true, reason, message };
    if (type === 'SuccessCriteriaMet') return { failed: false, reason, message };
  }
  return undefined;
}

/** The conditions with one set; untouched where it says nothing new. */
export function withJobCondition(
  conditions: readonly Condition[],
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
  time: string,
): readonly Condition[] {
  const known = jobCondition(conditions, type);
  if (known?.status === status && known.reason === reason && known.message === message) return conditions;
  const lastTransitionTime = known?.status === status ? known.lastTransitionTime : time;
  const condition = { type, status, reason, message, lastProbeTime: time, lastTransitionTime } as Condition;
  if (known === undefined) return [...conditions, condition];
  return conditions.map((old) => (old === known ? condition : old));
}

/** The conditions of a Job that is ending; `final` when none of its pods is left. */
export function withEnding(
  conditions: readonly Condition[],
  { failed, reason, message }: Ending,
  final: boolean,
  time: string,
): readonly Condition[] {
  const target = failed ? 'FailureTarget' : 'SuccessCriteriaMet';
  const set = withJobCondition(conditions, target, 'True', reason, message, time);
  if (!final) return set;
  return withJobCondition(set, failed ? 'Failed' : 'Complete', 'True', reason, message, time);
}
