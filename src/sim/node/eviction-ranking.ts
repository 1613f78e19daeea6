import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import type { StarvedResource } from './eviction-signals.ts';
import { totalLoad } from './load.ts';
import type { PodRecord } from './pod-record.ts';
import { loadsAt } from './node-strain.ts';
import { podRequest } from './pod-usage.ts';

/** From this priority on a pod is critical, and is not evicted. Source: pkg/apis/scheduling/types.go SystemCriticalPriority. */
export const SYSTEM_CRITICAL = 2_000_000_000;

/** Whether the kubelet spares a pod. Source: pkg/kubelet/types/pod_update.go IsCriticalPod. */
export function isCritical({ pod, isStatic }: PodRecord): boolean {
  return isStatic || (pod.spec.priority ?? 0) >= SYSTEM_CRITICAL;
}

/** What a pod uses and asks for of what runs short. */
export interface Consumer {
  readonly record: PodRecord;
  readonly usage: number;
  readonly request: number;
}

/**
 * The order in which pods are evicted. Memory: those that use more than they ask for, then those of less priority, then
 * those that exceed it by most. Disk: likewise, by usage. Processes: by priority, then usage. Source:
 * pkg/kubelet/eviction/helpers.go rankMemoryPressure, rankDiskPressureFunc, rankPIDPressure.
 */
export function ranked(
  records: readonly PodRecord[],
  starved: StarvedResource,
  now: Micros,
  settings: KubeletSettings,
): readonly Consumer[] {
  const consumers = records.map((record): Consumer => {
    const usage = totalLoad(loadsAt(record, starved, settings), now);
    return { record, usage, request: podRequest(record, starved === 'images' ? 'disk' : starved) };
  });
  const exceeds = ({ usage, request }: Consumer): number => (starved !== 'pid' && usage > request ? 0 : 1);
  const priority = ({ record }: Consumer): number => record.pod.spec.priority ?? 0;
  const size = ({ usage, request }: Consumer): number => (starved === 'memory' ? usage - request : usage);
  return consumers.sort(
    (a, b) => exceeds(a) - exceeds(b) || priority(a) - priority(b) || size(b) - size(a) || a.record.id - b.record.id,
  );
}
