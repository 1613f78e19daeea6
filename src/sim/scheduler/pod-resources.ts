import type { Container, ContainerStatus, Pod, PodSpec, ResourceList } from '../api/core.ts';
import { resourceAmount } from '../api/quantity.ts';

/** Amounts by resource name: millicores for cpu, whole units for the rest. */
export type Amounts = Map<string, number>;

/** What scoring takes a container to use that does not say: 100m and 200Mi. Source: schedutil `pod_resources.go`. */
const DEFAULT_SCORING_REQUESTS: Readonly<Record<string, number>> = { cpu: 100, memory: 200 * 1024 * 1024 };

/** A status of a container as in-place resize reports it. */
interface ResizedStatus extends ContainerStatus {
  readonly resources?: { readonly requests?: ResourceList };
  readonly allocatedResources?: ResourceList;
}

function amountsOf(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map();
  for (const name in list) amounts.set(name, resourceAmount(name, list[name] as string));
  return amounts;
}

function add(to: Amounts, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, (to.get(name) ?? 0) + amount);
}

function raise(to: Amounts, other: Amounts): void {
  for (const [name, amount] of other) to.set(name, Math.max(to.get(name) ?? 0, amount));
}

function supportedAtPodLevel(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

function tellsResources(statuses: readonly ContainerStatus[] | undefined): boolean {
  if (statuses === undefined) return false;
  for (const status of statuses) if ((status as ResizedStatus).resources !== undefined) return true;
  return false;
}

/** Statuses by container name where any of them tells resources. */
function resizedStatuses(pod: Pod): Map<string, ResizedStatus> | undefined {
  const { containerStatuses, initContainerStatuses } = pod.status;
  if (!tellsResources(containerStatuses) && !tellsResources(initContainerStatuses)) return undefined;
  const statuses = [...(containerStatuses ?? []), ...(initContainerStatuses ?? [])] as ResizedStatus[];
  return new Map(statuses.map((status) => [status.name, status]));
}

function infeasibleResize(pod: Pod): boolean {
  return (pod.status.conditions ?? []).some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
}

/** The parts of a pod's status that change what it requests; undefined for nearly every pod. */
export function resizeOf(pod: Pod): unknown {
  const statuses = resizedStatuses(pod);
  if (statuses === undefined) return undefined;
  const parts = [...statuses.values()].map(({ name, resources, allocatedResources }) => ({
    name,
    resources,
    allocatedResources,
  }));
  return [infeasibleResize(pod), parts];
}

/** One container's requests; with a resize under way, the largest of what is wanted, given and in force. */
function containerAmounts(container: Container, pod: Pod | undefined): Amounts {
  const wanted = amountsOf(container.resources?.requests);
  const status = pod === undefined ? undefined : resizedStatuses(pod)?.get(container.name);
  if (status?.resources === undefined) return wanted;
  const amounts = pod !== undefined && infeasibleResize(pod) ? new Map<string, number>() : wanted;
  raise(amounts, amountsOf(status.resources.requests));
  raise(amounts, amountsOf(status.allocatedResources));
  return amounts;
}

/**
 * A pod's requests. Containers run side by side and add up, sidecars among them; other init containers run one by one
 * before, beside the sidecars started so far. Pod-level requests stand in for the sum; overhead comes on top.
 * Source: component-helpers `resource.PodRequests`.
 *
 * @param missing what a container counts for where it requests nothing.
 * @param pod given where the status counts, too (bound pods).
 */
function requestsOf(
  spec: PodSpec,
  missing: Readonly<Record<string, number>>,
  pod: Pod | undefined,
  podLevel = true,
): Amounts {
  const withDefaults = (container: Container, status: Pod | undefined): Amounts => {
    const amounts = containerAmounts(container, status);
    for (const name in missing) if (!amounts.has(name)) amounts.set(name, missing[name] as number);
    return amounts;
  };
  const total: Amounts = new Map();
  for (const container of spec.containers) add(total, withDefaults(container, pod));
  const sidecars: Amounts = new Map();
  const largest: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const sidecar = container.restartPolicy === 'Always';
    const amounts = withDefaults(container, sidecar ? pod : undefined);
    if (sidecar) {
      add(total, amounts);
      add(sidecars, amounts);
      raise(largest, sidecars);
    } else {
      add(amounts, sidecars);
      raise(largest, amounts);
    }
  }
  raise(total, largest);
  for (const [name, amount] of podLevel ? amountsOf(spec.resources?.requests) : []) {
    if (supportedAtPodLevel(name)) total.set(name, amount);
  }
  add(total, amountsOf(spec.overhead));
  return total;
}

/** What a pod asks of a node. */
export interface PodRequests {
  /** As written: what filtering and the node's books go by. */
  readonly amounts: Amounts;
  /** With 100m and 200Mi for each container that does not say: what scoring counts for pods on nodes. */
  readonly scoring: Amounts;
  /** The same of the pod to be placed: in v1.34 its pod-level requests are left out there. */
  readonly incoming: Amounts;
}

/** Computes a pod's requests; from the status, too, where the pod is bound. */
export function podRequests(pod: Pod): PodRequests {
  const amounts = requestsOf(pod.spec, {}, pod);
  const { requests = {}, limits = {} } = pod.spec.resources ?? {};
  const podLevel = Object.keys({ ...requests, ...limits }).some((name) => supportedAtPodLevel(name));
  const missing: Record<string, number> = {};
  for (const name in DEFAULT_SCORING_REQUESTS) {
    // With pod-level resources the default stands in only for what neither the pod nor a container says.
    if (!podLevel || !amounts.has(name)) missing[name] = DEFAULT_SCORING_REQUESTS[name] as number;
  }
  return {
    amounts,
    scoring: requestsOf(pod.spec, missing, pod),
    incoming: requestsOf(pod.spec, DEFAULT_SCORING_REQUESTS, pod, false),
  };
}
