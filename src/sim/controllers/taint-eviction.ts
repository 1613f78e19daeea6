import type { KubeNode, Pod, Taint, Toleration } from '../api/core.ts';
import type { Condition } from '../api/meta.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import { byNode } from '../apiserver/informer.ts';
import type { Index, Informer, Informers } from '../apiserver/informer.ts';
import { keyOf } from '../apiserver/request.ts';
import type { ApiReply } from '../apiserver/request.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { EventRef, HandlerId } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { seconds } from '../kernel/time.ts';
import type { EvictionPolicy } from './eviction-policy.ts';
import { toleratesTaint } from '../scheduler/tolerations.ts';

const NAME = 'taint-eviction-controller';

/** The taint-eviction controller: deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer. */
export class TaintEviction implements Component {
  readonly name = NAME;
  readonly #environment: Environment;
  readonly #client: ApiClient;
  readonly #nodes: Informer<KubeNode>;
  readonly #pods: Informer<Pod>;
  readonly #onNode: Index<Pod>;
  readonly #policy: EvictionPolicy | undefined;
  readonly #due: HandlerId;
  readonly #marked: HandlerId;
  /** By pod key and UID. */
  #timers = new Map<string, EventRef>();

  constructor(environment: Environment, informers: Informers, policy?: EvictionPolicy) {
    this.#policy = policy;
    const { kernel, clients, settings } = environment;
    this.#environment = environment;
    this.#client = clients.client(NAME, settings.controllerManager);
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#pods = informers.informer<Pod>('Pod');
    this.#onNode = byNode(this.#pods);
    this.#due = kernel.register('taint-eviction/due', (_a, _b, id) => this.#expired(id as string));
    this.#marked = kernel.register('taint-eviction/marked', (_a, _b, reply) => this.#delete(reply as ApiReply));
    this.#nodes.on((type, node, previous) => {
      const before = previous === undefined ? 0 : noExecuteTaints(previous).length;
      const taints = type === 'deleted' ? [] : noExecuteTaints(node);
      if (taints.length === 0 && before === 0) return;
      if (previous !== undefined && type !== 'deleted' && node.spec.taints === previous.spec.taints) return;
      for (const pod of this.#onNode.get(node.metadata.name)) this.#consider(pod, taints);
    });
    this.#pods.on((type, pod, previous) => {
      if (type === 'deleted') {
        this.#cancel(idOf(pod), undefined);
        return;
      }
      const { nodeName, tolerations } = pod.spec;
      if (nodeName === undefined) return;
      if (previous?.spec.nodeName === nodeName && previous.spec.tolerations === tolerations) return;
      const node = this.#nodes.get(nodeName);
      if (node === undefined) return;
      const taints = noExecuteTaints(node);
      if (taints.length > 0) this.#consider(pod, taints);
    });
  }

  /** What it does follows from what it sees. */
  start(): void {
    this.#timers.clear();
  }

  #consider(pod: Pod, taints: readonly Taint[]): void {
    const id = idOf(pod);
    if (taints.length === 0) {
      this.#cancel(id, pod);
      return;
    }
    const left = this.#toleratedFor(pod, taints);
    if (left === Infinity) {
      this.#cancel(id, pod);
      return;
    }
    const { kernel } = this.#environment;
    const known = this.#timers.get(id);
    if (known !== undefined) {
      // A timer that runs is kept, whatever other taints come; only what is not tolerated at all goes at once.
      if (left > 0) return;
      kernel.cancel(known);
    }
    this.#timers.set(id, kernel.at(kernel.now + seconds(left), this.#due, 0, 0, id, Priority.timer));
  }

  /** Seconds for which a pod stays on a node with these taints. */
  #toleratedFor(pod: Pod, taints: readonly Taint[]): number {
    let least = Infinity;
    for (const taint of taints) {
      const own = toleratedSeconds(pod.spec.tolerations ?? [], taint);
      least = Math.min(least, this.#policy?.toleratedSeconds?.(pod, taint, own) ?? own);
    }
    return least;
  }

  #cancel(id: string, pod: Pod | undefined): void {
    const timer = this.#timers.get(id);
    if (timer === undefined) return;
    this.#timers.delete(id);
    const pending = this.#environment.kernel.cancel(timer);
    if (!pending || pod === undefined) return;
    const message = `Cancelling deletion of Pod ${keyOf(pod)}`;
    this.#environment.events.record(NAME, pod, 'Normal', 'TaintManagerEviction', message);
  }

  #expired(id: string): void {
    const key = id.slice(0, id.lastIndexOf(' '));
    const pod = this.#pods.get(key);
    if (pod === undefined || idOf(pod) !== id || pod.metadata.deletionTimestamp !== undefined) return;
    const { events, calendar, kernel } = this.#environment;
    events.record(NAME, pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    const condition: Condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: calendar.timestamp(kernel.now),
    };
    const others = (pod.status.conditions ?? []).filter(({ type }) => type !== condition.type);
    const { name, namespace = '' } = pod.metadata;
    const patch = { status: { conditions: [...others, condition] } };
    const request = { verb: 'patch', subresource: 'status', kind: 'Pod', namespace, name, patch } as const;
    this.#client.request(request, this.#marked, pod.metadata.uid);
  }

  #delete({ request, result, context }: ApiReply): void {
    if (!result.ok || result.object.metadata.uid !== context) return;
    const { namespace, name } = request;
    const options = { preconditions: { uid: context as string } };
    this.#client.request({ verb: 'delete', kind: 'Pod', namespace, name, options });
  }

  save(): [string, EventRef][] {
    return [...this.#timers];
  }

  restore(saved: unknown): void {
    this.#timers = new Map(saved as [string, EventRef][]);
  }
}

function idOf(pod: Pod): string {
  return `${keyOf(pod)} ${pod.metadata.uid}`;
}

const NO_TAINTS: readonly Taint[] = [];

function noExecuteTaints(node: KubeNode): readonly Taint[] {
  const { taints } = node.spec;
  return taints === undefined ? NO_TAINTS : taints.filter(({ effect }) => effect === 'NoExecute');
}

/** What a pod's own tolerations say of a taint: seconds, Infinity: for ever, 0: not at all. */
function toleratedSeconds(tolerations: readonly Toleration[], taint: Taint): number {
  const matching = tolerations.find((toleration) => toleratesTaint(toleration, taint));
  if (matching === undefined) return 0;
  return matching.tolerationSeconds === undefined ? Infinity : Math.max(0, matching.tolerationSeconds);
}
