import type { Container, Pod, ResourceList, ResourceRequirements } from '../../api/core.ts';
import type { KubeObject } from '../../api/meta.ts';
import { amounts } from '../../api/pod-requests.ts';
import { resourceAmount } from '../../api/quantity.ts';
import type { PersistentVolumeClaim } from '../../api/storage.ts';

/** core/v1 LimitRange. */
export interface LimitRange extends KubeObject {
  readonly kind: 'LimitRange';
  readonly spec: { readonly limits: readonly LimitRangeItem[] };
}

interface LimitRangeItem {
  readonly type: 'Container' | 'Pod' | 'PersistentVolumeClaim';
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
  readonly min?: ResourceList;
  readonly max?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
}

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** What is to stand in a container that says nothing, a limit being its own request's default. Source: core/v1/defaults.go. */
function defaultsOf({ type, default: limits = {}, defaultRequest = {}, min = {}, max = {} }: LimitRangeItem): {
  readonly limits: ResourceList;
  readonly requests: ResourceList;
} {
  if (type !== 'Container') return { limits: {}, requests: {} };
  const defaultLimits = { ...max, ...limits };
  return { limits: defaultLimits, requests: { ...min, ...defaultLimits, ...defaultRequest } };
}

/** The pod with the namespace's default requests and limits in its containers. Source: plugin/pkg/admission/limitranger. */
export function limited(pod: Pod, ranges: readonly LimitRange[]): Pod {
  const notes: string[] = [];
  let next = pod;
  for (const range of ranges) {
    const defaults = range.spec.limits.map(defaultsOf);
    const limits = Object.assign({}, ...defaults.map((one) => one.limits)) as ResourceList;
    const requests = Object.assign({}, ...defaults.map((one) => one.requests)) as ResourceList;
    const filled =
      (what: string) =>
      (container: Container): Container => {
        const { resources = {} } = container;
        const set = (name: 'requests' | 'limits', values: ResourceList): ResourceRequirements => {
          const missing = Object.keys(values).filter((resource) => resources[name]?.[resource] === undefined);
          if (missing.length === 0) return {};
          const noun = name === 'requests' ? 'request' : 'limit';
          notes.push(`${missing.sort().join(', ')} ${noun} for ${what} ${container.name}`);
          return { [name]: { ...values, ...resources[name] } };
        };
        const given = { ...set('requests', requests), ...set('limits', limits) };
        return Object.keys(given).length === 0 ? container : { ...container, resources: { ...resources, ...given } };
      };
    const { containers, initContainers } = next.spec;
    const spec = {
      ...next.spec,
      containers: containers.map(filled('container')),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(filled('init container')) }),
    };
    next = { ...next, spec };
  }
  if (notes.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` };
  return { ...next, metadata: { ...next.metadata, annotations } };
}

/** What of a pod or claim goes against the namespace's limits, in the original's words. */
export function limitViolations(object: KubeObject, ranges: readonly LimitRange[]): readonly string[] {
  const items = ranges.flatMap(({ spec }) => spec.limits);
  if (object.kind === 'PersistentVolumeClaim') {
    const { requests } = (object as PersistentVolumeClaim).spec.resources ?? {};
    return items
      .filter(({ type }) => type === 'PersistentVolumeClaim')
      .flatMap((item) => [...minimum(item, requests ?? {}, {}), ...maximum(item, requests ?? {}, requests ?? {})]);
  }
  const { containers, initContainers = [] } = (object as Pod).spec;
  return items.flatMap((item) => {
    if (item.type === 'Container') {
      return [...containers, ...initContainers].flatMap(({ resources = {} }) => {
        const { requests = {}, limits = {} } = resources;
        return [
          ...minimum(item, requests, limits),
          ...maximum(item, requests, limits),
          ...ratio(item, requests, limits),
        ];
      });
    }
    if (item.type !== 'Pod') return [];
    const requests = podTotal(containers, initContainers, 'requests');
    const limits = podTotal(containers, initContainers, 'limits');
    return [...minimum(item, requests, limits), ...maximum(item, requests, limits), ...ratio(item, requests, limits)];
  });
}

function minimum(item: LimitRangeItem, requests: ResourceList, limits: ResourceList): readonly string[] {
  return Object.entries(item.min ?? {}).flatMap(([resource, least]) => {
    const what = `minimum ${resource} usage per ${item.type} is ${least}`;
    const [request, limit] = [requests[resource], limits[resource]];
    if (request === undefined) return [`${what}.  No request is specified`];
    if (isLess(resource, request, least)) return [`${what}, but request is ${request}`];
    return limit !== undefined && isLess(resource, limit, least) ? [`${what}, but limit is ${limit}`] : [];
  });
}

function maximum(item: LimitRangeItem, requests: ResourceList, limits: ResourceList): readonly string[] {
  return Object.entries(item.max ?? {}).flatMap(([resource, most]) => {
    const what = `maximum ${resource} usage per ${item.type} is ${most}`;
    const [request, limit] = [requests[resource], limits[resource]];
    if (limit === undefined) return [`${what}.  No limit is specified`];
    if (isLess(resource, most, limit)) return [`${what}, but limit is ${limit}`];
    return request !== undefined && isLess(resource, most, request) ? [`${what}, but request is ${request}`] : [];
  });
}

function ratio(item: LimitRangeItem, requests: ResourceList, limits: ResourceList): readonly string[] {
  return Object.entries(item.maxLimitRequestRatio ?? {}).flatMap(([resource, most]) => {
    const what = `${resource} max limit to request ratio per ${item.type} is ${most}`;
    const request = resourceAmount(resource, requests[resource] ?? '0');
    const limit = resourceAmount(resource, limits[resource] ?? '0');
    if (request === 0 || limit === 0) return [`${what}, but no request is specified or request is 0`];
    const observed = limit / request;
    return observed > Number(most) ? [`${what}, but provided ratio is ${observed.toFixed(6)}`] : [];
  });
}

function isLess(resource: string, a: string, b: string): boolean {
  return resourceAmount(resource, a) < resourceAmount(resource, b);
}

/** What a pod's containers come to together, or one init container alone, in text. */
function podTotal(
  containers: readonly Container[],
  initContainers: readonly Container[],
  what: 'requests' | 'limits',
): ResourceList {
  const total = new Map<string, number>();
  for (const { resources } of containers) {
    for (const [resource, amount] of amounts(resources?.[what])) {
      total.set(resource, (total.get(resource) ?? 0) + amount);
    }
  }
  for (const { resources } of initContainers) {
    for (const [resource, amount] of amounts(resources?.[what])) {
      total.set(resource, Math.max(total.get(resource) ?? 0, amount));
    }
  }
  return Object.fromEntries([...total].map(([resource, amount]) => [resource, printAmount(resource, amount)]));
}

/** An amount in the units of `amounts`, as a quantity. */
export function printAmount(resource: string, amount: number): string {
  const isCpu = resource === 'cpu' || resource.endsWith('.cpu');
  if (isCpu) return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`;
  for (const [suffix, size] of BINARY) if (amount >= size && amount % size === 0) return `${amount / size}${suffix}`;
  return String(amount);
}

const BINARY = [
  ['Ti', 2 ** 40],
  ['Gi', 2 ** 30],
  ['Mi', 2 ** 20],
  ['Ki', 2 ** 10],
] as const;
