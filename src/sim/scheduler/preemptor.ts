import type { Pod } from '../api/core.ts';
import type { Condition, Timestamp } from '../api/meta.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { Informer } from '../apiserver/informer.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { PostFilterResult } from './framework.ts';
import type { Nominations } from './nominations.ts';
import { schedulerNameOf } from './pod-class.ts';
import type { PodInfo } from './pod-class.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** A preemption under way; plain data. */
interface Preemption {
  readonly preemptor: { readonly key: string; readonly uid: string };
  /** Victims but the last whose deletion has not been answered. */
  left: number;
  /** What removes the last victim: it goes when the others have. */
  readonly last: Removal;
}

/** The requests that remove a victim, or that it only waits in Permit and is turned away there. */
type Removal = { readonly mark: ApiRequest; readonly remove: ApiRequest } | { readonly waiting: string };

/** What comes back with the answers: the preemptor's UID, and what is next. */
interface Step {
  readonly uid: string;
  readonly isLast: boolean;
  readonly next?: ApiRequest;
}

/** Where preemptions take effect. */
interface Effects {
  readonly waitingPods: WaitingPods;
  /** The pod is to be tried again at once: its preemption has failed. */
  activate(key: string, uid: string): void;
}

/**
 * Makes the room that PostFilter found, beside the scheduling of other pods: all victims but the last are removed side by
 * side, then the last. Until that is asked for, the preemptor does not come back to the queue; its deletion brings it there.
 * Source: prepareCandidateAsync, pkg/scheduler/framework/preemption/preemption.go (SchedulerAsyncPreemption).
 */
export class Preemptor implements Saveable {
  readonly #environment: Environment;
  readonly #client: ApiClient;
  readonly #nominations: Nominations;
  readonly #effects: Effects;
  readonly #answered: HandlerId;
  /** By the preemptor's UID. */
  readonly #preemptions = new Map<string, Preemption>();
  /** Keys of preemptors whose last victim is being removed, by their UIDs. */
  readonly #finishing = new Map<string, string>();

  constructor(environment: Environment, client: ApiClient, nominations: Nominations, effects: Effects) {
    this.#environment = environment;
    this.#client = client;
    this.#nominations = nominations;
    this.#effects = effects;
    this.#answered = environment.kernel.register('scheduler/victim-answered', (_a, _b, reply) =>
      this.#onAnswer(reply as ApiReply),
    );
  }

  /** Whether victims of the pod are still to be removed; DefaultPreemption's PreEnqueue holds it back as long. */
  isPreempting(uid: string): boolean {
    return this.#preemptions.has(uid);
  }

  /** Acts on what PostFilter answered for the pod. */
  preempt(info: PodInfo, { nominatedNode, victims = [] }: PostFilterResult, pods: Informer<Pod>): void {
    if (nominatedNode === undefined) return;
    this.#nominations.set(info, nominatedNode);
    const removals = victims.flatMap((key) => this.#removal(info, nominatedNode, pods.get(key)) ?? []);
    const last = removals.pop();
    if (last === undefined) return;
    // Pods of lower priority that wait for this node have to look again; that they wait no more is learnt from the watch.
    for (const other of this.#nominations.below(info, nominatedNode)) {
      const { namespace = '', name } = other.pod.metadata;
      const patch = { status: { nominatedNodeName: null } };
      this.#client.request({ verb: 'patch', subresource: 'status', kind: 'Pod', namespace, name, patch });
    }
    const { uid } = info.pod.metadata;
    const preemption: Preemption = { preemptor: { key: info.key, uid }, left: removals.length, last };
    this.#preemptions.set(uid, preemption);
    for (const removal of removals) this.#carryOut(removal, uid, false);
    if (preemption.left === 0) this.#finish(preemption);
  }

  /** How the victim is removed; undefined where it is going already. */
  #removal({ pod }: PodInfo, node: string, victim: Pod | undefined): Removal | undefined {
    if (victim === undefined || victim.metadata.deletionTimestamp !== undefined) return undefined;
    const { calendar, events, kernel } = this.#environment;
    const message = `Preempted by pod ${pod.metadata.uid} on node ${node}`;
    events.record('kube-scheduler', victim, 'Normal', 'Preempted', message);
    const key = `${victim.metadata.namespace ?? ''}/${victim.metadata.name}`;
    if (this.#effects.waitingPods.list().some((waiting) => waiting.pod.key === key)) return { waiting: key };
    return removalOf(victim, schedulerNameOf(pod), calendar.timestamp(kernel.now));
  }

  #carryOut(removal: Removal, uid: string, isLast: boolean): void {
    if ('waiting' in removal) {
      if (isLast) this.#finishing.delete(uid);
      for (const { pod, plugins } of this.#effects.waitingPods.list()) {
        if (pod.key === removal.waiting) this.#effects.waitingPods.reject(pod.key, plugins[0] ?? '', 'preempted');
      }
      if (!isLast) this.#oneLess(uid);
      return;
    }
    this.#client.request(removal.mark, this.#answered, { uid, isLast, next: removal.remove } satisfies Step);
  }

  #onAnswer({ result, context }: ApiReply): void {
    const { uid, isLast, next } = context as Step;
    // Otherwise nothing might ever wake the preemptor: of a last victim that is gone already it may have heard too early.
    const key = this.#preemptions.get(uid)?.preemptor.key ?? this.#finishing.get(uid);
    const failed = !result.ok && (isLast || result.status.reason !== 'NotFound');
    if (failed && key !== undefined) this.#effects.activate(key, uid);
    if (next !== undefined && result.ok) {
      this.#client.request(next, this.#answered, { uid, isLast } satisfies Step);
      return;
    }
    if (!isLast) this.#oneLess(uid);
    else this.#finishing.delete(uid);
  }

  #oneLess(uid: string): void {
    const preemption = this.#preemptions.get(uid);
    if (preemption !== undefined && --preemption.left === 0) this.#finish(preemption);
  }

  /** The preemptor may come back: what brings it is that the last victim is gone. */
  #finish({ preemptor: { uid, key }, last }: Preemption): void {
    this.#preemptions.delete(uid);
    this.#finishing.set(uid, key);
    this.#carryOut(last, uid, true);
  }

  save(): unknown {
    return [[...this.#preemptions.values()].map((preemption) => ({ ...preemption })), [...this.#finishing]];
  }

  restore(saved: unknown): void {
    const [preemptions, last] = saved as [Preemption[], [string, string][]];
    this.#preemptions.clear();
    this.#finishing.clear();
    for (const preemption of preemptions) this.#preemptions.set(preemption.preemptor.uid, { ...preemption });
    for (const [uid, key] of last) this.#finishing.set(uid, key);
  }
}

/** First its condition says why, and then the victim is deleted with its own grace period. */
function removalOf(victim: Pod, schedulerName: string, now: Timestamp): Removal {
  const { namespace = '', name, uid } = victim.metadata;
  const condition: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: now,
  };
  const others = (victim.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const patch = { status: { conditions: [...others, condition] } };
  return {
    mark: { verb: 'patch', subresource: 'status', kind: 'Pod', namespace, name, patch, ignore: ['NotFound'] },
    remove: { verb: 'delete', kind: 'Pod', namespace, name, options: { preconditions: { uid } }, ignore: ['NotFound'] },
  };
}
