import type { Container, PodSpec, ResourceList } from './core.ts';
import { resourceAmount } from './quantity.ts';

/**
 * What a pod asks for, by resource: cpu in millicores, all else in the resource's own unit (bytes, devices), whole
 * numbers rounded up as `Quantity.MilliValue` and `Value` do.
 */
export type Requests = ReadonlyMap<string, number>;

/** A resource list in the units of Requests. */
export function amounts(list: ResourceList | undefined): Map<string, number> {
  const result = new Map<string, number>();
  for (const resource in list) result.set(resource, resourceAmount(resource, list[resource] as string));
  return result;
}

function add(into: Map<string, number>, more: Requests): void {
  for (const [resource, amount] of more) into.set(resource, (into.get(resource) ?? 0) + amount);
}

function atLeast(into: Map<string, number>, least: Requests): void {
  for (const [resource, amount] of least) if (amount > (into.get(resource) ?? 0)) into.set(resource, amount);
}

function requestsOf(container: Container): Map<string, number> {
  return amounts(container.resources?.requests);
}

/** By the list of containers, which is shared by all pods of a template, bound or not. */
const byContainers = new WeakMap<object, { readonly spec: PodSpec; readonly requests: Requests }>();
/** By spec, for those that share their containers with a spec that asks for something else. */
const bySpec = new WeakMap<PodSpec, Requests>();

/** Whether two specs differ in nothing that counts for requests. */
function sameParts(a: PodSpec, b: PodSpec): boolean {
  return a.initContainers === b.initContainers && a.overhead === b.overhead && a.resources === b.resources;
}

/**
 * The pod's effective requests: the larger of what its containers and sidecars need together and what any init container
 * needs beside the sidecars started before it; pod-level requests take their place where given; overhead on top.
 * Source: component-helpers/resource/helpers.go PodRequests.
 */
export function podRequests(spec: PodSpec): Requests {
  const shared = byContainers.get(spec.containers);
  if (shared !== undefined && sameParts(shared.spec, spec)) return shared.requests;
  let requests = bySpec.get(spec);
  if (requests !== undefined) return requests;
  requests = computed(spec);
  if (shared === undefined) byContainers.set(spec.containers, { spec, requests });
  else bySpec.set(spec, requests);
  return requests;
}

function computed(spec: PodSpec): Requests {
  const total = new Map<string, number>();
  for (const container of spec.containers) add(total, requestsOf(container));
  const sidecars = new Map<string, number>();
  const starting = new Map<string, number>();
  for (const container of spec.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      add(sidecars, requests);
      add(total, requests);
      atLeast(starting, sidecars);
    } else {
      add(requests, sidecars);
      atLeast(starting, requests);
    }
  }
  atLeast(total, starting);
  for (const [resource, amount] of amounts(spec.resources?.requests)) total.set(resource, amount);
  add(total, amounts(spec.overhead));
  return total;
}
