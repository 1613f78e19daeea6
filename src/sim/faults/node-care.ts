import type { KubeNode } from '../api/core.ts';
import type { WatchClass } from '../apiserver/watch-hub.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import { identityOf } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { MINUTE, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { MachineSpec } from '../node/machines.ts';
import { machineName } from './fault-targets.ts';
import type { Roster } from './fleet.ts';
import type { FailureResponse, Remedy, UnhealthyNode } from './failure-response.ts';
import type { Operators } from './operators.ts';

/** How long evictions that are refused are waited for, where the remedy does not say. */
const DRAIN_SECONDS = 300;

/** How often a remedy that is put off is looked at again. Source: machine-api's health check re-queues after a minute. */
const LOOK_AGAIN: Micros = MINUTE;

/** What can be done to a machine. */
export interface MachineCare {
  reboot(node: string): void;
  /** The machine is given back. `comesBack`: a new one is ordered, under the same name. */
  remove(node: string, comesBack: boolean): void;
  /** The new one in its place begins to boot. */
  replace(node: string): void;
}

/** A node that is, or was, cared for; plain data. */
interface Patient {
  /** Not Ready, or gone from the API server. */
  unhealthy: boolean;
  /** Counts turns for better or worse: what was planned before one is void. */
  turn: number;
  /** How often something was done, and how often since it turned unhealthy. */
  remedies: number;
  attempt: number;
  /** Keys of the taints that were put on it. */
  taints: readonly string[];
  cordoned: boolean;
  /** A new machine is ordered and not there yet. */
  ordered: boolean;
}

interface NodeCareState {
  readonly patients: readonly [number, Patient][];
  readonly unhealthy: number;
}

/** Whoever looks after the machines: watches the nodes, and does about an unhealthy one what the response says. */
export class NodeCare implements Saveable {
  readonly #environment: Environment;
  readonly #roster: Roster;
  #machines: MachineSpec[] = [];
  #numbers = new Map<string, number>();
  readonly #response: FailureResponse;
  readonly #operators: Operators;
  readonly #care: MachineCare;
  readonly #watch: WatchClass;
  readonly #due: HandlerId;
  readonly #drained: HandlerId;
  readonly #emptied: HandlerId;
  readonly #arrived: HandlerId;
  #patients = new Map<number, Patient>();
  /** How many nodes are unhealthy. */
  #unhealthy = 0;

