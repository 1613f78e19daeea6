import { quantityMilli, quantityValue } from '../../sim/api/quantity.ts';
import { GPU_COUNT, GPU_MILLI } from '../manifests/gpu-annotations.ts';
import type { TracePod } from '../traces/trace-pods.ts';

/** What a fit is made from, and what it is judged by. */
export interface Features {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
  readonly gpuMilli: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly failed: boolean;
  /** Seconds from the start. */
  readonly arrival: number;
  /** Hour of the day it came in. */
  readonly hour: number;
}

const MEBI = 2 ** 20;

/** Features of recorded pods; those without lifetime are left out. */
export function featuresOfTrace(pods: readonly TracePod[]): Features[] {
  return pods.flatMap((pod) => {
    if (pod.lifetime === undefined) return [];
    return {
      cpuMilli: quantityMilli(pod.requests['cpu'] ?? '0'),
      memoryMib: quantityValue(pod.requests['memory'] ?? '0') / MEBI,
      gpus: Number(pod.annotations[GPU_COUNT] ?? 0),
      gpuMilli: Number(pod.annotations[GPU_MILLI] ?? 0),
      lifetime: pod.lifetime,
      failed: pod.failed,
      arrival: pod.arrival,
      hour: Math.floor(pod.arrival / 3600) % 24,
    };
  });
}

/** The figures that are compared. */
export const MARGINALS = {
  cpu: (pod: Features) => pod.cpuMilli,
  memory: (pod: Features) => pod.memoryMib,
  gpu: (pod: Features) => pod.gpus * pod.gpuMilli,
  lifetime: (pod: Features) => pod.lifetime,
  hour: (pod: Features) => pod.hour,
} as const;
