import type { ResourceList } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import { resourceAmount } from '../api/quantity.ts';
import { BehaviorAnnotation, PER_VOLUME } from '../behavior-annotations.ts';
import { SECOND } from '../kernel/time.ts';
import { parseGrowth, parseUsageCurve } from '../usage-curve.ts';
import type { UsageCurve } from '../usage-curve.ts';
import { curveLoad } from './curve-load.ts';
import { growingLoad } from './load.ts';
import type { Load } from './load.ts';
import { initCount, specOf } from './pod-containers.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { volumeLoads } from './pod-volumes.ts';

/** What of a node its pods use beside what they ask for. */
export type UsedResource = 'cpu' | 'memory' | 'disk' | 'inodes' | 'pid';

const NAMES: Readonly<Record<UsedResource, { readonly usage: string; readonly growth?: string }>> = {
  cpu: { usage: BehaviorAnnotation.cpuUsage },
  memory: { usage: BehaviorAnnotation.memoryUsage, growth: BehaviorAnnotation.memoryGrowth },
  disk: { usage: BehaviorAnnotation.diskUsage, growth: BehaviorAnnotation.diskGrowth },
  inodes: { usage: BehaviorAnnotation.inodeUsage, growth: BehaviorAnnotation.inodeGrowth },
  pid: { usage: BehaviorAnnotation.pidUsage },
};

/** What Kubernetes calls a resource in requests and limits. */
const REQUESTED: Readonly<Record<UsedResource, string>> = {
  cpu: 'cpu',
  memory: 'memory',
  disk: 'ephemeral-storage',
  inodes: 'inodes',
  pid: 'pid',
};

interface Usage {
  readonly curve: UsageCurve | undefined;
  /** Thousandths a second. */
  readonly growth: number | undefined;
}

const NOTHING: Usage = { curve: undefined, growth: undefined };

/** By the annotations, which pods of a template share; by resource and container. */
const read = new WeakMap<StringMap, Map<string, Usage>>();
const has = new WeakMap<StringMap, boolean>();

/** Whether anything is said of what the pod uses of the node. */
export function saysUsage({ pod }: PodRecord): boolean {
  const { annotations } = pod.metadata;
  if (annotations === undefined) return false;
  let says = has.get(annotations);
  if (says === undefined) {
    const ofContainers = Object.values(NAMES).flatMap(({ usage, growth = usage }) => [usage, growth]);
    const names = [...ofContainers, ...PER_VOLUME];
    says = Object.keys(annotations).some((key) => names.some((name) => key === name || key.startsWith(`${name}.`)));
    has.set(annotations, says);
  }
  return says;
}

/** What is said of one container: by its name, or for the pod if it is the first. */
function usageOf({ pod }: PodRecord, index: number, resource: UsedResource): Usage {
  const { annotations } = pod.metadata;
  if (annotations === undefined) return NOTHING;
  const { name } = specOf(pod, index);
  const first = index === initCount(pod);
  const key = `${resource} ${first ? 'first' : ''} ${name}`;
  let known = read.get(annotations);
  if (known === undefined) read.set(annotations, (known = new Map()));
  let usage = known.get(key);
  if (usage === undefined) {
    const text = (annotation: string | undefined): string =>
      annotation === undefined
        ? ''
        : (annotations[`${annotation}.${name}`] ?? (first ? annotations[annotation] : '') ?? '');
    const { usage: curve, growth } = NAMES[resource];
    usage = { curve: parseUsageCurve(text(curve)), growth: parseGrowth(text(growth)) };
    known.set(key, usage);
  }
  return usage;
}

/** A container's request or limit: thousandths of a core, bytes; undefined where it has none. */
export function statedAmount(
  record: PodRecord,
  index: number,
  resource: UsedResource,
  side: 'requests' | 'limits',
): number | undefined {
  const list: ResourceList | undefined = specOf(record.pod, index).resources?.[side];
  const text = list?.[REQUESTED[resource]];
  return text === undefined ? undefined : resourceAmount(REQUESTED[resource], text);
}

/** What a running container uses over time: thousandths of a core, bytes, processes. */
export function loadsOf(
  record: PodRecord,
  { index, startedAt }: ContainerRecord,
  resource: UsedResource,
): readonly Load[] {
  const { curve, growth } = usageOf(record, index, resource);
  const loads: Load[] = [];
  if (curve !== undefined) {
    // Curves count thousandths: of a core, or of a byte.
    const request = statedAmount(record, index, resource, 'requests') ?? 0;
    const unit = curve.relative ? request / 100 : resource === 'cpu' ? 1 : 1 / 1000;
    loads.push(curveLoad(curve, unit));
  }
  if (growth !== undefined) loads.push(growingLoad(startedAt, growth / 1000 / SECOND));
  return loads;
}

/** What all running containers of a pod use. */
export function containerLoads(record: PodRecord, resource: UsedResource): readonly Load[] {
  return record.containers.flatMap((container) =>
    container.state === 'running' ? loadsOf(record, container, resource) : [],
  );
}

/** What all running containers of a pod use, and its own volumes. */
export function podLoads(record: PodRecord, resource: UsedResource): readonly Load[] {
  const loads = containerLoads(record, resource);
  return resource === 'disk' || resource === 'memory' ? [...loads, ...volumeLoads(record, resource)] : loads;
}

/** What all of a pod's main containers and sidecars ask for. */
export function podRequest(record: PodRecord, resource: UsedResource): number {
  let sum = 0;
  for (const { index } of record.containers) {
    if (index < initCount(record.pod) && record.pod.spec.initContainers?.[index]?.restartPolicy !== 'Always') continue;
    sum += statedAmount(record, index, resource, 'requests') ?? 0;
  }
  return sum;
}
