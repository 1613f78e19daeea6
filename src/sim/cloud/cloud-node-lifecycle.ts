import type { KubeNode } from '../api/core.ts';
import { Informers } from '../apiserver/informer.ts';
import type { Informer } from '../apiserver/informer.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

const COMPONENT = 'cloud-node-lifecycle-controller';

/** The provider's own knowledge of its machines. */
export interface CloudInstances {
  /** Whether the provider has the machine; undefined for machines that are none of its. */
  exists(node: string): boolean | undefined;
}

interface State {
  readonly informers: unknown;
  readonly suspects: readonly string[];
  readonly pass: EventRef;
}

/**
 * cloud-controller-manager's node-lifecycle controller: every 5 s it asks the provider about each node that is not Ready, and
 * deletes those whose machines are no more. Source: cloud-provider controllers/nodelifecycle.
 */
export class CloudNodeLifecycle implements Component {
  readonly name = COMPONENT;
  readonly #environment: Environment;
  readonly #instances: CloudInstances;
  readonly #informers: Informers;
  readonly #nodes: Informer<KubeNode>;
  readonly #client: ApiClient;
  readonly #pass: HandlerId;
  readonly #phase: Micros;
  readonly #period: Micros;
  /** Nodes that are not Ready; passes without any are not run. */
  #suspects = new Set<string>();
  #pending: EventRef = NO_EVENT;

  constructor(environment: Environment, instances: CloudInstances) {
    const { kernel, hub, clients, settings } = environment;
    this.#environment = environment;
    this.#instances = instances;
    this.#informers = new Informers('cloud-controller-manager', hub);
    this.#nodes = this.#informers.informer<KubeNode>('Node');
    this.#client = clients.client(COMPONENT, settings.cloud);
    this.#period = seconds(settings.cloud.nodeMonitorPeriodSeconds);
    this.#phase = Math.floor(kernel.random.purpose('cloud-monitor-phase').uniform(0, 0) * this.#period);
    this.#pass = kernel.register('cloud/node-pass', () => this.#check());
    this.#nodes.on((type, node) => {
      const { name } = node.metadata;
      const ready = node.status.conditions?.find((condition) => condition.type === 'Ready');
      if (type === 'deleted' || ready?.status === 'True') this.#suspects.delete(name);
      else if (this.#instances.exists(name) !== undefined) this.#suspects.add(name);
      this.#plan();
    });
  }

  start(): void {
    this.#informers.start();
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
      if (node === undefined || this.#instances.exists(name) !== false) continue;
      const message = `Deleting node ${name} because it does not exist in the cloud provider`;
      events.record(COMPONENT, node, 'Normal', 'DeletingNode', message);
      this.#client.request({ verb: 'delete', kind: 'Node', namespace: '', name });
    }
    this.#plan();
  }

  save(): State {
    return { informers: this.#informers.save(), suspects: [...this.#suspects], pass: this.#pending };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#informers.restore(state.informers);
    this.#suspects = new Set(state.suspects);
    this.#pending = state.pass;
  }
}
