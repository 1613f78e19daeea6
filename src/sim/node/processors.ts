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
import { consumersOn } from './node-strain.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { loadsOf, statedAmount } from './pod-usage.ts';

/** How often a processor is shared out anew while somebody's usage goes up or down a slope. No constant upstream. */
const SLOPE_STEP = 10 * SECOND;

/** What a metrics-server may know of what a pod has had, thousandths of a core times microseconds. */
export interface CpuHad {
  /** From when to when it is known; before and after that, the pod has had what it wanted. */
  readonly since: Micros;
  readonly until: Micros;
  readonly amount: number;
}

/**
 * The nodes' processors: how fast each container gets on. That changes where somebody's demand does, or a fault slows the
 * node down; where a node has more than all of its containers will ever want, and no limit is in their way, nothing is
 * reckoned.
 */
export class Processors {
  readonly #context: PodContext;
  readonly #corner: HandlerId;
  readonly #setSpeed: (record: PodRecord, container: ContainerRecord, speed: number) => void;

  /** `setSpeed` is told of every running container of a node, as often as something changes there. */
  constructor(context: PodContext, setSpeed: (record: PodRecord, container: ContainerRecord, speed: number) => void) {
    const { kernel, state } = context;
    this.#context = context;
    this.#setSpeed = setSpeed;
    this.#corner = kernel.register('kubelet/cpu-corner', (index) => this.replan(state.nodes[index] as NodeRecord));
  }

  /** What is wanted of the node's processor, or what it can do, has changed. */
  replan(node: NodeRecord): void {
    const { kernel, state } = this.#context;
    const { now } = kernel;
    const records = consumersOn(state, node);
    const isTight = mayLack(node, records);
    const shares = new Map<ContainerRecord, CpuShare>();
    if (isTight) for (const share of this.#shareOut(node, records)) shares.set(share.container, share);
    for (const record of state.podsOf(node)) {
      for (const container of record.containers) {
        const share = shares.get(container);
        this.#account(container, share);
        if (container.state !== 'running') continue;
        this.#setSpeed(record, container, (share === undefined ? 1 : share.got / share.wanted) / node.drag);
      }
    }
    if (shares.size > 0) state.tight.add(node.index);
    else state.tight.delete(node.index);
    kernel.cancel(node.cpuCorner);
    const corner = isTight ? nextCorner(records, now) : Infinity;
    if (corner < Infinity) node.cpuCorner = kernel.at(corner, this.#corner, node.index);
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

  #shareOut(node: NodeRecord, records: readonly PodRecord[]): readonly CpuShare[] {
    const { kernel, state } = this.#context;
    const users = records.flatMap((record) => usersOf(record, kernel.now));
    const pods = state.podsOf(node).flatMap(({ pod, stage }) => (stage === 'done' ? [] : [pod]));
    return shareOut(capacityOf(node), users, pods);
  }
}

/** What the node's processor can do, in thousandths of a core; Infinity where nothing is said of it. */
function capacityOf({ machine }: NodeRecord): number {
  const { capacity } = (machine.node.status as KubeNode['status'] | undefined) ?? {};
  return capacity?.['cpu'] === undefined ? Infinity : quantityMilli(capacity['cpu']);
}

/** What a running container wants of the processor. */
function loadsOfCpu(record: PodRecord, container: ContainerRecord): readonly Load[] {
  return container.state === 'running' ? loadsOf(record, container, 'cpu') : [];
}

function usersOf(record: PodRecord, now: Micros): readonly CpuUser[] {
  return record.containers.flatMap((container) => {
    const wanted = totalLoad(loadsOfCpu(record, container), now);
    if (wanted <= 0) return [];
    const request = statedAmount(record, container.index, 'cpu', 'requests') ?? 0;
    return [{ record, container, wanted, request, limit: limitOf(record, container) }];
  });
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
