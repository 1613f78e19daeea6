import type { KubeNode, Pod } from '../../sim/api/core.ts';
import { identityOf } from '../../sim/kernel/random.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import { DEVICE } from './gpu-node.ts';
import type { GpuTask } from './gpu-node.ts';

/** How a cluster says what GPUs there are and what pods want of them. */
export interface GpuNames {
  /** Resource of whole devices. */
  readonly count: string;
  /** Resource of thousandths, of all of a node's devices together; annotation of a pod's thousandths of each. */
  readonly milli: string;
  /** Node label of the model. */
  readonly model: string;
}

/** Bytes of a mebibyte: tasks count memory in these. */
const MEBIBYTE = 2 ** 20;

/**
 * What a pod wants, as the FGD experiment has it. A pod says how much it wants of how many devices by its annotations, as
 * openb's do; one without them by its requests: whole devices, or thousandths of one.
 */
export function taskOf({ pod, podClass, key }: PodInfo, names: GpuNames): GpuTask {
  const { amounts } = podClass.spec.requests;
  const asked = (resource: string): number => amounts.get(resource) ?? 0;
  const { devices, share } = gpusOf(pod, asked(names.count), asked(names.milli), names);
  const models = devices === 0 ? undefined : modelsOf(pod, names.model);
  const memory = asked('memory') / MEBIBYTE;
  const cpu = asked('cpu');
  const sort = identityOf(`${cpu} ${devices} ${share} ${[...(models ?? [])].join('|')}`);
  return { name: key, cpu, memory, devices, share, models, sort };
}

function gpusOf(
  { metadata }: Pod,
  count: number,
  milli: number,
  names: GpuNames,
): { readonly devices: number; readonly share: number } {
  if (count + milli === 0) return { devices: 0, share: 0 };
  const each = Number(metadata.annotations?.[names.milli]);
  const many = Number(metadata.annotations?.[names.count]);
  if (each > 0 && many > 0) return { devices: many, share: Math.min(each, DEVICE) };
  if (count > 0) return { devices: count, share: DEVICE };
  // More than a device in thousandths: as many whole ones as it takes.
  return milli <= DEVICE ? { devices: 1, share: milli } : { devices: Math.ceil(milli / DEVICE), share: DEVICE };
}

/** The models that a pod's node selector or required node affinity lets it have; undefined: any. */
function modelsOf({ spec }: Pod, label: string): ReadonlySet<string> | undefined {
  const selected = spec.nodeSelector?.[label];
  if (selected !== undefined) return new Set([selected]);
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const models = new Set<string>();
  for (const { matchExpressions = [] } of terms) {
    const named = matchExpressions.find(({ key, operator }) => key === label && operator === 'In');
    // A term that names none lets any through.
    if (named === undefined) return undefined;
    for (const value of named.values ?? []) models.add(value);
  }
  return models.size === 0 ? undefined : models;
}

/** A node's GPU model; '' where it says none. */
export function modelOf({ metadata }: KubeNode, label: string): string {
  return metadata.labels?.[label] ?? '';
}
