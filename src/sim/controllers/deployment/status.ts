import type { Condition } from '../../api/meta.ts';
import type { Calendar } from '../../api/timestamps.ts';
import type { Deployment } from '../../api/workloads.ts';
import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import { availableOf, sizeOf, sum } from './view.ts';
import type { View } from './view.ts';

type Status = Deployment['status'];

const NO_DEADLINE = 2_147_483_647;

const AVAILABLE: Condition = {
  type: 'Available',
  status: 'True',
  reason: 'MinimumReplicasAvailable',
  message: 'Deployment has minimum availability.',
};

const UNAVAILABLE: Condition = {
  type: 'Available',
  status: 'False',
  reason: 'MinimumReplicasUnavailable',
  message: 'Deployment does not have minimum availability.',
};

/** The clock as conditions need it. */
export interface Clock {
  readonly calendar: Calendar;
  readonly now: Micros;
}

/** A status as the ReplicaSets' own add up to it, with the Available condition. Source: deployment/sync.go. */
export function countedStatus(view: View, clock: Clock, conditions = view.deployment.status.conditions ?? []): Status {
  const { deployment, sets, current, replicas, maxUnavailable } = view;
  const available = sum(sets, availableOf);
  const all = sum(sets, (set) => set.status.replicas);
  const updated = current?.status.replicas ?? 0;
  const ready = sum(sets, (set) => set.status.readyReplicas ?? 0);
  const unavailable = sum(sets, sizeOf) - available;
  const some = (count: number): number | undefined => (count > 0 ? count : undefined);
  // One shape for all, fields that are undefined count as absent: see numberedMeta.
  const status: Record<keyof Status, unknown> = {
    observedGeneration: deployment.metadata.generation,
    replicas: some(all),
    updatedReplicas: some(updated),
    readyReplicas: some(ready),
    availableReplicas: some(available),
    unavailableReplicas: some(unavailable),
    conditions: withCondition(conditions, available >= replicas - maxUnavailable ? AVAILABLE : UNAVAILABLE, clock),
    collisionCount: deployment.status.collisionCount,
  };
  return status as unknown as Status;
}

/** The same with the Progressing condition. Source: deployment/progress.go syncRolloutStatus. */
export function rolloutStatus(view: View, clock: Clock, before: readonly Condition[]): Status {
  const { deployment, current, olds } = view;
  const counted = countedStatus(view, clock, before);
  let conditions = counted.conditions ?? [];
  const progressing = conditionOf(conditions, 'Progressing');
  const name = current?.metadata.name ?? '';
  const done =
    (counted.replicas ?? 0) === (counted.updatedReplicas ?? 0) && progressing?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(deployment) && !done) {
    const say = (status: Condition['status'], reason: string, verb: string): Condition => {
      const subject = current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${name}"`;
      return { type: 'Progressing', status, reason, message: `${subject} ${verb} progress` };
    };
    if (isComplete(deployment, counted)) {
      const condition = say('True', 'NewReplicaSetAvailable', 'has successfully');
      conditions = withCondition(conditions, { ...condition, message: `${condition.message}ed.` }, clock);
    } else if (madeProgress(deployment.status, counted)) {
      const condition = say('True', 'ReplicaSetUpdated', 'is');
      // Each step of progress moves lastUpdateTime, from which the deadline counts.
      const others = conditions.filter(({ type }) => type !== 'Progressing');
      const transition = progressing?.status === 'True' ? progressing.lastTransitionTime : undefined;
      const stamped = stamp({ ...condition, message: `${condition.message}ing.` }, clock, transition);
      conditions = [...others, stamped];
    } else if (isTimedOut(deployment, counted, clock)) {
      const condition = say('False', 'ProgressDeadlineExceeded', 'has timed out');
      conditions = withCondition(conditions, { ...condition, message: `${condition.message}ing.` }, clock);
    }
  }
  // Failures of the current ReplicaSet count first, then those of the others.
  let failure = conditionOf(current?.status.conditions, 'ReplicaFailure');
  for (const set of olds) failure ??= conditionOf(set.status.conditions, 'ReplicaFailure');
  if (failure !== undefined || conditionOf(conditions, 'ReplicaFailure') !== undefined) {
    conditions = conditions.filter(({ type }) => type !== 'ReplicaFailure');
    if (failure !== undefined) conditions = [...conditions, failure];
  }
  return conditions === counted.conditions ? counted : { ...counted, conditions };
}

/** Seconds after which a roll-out without news is to be looked at for its deadline. Source: requeueStuckDeployment. */
export function stuckAfter(deployment: Deployment, status: Status, { calendar, now }: Clock): number | undefined {
  const progressing = conditionOf(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || progressing === undefined) return undefined;
  if (isComplete(deployment, status) || progressing.reason === 'ProgressDeadlineExceeded') return undefined;
  if (progressing.reason === 'NewReplicaSetAvailable') return undefined;
  const since = calendar.micros(progressing.lastUpdateTime ?? progressing.lastTransitionTime ?? '');
  const deadline = since + (deployment.spec.progressDeadlineSeconds ?? 600) * SECOND;
  return Math.max(0, deadline - now) / SECOND + 1;
}

/** Every pod is of the current template and available. */
export function isComplete(deployment: Deployment, status: Status): boolean {
  const replicas = deployment.spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

export function hasDeadline(deployment: Deployment): boolean {
  return (deployment.spec.progressDeadlineSeconds ?? NO_DEADLINE) !== NO_DEADLINE;
}

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The conditions with this one; untouched where it says nothing new. */
export function withCondition(
  conditions: readonly Condition[],
  condition: Condition,
  clock: Clock,
): readonly Condition[] {
  const known = conditionOf(conditions, condition.type);
  if (known?.status === condition.status && known.reason === condition.reason) return conditions;
  const transition = known?.status === condition.status ? known.lastTransitionTime : undefined;
  return [...conditions.filter(({ type }) => type !== condition.type), stamp(condition, clock, transition)];
}

function stamp(condition: Condition, { calendar, now }: Clock, transition: string | undefined): Condition {
  const time = calendar.timestamp(now);
  const { type, status, reason = '', message = '' } = condition;
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: transition ?? time };
}

function madeProgress(before: Status, after: Status): boolean {
  const old = (status: Status): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: Deployment, status: Status, { calendar, now }: Clock): boolean {
  const progressing = conditionOf(status.conditions, 'Progressing');
  if (progressing === undefined || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  const since = progressing.lastUpdateTime ?? progressing.lastTransitionTime;
  if (since === undefined) return false;
  return now > calendar.micros(since) + (deployment.spec.progressDeadlineSeconds ?? 600) * SECOND;
}
