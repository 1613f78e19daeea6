import { KubeletState } from './kubelet-state.ts';
import type { NodeRecord } from './kubelet-state.ts';
import type { MachineSpec, MachineState } from './machines.ts';
import { hostAddress } from './node-object.ts';
import { anyRuns } from './pod-containers.ts';

/** The machines that there are or were, and what others may know of them, whoever else does. */
export class MachineRegister {
  protected readonly state = new KubeletState();
  readonly #launched: ((machine: MachineSpec) => void)[] = [];
  readonly #gone: ((name: string) => void)[] = [];
  readonly #retired: ((name: string) => void)[] = [];
  readonly #observers: ((node: string) => void)[] = [];

  protected node(index: number): NodeRecord {
    return this.state.nodes[index] as NodeRecord;
  }

  protected named(name: string): NodeRecord {
    const node = this.state.byName.get(name);
    if (node === undefined) throw new RangeError(`there is no machine "${name}"`);
    return node;
  }

  /** Names of all machines there ever were, in order. */
  get machines(): readonly string[] {
    return this.state.nodes.map(({ name }) => name);
  }

  /** All machines there ever were, as they were given or launched, in order. */
  get specs(): readonly MachineSpec[] {
    return this.state.nodes.map(({ machine }) => machine);
  }

  /** A machine as it was given. */
  machine(node: string): MachineSpec {
    return this.named(node).machine;
  }

  machineState(node: string): MachineState {
    return this.named(node).state;
  }

  /** Whether a cloud provider has the machine; undefined for machines that are no provider's. */
  exists(node: string): boolean | undefined {
    const record = this.state.byName.get(node);
    return record?.machine.cloud === true ? record.state !== 'gone' : undefined;
  }

  /** Whether any container of a pod runs on a machine, whoever knows of it. */
  runs(node: string, uid: string): boolean {
    const record = this.state.podBehind(this.named(node), uid);
    return record !== undefined && anyRuns(record);
  }

  /** Whether a node's kubelet hears what is asked of it. */
  hears(node: string): boolean {
    const { state, paused, deaf } = this.named(node);
    return state === 'running' && !paused && !deaf;
  }

  /** Whether a machine runs, be its kubelet hung or not. */
  isUp(node: string): boolean {
    const { state } = this.named(node);
    return state === 'running' || state === 'frozen';
  }

  /** Whether what the API server sends does not reach a node. */
  isDeaf(node: string): boolean {
    return this.named(node).deaf;
  }

  /** Whether a machine is an instance that is gone. */
  isRetired(name: string): boolean {
    const { machine, state } = this.named(name);
    return machine.instance === true && state === 'gone';
  }

  /** Whether a machine was switched off in good order, and is off. */
  isShutDown(name: string): boolean {
    const { shutDown, state } = this.named(name);
    return shutDown && state === 'off';
  }

  /** A machine's internal address. */
  addressOf(name: string): string {
    return hostAddress(this.named(name).index);
  }

  /** Has it said, in constructors only, when a machine is launched. */
  onLaunch(listener: (machine: MachineSpec) => void): void {
    this.#launched.push(listener);
  }

  /** Has it said, in constructors only, when a machine is taken away for good. */
  onGone(listener: (name: string) => void): void {
    this.#gone.push(listener);
  }

  /** Has it said, in constructors only, when an instance is gone, after whatever took it away has come to its end. */
  onRetired(listener: (name: string) => void): void {
    this.#retired.push(listener);
  }

  /** Has it said when a machine has come up or gone down, or has lost or found its way to the API server. */
  observeMachines(observer: (node: string) => void): void {
    this.#observers.push(observer);
  }

  protected sayLaunched(machine: MachineSpec): void {
    for (const listener of this.#launched) listener(machine);
  }

  protected sayGone(name: string): void {
    for (const listener of this.#gone) listener(name);
  }

  protected sayRetired(name: string): void {
    for (const listener of this.#retired) listener(name);
  }

  protected sayChanged({ name }: NodeRecord): void {
    for (const observer of this.#observers) observer(name);
  }
}
