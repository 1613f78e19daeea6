import type { LoadBalancerTargets } from '../cloud/load-balancers.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Micros } from '../kernel/time.ts';
import { usableEndpoints } from '../network/endpoint-choice.ts';
import { KubeProxies } from '../network/kube-proxies.ts';
import { DnsAnswers } from '../network/dns-answers.ts';
import { isProxied, ServiceTables } from '../network/service-tables.ts';
import type { MachineSpec } from '../node/machines.ts';
import type { Serving } from '../node/pod-serving.ts';
import type { Processors } from '../node/processors.ts';
import { Backends } from './backends.ts';
import { Clients } from './clients.ts';
import { FluidTraffic } from './fluid.ts';
import type { Demand } from './fluid.ts';
import { Outside } from './outside.ts';
import { Paces } from './paces.ts';
import { Routes } from './routes.ts';
import type { Lookup } from './routes.ts';
import { SampledTraffic } from './sampled.ts';
import { spreadOf } from './spread.ts';
import type { Totals } from './totals.ts';
import type { TrafficSpec } from './traffic-spec.ts';

/** What there is to know of the machines and of what runs on them. */
export interface Machines {
  /** Names of all machines, those included that are no more. */
  readonly machines: readonly string[];
  machine(node: string): MachineSpec;
  isUp(node: string): boolean;
  isDeaf(node: string): boolean;
  runs(node: string, uid: string): boolean;
  serving(node: string, uid: string): Serving;
  readonly processors: Pick<Processors, 'pace' | 'serve' | 'observe'>;
  observeRuns(observer: (node: string, uid: string) => void): void;
  observeMachines(observer: (node: string) => void): void;
}

interface TrafficState {
  readonly tables: unknown;
  readonly proxies: unknown;
  readonly dns: unknown;
  readonly clients: unknown;
  readonly outside: unknown;
  readonly routes: readonly unknown[];
  readonly backends: unknown;
  readonly paces: unknown;
  readonly fluid: unknown;
  readonly sampled: unknown;
  readonly steps: readonly number[];
  readonly dirty: readonly number[];
  readonly turn: EventRef;
}

/** The world outside, as a client of the nodes through which it comes in. */
const OUTSIDE = 'outside';

/**
 * Requests that clients send to Services: each goes through the rules of the node that its client is on, as they are at
 * that moment, to a pod that may or may not be there still. Nothing in the cluster reacts to it, but for processors: the
 * time that requests want is what pods use.
 */
export class Traffic implements Component {
  readonly name = 'traffic';
  readonly specs: readonly TrafficSpec[];
  readonly #kernel: Kernel;
  readonly #machines: Machines;
  readonly #tables: ServiceTables;
  readonly #proxies: KubeProxies;
  readonly #dns: DnsAnswers;
  readonly #clients: Clients;
  /** Undefined where nothing comes from outside. */
  readonly #outside: Outside | undefined;
  readonly #routes: readonly Routes[];
  readonly #backends: Backends;
  readonly #paces: Paces;
  readonly #fluid: FluidTraffic;
  readonly #sampled: SampledTraffic;
  readonly #byService = new Map<string, number[]>();
  readonly #observers: ((index: number) => void)[] = [];
  readonly #step: HandlerId;
  readonly #reroute: HandlerId;
  /** How many steps of its rate each has begun; -1: it has not begun, or is over. */
  #steps: number[];
  /** Traffics of which something has changed at this instant, and the event that looks at them. */
  #dirty = new Set<number>();
  #turn = NO_EVENT;

