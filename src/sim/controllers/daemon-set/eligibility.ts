import type { KubeNode, Pod, PodSpec, PodTemplateSpec, Toleration } from '../../api/core.ts';
import { matchesRequired } from '../../scheduler/node-selection.ts';
import { toleratedBy } from '../../scheduler/tolerations.ts';

function exists(key: string, effect: 'NoSchedule' | 'NoExecute'): Toleration {
  return { key: `node.kubernetes.io/${key}`, operator: 'Exists', effect };
}

/** What daemon pods tolerate for ever. Source: daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations. */
const ADDED: readonly Toleration[] = [
  exists('not-ready', 'NoExecute'),
  exists('unreachable', 'NoExecute'),
  exists('disk-pressure', 'NoSchedule'),
  exists('memory-pressure', 'NoSchedule'),
  exists('pid-pressure', 'NoSchedule'),
  exists('unschedulable', 'NoSchedule'),
];
const HOST_NETWORK = exists('network-unavailable', 'NoSchedule');

const tolerating = new WeakMap<PodSpec, PodSpec>();

/** A template's spec with the tolerations that all its pods get; one result for one spec. */
export function daemonSpec({ spec }: PodTemplateSpec): PodSpec {
  let result = tolerating.get(spec);
  if (result === undefined) {
    const added = spec.hostNetwork === true ? [...ADDED, HOST_NETWORK] : ADDED;
    const own = (spec.tolerations ?? []).filter(
      (given) => !added.some(({ key, effect }) => key === given.key && effect === given.effect),
    );
    result = { ...spec, tolerations: [...own, ...added] };
    tolerating.set(spec, result);
  }
  return result;
}

/** The same spec for one node: only that node will do. Source: ReplaceDaemonSetPodNodeNameNodeAffinity. */
export function pinnedTo(spec: PodSpec, nodeName: string): PodSpec {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }] };
  const nodeAffinity = {
    ...spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
  };
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
}

/** The node a daemon pod is on or made for. */
export function targetNode(pod: Pod): string | undefined {
  const { nodeName, affinity } = pod.spec;
  if (nodeName !== undefined && nodeName !== '') return nodeName;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields } of terms) {
    for (const { key, operator, values } of matchFields ?? []) {
      if (key === 'metadata.name' && operator === 'In' && values?.length === 1) return values[0];
    }
  }
  return undefined;
}

/**
 * Whether a node is to have a daemon pod, and whether one that runs there may stay: a NoSchedule taint keeps new ones
 * off, a NoExecute taint drives them away. Source: daemon/daemon_controller.go NodeShouldRunDaemonPod.
 */
export function eligibility(spec: PodSpec, node: KubeNode): { readonly runs: boolean; readonly stays: boolean } {
  if (spec.nodeName !== undefined && spec.nodeName !== '' && spec.nodeName !== node.metadata.name) {
    return { runs: false, stays: false };
  }
  if (!matchesRequired(spec, node)) return { runs: false, stays: false };
  const untolerated = (node.spec.taints ?? []).filter((taint) => !toleratedBy(spec.tolerations ?? [], taint));
  const stays = !untolerated.some(({ effect }) => effect === 'NoExecute');
  return { runs: stays && !untolerated.some(({ effect }) => effect === 'NoSchedule'), stays };
}
