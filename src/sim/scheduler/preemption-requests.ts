import type { Pod } from '../api/core.ts';
import type { Condition, Timestamp } from '../api/meta.ts';
import type { ApiRequest } from '../apiserver/request.ts';

/**
 * What removes a victim: first its condition says why, and then it is deleted with its own grace period. One that is being
 * deleted already needs neither. Source: pkg/scheduler/framework/preemption.
 */
export function preemptionRequests(
  victim: Pod,
  schedulerName: string,
  now: Timestamp,
): [mark: ApiRequest, remove: ApiRequest] | undefined {
  const { namespace = '', name, uid, deletionTimestamp } = victim.metadata;
  if (deletionTimestamp !== undefined) return undefined;
  const condition: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: now,
  };
  const others = (victim.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const patch = { status: { conditions: [...others, condition] } };
  return [
    { verb: 'patch', subresource: 'status', kind: 'Pod', namespace, name, patch, ignore: ['NotFound'] },
    { verb: 'delete', kind: 'Pod', namespace, name, options: { preconditions: { uid } }, ignore: ['NotFound'] },
  ];
}