  /** `balancers`: the provider's, where there is one. */
  constructor(
    environment: Environment,
    machines: Machines,
    specs: readonly TrafficSpec[],
    balancers: LoadBalancerTargets | undefined,
  ) {
    const { kernel, server } = environment;
    this.specs = specs;
    this.#kernel = kernel;
    this.#machines = machines;
    this.#steps = specs.map(() => -1);
    for (const [index, { service }] of specs.entries()) {
      this.#byService.set(service, [...(this.#byService.get(service) ?? []), index]);
    }
    const tables = new ServiceTables();
    this.#tables = tables;
    this.#proxies = new KubeProxies(environment, machines, tables);
    this.#dns = new DnsAnswers(environment, tables);
    this.#dns.observe((node) => this.#rulesChanged(node, this.#headless()));
    this.#proxies.observe((node, services) => this.#rulesChanged(node, services));
    const { processors } = machines;
    const ofCpu = specs.some(({ cpuTime }) => cpuTime > 0);
    this.#backends = new Backends(
      kernel,
      {
        isUp: (node) => machines.isUp(node),
        serving: (node, uid) => machines.serving(node, uid),
        pace: (node, uid) => processors.pace(node, uid, ofCpu),
      },
      (index) => this.#touch(index),
    );
    this.#paces = new Paces(kernel, specs, {
      pace: (id) => this.#backends.pace(id),
      placeOf: (id) => this.#backends.placeOf(id),
      serve: (node, uid, milliCpu) => processors.serve(node, uid, milliCpu),
    });
    processors.observe((node) => this.#backends.paceChanged(node));
    const answer = (id: string): Serving['answer'] => this.#backends.answer(id);
    this.#fluid = new FluidTraffic(specs, answer, this.#paces);
    this.#sampled = new SampledTraffic(kernel, specs, {
      answer,
      stretch: (index, id) => this.#paces.stretch(index, id),
      changes: (index) => this.#tell(index),
    });
    const draws = kernel.random.purpose('session-affinity');
    this.#routes = specs.map((spec) => new Routes(this.#lookup(spec), draws));
    const entered = specs.filter(({ from }) => from.kind === 'external').map(({ service }) => service);
    if (entered.length > 0) {
      this.#outside = new Outside(environment, machines, balancers, new Set(entered), (service, node, there) =>
        this.#entryChanged(service, node, there),
      );
    }
    this.#clients = new Clients(
      specs.map(({ from }) => from),
      machines,
      (index, node, client, there) => this.#clientChanged(index, node, client, there),
    );
    this.#step = kernel.register('traffic/step', (index, step) => this.#onStep(index, step));
    this.#reroute = kernel.register('traffic/reroute', () => this.#onReroute());
    server.observe((change) => {
      const changed = tables.changed(change);
      if (changed?.proxied === true) this.#proxies.changed();
      else if (changed !== undefined) this.#dns.changed(this.#nodesOf(changed.service));
    });
    if (this.#clients.arePods) {
      server.observe((change) => {
        if (change.kind === 'Pod') this.#clients.changed(change);
      });
    }
    machines.observeRuns((node, uid) => {
      this.#clients.runsChanged(node, uid);
      this.#backends.runsChanged(uid);
    });
    machines.observeMachines((node) => {
      this.#proxies.machineChanged(node);
      this.#entryTurned(node);
      this.#clients.machineChanged(node);
      this.#backends.machineChanged(node);
    });
  }

  /** Has it said that something is about to happen to a traffic: its totals go another way from now on. */
  observe(observer: (index: number) => void): void {
    this.#observers.push(observer);
  }

  /** What has become of a traffic's requests up to now. */
  totals(index: number): Totals {
    return this.totalsAt(index, this.#kernel.now);
  }

  /** The same for an instant since the last change. */
  totalsAt(index: number, time: Micros): Totals {
    return this.#isFluid(index) ? this.#fluid.totals(index, time) : this.#sampled.totals(index);
  }

  /** Whether more requests may fail from here to the next change than the objective allows. */
  failing(index: number): boolean {
    return !this.#isFluid(index) || this.#fluid.failing(index);
  }

  /** The latency of served requests below which a share of them lies, in microseconds. */
  latency(index: number, share: number): Micros | undefined {
    if (this.#isFluid(index)) return this.#fluid.latency(index, share, this.#kernel.now);
    return this.#sampled.latency(index, share);
  }

  /** From a change of endpoints to the rules of a client's node: below it lies a share of all such lags, in microseconds. */
  rulesLag(share: number): Micros | undefined {
    return this.#proxies.lags.quantile(share);
  }

  start(): void {
    this.#outside?.start();
    this.#clients.start(this.#machines.machines);
    for (const [index, { at }] of this.specs.entries()) {
      this.#kernel.at(at, this.#step, index, 0, undefined, Priority.component);
    }
  }

  /** A step of a traffic's rate begins; the step after the last one is its end. */
  #onStep(index: number, step: number): void {
    const { load, until } = this.#spec(index);
    const { now } = this.#kernel;
    if (now >= until) {
      this.#steps[index] = -1;
      this.#touch(index);
      return;
    }
    this.#steps[index] = step;
    this.#touch(index);
    const next = load.kind === 'open' ? load.steps[step + 1] : undefined;
    const then = Math.min(until, next?.at ?? Infinity);
    if (then < Infinity)
      this.#kernel.at(Math.max(now, then), this.#step, index, step + 1, undefined, Priority.component);
  }

  /** Where a client's node sends, by which rules. */
  #lookup({ service, from }: TrafficSpec): Lookup {
    const scope = from.kind === 'external' ? 'external' : 'internal';
    return {
      affinity: scope === 'internal',
      table: (node) => {
        if (scope === 'external' && !this.#machines.isUp(node)) return 'down';
        return (this.#isHeadless(service) ? this.#dns : this.#proxies).table(node, service);
      },
      usable: (table, node) => usableEndpoints(table, scope, node, this.#machines.machine(node).zone),
    };
  }

  /** A Service is reached from outside through a node from now on, or no more. */
  #entryChanged(service: string, node: string, there: boolean): void {
    for (const index of this.#byService.get(service) ?? []) {
      if (this.#spec(index).from.kind === 'external') this.#clientChanged(index, node, OUTSIDE, there);
    }
  }

  /** A machine came up or went down: who comes through it from outside finds that. */
  #entryTurned(node: string): void {
    for (const [index, { from }] of this.specs.entries()) {
      const routes = this.#routes[index] as Routes;
      if (from.kind !== 'external' || !routes.hasClientsOn(node)) continue;
      routes.refresh(node);
      this.#touch(index);
    }
  }

  #clientChanged(index: number, node: string, client: string, there: boolean): void {
    const routes = this.#routes[index] as Routes;
    if (there) {
      this.#proxies.follow(node);
      routes.add(node, client);
    } else {
      routes.remove(node, client);
      if (!this.#routes.some((other) => other.hasClientsOn(node))) this.#proxies.unfollow(node);
    }
    this.#touch(index);
  }

  /** Nodes with clients of a Service. */
  #nodesOf(service: string): ReadonlySet<string> {
    const indexes = this.#byService.get(service) ?? [];
    return new Set(indexes.flatMap((index) => [...(this.#routes[index] as Routes).nodes]));
  }

  /** Services that the DNS is asked for. */
  #headless(): ReadonlySet<string> {
    return new Set([...this.#byService.keys()].filter((service) => this.#isHeadless(service)));
  }

  #isHeadless(service: string): boolean {
    const table = this.#tables.now(service);
    return table !== undefined && !isProxied(table);
  }

  #rulesChanged(node: string, services: ReadonlySet<string>): void {
    for (const service of services) {
      for (const index of this.#byService.get(service) ?? []) {
        const routes = this.#routes[index] as Routes;
        if (!routes.hasClientsOn(node)) continue;
        routes.refresh(node);
        this.#touch(index);
      }
    }
  }

  /** A traffic is looked at when all of this instant has happened. */
  #touch(index: number): void {
    this.#dirty.add(index);
    if (!this.#kernel.isPending(this.#turn)) {
      this.#turn = this.#kernel.after(0, this.#reroute, 0, 0, undefined, Priority.timer);
    }
  }

  #onReroute(): void {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const index of dirty) {
      const spread = spreadOf(this.#routes[index] as Routes);
      const ids = new Set(spread.targets.map(({ id }) => id));
      this.#backends.use(index, spread.targets);
      this.#tell(index);
      if (this.#isFluid(index)) {
        const { now } = this.#kernel;
        const neighbours = this.#fluid.neighbours(index, spread);
        for (const other of neighbours) {
          this.#tell(other);
          this.#fluid.settle(other, now);
        }
        this.#fluid.settle(index, now);
        this.#fluid.reroute(index, spread, this.#demand(index));
        for (const id of this.#fluid.pods(index)) ids.add(id);
      } else {
        const demand = this.#demand(index);
        if ('perSecond' in demand) {
          const served = spread.targets.filter(({ id }) => this.#backends.answer(id) === 'serves');
          this.#paces.offer(
            index,
            served.map(({ id, share }) => [id, share * demand.perSecond]),
          );
        }
        this.#sampled.reroute(index, spread, demand);
        for (const id of this.#sampled.pods(index)) ids.add(id);
      }
      this.#backends.keep(index, ids);
    }
  }

  #demand(index: number): Demand {
    const { load } = this.#spec(index);
    const clients = (this.#routes[index] as Routes).clients;
    const step = this.#steps[index] as number;
    const active = step >= 0 && clients > 0;
    if (load.kind === 'closed') return { users: active || (step >= 0 && !this.#isFluid(index)) ? load.users : 0 };
    const perSecond = load.steps[step]?.perSecond ?? 0;
    return { perSecond: active ? perSecond * (load.perClient ? clients : 1) : 0 };
  }

  #tell(index: number): void {
    for (const observer of this.#observers) observer(index);
  }

  #spec(index: number): TrafficSpec {
    return this.specs[index] as TrafficSpec;
  }

  #isFluid(index: number): boolean {
    return this.#spec(index).mode === 'fluid';
  }

  save(): TrafficState {
    return {
      tables: this.#tables.save(),
      proxies: this.#proxies.save(),
      dns: this.#dns.save(),
      clients: this.#clients.save(),
      outside: this.#outside?.save(),
      routes: this.#routes.map((routes) => routes.save()),
      backends: this.#backends.save(),
      paces: this.#paces.save(),
      fluid: this.#fluid.save(),
      sampled: this.#sampled.save(),
      steps: [...this.#steps],
      dirty: [...this.#dirty],
      turn: this.#turn,
    };
  }

  restore(saved: unknown): void {
    const state = saved as TrafficState;
    this.#tables.restore(state.tables);
    this.#proxies.restore(state.proxies);
    this.#dns.restore(state.dns);
    this.#clients.restore(state.clients);
    this.#outside?.restore(state.outside);
    this.#backends.restore(state.backends);
    this.#paces.restore(state.paces);
    for (const [index, routes] of this.#routes.entries()) routes.restore(state.routes[index]);
    this.#fluid.restore(state.fluid);
    this.#sampled.restore(state.sampled);
    this.#steps = [...state.steps];
    this.#dirty = new Set(state.dirty);
    this.#turn = state.turn;
  }
}
