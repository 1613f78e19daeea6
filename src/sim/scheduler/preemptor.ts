import type { Pod } from '../api/core.ts';
import type { Condition, Timestamp } from '../api/meta.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { Informer } from '../apiserver/informer.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import type { PostFilterResult } from './framework.ts';
import type { Nominations } from './nominations.ts';
import { schedulerNameOf } from './pod-class.ts';
import type { PodInfo } from './pod-class.ts';

/** Makes the room that PostFilter found: nominates the pod and has the victims deleted. */
export class Preemptor {
  readonly #environment: Environment;
  readonly #client: ApiClient;
  readonly #nominations: Nominations;
  readonly #victimMarked: HandlerId;

  constructor(environment: Environment, client: ApiClient, nominations: Nominations) {
    this.#environment = environment;
    this.#client = client;
    this.#nominations = nominations;
    this.#victimMarked = environment.kernel.register('scheduler/victim-marked', (_a, _b, reply) =>
      client.request((reply as ApiReply).context as ApiRequest),
    );
  }

  /** Acts on what PostFilter answered for the pod. */
  preempt(info: PodInfo, { nominatedNode, victims = [] }: PostFilterResult, pods: Informer<Pod>): void {
    if (nominatedNode === undefined) return;
    this.#nominations.set(info, nominatedNode);
    if (nominatedNode === '') return;
    // Pods of lower priority that waited for this node have to look again.
    for (const other of this.#nominations.below(info, nominatedNode)) {
      this.#nominations.delete(other.key);
      const { namespace = '', name } = other.pod.metadata;
      const patch = { status: { nominatedNodeName: null } };
      this.#client.request({ verb: 'patch', subresource: 'status', kind: 'Pod', namespace, name, patch });
    }
    const { calendar, events, kernel } = this.#environment;
    for (const key of victims) {
      const victim = pods.get(key);
      if (victim === undefined) continue;
      const requests = preemptionRequests(victim, schedulerNameOf(info.pod), calendar.timestamp(kernel.now));
      if (requests === undefined) continue;
      const [mark, remove] = requests;
      this.#client.request(mark, this.#victimMarked, remove);
      const message = `Preempted by pod ${info.pod.metadata.uid} on node ${nominatedNode}`;
      events.record('kube-scheduler', victim, 'Normal', 'Preempted', message);
    }
  }
}

/**
 * What removes a victim: first its condition says why, and then it is deleted with its own grace period. One that is being
 * deleted already needs neither. Source: pkg/scheduler/framework/preemption.
 */
function preemptionRequests(
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
