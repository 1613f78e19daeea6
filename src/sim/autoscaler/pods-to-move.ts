import type { Pod } from '../api/core.ts';
import { matchesSelector } from '../api/selectors.ts';
import type { PodRecord } from '../scheduler/node-table.ts';
import type { ClusterAutoscalerSettings } from '../settings.ts';
import type { ClusterSnapshot } from './cluster-snapshot.ts';
import { movesElsewhere } from './pod-kinds.ts';
import { byKey } from './pod-order.ts';

/** A pod's word on whether the autoscaler may evict it; goes before all else. */
const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict';

/** Volumes of the node itself, whose content is lost. Source: autoscaler utils/drain/drain.go HasBlockingLocalStorage. */
const LOCAL_VOLUMES = ['emptyDir', 'hostPath'];

/** The pods that have to move if a node is to go; or the pod that keeps it. */
export type PodsToMove = { readonly pods: readonly PodRecord[] } | { readonly blockedBy: PodRecord };

/** Source: autoscaler simulator/drain.go GetPodsToMove and simulator/drainability/rules. */
export function podsToMove(
  snapshot: ClusterSnapshot,
  node: string,
  settings: ClusterAutoscalerSettings,
  withBudgets = true,
): PodsToMove {
  const pods = [...(snapshot.view(node)?.pods ?? [])].filter(({ pod }) => movesElsewhere(pod)).sort(byKey);
  const allowed = new Map<string, number>();
  for (const record of pods) {
    if (blocks(snapshot, record.pod, settings)) return { blockedBy: record };
    if (withBudgets && !withinBudgets(snapshot, record.pod, allowed)) return { blockedBy: record };
  }
  return { pods };
}

function blocks(snapshot: ClusterSnapshot, pod: Pod, settings: ClusterAutoscalerSettings): boolean {
  const { metadata, spec } = pod;
  const safe = metadata.annotations?.[SAFE_TO_EVICT];
  if (safe === 'true') return false;
  if (safe === 'false') return true;
  // Nobody would make it anew.
  if (metadata.ownerReferences?.some(({ controller }) => controller === true) !== true) return true;
  if (settings.skipNodesWithSystemPods && metadata.namespace === 'kube-system' && !hasBudget(snapshot, pod))
    return true;
  return (
    settings.skipNodesWithLocalStorage &&
    spec.volumes?.some((volume) => LOCAL_VOLUMES.some((kind) => volume[kind] !== undefined)) === true
  );
}

function budgetsOf(snapshot: ClusterSnapshot, { metadata }: Pod): ReturnType<ClusterSnapshot['budgets']> {
  const budgets = snapshot.budgets(metadata.namespace ?? '');
  if (budgets.length === 0) return budgets;
  return budgets.filter(({ spec }) => matchesSelector(spec.selector, metadata.labels));
}

function hasBudget(snapshot: ClusterSnapshot, pod: Pod): boolean {
  return budgetsOf(snapshot, pod).length > 0;
}

/** Whether one more of the pods that a budget covers may go, after those before it. */
function withinBudgets(snapshot: ClusterSnapshot, pod: Pod, allowed: Map<string, number>): boolean {
  for (const { metadata, status } of budgetsOf(snapshot, pod)) {
    const left = allowed.get(metadata.uid) ?? status?.disruptionsAllowed ?? 0;
    if (left < 1) return false;
    allowed.set(metadata.uid, left - 1);
  }
  return true;
}
