import type { Pod } from '../api/core.ts';
import { cpuWeight, podCpuLimit, podCpuRequest } from './cgroups.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** A container that wants processor time; thousandths of a core. */
export interface CpuUser {
  readonly record: PodRecord;
  readonly container: ContainerRecord;
  /** What it would use if nothing was in its way. */
  readonly wanted: number;
  /** Its request and its limit (cpu.max); Infinity: it has none. */
  readonly request: number;
  readonly limit: number;
}

/** What a container has of the processor; thousandths of a core. */
export interface CpuShare extends CpuUser {
  /** What limits leave of what it wants. */
  readonly allowed: number;
  readonly got: number;
}

/** A cgroup: what those in it may use together, and by what they are weighed against its neighbours. */
interface Cgroup {
  readonly weight: number;
  readonly most: number;
  readonly members: readonly Cgroup[];
  /** What gets the time, if it is a container's. */
  readonly user?: CpuUser & { readonly allowed: number };
}

/**
 * How a node's processor is shared out among those who want something of it, as the kernel does over time: among
 * Guaranteed pods, the slice of all Burstable ones (weighed by the sum of their requests) and that of all BestEffort ones
 * (the least weight, however many they are); in a slice among its pods, in a pod among its containers. Who wants less than
 * its part leaves the rest to the others. CFS periods of 100 ms and single cores are not looked at: a limit of half a core
 * is a processor of half the speed. Source: pkg/kubelet/cm/qos_container_manager_linux.go setCPUCgroupConfig.
 *
 * @param capacity what the node has, thousandths of a core; Infinity: as much as is wanted
 * @param pods all pods on the node, as those of which nothing is known have a weight, too
 */
export function shareOut(capacity: number, users: readonly CpuUser[], pods: readonly Pod[]): readonly CpuShare[] {
  const byPod = new Map<PodRecord, CpuUser[]>();
  for (const user of users) byPod.set(user.record, [...(byPod.get(user.record) ?? []), user]);
  const guaranteed: Cgroup[] = [];
  const burstable: Cgroup[] = [];
  const bestEffort: Cgroup[] = [];
  for (const [{ pod }, own] of byPod) {
    const { qosClass } = pod.status;
    const slice = qosClass === 'Guaranteed' ? guaranteed : qosClass === 'BestEffort' ? bestEffort : burstable;
    slice.push(podGroup(pod, own));
  }
  const requested = pods
    .filter(({ status }) => status.qosClass === 'Burstable')
    .reduce((sum, pod) => sum + podCpuRequest(pod), 0);
  const shares: CpuShare[] = [];
  divide(
    capacity,
    [...guaranteed, groupOf(cpuWeight(requested), burstable), groupOf(cpuWeight(0), bestEffort)],
    shares,
  );
  return shares;
}

function podGroup(pod: Pod, users: readonly CpuUser[]): Cgroup {
  let members = users.map((user) => containerGroup(user, Math.min(user.wanted, user.limit)));
  const limit = podCpuLimit(pod);
  if (totalOf(members) > limit) {
    const within: CpuShare[] = [];
    divide(limit, members, within);
    members = within.map((user) => containerGroup(user, user.got));
  }
  return groupOf(cpuWeight(podCpuRequest(pod)), members);
}

function containerGroup(user: CpuUser, allowed: number): Cgroup {
  return { weight: cpuWeight(user.request), most: allowed, members: [], user: { ...user, allowed } };
}

function groupOf(weight: number, members: readonly Cgroup[]): Cgroup {
  return { weight, most: totalOf(members), members };
}

function totalOf(groups: readonly Cgroup[]): number {
  return groups.reduce((sum, { most }) => sum + most, 0);
}

/** Who wants least for its weight is served first; so what it leaves is known when the others' turns come. */
function divide(amount: number, groups: readonly Cgroup[], shares: CpuShare[]): void {
  let left = amount;
  let weights = groups.reduce((sum, { weight }) => sum + weight, 0);
  for (const group of [...groups].sort((a, b) => a.most / a.weight - b.most / b.weight)) {
    const { weight, most, members, user } = group;
    const got = left === Infinity ? most : Math.min(most, (left * weight) / weights);
    weights -= weight;
    if (left < Infinity) left -= got;
    if (user === undefined) divide(got, members, shares);
    else shares.push({ ...user, got });
  }
}
