import type { KubeNode } from '../api/core.ts';
import { quantityMilli } from '../api/quantity.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { podCpuLimit } from './cgroups.ts';
import { bothLost, carriedOn, closed, hadBetween, lostSince } from './cpu-account.ts';
import type { LostTime } from './cpu-account.ts';
import { shareOut } from './cpu-shares.ts';
import type { CpuShare, CpuUser } from './cpu-shares.ts';
import type { NodeRecord } from './kubelet-state.ts';
import { mostOf, totalLoad } from './load.ts';
import type { Load } from './load.ts';
import { initCount } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { loadsOf, saysUsage, statedAmount } from './pod-usage.ts';

/** How often a processor is shared out anew while somebody's usage goes up or down a slope. No constant upstream. */
const SLOPE_STEP = 10 * SECOND;

/** What a metrics-server may know of what a pod has had, thousandths of a core times microseconds. */
export interface CpuHad {
  /** From when to when it is known; before and after that, the pod has had what it wanted. */
  readonly since: Micros;
  readonly until: Micros;
  readonly amount: number;
}

/** How a pod stands at its node's processor; see Processors.pace. */
export interface Pace {
  /** How fast its container gets on: 1 at full speed. */
  readonly speed: number;
  /** All that the processor does takes so many times as long. */
  readonly drag: number;
  /** What requests to it could have if they wanted all of it, in thousandths of a core. */
  readonly cores: number;
}

/** Of a pod that nothing is in the way of. */
export const UNDISTURBED: Pace = { speed: 1, drag: 1, cores: Infinity };

/** What is left at least for the requests to a container that has other things to do. No constant upstream. */
const LEAST_FOR_REQUESTS = 0.5;

/**
 * The nodes' processors: how fast each container gets on. That changes where somebody's demand does, or a fault slows the
 * node down; where a node has more than all of its containers will ever want, and no limit is in their way, nothing is
 * reckoned.
 */
export class Processors {
  readonly #context: PodContext;
  readonly #corner: HandlerId;
  readonly #setSpeed: (record: PodRecord, container: ContainerRecord, speed: number) => void;
  readonly #observers: ((node: string) => void)[] = [];

  /** `setSpeed` is told of every running container of a node, as often as something changes there. */
  constructor(context: PodContext, setSpeed: (record: PodRecord, container: ContainerRecord, speed: number) => void) {
    const { kernel, state } = context;
    this.#context = context;
    this.#setSpeed = setSpeed;
    this.#corner = kernel.register('kubelet/cpu-corner', (index) => this.replan(state.nodes[index] as NodeRecord));
  }

  /** Has it said when a node's processor is shared out anew; in constructors only. */
  observe(observer: (node: string) => void): void {
    this.#observers.push(observer);
  }

  /** What is wanted of the node's processor, or what it can do, has changed. */
  replan(node: NodeRecord): void {
    const { kernel, state } = this.#context;
    const { now } = kernel;
    const records = this.#usersOn(node);
    let changes = state.tight.has(node.index);
    const isTight = mayLack(node, records);
    const shares = new Map<ContainerRecord, CpuShare>();
    if (isTight) {
      const users = records.flatMap((record) => usersOf(record, now, node.drag));
      for (const share of this.#shareOut(node, users)) shares.set(share.container, share);
    }
    for (const record of state.podsOf(node)) {
      for (const container of record.containers) {
        const share = shares.get(container);
        this.#account(container, share);
        if (container.state !== 'running') continue;
        const { speed } = container;
        this.#setSpeed(record, container, (share === undefined ? 1 : share.got / share.wanted) / node.drag);
        changes ||= container.speed !== speed;
      }
    }
    if (shares.size > 0) state.tight.add(node.index);
    else state.tight.delete(node.index);
    kernel.cancel(node.cpuCorner);
    const corner = isTight ? nextCorner(records, now) : Infinity;
    if (corner < Infinity) node.cpuCorner = kernel.at(corner, this.#corner, node.index);
    if (changes || isTight) for (const observer of this.#observers) observer(node.name);
  }

  /** Requests to a pod want so much of its node's processor from now on, in thousandths of a core at full speed. */
  serve(node: string, uid: string, milliCpu: number): void {
    const record = this.#podOf(node, uid);
    if (record === undefined || record.served === milliCpu) return;
    record.served = milliCpu;
    this.replan(this.#context.state.nodeOf(record));
  }

  /** How a pod's first container stands; `withCores`: what requests could have is asked, too. */
  pace(node: string, uid: string, withCores: boolean): Pace {
    const record = this.#podOf(node, uid);
    const container = record?.containers[initCount(record.pod)];
    if (record === undefined || container?.state !== 'running') return UNDISTURBED;
    const { drag } = this.#context.state.nodeOf(record);
    const { speed } = container;
    const cores = withCores ? this.#coresFor(record, container) : Infinity;
    return speed === 1 && drag === 1 && cores === Infinity ? UNDISTURBED : { speed, drag, cores };
  }

  /** What a container would get that wanted all it may have, but for what it uses anyway. */
  #coresFor(record: PodRecord, container: ContainerRecord): number {
    const { kernel, state } = this.#context;
    const node = state.nodeOf(record);
    const users = this.#usersOn(node).flatMap((one) => usersOf(one, kernel.now, node.drag));
    const others = users.filter((user) => user.container !== container);
    const all = { ...userOf(record, container), wanted: Infinity };
    const got = this.#shareOut(node, [...others, all]).find((share) => share.container === container)?.got ?? Infinity;
    const besides = totalLoad(loadsOf(record, container, 'cpu'), kernel.now);
    return got === Infinity ? Infinity : Math.max(got - besides, LEAST_FOR_REQUESTS * got);
  }

  /** What all containers have lost so far. */
  get lost(): LostTime {
    const { kernel, state } = this.#context;
    let sum = state.cpuLost;
    for (const index of state.tight) {
      for (const { containers } of state.podsOf(state.nodes[index] as NodeRecord)) {
        for (const { cpu } of containers) if (cpu !== undefined) sum = bothLost(sum, lostSince(cpu, kernel.now));
      }
    }
    return sum;
  }

  /** What a pod's containers have had in a stretch of time; undefined: all that they wanted. */
  had(node: string, uid: string, from: Micros, to: Micros): CpuHad | undefined {
    let since = Infinity;
    let until = -Infinity;
    let amount = 0;
    for (const { cpu } of this.#podOf(node, uid)?.containers ?? []) {
      if (cpu === undefined) continue;
      since = Math.min(since, cpu.steps[0]?.from ?? Infinity);
      until = Math.max(until, cpu.isOpen ? Infinity : cpu.since);
      amount += hadBetween(cpu, from, to);
    }
    return since === Infinity ? undefined : { since, until, amount };
  }

  #podOf(node: string, uid: string): PodRecord | undefined {
    const { state } = this.#context;
    const on = state.byName.get(node);
    return on && state.podBehind(on, uid);
  }

  /** What it has lost is booked; from now on it has this share, or what it wants. */
  #account(container: ContainerRecord, share: CpuShare | undefined): void {
    const { kernel, state } = this.#context;
    const { cpu } = container;
    if (cpu !== undefined) state.cpuLost = bothLost(state.cpuLost, lostSince(cpu, kernel.now));
    if (share !== undefined) container.cpu = carriedOn(cpu, share, kernel.now);
    else if (cpu !== undefined) container.cpu = closed(cpu, kernel.now);
  }

  /** Pods of which it is known that they use the processor. */
  #usersOn(node: NodeRecord): readonly PodRecord[] {
    const { state } = this.#context;
    return state.podsOf(node).filter((record) => record.served > 0 || saysUsage(record));
  }

