import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Purpose } from '../kernel/random.ts';
import { MAX_TIME, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { MachineSpec } from '../node/machines.ts';
import { ControlPlaneDamage, isControlPlaneFault } from './control-plane-damage.ts';
import type { ControllerManager } from '../controllers/controller-manager.ts';
import { ComponentDamage, isComponentFault } from './component-damage.ts';
import type { ControlPlane } from './control-plane-damage.ts';
import { present } from './fleet.ts';
import type { Roster } from './fleet.ts';
import { damageOf, endsByReboot, isGone, isOfMachine, isOfPlace } from './fault-nature.ts';
import { faultNodes, faultPods, machineName } from './fault-targets.ts';
import type { FailureModelEntry, FailureSubject } from './failure-model.ts';
import type { FailureResponse } from './failure-response.ts';
import { Forewarning } from './forewarning.ts';
import { ComposedFaults, isComposed } from './composed-faults.ts';
import { MachineDamage } from './machine-damage.ts';
import type { Machines } from './machine-damage.ts';
import { isShared, SharedDamage } from './shared-damage.ts';
import { ModelFailures } from './model-failures.ts';
import type { ModelFailure } from './model-failures.ts';
import { NodeCare } from './node-care.ts';
import { Operators } from './operators.ts';
import { Strikes } from './strikes.ts';
import type { Strike } from './strikes.ts';
import type { FaultDetail, FaultKind, FaultNotice, RepairKind, TimedFault } from './timed-fault.ts';

/** What can go wrong in a run, and what is done about it. */
export interface FaultsOptions {
  /** What a machine does when it is known that it will be taken away. */
  readonly onNotice?: ((node: string) => void) | undefined;
  readonly timed: readonly TimedFault[];
  readonly models: readonly FailureModelEntry[];
  readonly controlPlane: ControlPlane;
  readonly manager: ControllerManager;
  /** Where the control plane stands; absent: in no zone of its nodes. */
  readonly controlPlaneZone?: string | undefined;
  /** Absent: nobody does anything about failed nodes. */
  readonly response?: FailureResponse | undefined;
}

/** Where images come from. */
interface Registry {
  setRegistry(available: boolean): void;
}

interface FaultsState {
  readonly strikes: unknown;
  readonly damage: unknown;
  readonly composed: unknown;
  readonly shared: unknown;
  readonly controlPlane: unknown;
  readonly operators: unknown;
  readonly care: unknown;
  readonly components: unknown;
}

/** Everything that goes wrong: a list of faults with their times, and models by which things fail at random. */
export class Faults implements Component {
  readonly name = 'faults';
  readonly #environment: Environment;
  readonly #kernel: Kernel;
  readonly #options: FaultsOptions;
  readonly #roster: Roster;
  readonly #strikes = new Strikes();
  readonly #models: ModelFailures;
  readonly #forewarning: Forewarning;
  readonly #damage: MachineDamage;
  readonly #composed: ComposedFaults;
  readonly #shared: SharedDamage;
  readonly #controlPlane: ControlPlaneDamage;
  readonly #components: ComponentDamage;
  readonly #operators: Operators;
  readonly #care: NodeCare | undefined;
  readonly #draws: Purpose;
  readonly #observers: ((notice: FaultNotice) => void)[] = [];
  readonly #timed: HandlerId;
  readonly #end: HandlerId;
  readonly #drained: HandlerId;

  constructor(environment: Environment, machines: Machines & Registry & Roster, options: FaultsOptions) {
    const { kernel } = environment;
    this.#environment = environment;
    this.#kernel = kernel;
    this.#options = options;
    this.#roster = machines;
    this.#models = new ModelFailures(kernel, options.models, machines, {
      planned: (failure, nodes, at) => this.#forewarning.ofModel(failure, nodes, at),
      happens: (from, entry, subject, nodes) => this.#fail(from, entry, subject, nodes),
    });
    machines.onLaunch((machine) => this.#launched(machine));
    machines.onRetired((node) => this.#gone(node));
    this.#damage = new MachineDamage(kernel, machines);
    this.#composed = new ComposedFaults(kernel, this.#damage);
    this.#shared = new SharedDamage({
      clients: environment.clients,
      setRegistry: (available) => machines.setRegistry(available),
    });
    this.#controlPlane = new ControlPlaneDamage(options.controlPlane);
    this.#components = new ComponentDamage(environment.hub, options.manager);
    this.#operators = new Operators(environment);
    this.#draws = kernel.random.purpose('fault-choice');
    this.#timed = kernel.register('faults/timed', (index) => this.#begin(index));
    this.#end = kernel.register('faults/end', (id) => this.#over(id));
    this.#forewarning = new Forewarning(kernel, options.timed, machines, this.#draws, (kind, nodes) =>
      this.#warned(kind, nodes),
    );
    this.#drained = kernel.register('faults/drained', () => undefined);
    if (options.response === undefined) return;
    this.#care = new NodeCare(environment, machines, options.response, this.#operators, {
      reboot: (node) => this.#reboot(node),
      remove: (node, comesBack) => this.#remove(node, comesBack),
      replace: (node) => this.#replace(node),
    });
  }

  /** Has the begin and end of every fault seen, and what is done about nodes. */
  observe(observer: (notice: FaultNotice) => void): void {
    this.#observers.push(observer);
  }

  start(): void {
    for (const [index, fault] of this.#options.timed.entries()) {
      this.#kernel.at(fault.at, this.#timed, index, 0, undefined, Priority.external);
      this.#forewarning.ofTimed(index);
    }
    this.#models.start();
    this.#care?.start();
  }

  #warned(kind: FaultKind, nodes: readonly string[]): void {
    this.#care?.warned(nodes);
    if (kind === 'spot-reclaim' && this.#options.onNotice !== undefined)
      for (const node of nodes) this.#options.onNotice(node);
  }

  /** A new machine can fail like those that were there, and suffers from what is wrong where it stands. */
  #launched(machine: MachineSpec): void {
    const node = machineName(machine);
    this.#models.launched();
    for (const [id, { kind, zone, detail }] of this.#strikes.all()) {
      const ofPlace = zone === machine.zone && isOfPlace(kind);
      if (!ofPlace && !(isShared(kind) && this.#concerned(kind, [], detail).includes(node))) continue;
      this.#strikes.reach(id, node, ofPlace);
      const damage = damageOf(kind);
      if (damage !== undefined) this.#damage.strike(node, id, damage, detail);
    }
    this.#care?.launched(machine);
  }

  /** An instance is gone for good, and whatever had hold of it has it no more. */
  #gone(node: string): void {
    this.#repaired(
      node,
      this.#strikes.of(node, () => true),
    );
    this.#damage.forget(node);
  }

  #fail(
    from: ModelFailure,
    { model, untilSeconds }: FailureModelEntry,
    { zone }: FailureSubject,
    nodes: readonly string[],
  ): void {
    const { kind, forSeconds } = from.failure;
    const ofZone = model.strikes === 'zone' ? zone : undefined;
    const lasts = kind === 'kubelet-restart' ? 0 : forSeconds === undefined ? Infinity : seconds(forSeconds);
    const left = untilSeconds === undefined ? Infinity : seconds(untilSeconds) - this.#kernel.now;
    const forMicros = Math.min(lasts, left) === Infinity ? undefined : Math.min(lasts, left);
    const detail = detailOf(from.failure);
    const struck = isShared(kind) ? [] : nodes;
    const strike = {
      kind,
      zone: ofZone,
      source: model.name,
      nodes: this.#concerned(kind, nodes, detail),
      struck,
      from,
    };
    this.#strike({ ...strike, detail, drains: [], ends: forMicros !== undefined }, forMicros);
  }

  #begin(index: number): void {
    const fault = this.#options.timed[index] as TimedFault;
    const { kind, zone } = fault;
    const forMicros = kind === 'kubelet-restart' ? 0 : fault.forMicros;
    const elsewhere = { kind, zone, source: 'timed', nodes: [], struck: [], from: undefined, detail: {}, drains: [] };
    if (isControlPlaneFault(kind)) {
      this.#controlPlane.strike(this.#strikes.next, kind, fault);
      // A defragmentation is something that is done, and over.
      this.#strike({ ...elsewhere, ends: forMicros !== undefined }, kind === 'etcd-defrag' ? 0 : forMicros);
      return;
    }
    if (isComponentFault(kind)) {
      const process = fault.process ?? 'kube-controller-manager';
      const until = Math.min(MAX_TIME, this.#kernel.now + (forMicros ?? 0));
      this.#components.strike(this.#strikes.next, kind, process, until);
      this.#strike({ ...elsewhere, process, ends: forMicros !== undefined }, forMicros);
      return;
    }
    const chosen = isShared(kind) ? [] : faultNodes(fault, index, present(this.#roster), this.#draws);
    const detail = detailOf(fault);
    const nodes = this.#concerned(kind, chosen, detail);
    const base = { kind, zone, source: 'timed', nodes, struck: chosen, from: undefined, detail };
    if (kind === 'pod-kill') {
      this.#killPods(fault, index, nodes);
      return;
    }
    if (kind === 'node-reboot' && forMicros === undefined) {
      this.#notify(kind, nodes, 'timed', 'begin', zone);
      for (const node of nodes) this.#rebooted(node);
      this.#notify(kind, nodes, 'timed', 'end', zone);
      return;
    }
    const drains: number[] = [];
    if (kind === 'cordon' || kind === 'drain') for (const node of nodes) this.#operators.cordon(node);
    if (kind === 'drain') {
      for (const node of nodes) drains.push(this.#operators.drain(node, Infinity, this.#drained));
    }
    this.#strike({ ...base, drains, ends: forMicros !== undefined }, forMicros);
  }

  /** Nodes that a fault has hold of: those it was to strike, or those that suffer from it. */
  #concerned(kind: FaultKind, chosen: readonly string[], { zones = [] }: FaultDetail): readonly string[] {
    const { controlPlaneZone } = this.#options;
    const machines = present(this.#roster);
    if (kind === 'api-server-outage') return machines.map(machineName);
    if (kind === 'registry-outage') return [];
    if (kind !== 'zone-partition') return chosen;
    // The zone of the control plane reaches all but the others of them.
    if (controlPlaneZone === undefined || !zones.includes(controlPlaneZone)) return [];
    return machines.filter(({ zone }) => zone !== controlPlaneZone && zones.includes(zone)).map(machineName);
  }

  #strike(strike: Strike, forMicros: Micros | undefined): void {
    const id = this.#strikes.begin(strike);
    this.#notify(strike.kind, strike.struck, strike.source, 'begin', strike.zone);
    const kind = damageOf(strike.kind);
    if (isShared(strike.kind)) this.#shared.strike(id, strike.kind);
    if (isComposed(strike.kind)) this.#composed.begin(id, strike.kind, strike.nodes, strike.detail);
    if (kind !== undefined) for (const node of strike.nodes) this.#damage.strike(node, id, kind, strike.detail);
    if (forMicros === undefined) return;
    this.#kernel.after(forMicros, this.#end, id, 0, undefined, Priority.external);
  }

  /** The planned end of a fault. */
  #over(id: number): void {
    const strike = this.#strikes.get(id);
    if (strike === undefined) return;
    const { kind, nodes, from, drains, process } = strike;
    if (isGone(kind)) for (const node of nodes) this.#damage.replace(node, []);
    if (isShared(kind)) this.#shared.release(id);
    if (isComposed(kind)) this.#composed.end(id);
    if (isControlPlaneFault(kind)) this.#controlPlane.release(id);
    if (isComponentFault(kind) && process !== undefined) this.#components.release(id, kind, process);
    for (const drain of drains) this.#operators.stop(drain);
    for (const node of nodes) {
      if (kind === 'cordon' || kind === 'drain') this.#operators.uncordon(node);
      this.#damage.release(node, id);
    }
    this.#close(id, strike);
    if (from !== undefined) this.#models.over(from);
  }

  #close(id: number, { kind, nodes, struck, source, zone }: Strike): void {
    this.#strikes.end(id);
    // Where nothing was left of it, its end was told before.
    if (nodes.length > 0 || isShared(kind) || isControlPlaneFault(kind) || isComponentFault(kind))
      this.#notify(kind, struck, source, 'end', zone);
  }

  #killPods(fault: TimedFault, index: number, nodes: readonly string[]): void {
    const { server, clients } = this.#environment;
    const client = clients.client('operators', { qps: 0, burst: 0 });
    this.#notify(fault.kind, nodes, 'timed', 'begin', fault.zone);
    for (const { metadata } of faultPods(fault, index, nodes, server, this.#draws)) {
      const { namespace = '', name, uid } = metadata;
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      client.request({ verb: 'delete', kind: 'Pod', namespace, name, options });
    }
    this.#notify(fault.kind, nodes, 'timed', 'end', fault.zone);
  }

  #reboot(node: string): void {
    this.#rebooted(node);
    this.#remedied('reboot', node);
  }

  /** Power off and on, and the faults that this ends. */
  #rebooted(node: string): void {
    const over = this.#strikes.of(node, ({ kind, ends }) => endsByReboot(kind, ends));
    if (this.#damage.reboot(node, over)) this.#repaired(node, over);
  }

  #remove(node: string, comesBack: boolean): void {
    this.#damage.remove(node);
    if (!comesBack) this.#remedied('replace', node);
    else this.#notify('replace', [node], this.#options.response?.name ?? '', 'begin');
  }

  #replace(node: string): void {
    const over = this.#strikes.of(node, ({ kind }) => isOfMachine(kind));
    // The planned end of what took the machine away may have come before the instance that was ordered.
    if (this.#damage.replace(node, over)) this.#repaired(node, over);
    this.#notify('replace', [node], this.#options.response?.name ?? '', 'end');
  }

  #remedied(kind: RepairKind, node: string): void {
    const source = this.#options.response?.name ?? '';
    this.#notify(kind, [node], source, 'begin');
    this.#notify(kind, [node], source, 'end');
  }

  /** Takes a node out of faults that have no hold of it any more. The model's clock goes on from a repair or planned end. */
  #repaired(node: string, faults: readonly number[]): void {
    for (const id of faults) {
      this.#composed.forget(id, node);
      const { kind, nodes, struck, source, zone, from, ends } = this.#strikes.letGo(id, node);
      if (nodes.length > 0) continue;
      this.#notify(kind, struck, source, 'end', zone);
      if (ends) continue;
      this.#strikes.end(id);
      if (from !== undefined) this.#models.over(from);
    }
  }

  #notify(
    kind: FaultKind | RepairKind,
    nodes: readonly string[],
    source: string,
    phase: 'begin' | 'end',
    zone?: string,
  ): void {
    const notice: FaultNotice = {
      time: this.#kernel.now,
      kind,
      nodes,
      ...(zone === undefined ? {} : { zone }),
      phase,
      source,
    };
    for (const observer of this.#observers) observer(notice);
  }

  save(): FaultsState {
    return {
      strikes: this.#strikes.save(),
      damage: this.#damage.save(),
      composed: this.#composed.save(),
      shared: this.#shared.save(),
      controlPlane: this.#controlPlane.save(),
      operators: this.#operators.save(),
      care: this.#care?.save(),
      components: this.#components.save(),
    };
  }

  restore(saved: unknown): void {
    const state = saved as FaultsState;
    this.#models.restored();
    this.#strikes.restore(state.strikes);
    this.#damage.restore(state.damage);
    this.#composed.restore(state.composed);
    this.#shared.restore(state.shared);
    this.#controlPlane.restore(state.controlPlane);
    this.#operators.restore(state.operators);
    this.#care?.restore(state.care);
    this.#components.restore(state.components);
  }
}

function detailOf({ factor, perSecond, share, everyMicros, batch, effect, zones }: FaultDetail): FaultDetail {
  return { factor, perSecond, share, everyMicros, batch, effect, zones };
}
