import type { KubeNode, Service } from '../api/core.ts';
import { LoadBalancers } from '../cloud/load-balancers.ts';
import type { LoadBalancerTargets, ReachableMachines } from '../cloud/load-balancers.ts';
import type { Environment } from '../environment.ts';
import type { Change } from '../etcd/store.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';

interface OutsideState {
  readonly front: unknown;
  readonly specs: readonly (readonly [string, Service['spec']])[];
  readonly nodes: readonly string[];
  readonly targets: readonly (readonly [string, readonly string[]])[];
}

/** How a balancer looks at nodes that somebody has put in front of node ports. An assumption. */
const LOOKS = { interval: 10 * SECOND, healthyThreshold: 2, unhealthyThreshold: 2 };

/** Told of a node through which a Service is reached from outside, from now on or no more. */
export type EntryListener = (service: string, node: string, there: boolean) => void;

/**
 * The ways into the cluster: for Services of type LoadBalancer the nodes that the provider's load balancer sends to; where
 * there is no provider, and for node ports, those that a balancer of somebody's own finds well among all nodes.
 */
export class Outside implements Saveable {
  readonly #provider: LoadBalancerTargets | undefined;
  readonly #front: LoadBalancers;
  readonly #services: ReadonlySet<string>;
  readonly #tell: EntryListener;
  #specs = new Map<string, Service['spec']>();
  #nodes = new Set<string>();
  /** Through which nodes each Service is reached at present. */
  #targets = new Map<string, readonly string[]>();

  constructor(
    environment: Environment,
    machines: ReachableMachines,
    provider: LoadBalancerTargets | undefined,
    services: ReadonlySet<string>,
    tell: EntryListener,
  ) {
    this.#provider = provider;
    this.#front = new LoadBalancers(environment, machines, LOOKS, 'traffic');
    this.#services = services;
    this.#tell = tell;
    for (const way of [provider, this.#front]) {
      way?.observe((service) => {
        if (services.has(service)) this.#look(service);
      });
    }
    environment.server.observe((change) => this.#written(change));
  }

  start(): void {
    for (const service of this.#services) {
      this.#provider?.follow(service);
      this.#front.follow(service);
    }
  }

  #written({ kind, type, object, key }: Change): void {
    if (kind === 'Node') {
      const { name } = (object as KubeNode).metadata;
      if (type === 'MODIFIED') return;
      if (type === 'ADDED') this.#nodes.add(name);
      else this.#nodes.delete(name);
      for (const service of this.#specs.keys()) this.#setFront(service);
    } else if (kind === 'Service' && this.#services.has(key)) {
      if (type === 'DELETED') this.#specs.delete(key);
      else this.#specs.set(key, (object as Service).spec);
      this.#setFront(key);
    }
  }

  /** The balancer in front of the node ports, where it is that by which the Service is reached. */
  #setFront(service: string): void {
    const spec = this.#specs.get(service);
    const balanced = spec?.type === 'NodePort' || (spec?.type === 'LoadBalancer' && this.#provider === undefined);
    if (spec !== undefined && balanced) this.#front.set(service, [...this.#nodes], spec);
    else this.#front.remove(service);
  }

  #look(service: string): void {
    const now = this.#front.targets(service) ?? this.#provider?.targets(service) ?? [];
    const before = this.#targets.get(service) ?? [];
    this.#targets.set(service, now);
    const there = new Set(now);
    const were = new Set(before);
    for (const node of before) if (!there.has(node)) this.#tell(service, node, false);
    for (const node of now) if (!were.has(node)) this.#tell(service, node, true);
  }

  save(): OutsideState {
    return {
      front: this.#front.save(),
      specs: [...this.#specs],
      nodes: [...this.#nodes],
      targets: [...this.#targets],
    };
  }

  restore(saved: unknown): void {
    const { front, specs, nodes, targets } = saved as OutsideState;
    this.#front.restore(front);
    this.#specs = new Map(specs);
    this.#nodes = new Set(nodes);
    this.#targets = new Map(targets);
  }
}