  #shareOut(node: NodeRecord, users: readonly CpuUser[]): readonly CpuShare[] {
    const { state } = this.#context;
    const pods = state.podsOf(node).flatMap(({ pod, stage }) => (stage === 'done' ? [] : [pod]));
    return shareOut(capacityOf(node), users, pods);
  }
}

/** What the node's processor can do, in thousandths of a core; Infinity where nothing is said of it. */
function capacityOf({ machine }: NodeRecord): number {
  const { capacity } = (machine.node.status as KubeNode['status'] | undefined) ?? {};
  return capacity?.['cpu'] === undefined ? Infinity : quantityMilli(capacity['cpu']);
}

/** What a running container says that it uses of the processor. */
function loadsOfCpu(record: PodRecord, container: ContainerRecord): readonly Load[] {
  return container.state === 'running' ? loadsOf(record, container, 'cpu') : [];
}

/** Those of a pod's containers that want something now: requests come to the first. */
function usersOf(record: PodRecord, now: Micros, drag: number): readonly CpuUser[] {
  return record.containers.flatMap((container) => {
    if (container.state !== 'running') return [];
    const served = container.index === initCount(record.pod) ? record.served * drag : 0;
    const wanted = totalLoad(loadsOfCpu(record, container), now) + served;
    return wanted > 0 ? [{ ...userOf(record, container), wanted }] : [];
  });
}

function userOf(record: PodRecord, container: ContainerRecord): Omit<CpuUser, 'wanted'> {
  const request = statedAmount(record, container.index, 'cpu', 'requests') ?? 0;
  return { record, container, request, limit: limitOf(record, container) };
}

/** A container's limit; 0 is none. Source: pkg/kubelet/cm/helpers_linux.go MilliCPUToQuota. */
function limitOf(record: PodRecord, { index }: ContainerRecord): number {
  const limit = statedAmount(record, index, 'cpu', 'limits');
  return limit === undefined || limit === 0 ? Infinity : limit;
}

/** Whether there may ever be a container that wants more than it gets. */
function mayLack(node: NodeRecord, records: readonly PodRecord[]): boolean {
  let all = 0;
  for (const record of records) {
    // How much of it requests want varies from one to the next.
    if (record.served > 0) return true;
    let pod = 0;
    for (const container of record.containers) {
      const most = mostOf(loadsOfCpu(record, container));
      if (most > limitOf(record, container)) return true;
      pod += most;
    }
    if (pod > podCpuLimit(record.pod)) return true;
    all += pod;
  }
  return all > capacityOf(node);
}

/** When what containers want of a processor changes next; Infinity: never. */
function nextCorner(records: readonly PodRecord[], now: Micros): Micros {
  let next = Infinity;
  for (const record of records) {
    for (const container of record.containers) {
      for (const load of loadsOfCpu(record, container)) {
        const { slope, until } = load.trend(now);
        next = Math.min(next, slope === 0 ? until : Math.min(until, now + SLOPE_STEP));
      }
    }
  }
  return next;
}
