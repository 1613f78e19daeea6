import type { KubeNode, Taint } from '../../api/core.ts';
import type { Timestamp } from '../../api/meta.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Taints that stand for conditions: type, status, taint. Source: nodelifecycle nodeConditionToTaintKeyStatusMap. */
const CONDITION_TAINTS: readonly (readonly [string, string, string])[] = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
];

const OWN = new Set([...CONDITION_TAINTS.map(([, , key]) => key), UNSCHEDULABLE]);

export type ReadyStatus = 'True' | 'False' | 'Unknown';

/**
 * The taints the node should have: those that others set, NoSchedule for its conditions, and NoExecute as the controller
 * has decided. Undefined where it has just them.
 */
export function desiredTaints(
  node: KubeNode,
  noExecute: string | undefined,
  now: Timestamp,
): readonly Taint[] | undefined {
  if (noExecute === undefined && isPlain(node)) return undefined;
  const current = node.spec.taints ?? [];
  const desired = current.filter(
    ({ key, effect }) => !(OWN.has(key) && (effect === 'NoSchedule' || (effect === 'NoExecute' && isReadyTaint(key)))),
  );
  const add = (key: string, effect: Taint['effect']): void => {
    const before = current.find((taint) => taint.key === key && taint.effect === effect);
    desired.push(before ?? { key, effect, timeAdded: now });
  };
  for (const [type, status, key] of CONDITION_TAINTS) {
    if (node.status.conditions?.some((condition) => condition.type === type && condition.status === status) === true) {
      add(key, 'NoSchedule');
    }
  }
  if (node.spec.unschedulable === true) add(UNSCHEDULABLE, 'NoSchedule');
  if (noExecute !== undefined) add(noExecute, 'NoExecute');
  return sameTaints(current, desired) ? undefined : desired;
}

function isReadyTaint(key: string): boolean {
  return key === NOT_READY || key === UNREACHABLE;
}

function sameTaints(left: readonly Taint[], right: readonly Taint[]): boolean {
  return left.length === right.length && right.every((taint) => left.some((other) => sameJson(taint, other)));
}

/** A node in order without a taint, as nearly all are at nearly every look. */
function isPlain({ spec, status }: KubeNode): boolean {
  if ((spec.taints?.length ?? 0) > 0 || spec.unschedulable === true) return false;
  for (const { type, status: holds } of status.conditions ?? []) {
    if (holds !== (type === 'Ready' ? 'True' : 'False')) return false;
  }
  return true;
}
