import type { KubeNode } from '../api/core.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { identityOf } from '../kernel/random.ts';
import { Priority } from '../kernel/priority.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { MachineSpec } from '../node/machines.ts';
import { Bill } from './bill.ts';
import type { GroupBill } from './bill.ts';
import { InstanceGroups } from './instance-groups.ts';
import { LoadBalancers } from './load-balancers.ts';
import type { Instance, InstanceGroupSpec, InstanceType, LaunchError, ProviderSpec } from './provider-spec.ts';
import { Stock } from './stock.ts';

/** The machines that instances are. */
export interface InstanceMachines {
  /** A new machine, whose kubelet starts. */
  launch(machine: MachineSpec): void;
  /** The machine is taken away. */
  remove(node: string): void;
  /** Whether it was switched off in good order. */
  isShutDown(node: string): boolean;
  /** Its internal address. */
  addressOf(node: string): string;
  /** Whether the machine runs, be its kubelet hung or not. */
  isUp(node: string): boolean;
  observeMachines(observer: (node: string) => void): void;
  /** Has it said, in constructors only, when an instance's machine is gone, whoever took it away. */
  onGone(listener: (node: string) => void): void;
}

/** What the provider's API tells of an instance. Source: cloud-provider cloud.go InstanceMetadata. */
export interface InstanceMetadata {
  readonly providerID: string;
  readonly instanceType: string;
  readonly addresses: NonNullable<KubeNode['status']['addresses']>;
  readonly zone: string;
  readonly region: string;
}

/** What was asked of the provider so far, and what it said. */
export interface CloudCounts {
  launches: number;
  readonly refusals: Record<LaunchError, number>;
  /** Calls of the API, whoever made them. */
  calls: number;
  throttled: number;
}

interface ProviderState {
  readonly instances: readonly Instance[];
  readonly numbers: readonly [string, number][];
  readonly stock: unknown;
  readonly bill: unknown;
  readonly groups: unknown;
  readonly balancers: unknown;
  readonly counts: CloudCounts;
  readonly theoretical: Micros;
}

