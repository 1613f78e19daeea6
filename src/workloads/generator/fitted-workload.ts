import type { StringMap } from '../../sim/api/meta.ts';
import type { Purpose } from '../../sim/kernel/random.ts';
import { GPU_COUNT, GPU_MILLI, gpuRequests } from '../manifests/gpu-annotations.ts';
import { dailyRate, modulated } from './arrival-process.ts';
import type { ArrivalProcess } from './arrival-process.ts';
import type { PodDraw } from './pod-draw.ts';
import { atQuantile, indexSampler } from './sampler.ts';
import type { FittedClass, FittedShape, WorkloadFit } from './workload-fit.ts';

/** Draws of an arrival, by ordinal. */
const SHAPE = 0;
const LIFETIME = 1;

interface Choice {
  readonly shape: FittedShape;
  readonly of: FittedClass;
  readonly requests: PodDraw['requests'];
  readonly annotations: PodDraw['annotations'];
}

function choiceOf(shape: FittedShape, of: FittedClass): Choice {
  const [, cpu, memory, gpus, milli] = shape;
  const annotations: StringMap = gpus === 0 ? {} : { [GPU_COUNT]: String(gpus), [GPU_MILLI]: String(milli) };
  return {
    shape,
    of,
    requests: Object.freeze({ cpu: `${cpu}m`, memory: `${memory}Mi`, ...gpuRequests(gpus, milli) }),
    annotations: Object.freeze(annotations),
  };
}

/** What pod number `identity` of a fitted workload asks for, and how long it runs. */
export function fittedPods(fit: WorkloadFit, speedup: number, purpose: Purpose): (identity: number) => PodDraw {
  const choices = fit.classes.flatMap((of) => of.shapes.map((shape) => choiceOf(shape, of)));
  const pick = indexSampler(
    choices.map(({ shape }) => shape[0]),
    purpose,
  );
  return (identity) => {
    const choice = choices[pick(identity, SHAPE)];
    if (choice === undefined) throw new RangeError('a fit without shapes');
    const { failed, lifetimes } = choice.of;
    const lifetime = atQuantile(fit.shares, lifetimes, purpose.uniform(identity, LIFETIME)) / speedup;
    return { requests: choice.requests, annotations: choice.annotations, lifetime, failureProbability: failed };
  };
}

/** When the pods of a fitted workload come: `scale` times as many, in a day that is `speedup` times shorter. */
export function fittedArrivals(
  fit: WorkloadFit,
  scale: number,
  speedup: number,
  startOfDay: number,
  purpose: Purpose,
): ArrivalProcess {
  const rate = dailyRate(fit.perHour * scale, fit.byHour, startOfDay);
  const process = modulated(rate, (ordinal) => atQuantile(fit.shares, fit.gaps, purpose.uniform(0, ordinal)));
  return (previous, ordinal) => {
    const next = process(previous * speedup, ordinal);
    return next === undefined ? undefined : next / speedup;
  };
}