  constructor(
    environment: Environment,
    roster: Roster,
    response: FailureResponse,
    operators: Operators,
    care: MachineCare,
  ) {
    const { kernel, hub } = environment;
    this.#environment = environment;
    this.#roster = roster;
    for (const machine of roster.specs) this.launched(machine);
    this.#response = response;
    this.#operators = operators;
    this.#care = care;
    this.#due = kernel.register('node-care/due', (index, turn, remedy) => this.#act(index, turn, remedy as Remedy));
    this.#drained = kernel.register('node-care/drained', (index, turn) => this.#onDrained(index, turn));
    this.#emptied = kernel.register('node-care/emptied', () => undefined);
    this.#arrived = kernel.register('node-care/instance', (index) => this.#onInstance(index));
    this.#watch = hub.register('node-care', 'Node', {
      listed: (_key, nodes) => {
        for (const node of nodes) this.#seen(node as KubeNode, false);
      },
      changed: (_key, { type, object }) => this.#seen(object as KubeNode, type === 'DELETED'),
    });
  }

  start(): void {
    this.#environment.hub.open(this.#watch);
  }

  /** One more machine to look after. */
  launched(machine: MachineSpec): void {
    this.#numbers.set(machineName(machine), this.#machines.push(machine) - 1);
  }

  #seen(node: KubeNode, deleted: boolean): void {
    const index = this.#numbers.get(node.metadata.name);
    if (index === undefined) return;
    const ready = node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    if (deleted && this.#machines[index]?.instance === true) {
      this.#forget(index);
      return;
    }
    const healthy = ready && !deleted;
    let patient = this.#patients.get(index);
    if (healthy === (patient?.unhealthy !== true)) return;
    if (patient === undefined) {
      patient = this.#patient(index);
    }
    patient.unhealthy = !healthy;
    patient.turn++;
    patient.attempt = 0;
    this.#unhealthy += healthy ? -1 : 1;
    if (patient.unhealthy) {
      this.#ask(index, patient);
      return;
    }
    if (patient.cordoned) this.#operators.uncordon(node.metadata.name);
    patient.cordoned = false;
    if (patient.taints.length > 0) this.#operators.untaint(node.metadata.name, patient.taints);
    patient.taints = [];
  }

  /** An instance whose node is gone does not come back: another one comes in its place. */
  #forget(index: number): void {
    if (this.#patients.get(index)?.unhealthy === true) this.#unhealthy--;
    this.#patients.delete(index);
  }

  #patient(index: number): Patient {
    let patient = this.#patients.get(index);
    if (patient === undefined) {
      patient = { unhealthy: false, turn: 0, remedies: 0, attempt: 0, taints: [], cordoned: false, ordered: false };
      this.#patients.set(index, patient);
    }
    return patient;
  }

  /** Nodes are known to fail soon: what is done about them before they do? */
  warned(nodes: readonly string[]): void {
    for (const name of nodes) {
      const index = this.#numbers.get(name);
      if (index === undefined) continue;
      const patient = this.#patient(index);
      if (patient.unhealthy || patient.cordoned) continue;
      const remedy = this.#response.warned?.(this.#view(index, patient));
      if (remedy !== undefined) this.#plan(index, patient, remedy);
    }
  }

  /** Asks what is to be done, and waits for the time of it. */
  #ask(index: number, patient: Patient): void {
    const remedy = this.#response.respond(this.#view(index, patient));
    if (remedy !== undefined) this.#plan(index, patient, remedy);
  }

  #view(index: number, patient: Patient): UnhealthyNode {
    const machine = this.#machines[index] as MachineSpec;
    const name = machineName(machine);
    return {
      name,
      identity: identityOf(name),
      group: machine.group,
      zone: machine.zone,
      labels: machine.node.metadata.labels ?? {},
      cloud: machine.cloud,
      now: this.#environment.kernel.now,
      ordinal: patient.remedies,
      attempt: patient.attempt,
    };
  }

  #plan(index: number, patient: Patient, remedy: Remedy): void {
    const { action, afterSeconds, drainSeconds, maxUnhealthy, taint } = remedy;
    const plain = {
      action,
      afterSeconds,
      ...(maxUnhealthy === undefined ? {} : { maxUnhealthy }),
      ...(drainSeconds === undefined ? {} : { drainSeconds }),
      ...(taint === undefined ? {} : { taint: { ...taint } }),
    };
    this.#environment.kernel.after(seconds(afterSeconds), this.#due, index, patient.turn, plain);
  }

  #act(index: number, turn: number, remedy: Remedy): void {
    const patient = this.#patients.get(index);
    if (patient === undefined || patient.turn !== turn || patient.ordered) return;
    const { kernel, settings } = this.#environment;
    const machine = this.#machines[index] as MachineSpec;
    const name = machineName(machine);
    const { action, drainSeconds, maxUnhealthy = 1, taint } = remedy;
    if (this.#unhealthy > maxUnhealthy * (this.#machines.length - this.#roster.retired)) {
      kernel.after(LOOK_AGAIN, this.#due, index, turn, remedy);
      return;
    }
    patient.remedies++;
    patient.attempt++;
    if (action === 'taint' && taint !== undefined) {
      this.#operators.taint(name, taint);
      patient.taints = [...patient.taints, taint.key];
      this.#ask(index, patient);
    } else if (action === 'reboot') {
      this.#care.reboot(name);
      this.#ask(index, patient);
    } else if (action === 'replace') {
      patient.ordered = true;
      this.#care.remove(name, machine.instance !== true);
      // Its group sees to it that another one comes.
      if (machine.instance === true) return;
      kernel.after(seconds(settings.cloud.instanceBootSeconds), this.#arrived, index);
    } else {
      if (!patient.cordoned) this.#operators.cordon(name);
      patient.cordoned = true;
      const done = action === 'drain' ? this.#emptied : this.#drained;
      this.#operators.drain(name, seconds(drainSeconds ?? DRAIN_SECONDS), done, index, turn);
    }
  }

  #onDrained(index: number, turn: number): void {
    const patient = this.#patients.get(index);
    // It came to itself, or was taken away, while it was drained.
    if (patient?.turn !== turn) return;
    this.#care.reboot(machineName(this.#machines[index] as MachineSpec));
    this.#ask(index, patient);
  }

  #onInstance(index: number): void {
    const patient = this.#patients.get(index) as Patient;
    patient.ordered = false;
    this.#care.replace(machineName(this.#machines[index] as MachineSpec));
    if (patient.unhealthy) this.#ask(index, patient);
  }

  save(): NodeCareState {
    const patients = [...this.#patients].map(([index, patient]): [number, Patient] => [index, { ...patient }]);
    return { patients, unhealthy: this.#unhealthy };
  }

  restore(saved: unknown): void {
    const { patients, unhealthy } = saved as NodeCareState;
    this.#machines = [];
    this.#numbers.clear();
    for (const machine of this.#roster.specs) this.launched(machine);
    this.#patients = new Map(patients.map(([index, patient]) => [index, { ...patient }]));
    this.#unhealthy = unhealthy;
  }
}