/** The cloud provider: its API, and the instances behind it. */
export class CloudProvider implements Component {
  readonly name = 'cloud-provider';
  readonly spec: ProviderSpec;
  /** Groups of instances that are kept at a number. */
  readonly groups: InstanceGroups;
  readonly balancers: LoadBalancers;
  readonly #kernel: Kernel;
  readonly #machines: InstanceMachines;
  readonly #types: ReadonlyMap<string, InstanceType>;
  readonly #specs: ReadonlyMap<string, InstanceGroupSpec>;
  readonly #initial: readonly MachineSpec[];
  readonly #stock: Stock;
  readonly #bill: Bill;
  readonly #booted: HandlerId;
  #counts: CloudCounts = {
    launches: 0,
    refusals: { InsufficientInstanceCapacity: 0, QuotaExceeded: 0, RequestLimitExceeded: 0 },
    calls: 0,
    throttled: 0,
  };
  #instances = new Map<string, Instance>();
  /** Those of a group that are not gone, in the order of their launch. */
  #alive = new Map<string, Instance[]>();
  /** The next instance's number, by group. */
  #numbers = new Map<string, number>();
  /** When the bucket of calls is full again (generic cell rate algorithm). */
  #theoretical: Micros = 0;

  constructor(
    environment: Environment,
    spec: ProviderSpec,
    groups: readonly InstanceGroupSpec[],
    machines: readonly MachineSpec[],
    real: InstanceMachines,
  ) {
    const { kernel } = environment;
    this.spec = spec;
    this.#kernel = kernel;
    this.#machines = real;
    this.#types = new Map(spec.types.map((type) => [type.name, type]));
    this.#specs = new Map(groups.map((group) => [group.name, group]));
    this.#initial = machines.filter(({ instance }) => instance === true);
    this.#stock = new Stock(spec);
    this.#bill = new Bill(groups.map(({ name }) => name));
    for (const { name, initial } of groups) {
      this.#alive.set(name, []);
      this.#numbers.set(name, initial);
    }
    this.#booted = kernel.register('cloud/booted', (_a, _b, name) => this.#onBooted(name as string));
    this.groups = new InstanceGroups(kernel, groups, this);
    this.balancers = new LoadBalancers(environment, real, spec.loadBalancer.healthCheck);
    real.onGone((name) => this.#gone(name));
  }

  /** What there is when the run begins runs since then. */
  start(): void {
    for (const { node, group, zone } of this.#initial) this.#add(node.metadata.name ?? '', group, zone, 'running');
  }

  group(name: string): InstanceGroupSpec {
    return this.#specs.get(name) as InstanceGroupSpec;
  }

  instance(name: string): Instance | undefined {
    return this.#instances.get(name);
  }

  /** Instances of a group that are not gone, in the order of their launch. */
  instancesOf(group: string): readonly Instance[] {
    return this.#alive.get(group) ?? [];
  }

  /** What an hour of one more instance of the group costs. */
  priceOf({ type, spot }: InstanceGroupSpec): number {
    const { price, spotPrice } = this.#types.get(type) as InstanceType;
    return spot ? spotPrice : price;
  }

  get counts(): CloudCounts {
    return this.#counts;
  }

  /** Instance hours and cost so far, by group. */
  get bills(): ReadonlyMap<string, GroupBill> {
    return this.#bill.until(this.#kernel.now);
  }

  /**
   * A call of the API. False: it is refused (RequestLimitExceeded), and to be tried again after a back-off of the caller's.
   */
  admits(): boolean {
    const { qps, burst } = this.spec.api;
    const { now } = this.#kernel;
    this.#counts.calls++;
    if (qps === 0) return true;
    const interval = SECOND / qps;
    if (this.#theoretical - (Math.max(1, burst) - 1) * interval > now) {
      this.#counts.throttled++;
      return false;
    }
    this.#theoretical = Math.max(this.#theoretical, now) + interval;
    return true;
  }

  /** RunInstances: one more of a group, in a zone. Answers why not, where it cannot be had. */
  launch({ name: group, type, spot }: InstanceGroupSpec, zone: string): LaunchError | undefined {
    const error = this.#refusal(type, zone, spot);
    if (error !== undefined) {
      this.#counts.refusals[error]++;
      return error;
    }
    const number = this.#numbers.get(group) ?? 0;
    this.#numbers.set(group, number + 1);
    const name = `${group}-${number}`;
    this.#add(name, group, zone, 'pending');
    this.#counts.launches++;
    this.#kernel.after(seconds(this.spec.bootSeconds(identityOf(name))), this.#booted, 0, 0, name, Priority.external);
    return undefined;
  }

  #refusal(type: string, zone: string, spot: boolean): LaunchError | undefined {
    if (!this.admits()) return 'RequestLimitExceeded';
    const { instances = Infinity, vcpus = Infinity } = this.spec.quota;
    let running = 0;
    let used = (this.#types.get(type) as InstanceType).vcpus;
    for (const alive of this.#alive.values()) {
      running += alive.length;
      for (const instance of alive) used += (this.#types.get(instance.type) as InstanceType).vcpus;
    }
    if (running + 1 > instances || used > vcpus) return 'QuotaExceeded';
    return this.#stock.has(type, zone, spot, this.#kernel.now) ? undefined : 'InsufficientInstanceCapacity';
  }

  #add(name: string, group: string, zone: string, state: Instance['state']): void {
    const spec = this.group(group);
    const pricePerHour = this.priceOf(spec);
    const { type, spot } = spec;
    const launched = this.#kernel.now;
    const instance: Instance = { name, group, type, zone, spot, pricePerHour, launched, state, ended: undefined };
    this.#instances.set(name, instance);
    this.#alive.get(group)?.push(instance);
    this.#bill.change(group, this.#kernel.now, 1, pricePerHour);
  }

  #onBooted(name: string): void {
    const instance = this.#instances.get(name);
    if (instance?.state !== 'pending') return;
    instance.state = 'running';
    const { group, zone } = instance;
    const spec = this.group(group);
    const { devices } = spec;
    const node = spec.node(name, zone, false);
    this.#machines.launch({ node, group, zone, devices, cloud: true, instance: true });
  }

  /** TerminateInstances. */
  terminate(name: string): void {
    const instance = this.#instances.get(name);
    if (instance === undefined || instance.state === 'gone') return;
    if (instance.state === 'pending') this.#gone(name);
    else this.#machines.remove(name);
  }

  #gone(name: string): void {
    const instance = this.#instances.get(name);
    if (instance === undefined || instance.state === 'gone') return;
    const { group, pricePerHour } = instance;
    const { now } = this.#kernel;
    instance.state = 'gone';
    instance.ended = now;
    const alive = this.#alive.get(group) as Instance[];
    alive.splice(alive.indexOf(instance), 1);
    this.#bill.change(group, now, -1, -pricePerHour);
    this.groups.missing(group);
  }

  /** What the API tells of the node's instance; undefined where there is none. */
  metadataOf(node: string): InstanceMetadata | undefined {
    const instance = this.#instances.get(node);
    if (instance === undefined || instance.state === 'gone') return undefined;
    const { zone, type, group } = instance;
    const addresses = [
      { type: 'InternalIP', address: this.#machines.addressOf(node) },
      { type: 'Hostname', address: node },
    ];
    const { region } = this.group(group);
    return { providerID: `orrery://${zone}/${node}`, instanceType: type, addresses, zone, region };
  }

  /** Whether the node's instance is there, but switched off. */
  isShutDown(node: string): boolean {
    return this.#instances.get(node)?.state === 'running' && this.#machines.isShutDown(node);
  }

  save(): ProviderState {
    return {
      instances: [...this.#instances.values()].map((instance) => ({ ...instance })),
      numbers: [...this.#numbers],
      stock: this.#stock.save(),
      bill: this.#bill.save(),
      groups: this.groups.save(),
      balancers: this.balancers.save(),
      counts: { ...this.#counts, refusals: { ...this.#counts.refusals } },
      theoretical: this.#theoretical,
    };
  }

  restore(saved: unknown): void {
    const state = saved as ProviderState;
    this.#instances = new Map(state.instances.map((instance) => [instance.name, { ...instance }]));
    for (const name of this.#alive.keys()) this.#alive.set(name, []);
    for (const instance of this.#instances.values()) {
      if (instance.state !== 'gone') this.#alive.get(instance.group)?.push(instance);
    }
    this.#numbers = new Map(state.numbers);
    this.#stock.restore(state.stock);
    this.#bill.restore(state.bill);
    this.groups.restore(state.groups);
    this.balancers.restore(state.balancers);
    this.#counts = { ...state.counts, refusals: { ...state.counts.refusals } };
    this.#theoretical = state.theoretical;
  }
}
