import type { KubeNode, Service } from '../api/core.ts';
import type { EndpointSlice } from '../api/workloads.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import type { Environment } from '../environment.ts';
import type { Change } from '../etcd/store.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { hasTaint, TO_BE_DELETED } from './cloud-taints.ts';
import { answer, isHealthy, newTarget, turnsAt } from './target-health.ts';
import type { HealthCheckSpec, Target } from './target-health.ts';

/** Where traffic from outside enters the cluster. */
export interface LoadBalancerTargets {
  /**
   * The nodes that a Service's load balancer spreads new connections over at this instant: the healthy ones, or all where
   * none is. Undefined: the Service has no load balancer (yet). `service` is `namespace/name`.
   */
  targets(service: string): readonly string[] | undefined;
  /** Has listeners told of what changes for a Service from now on. */
  follow(service: string): void;
  unfollow(service: string): void;
  /** Has it said when the targets of a Service that is followed have changed; in constructors only. */
  observe(listener: (service: string) => void): void;
}

/** What load balancers find out about machines by themselves. */
export interface ReachableMachines {
  /** Whether the machine runs, be its kubelet hung or not. */
  isUp(node: string): boolean;
  observeMachines(observer: (node: string) => void): void;
}

/** A load balancer; plain data. */
interface Balancer {
  readonly service: string;
  readonly address: string;
  /** Local: a node is healthy that has a ready endpoint of its own. */
  readonly policy: 'Cluster' | 'Local';
  readonly targets: readonly Target[];
}

interface BalancersState {
  readonly balancers: readonly Balancer[];
  readonly created: number;
  readonly draining: readonly string[];
  readonly followed: readonly (readonly [string, EventRef])[];
}

/**
 * The provider's load balancers: each has nodes to send to, and looks at them at intervals. Asked is kube-proxy's healthz
 * (port 10256), which fails where the machine is down or the node is about to be removed; with externalTrafficPolicy Local the
 * Service's healthCheckNodePort, which fails where no endpoint on the node is ready. Source: pkg/proxy/healthcheck. What they
 * would answer is as the API server has it: proxies' delays do not count here.
 */
export class LoadBalancers implements LoadBalancerTargets, Saveable {
  readonly #kernel: Kernel;
  readonly #server: ApiServer;
  readonly #machines: ReachableMachines;
  readonly #spec: HealthCheckSpec;
  readonly #phases: Purpose;
  readonly #turn: HandlerId;
  readonly #listeners: ((service: string) => void)[] = [];
  #balancers = new Map<string, Balancer>();
  #created = 0;
  /** Nodes that are about to be removed. */
  #draining = new Set<string>();
  /** Nodes with ready endpoints by slice, of the Services for which that counts; made anew where it is missing. */
  readonly #local = new Map<string, Map<string, readonly string[]>>();
  /** Services that somebody follows, with the next turn of a target of theirs. */
  #followed = new Map<string, EventRef>();

