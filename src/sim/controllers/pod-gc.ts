import type { KubeNode, Pod } from '../api/core.ts';
import type { Condition } from '../api/meta.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import { byNode } from '../apiserver/informer.ts';
import type { Index, Informer, Informers } from '../apiserver/informer.ts';
import type { ApiReply } from '../apiserver/request.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { isFinished } from './pod-state.ts';

const NAME = 'pod-garbage-collector';
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

interface State {
  readonly missing: readonly [string, Micros][];
  readonly underWay: number;
}

/**
 * Pods that nobody else would take away: every 20 s the oldest of too many finished ones, those of nodes that are gone, those
 * that were deleted before they had a node, and those that go on terminating on a node that was put out of service.
 * Source: pkg/controller/podgc/gc_controller.go.
 */
export class PodGarbageCollector implements Component {
  readonly name = NAME;
  readonly #environment: Environment;
  readonly #client: ApiClient;
  readonly #nodes: Informer<KubeNode>;
  readonly #onNode: Index<Pod>;
  readonly #finished: Index<Pod>;
  readonly #unassigned: Index<Pod>;
  readonly #outOfService: Index<KubeNode>;
  readonly #pass: HandlerId;
  readonly #marked: HandlerId;
  readonly #deleted: HandlerId;
  /** Nodes that pods name and that are not there, and since when they are in quarantine; -1: since the next pass. */
  #missing = new Map<string, Micros>();
  /** Pods of the present pass whose requests are not answered. */
  #underWay = 0;

  constructor(environment: Environment, informers: Informers) {
    const { kernel, clients, settings } = environment;
    this.#environment = environment;
    this.#client = clients.client(NAME, settings.controllerManager);
    this.#nodes = informers.informer<KubeNode>('Node');
    const pods = informers.informer<Pod>('Pod');
    this.#onNode = byNode(pods);
    this.#finished = pods.index('finished', (pod) => (isFinished(pod) ? 'finished' : undefined));
    this.#unassigned = pods.index('deleted-unassigned', (pod) =>
      pod.metadata.deletionTimestamp !== undefined && pod.spec.nodeName === undefined ? 'all' : undefined,
    );
    this.#outOfService = this.#nodes.index('out-of-service', ({ spec }) =>
      spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true ? 'all' : undefined,
    );
    pods.on((_type, { spec: { nodeName } }, previous) => {
      // A node that goes while pods are on it is noticed below.
      if (nodeName === undefined || previous?.spec.nodeName === nodeName) return;
      if (this.#nodes.get(nodeName) !== undefined) return;
      if (!this.#missing.has(nodeName)) this.#missing.set(nodeName, -1);
    });
    this.#nodes.on((type, { metadata: { name } }) => {
      if (type !== 'deleted') this.#missing.delete(name);
      else if (this.#onNode.count(name) > 0) this.#missing.set(name, -1);
    });
    this.#pass = kernel.register('pod-gc/pass', () => this.#collect());
    this.#marked = kernel.register('pod-gc/marked', (_a, _b, reply) => {
      const { request, context } = reply as ApiReply;
      this.#forceDelete(request.namespace, request.name, context as string);
    });
    this.#deleted = kernel.register('pod-gc/deleted', () => {
      if (--this.#underWay === 0) this.#again();
    });
  }

  start(): void {
    const { kernel } = this.#environment;
    const phase = kernel.random.purpose('pod-gc-phase').uniform(0, 0);
    kernel.after(Math.floor(phase * this.#period), this.#pass, 0, 0, undefined, Priority.timer);
  }

  get #period(): Micros {
    return seconds(this.#environment.settings.controllerManager.podGcPeriodSeconds);
  }

  #collect(): void {
    this.#tooMany();
    for (const node of this.#outOfService.get('all')) this.#release(node);
    this.#orphans();
    for (const pod of this.#unassigned.get('all')) this.#markAndDelete(pod, undefined);
    if (this.#underWay === 0) this.#again();
  }

  /** A pass begins a period after the last one has ended, and that has when all its requests are answered. */
  #again(): void {
    this.#environment.kernel.after(this.#period, this.#pass, 0, 0, undefined, Priority.timer);
  }

  #tooMany(): void {
    const threshold = this.#environment.settings.controllerManager.terminatedPodGcThreshold;
    const excess = this.#finished.count('finished') - threshold;
    if (threshold <= 0 || excess <= 0) return;
    const evicted = (pod: Pod): number => (pod.status.reason === 'Evicted' ? 0 : 1);
    const oldest = [...this.#finished.get('finished')].sort(
      (a, b) =>
        evicted(a) - evicted(b) ||
        (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    );
    for (const pod of oldest.slice(0, excess)) this.#markAndDelete(pod, undefined);
  }

  #orphans(): void {
    const { kernel, settings } = this.#environment;
    const quarantine = seconds(settings.controllerManager.podGcQuarantineSeconds);
    for (const [node, since] of this.#missing) {
      if (since < 0) {
        this.#missing.set(node, kernel.now);
        continue;
      }
      if (kernel.now - since < quarantine) continue;
      this.#missing.delete(node);
      for (const pod of this.#onNode.get(node)) {
        this.#markAndDelete(pod, 'PodGC: node no longer exists');
        // Its deletion is seen soon; should it fail, the pod is looked at again.
        this.#missing.set(node, -1);
      }
    }
  }

  /** The pods that go on terminating on a node that will not come back. */
  #release({ metadata, status }: KubeNode): void {
    if (status.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') === true) return;
    for (const pod of this.#onNode.get(metadata.name)) {
      if (pod.metadata.deletionTimestamp !== undefined) this.#markAndDelete(pod, undefined);
    }
  }

  /** Marks a pod that has not finished as failed, then removes it without waiting for its kubelet. */
  #markAndDelete(pod: Pod, message: string | undefined): void {
    const { name, namespace = '', uid } = pod.metadata;
    this.#underWay++;
    if (isFinished(pod)) {
      this.#forceDelete(namespace, name, uid);
      return;
    }
    const patch = { status: { phase: 'Failed', ...this.#disrupted(pod, message) } };
    const request = { verb: 'patch', subresource: 'status', kind: 'Pod', namespace, name, patch } as const;
    this.#client.request(request, this.#marked, uid);
  }

  /** Conditions that say why the pod was disrupted, where it was. */
  #disrupted({ status }: Pod, message: string | undefined): { readonly conditions?: readonly Condition[] } {
    if (message === undefined) return {};
    const { calendar, kernel } = this.#environment;
    const others = (status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
    const condition: Condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message,
      lastTransitionTime: calendar.timestamp(kernel.now),
    };
    return { conditions: [...others, condition] };
  }

  #forceDelete(namespace: string | undefined, name: string, uid: string): void {
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    this.#client.request({ verb: 'delete', kind: 'Pod', namespace: namespace ?? '', name, options }, this.#deleted);
  }

  save(): State {
    return { missing: [...this.#missing], underWay: this.#underWay };
  }

  restore(saved: unknown): void {
    const { missing, underWay } = saved as State;
    this.#missing = new Map(missing);
    this.#underWay = underWay;
  }
}
