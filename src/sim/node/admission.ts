import type { KubeNode, Pod, ResourceList } from '../api/core.ts';
import { amounts, podRequests } from '../api/pod-requests.ts';
import { portsCollide } from '../scheduler/host-ports.ts';
import { matchesRequired } from '../scheduler/node-selection.ts';
import { hostPortsOf } from '../scheduler/pod-class.ts';
import { toleratedBy } from '../scheduler/tolerations.ts';

/** Why a kubelet does not take a pod in. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

const NOTHING: ResourceList = {};

/**
 * Whether the node can carry the pod beside those it has: the kubelet's own last check, which matters when the node
 * changed after the scheduler looked, or a pod names its node itself. Source: pkg/kubelet/lifecycle/predicate.go.
 */
export function rejection(
  pod: Pod,
  node: KubeNode,
  used: ReadonlyMap<string, number>,
  others: () => readonly Pod[],
): Rejection | undefined {
  const allocatable = allocatableOf(node);
  const count = used.get('pods') ?? 0;
  const room = allocatable.get('pods') ?? Infinity;
  if (count + 1 > room) return outOf('pods', 1, count, room);
  for (const [resource, amount] of podRequests(pod.spec)) {
    const taken = used.get(resource) ?? 0;
    const capacity = allocatable.get(resource) ?? 0;
    if (amount > 0 && taken + amount > capacity) return outOf(resource, amount, taken, capacity);
  }
  if (!matchesRequired(pod.spec, node)) {
    return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  }
  const ports = hostPortsOf(pod.spec);
  if (ports.length > 0 && others().some(({ spec }) => portsCollide(ports, hostPortsOf(spec)))) {
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  }
  const { taints } = node.spec;
  if (taints === undefined) return undefined;
  const drivesAway = taints.some(
    (taint) => taint.effect === 'NoExecute' && !toleratedBy(pod.spec.tolerations ?? [], taint),
  );
  return drivesAway ? failed('TaintToleration', "node(s) had taints that the pod didn't tolerate") : undefined;
}

function failed(predicate: string, why: string): Rejection {
  return { reason: predicate, message: `Pod was rejected: Predicate ${predicate} failed: ${why}` };
}

const parsed = new WeakMap<ResourceList, ReadonlyMap<string, number>>();

function allocatableOf({ status }: KubeNode): ReadonlyMap<string, number> {
  const list = status.allocatable ?? status.capacity ?? NOTHING;
  let known = parsed.get(list);
  if (known === undefined) parsed.set(list, (known = amounts(list)));
  return known;
}

function outOf(resource: string, requested: number, used: number, capacity: number): Rejection {
  return {
    reason: `OutOf${resource}`,
    message:
      `Pod was rejected: Node didn't have enough resource: ${resource}, ` +
      `requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}
