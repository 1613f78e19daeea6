import type { Pod } from '../api/core.ts';
import { podRequests } from '../api/pod-requests.ts';
import { quantityMilli } from '../api/quantity.ts';

/** Least and most shares that a cgroup has. Source: pkg/kubelet/cm/helpers_linux.go MinShares, MaxShares. */
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;

/**
 * The cpu.weight that a cgroup is given for a request, thousandths of a core: its shares of old, brought from their range
 * onto that of weights, in whole numbers. So 4 for 100m and 39 for a core: a little that is asked for counts for more
 * than its part. Source: pkg/kubelet/cm MilliCPUToShares, CpuSharesToCpuWeight (KEP-2254).
 */
export function cpuWeight(milliCpu: number): number {
  const shares = Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milliCpu * 1024) / 1000)));
  return 1 + Math.floor(((shares - MIN_SHARES) * 9999) / (MAX_SHARES - MIN_SHARES));
}

/** What a pod's cgroup is weighed by. */
export function podCpuRequest({ spec }: Pod): number {
  return podRequests(spec).get('cpu') ?? 0;
}

/** What a pod may have beside what its containers may: thousandths of a core; Infinity where it says nothing of itself. */
export function podCpuLimit({ spec }: Pod): number {
  const limit = spec.resources?.limits?.['cpu'];
  return limit === undefined ? Infinity : quantityMilli(limit);
}
