import type { Pod } from '../api/core.ts';
import type { Condition, Timestamp } from '../api/meta.ts';
import type { PatchRequest } from '../apiserver/request.ts';
import type { CycleResult } from './scheduling-cycle.ts';

/**
 * The patch that tells why the pod was not scheduled (PodScheduled=False: what autoscalers look for) and which node it
 * waits for; undefined where the pod says so already.
 */
export function failureRequest(pod: Pod, result: CycleResult, now: Timestamp): PatchRequest | undefined {
  const conditions = pod.status.conditions ?? [];
  const former = conditions.find(({ type }) => type === 'PodScheduled');
  const reason = result.result === 'error' ? 'SchedulerError' : 'Unschedulable';
  const nominated = nominationAfter(result);
  const sameNomination = nominated === undefined || nominated === (pod.status.nominatedNodeName ?? '');
  if (former?.status === 'False' && former.reason === reason && former.message === result.message && sameNomination) {
    return undefined;
  }
  const condition: Condition = {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message: result.message,
    lastTransitionTime: former?.status === 'False' ? (former.lastTransitionTime ?? now) : now,
  };
  const others = conditions.filter(({ type }) => type !== 'PodScheduled');
  const { namespace = '', name } = pod.metadata;
  const nomination = sameNomination ? {} : { nominatedNodeName: nominated === '' ? null : nominated };
  return {
    verb: 'patch',
    subresource: 'status',
    kind: 'Pod',
    namespace,
    name,
    patch: { status: { conditions: [...others, condition], ...nomination } },
  };
}

/** The node a pod waits for after a failed attempt; '' for none, undefined: as before. Source: handleSchedulingFailure. */
export function nominationAfter({ postFiltered, postFilter }: CycleResult): string | undefined {
  return postFiltered === true ? postFilter?.nominatedNode : '';
}

/** Events say no more than this. Source: `truncateMessage`, pkg/scheduler/schedule_one.go. */
const MAX_EVENT_MESSAGE = 1024;

/** The message as an event carries it. */
export function truncated(message: string): string {
  const suffix = ' ...';
  return message.length <= MAX_EVENT_MESSAGE ? message : message.slice(0, MAX_EVENT_MESSAGE - suffix.length) + suffix;
}
