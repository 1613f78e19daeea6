import type { KubeNode } from '../api/core.ts';
import type { Informer, Informers } from '../apiserver/informer.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { hasTaint, SHUTDOWN, taintsRequest } from './cloud-taints.ts';

const COMPONENT = 'cloud-node-lifecycle-controller';

/** The provider's own knowledge of its machines. */
export interface CloudInstances {
  /** Whether the provider has the machine; undefined for machines that are none of its. */
  exists(node: string): boolean | undefined;
  /** Whether it has it, switched off; absent: nobody can tell. */
  isShutDown?(node: string): boolean;
}

interface State {
  readonly suspects: readonly string[];
  readonly pass: EventRef;
}

/**
 * cloud-controller-manager's node-lifecycle controller: every 5 s it asks the provider about each node that is not Ready,
 * deletes those whose machines are no more and taints those whose machines are switched off. Source: cloud-provider controllers/nodelifecycle.
 */
export class CloudNodeLifecycle implements Component {
  readonly name = COMPONENT;
  readonly #environment: Environment;
  readonly #instances: CloudInstances;
  readonly #nodes: Informer<KubeNode>;
  readonly #client: ApiClient;
  readonly #pass: HandlerId;
  readonly #phase: Micros;
  readonly #period: Micros;
  /** Nodes that are not Ready; passes without any are not run. */
  #suspects = new Set<string>();
  #pending: EventRef = NO_EVENT;

  constructor(environment: Environment, informers: Informers, instances: CloudInstances) {
    const { kernel, clients, settings } = environment;
    this.#environment = environment;
    this.#instances = instances;
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#client = clients.client(COMPONENT, settings.cloud);
    this.#period = seconds(settings.cloud.nodeMonitorPeriodSeconds);
    this.#phase = Math.floor(kernel.random.purpose('cloud-monitor-phase').uniform(0, 0) * this.#period);
    this.#pass = kernel.register('cloud/node-pass', () => this.#check());
    this.#nodes.on((type, node) => {
      const { name } = node.metadata;
      if (type === 'deleted') this.#suspects.delete(name);
      // A Ready node that is said to be shut down is one more to look at.
      else if (isReady(node) && !hasTaint(node, SHUTDOWN)) this.#suspects.delete(name);
      else if (this.#instances.exists(name) !== undefined) this.#suspects.add(name);
      this.#plan();
    });
  }

  /** What it does follows from what it sees. */
  start(): void {
    this.#pending = NO_EVENT;
  }

  #plan(): void {
    const { kernel } = this.#environment;
    if (this.#suspects.size === 0 || kernel.isPending(this.#pending)) return;
    const passes = Math.floor((kernel.now - this.#phase) / this.#period) + 1;
    const next = this.#phase + Math.max(0, passes) * this.#period;
    this.#pending = kernel.at(next, this.#pass, 0, 0, undefined, Priority.timer);
  }

  #check(): void {
    const { events } = this.#environment;
    for (const name of this.#suspects) {
      const node = this.#nodes.get(name);
      if (node === undefined) continue;
      if (this.#instances.exists(name) !== false) {
        this.#taintIfShutDown(node);
        continue;
      }
      const message = `Deleting node ${name} because it does not exist in the cloud provider`;
      events.record(COMPONENT, node, 'Normal', 'DeletingNode', message);
      this.#client.request({ verb: 'delete', kind: 'Node', namespace: '', name });
    }
    this.#plan();
  }

  /** A node that is not Ready because its instance is switched off has a taint that says so. */
  #taintIfShutDown(node: KubeNode): void {
    if (this.#instances.isShutDown === undefined) return;
    const shutDown = this.#instances.isShutDown(node.metadata.name) && !isReady(node);
    if (shutDown === hasTaint(node, SHUTDOWN)) return;
    const others = (node.spec.taints ?? []).filter(({ key }) => key !== SHUTDOWN.key);
    this.#client.request(taintsRequest(node, shutDown ? [...others, SHUTDOWN] : others));
  }

  save(): State {
    return { suspects: [...this.#suspects], pass: this.#pending };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#suspects = new Set(state.suspects);
    this.#pending = state.pass;
  }
}

function isReady({ status }: KubeNode): boolean {
  return status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;
}
