import type { Container, PodSpec } from '../../sim/api/core.ts';
import type { StringMap } from '../../sim/api/meta.ts';
import { isQuantity } from '../../sim/api/quantity.ts';
import { describeValue } from '../input-error.ts';
import { Misfit } from './misfit.ts';

export const GPU_COUNT = 'alibabacloud.com/gpu-count';
export const GPU_MILLI = 'alibabacloud.com/gpu-milli';

/** GPU-milli of one whole device. */
const WHOLE = 1000;

function wholeNumber(annotations: StringMap, name: string, fallback: number): number {
  const text = annotations[name];
  if (text === undefined) return fallback;
  if (/^\d+$/.test(text)) return Number(text);
  const path = ['metadata', 'annotations', name];
  throw new Misfit(path, {
    message: 'not a number of GPUs',
    found: describeValue(text),
    allowed: 'a whole number in quotes',
  });
}

/**
 * The requests that openb's annotations stand for. `gpu-milli` is what the pod needs of *each* of its `gpu-count`
 * devices, while a node's allocatable is the sum over its devices; so the request is the product. Whole devices are
 * counted as gpu-count as well; a part of one is not, or two pods that share a device would each take all of it.
 */
export function gpuRequests(count: number, milliEach: number): StringMap {
  if (count === 0) return {};
  const milli = { [GPU_MILLI]: String(count * Math.min(milliEach, WHOLE)) };
  return milliEach >= WHOLE ? { [GPU_COUNT]: String(count), ...milli } : milli;
}

/** Requests from a pod's annotations: openb's two, or a mapping of annotations to resources. */
export function requestsFromAnnotations(annotations: StringMap | undefined, rule: true | StringMap): StringMap {
  if (annotations === undefined) return {};
  if (rule === true) {
    if (annotations[GPU_COUNT] === undefined && annotations[GPU_MILLI] === undefined) return {};
    return gpuRequests(wholeNumber(annotations, GPU_COUNT, 1), wholeNumber(annotations, GPU_MILLI, WHOLE));
  }
  const requests: Record<string, string> = {};
  for (const [annotation, resource] of Object.entries(rule)) {
    const text = annotations[annotation];
    if (text === undefined) continue;
    if (!isQuantity(text)) {
      const path = ['metadata', 'annotations', annotation];
      throw new Misfit(path, {
        message: 'not a quantity',
        found: describeValue(text),
        allowed: 'a quantity such as 1 or 500m',
      });
    }
    requests[resource] = text;
  }
  return requests;
}

/** The spec with further requests (and limits, which extended resources must equal) on its first container. */
export function withRequests(spec: PodSpec, requests: StringMap): PodSpec {
  const [first, ...rest] = spec.containers;
  if (first === undefined || Object.keys(requests).length === 0) return spec;
  const resources = {
    ...first.resources,
    requests: { ...first.resources?.requests, ...requests },
    limits: { ...first.resources?.limits, ...requests },
  };
  const container: Container = { ...first, resources };
  return { ...spec, containers: [container, ...rest] };
}
