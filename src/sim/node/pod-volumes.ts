import { quantityValue } from '../api/quantity.ts';
import { BehaviorAnnotation } from '../behavior-annotations.ts';
import { SECOND } from '../kernel/time.ts';
import { parseGrowth, parseUsageCurve } from '../usage-curve.ts';
import { curveLoad } from './curve-load.ts';
import { growingLoad } from './load.ts';
import type { Load } from './load.ts';
import { hasEnded } from './pod-containers.ts';
import type { PodRecord } from './pod-record.ts';

/** A volume of the pod's own (emptyDir), and what is in it over time: bytes, from the pod's start until all of it has ended. */
export interface OwnVolume {
  readonly name: string;
  /** It is part of the node's memory, not of its disk. */
  readonly inMemory: boolean;
  /** The limit as it was written, and in bytes; Infinity: there is none. */
  readonly limitText: string;
  readonly limit: number;
  readonly loads: readonly Load[];
}

/** What a manifest says of an emptyDir. */
interface EmptyDir {
  readonly medium?: string;
  readonly sizeLimit?: string;
}

/** Those of a pod's own volumes of which it is said what they hold. */
export function ownVolumes(record: PodRecord): readonly OwnVolume[] {
  const { annotations } = record.pod.metadata;
  const { volumes } = record.pod.spec;
  if (annotations === undefined || volumes === undefined || record.stage === 'done' || hasEnded(record)) return [];
  return volumes.flatMap(({ name, emptyDir }): readonly OwnVolume[] => {
    if (emptyDir === undefined) return [];
    const curve = parseUsageCurve(annotations[`${BehaviorAnnotation.volumeUsage}.${name}`] ?? '');
    const growth = parseGrowth(annotations[`${BehaviorAnnotation.volumeGrowth}.${name}`] ?? '');
    if (curve === undefined && growth === undefined) return [];
    const { medium = '', sizeLimit = '0' } = emptyDir as EmptyDir;
    return [
      {
        name,
        inMemory: medium === 'Memory',
        limitText: sizeLimit,
        limit: quantityValue(sizeLimit) || Infinity,
        loads: [
          ...(curve === undefined ? [] : [curveLoad(curve, 1 / 1000)]),
          ...(growth === undefined ? [] : [growingLoad(record.startTime, growth / 1000 / SECOND)]),
        ],
      },
    ];
  });
}

/** What a pod's own volumes hold of its node's disk or memory. */
export function volumeLoads(record: PodRecord, resource: 'disk' | 'memory'): readonly Load[] {
  return ownVolumes(record).flatMap(({ inMemory, loads }) => (inMemory === (resource === 'memory') ? loads : []));
}
