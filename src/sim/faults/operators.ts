import type { KubeNode, Pod, Taint } from '../api/core.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import type { ApiReply } from '../apiserver/request.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

/** kubectl drain tries an eviction that is refused again so often. Source: kubectl pkg/drain/drain.go. */
const EVICTION_RETRY: Micros = 5 * SECOND;

/** The annotation by which a pod of a file on the node is known: nobody can evict it. */
const MIRROR = 'kubernetes.io/config.mirror';

interface PodToEvict {
  readonly drain: number;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A drain under way; plain data. */
interface Drain {
  readonly node: string;
  /** Evictions that the API server has not taken yet. */
  left: number;
  readonly done: HandlerId;
  readonly a: number;
  readonly b: number;
}

interface OperatorsState {
  readonly cordons: readonly [string, number][];
  readonly drains: readonly [number, Drain][];
  readonly next: number;
}

/** The people who look after the nodes, with kubectl: cordon, uncordon, drain. */
export class Operators implements Saveable {
  readonly #kernel: Kernel;
  readonly #server: ApiServer;
  readonly #client: ApiClient;
  readonly #replied: HandlerId;
  readonly #retry: HandlerId;
  readonly #giveUp: HandlerId;
  /** How many reasons there are for a node's being cordoned. */
  #cordons = new Map<string, number>();
  #drains = new Map<number, Drain>();
  #next = 1;

  constructor({ kernel, server, clients }: Environment) {
    this.#kernel = kernel;
    this.#server = server;
    this.#client = clients.client('operators', { qps: 0, burst: 0 });
    this.#replied = kernel.register('operators/evicted', (_a, _b, reply) => this.#reply(reply as ApiReply));
    this.#retry = kernel.register('operators/evict', (_a, _b, pod) => this.#evict(pod as PodToEvict));
    this.#giveUp = kernel.register('operators/give-up', (drain) => this.#finish(drain));
  }

  cordon(node: string): void {
    const reasons = (this.#cordons.get(node) ?? 0) + 1;
    this.#cordons.set(node, reasons);
    if (reasons === 1) this.#setUnschedulable(node, true);
  }

  uncordon(node: string): void {
    const reasons = (this.#cordons.get(node) ?? 0) - 1;
    if (reasons < 0) return;
    if (reasons > 0) {
      this.#cordons.set(node, reasons);
      return;
    }
    this.#cordons.delete(node);
    this.#setUnschedulable(node, false);
  }

  #setUnschedulable(node: string, unschedulable: boolean): void {
    const patch = { spec: { unschedulable: unschedulable ? true : null } };
    this.#client.request({ verb: 'patch', kind: 'Node', namespace: '', name: node, patch });
  }

  /** Puts a NoExecute taint on the node. */
  taint(node: string, { key, value }: { readonly key: string; readonly value?: string }): void {
    const taint: Taint = { key, effect: 'NoExecute', ...(value === undefined ? {} : { value }) };
    this.#setTaints(node, (taints) => [...taints.filter((one) => one.key !== key), taint]);
  }

  untaint(node: string, keys: readonly string[]): void {
    this.#setTaints(node, (taints) => taints.filter(({ key }) => !keys.includes(key)));
  }

  #setTaints(node: string, change: (taints: readonly Taint[]) => readonly Taint[]): void {
    const known = this.#server.get<KubeNode>('Node', '', node);
    if (known === undefined) return;
    const patch = { spec: { taints: change(known.spec.taints ?? []) } };
    this.#client.request({ verb: 'patch', kind: 'Node', namespace: '', name: node, patch });
  }

  /**
   * Evicts what runs on the node but DaemonSets' pods, as kubectl drain --ignore-daemonsets --force does. `done` is called
   * with (a, b) when the API server has taken all evictions, or `patience` is over (Infinity: never given up). Returns
   * the drain's number.
   */
  drain(node: string, patience: Micros, done: HandlerId, a = 0, b = 0): number {
    const { items } = this.#server.list<Pod>('Pod', { fieldSelector: `spec.nodeName=${node}` });
    const pods = items.filter(({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
      const leaves = metadata.deletionTimestamp !== undefined;
      return owner?.kind !== 'DaemonSet' && metadata.annotations?.[MIRROR] === undefined && !leaves;
    });
    const id = this.#next++;
    this.#drains.set(id, { node, left: pods.length, done, a, b });
    for (const { metadata } of pods) {
      this.#evict({ drain: id, namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid });
    }
    if (pods.length === 0) this.#finish(id);
    else if (patience < Infinity) this.#kernel.after(patience, this.#giveUp, id);
    return id;
  }

  /** Evicts no more; `done` is not called. */
  stop(drain: number): void {
    this.#drains.delete(drain);
  }

  #evict(pod: PodToEvict): void {
    if (!this.#drains.has(pod.drain)) return;
    const { namespace, name, uid } = pod;
    const options = { preconditions: { uid } };
    this.#client.request({ verb: 'evict', kind: 'Pod', namespace, name, options }, this.#replied, pod);
  }

  #reply({ result, context }: ApiReply): void {
    const pod = context as PodToEvict;
    const drain = this.#drains.get(pod.drain);
    if (drain === undefined) return;
    // Gone, or another pod of that name: nothing is left to do.
    const over = result.ok || result.status.reason === 'NotFound' || result.status.reason === 'Conflict';
    if (!over) {
      this.#kernel.after(EVICTION_RETRY, this.#retry, 0, 0, pod, Priority.external);
      return;
    }
    if (--drain.left === 0) this.#finish(pod.drain);
  }

  #finish(id: number): void {
    const drain = this.#drains.get(id);
    if (drain === undefined) return;
    this.#drains.delete(id);
    this.#kernel.after(0, drain.done, drain.a, drain.b);
  }

  save(): OperatorsState {
    return {
      cordons: [...this.#cordons],
      drains: [...this.#drains].map(([id, drain]) => [id, { ...drain }]),
      next: this.#next,
    };
  }

  restore(saved: unknown): void {
    const state = saved as OperatorsState;
    this.#cordons = new Map(state.cordons);
    this.#drains = new Map(state.drains.map(([id, drain]) => [id, { ...drain }]));
    this.#next = state.next;
  }
}