  /** `owner` tells their events from those of other load balancers. */
  constructor({ kernel, server }: Environment, machines: ReachableMachines, spec: HealthCheckSpec, owner = 'cloud') {
    this.#kernel = kernel;
    this.#server = server;
    this.#machines = machines;
    this.#spec = spec;
    this.#phases = kernel.random.purpose('load-balancer-check');
    this.#turn = kernel.register(`${owner}/target-turns`, (_a, _b, service) => this.#changed(service as string));
    server.observe((change) => this.#written(change));
    machines.observeMachines((node) => this.#look(node));
  }

  observe(listener: (service: string) => void): void {
    this.#listeners.push(listener);
  }

  follow(service: string): void {
    if (this.#followed.has(service)) return;
    this.#followed.set(service, NO_EVENT);
    this.#plan(service);
  }

  unfollow(service: string): void {
    this.#kernel.cancel(this.#followed.get(service) ?? NO_EVENT);
    this.#followed.delete(service);
  }

  targets(service: string): readonly string[] | undefined {
    const balancer = this.#balancers.get(service);
    if (balancer === undefined) return undefined;
    const { now } = this.#kernel;
    const healthy = balancer.targets.filter((target) => isHealthy(target, now, this.#spec));
    return (healthy.length > 0 ? healthy : balancer.targets).map(({ node }) => node);
  }

  /** Nodes that a Service's load balancer was given, healthy or not; undefined where there is none. */
  hosts(service: string): readonly string[] | undefined {
    return this.#balancers.get(service)?.targets.map(({ node }) => node);
  }

  policyOf(service: string): Balancer['policy'] | undefined {
    return this.#balancers.get(service)?.policy;
  }

  addressOf(service: string): string | undefined {
    return this.#balancers.get(service)?.address;
  }

  /** Makes a Service's load balancer, or has it send to these nodes from now on. Targets that stay keep their health. */
  set(service: string, hosts: readonly string[], { externalTrafficPolicy: policy = 'Cluster' }: Service['spec']): void {
    const known = this.#balancers.get(service);
    const { now } = this.#kernel;
    const before = known?.policy === policy ? new Map(known.targets.map((target) => [target.node, target])) : undefined;
    const local = policy === 'Local' ? this.#localNodes(service) : undefined;
    const targets = hosts.map(
      (node) =>
        before?.get(node) ?? newTarget(service, node, this.#answers(node, local), now, this.#spec, this.#phases),
    );
    const address = known?.address ?? numberedAddress(this.#created++);
    this.#balancers.set(service, { service, address, policy, targets });
    this.#changed(service);
  }

  remove(service: string): void {
    this.#local.delete(service);
    if (this.#balancers.delete(service)) this.#changed(service);
  }

  /** What a look at a node finds. `local`: the nodes with endpoints of their own, where that counts. */
  #answers(node: string, local: ReadonlySet<string> | undefined): boolean {
    if (!this.#machines.isUp(node)) return false;
    return local === undefined ? !this.#draining.has(node) : local.has(node);
  }

  /** Nodes with ready endpoints of a Service. */
  #localNodes(service: string): ReadonlySet<string> {
    return new Set([...this.#slicesOf(service).values()].flat());
  }

  /** By slice, kept for Services where it counts. */
  #slicesOf(service: string): Map<string, readonly string[]> {
    let slices = this.#local.get(service);
    if (slices === undefined) {
      const [namespace = '', name = ''] = service.split('/');
      const labelSelector = { matchLabels: { [SERVICE_NAME]: name } };
      const { items } = this.#server.list<EndpointSlice>('EndpointSlice', { namespace, labelSelector });
      slices = new Map(items.map((slice) => [slice.metadata.name, readyNodes(slice)]));
      this.#local.set(service, slices);
    }
    return slices;
  }

  #written({ kind, type, object }: Change): void {
    if (kind === 'Node') {
      const { name } = object.metadata;
      const node = object as KubeNode;
      const drains = type !== 'DELETED' && hasTaint(node, { key: TO_BE_DELETED });
      const leaves = drains || node.metadata.deletionTimestamp !== undefined;
      if (leaves === this.#draining.has(name)) return;
      if (leaves) this.#draining.add(name);
      else this.#draining.delete(name);
      this.#look(name);
    } else if (kind === 'EndpointSlice') {
      const service = `${object.metadata.namespace ?? ''}/${object.metadata.labels?.[SERVICE_NAME] ?? ''}`;
      const balancer = this.#balancers.get(service);
      if (balancer?.policy !== 'Local') return;
      const slices = this.#slicesOf(service);
      if (type === 'DELETED') slices.delete(object.metadata.name);
      else slices.set(object.metadata.name, readyNodes(object as EndpointSlice));
      this.#ask(balancer, balancer.targets);
    }
  }

  /** Something has changed on a node: all load balancers that send there will find it. */
  #look(node: string): void {
    for (const balancer of this.#balancers.values()) {
      const target = balancer.targets.find((one) => one.node === node);
      if (target !== undefined) this.#ask(balancer, [target]);
    }
  }

  #ask({ service, policy }: Balancer, targets: readonly Target[]): void {
    const { now } = this.#kernel;
    const local = policy === 'Local' ? this.#localNodes(service) : undefined;
    for (const target of targets) answer(target, this.#answers(target.node, local), now, this.#spec);
    this.#plan(service);
  }

  /** The targets of a Service are others. */
  #changed(service: string): void {
    if (!this.#followed.has(service)) return;
    for (const listener of this.#listeners) listener(service);
    this.#plan(service);
  }

  /** Of a Service that is followed, waits for the next turn of a target. */
  #plan(service: string): void {
    const pending = this.#followed.get(service);
    if (pending === undefined) return;
    this.#kernel.cancel(pending);
    const { now } = this.#kernel;
    let next = Infinity;
    for (const target of this.#balancers.get(service)?.targets ?? []) {
      const at = turnsAt(target, this.#spec);
      if (at > now) next = Math.min(next, at);
    }
    const event = next === Infinity ? NO_EVENT : this.#kernel.at(next, this.#turn, 0, 0, service, Priority.external);
    this.#followed.set(service, event);
  }

  save(): BalancersState {
    return {
      balancers: [...this.#balancers.values()].map((one) => ({
        ...one,
        targets: one.targets.map((target) => ({ ...target })),
      })),
      created: this.#created,
      draining: [...this.#draining],
      followed: [...this.#followed],
    };
  }

  restore(saved: unknown): void {
    const { balancers, created, draining, followed } = saved as BalancersState;
    this.#balancers = new Map(
      balancers.map((one) => [one.service, { ...one, targets: one.targets.map((target) => ({ ...target })) }]),
    );
    this.#created = created;
    this.#local.clear();
    this.#draining = new Set(draining);
    this.#followed = new Map(followed);
  }
}

const SERVICE_NAME = 'kubernetes.io/service-name';

function readyNodes({ endpoints }: EndpointSlice): readonly string[] {
  return endpoints.flatMap(({ conditions, nodeName }) =>
    conditions.ready && nodeName !== undefined ? [nodeName] : [],
  );
}

/** Addresses of load balancers, of a network that is kept for such purposes (RFC 2544). */
function numberedAddress(number: number): string {
  return `198.${18 + ((number >>> 16) & 1)}.${(number >>> 8) & 255}.${number & 255}`;
}
