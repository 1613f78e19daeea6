import type { Pod } from '../api/core.ts';
import type { Timestamp } from '../api/meta.ts';
import { matchesSelector } from '../api/selectors.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { PodDisruptionBudget } from '../api/workloads.ts';
import type { Entry, EtcdStore } from '../etcd/store.ts';

/** A refusal, or the budget as the eviction leaves it; neither where no budget covers the pod. */
interface Verdict {
  readonly status?: ApiStatus;
  readonly spent?: { readonly budget: PodDisruptionBudget; readonly entry: Entry };
}

function isReady(pod: Pod): boolean {
  return (pod.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Whether budgets let the pod be evicted. Source: pkg/registry/core/pod/storage/eviction.go. */
export function evictionOf(pod: Pod, store: EtcdStore, now: Timestamp): Verdict {
  const finished = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
  if (finished || pod.status.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined) return {};
  const entries: Entry[] = [];
  for (const entry of store.list('PodDisruptionBudget')) {
    const budget = entry.object as PodDisruptionBudget;
    const covers =
      budget.metadata.namespace === pod.metadata.namespace &&
      matchesSelector(budget.spec.selector, pod.metadata.labels);
    if (covers) entries.push(entry);
  }
  const [entry] = entries;
  if (entry === undefined) return {};
  if (entries.length > 1) {
    return {
      status: failure(
        'Forbidden',
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      ),
    };
  }
  const budget = entry.object as PodDisruptionBudget;
  const { status, spec } = budget;
  const allowed = status?.disruptionsAllowed ?? 0;
  const healthy = status?.currentHealthy ?? 0;
  const desired = status?.desiredHealthy ?? 0;
  // IfHealthyBudget: pods that are not ready may go where the budget is met without them.
  if (!isReady(pod) && (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (healthy >= desired && desired > 0))) {
    return {};
  }
  if ((status?.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    const why = `The disruption budget ${budget.metadata.name} is still being processed by the server.`;
    return {
      status: failure('TooManyRequests', `Cannot evict pod as it would violate the pod's disruption budget. ${why}`),
    };
  }
  if (allowed <= 0) {
    const what = `The disruption budget ${budget.metadata.name} needs ${desired} healthy pods and has ${healthy} currently`;
    return {
      status: failure('TooManyRequests', `Cannot evict pod as it would violate the pod's disruption budget. ${what}`),
    };
  }
  // Until its controller sees the pod being deleted, the budget itself remembers that it does not count any more.
  const disruptedPods = { ...status?.disruptedPods, [pod.metadata.name]: now };
  const left = { ...status, disruptionsAllowed: allowed - 1, disruptedPods };
  return { spent: { budget: { ...budget, status: left }, entry } };
}
