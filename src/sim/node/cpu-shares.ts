import type { KubeNode } from '../api/core.ts';
import { quantityMilli } from '../api/quantity.ts';
import type { NodeRecord } from './kubelet-state.ts';
import { totalLoad } from './load.ts';
import type { Micros } from '../kernel/time.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { loadsOf, statedAmount } from './pod-usage.ts';

/** A container that wants processor time: thousandths of a core, and its weight. */
interface Wanting {
  readonly record: PodRecord;
  readonly container: ContainerRecord;
  readonly demand: number;
  /** What its limit leaves of it. */
  readonly allowed: number;
  readonly weight: number;
}

/** The least weight of a container that asks for nothing. Source: pkg/kubelet/cm/helpers_linux.go MinShares. */
const LEAST_WEIGHT = 2;

/** When what a node's containers want of its processor changes next; Infinity: never. */
export function nextCorner(records: readonly PodRecord[], now: Micros): Micros {
  let next = Infinity;
  for (const record of records) {
    for (const container of record.containers) {
      if (container.state !== 'running') continue;
      for (const load of loadsOf(record, container, 'cpu')) next = Math.min(next, load.trend(now).until);
    }
  }
  return next;
}

/**
 * How fast each container gets on whose demand is known, 1 being undisturbed: its limit throttles it, and where all want
 * more than the node has, each gets by its request (cpu.weight), and what it cannot use goes to the rest.
 */
export function speedsOn(
  { machine, drag }: NodeRecord,
  records: readonly PodRecord[],
  now: Micros,
): ReadonlyMap<ContainerRecord, number> {
  const wanting: Wanting[] = [];
  for (const record of records) {
    for (const container of record.containers) {
      if (container.state !== 'running') continue;
      const demand = totalLoad(loadsOf(record, container, 'cpu'), now);
      if (demand <= 0) continue;
      const limit = statedAmount(record, container.index, 'cpu', 'limits') ?? Infinity;
      const weight = Math.max(LEAST_WEIGHT, statedAmount(record, container.index, 'cpu', 'requests') ?? 0);
      wanting.push({ record, container, demand, allowed: Math.min(demand, limit), weight });
    }
  }
  const { capacity } = (machine.node.status as KubeNode['status'] | undefined) ?? {};
  let left = (capacity?.['cpu'] === undefined ? Infinity : quantityMilli(capacity['cpu'])) / drag;
  const speeds = new Map<ContainerRecord, number>();
  let weights = wanting.reduce((sum, { weight }) => sum + weight, 0);
  for (const { container, demand, allowed, weight } of [...wanting].sort(
    (a, b) => a.allowed / a.weight - b.allowed / b.weight,
  )) {
    const got = Math.min(allowed, left === Infinity ? Infinity : (left * weight) / weights);
    weights -= weight;
    left -= got;
    speeds.set(container, got / demand);
  }
  return speeds;
}
