import type { Micros } from '../kernel/time.ts';
import { reaches, totalLoad } from './load.ts';
import type { Load } from './load.ts';
import { initCount, specOf } from './pod-containers.ts';
import type { PodRecord } from './pod-record.ts';
import { ownVolumes } from './pod-volumes.ts';
import { loadsOf, podLoads, statedAmount } from './pod-usage.ts';

/** A limit on what a pod, or one of its containers, may use of its node's disk. */
interface StorageLimit {
  readonly bytes: number;
  readonly loads: readonly Load[];
  /** What the pod is told when it uses more. */
  readonly message: string;
}

/**
 * The limits in the order in which they are looked at: what each of the pod's own volumes may hold (emptyDir), what all of
 * it may use together, then each container. Source: pkg/kubelet/eviction/eviction_manager.go localStorageEviction.
 */
function storageLimits(record: PodRecord): readonly StorageLimit[] {
  return [...volumeLimits(record), ...containerLimits(record)];
}

function volumeLimits(record: PodRecord): readonly StorageLimit[] {
  return ownVolumes(record).map(({ name, limit, limitText, loads }) => {
    return { bytes: limit, loads, message: `Usage of EmptyDir volume "${name}" exceeds the limit "${limitText}". ` };
  });
}

function containerLimits(record: PodRecord): readonly StorageLimit[] {
  const limits: StorageLimit[] = [];
  const texts: string[] = [];
  let sum = 0;
  for (const container of record.containers) {
    if (container.index < initCount(record.pod)) continue;
    const bytes = statedAmount(record, container.index, 'disk', 'limits');
    if (bytes === undefined || bytes === 0) continue;
    sum += bytes;
    const { name, resources } = specOf(record.pod, container.index);
    const text = resources?.limits?.['ephemeral-storage'] ?? '';
    const message = `Container ${name} exceeded its local ephemeral storage limit "${text}". `;
    const loads = container.state === 'running' ? loadsOf(record, container, 'disk') : [];
    limits.push({ bytes, loads, message });
    texts.push(text);
  }
  if (limits.length === 0) return limits;
  const total = texts.length === 1 ? texts[0] : String(sum);
  const message = `Pod ephemeral local storage usage exceeds the total limit of containers ${total}. `;
  return [{ bytes: sum, loads: podLoads(record, 'disk'), message }, ...limits];
}

/** When the pod will first use more than a limit allows; Infinity: never, as far as can be seen. */
export function beyondStorageLimit(record: PodRecord, now: Micros): Micros {
  let first = Infinity;
  for (const { bytes, loads } of storageLimits(record)) {
    // More than the limit, by a byte at least.
    if (loads.length > 0) first = Math.min(first, reaches(loads, bytes + 1, now));
  }
  return first;
}

/** What a pod is told that uses more than a limit allows; undefined: it does not. */
export function storageMessage(record: PodRecord, now: Micros): string | undefined {
  return storageLimits(record).find(({ bytes, loads }) => totalLoad(loads, now) > bytes)?.message;
}
