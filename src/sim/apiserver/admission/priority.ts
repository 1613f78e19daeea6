import type { Pod, PriorityClass } from '../../api/core.ts';
import type { ApiStatus } from '../../api/status.ts';
import type { EtcdStore } from '../../etcd/store.ts';
import { forbidden } from './forbidden.ts';

/** Priorities every cluster has. Source: pkg/apis/scheduling/v1/helpers.go. */
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** What of a spec a priority class settles. */
type PriorityFields = Pick<Pod['spec'], 'priority' | 'preemptionPolicy' | 'priorityClassName'>;

/** Priority: a pod's class, or the one for all, becomes a number. Source: plugin/pkg/admission/priority. */
export function priorityOf(pod: Pod, store: EtcdStore): PriorityFields | ApiStatus {
  const name = pod.spec.priorityClassName;
  if (name === undefined || name === '') {
    const fallback = globalDefault(store);
    if (fallback === undefined) return { priority: 0, preemptionPolicy: 'PreemptLowerPriority' };
    return {
      priorityClassName: fallback.metadata.name,
      priority: fallback.value,
      preemptionPolicy: fallback.preemptionPolicy ?? 'PreemptLowerPriority',
    };
  }
  const builtIn = SYSTEM_PRIORITIES[name];
  if (builtIn !== undefined) return { priority: builtIn, preemptionPolicy: 'PreemptLowerPriority' };
  const found = store.get('PriorityClass', name)?.object as PriorityClass | undefined;
  if (found === undefined) return forbidden(pod, `no PriorityClass with name ${name} was found`);
  return { priority: found.value, preemptionPolicy: found.preemptionPolicy ?? 'PreemptLowerPriority' };
}

function globalDefault(store: EtcdStore): PriorityClass | undefined {
  let best: PriorityClass | undefined;
  for (const entry of store.list('PriorityClass')) {
    const candidate = entry.object as PriorityClass;
    // Of several global defaults the smallest value counts.
    if (candidate.globalDefault === true && (best === undefined || candidate.value < best.value)) best = candidate;
  }
  return best;
}
