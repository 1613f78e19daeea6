import type { Pod } from '../../api/core.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { ApiStatus } from '../../api/status.ts';
import { forbidden } from './forbidden.ts';

const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector';

/**
 * PodNodeSelector: what the annotation of a pod's namespace says is added to the pod's selector, which must not contradict
 * it. Source: plugin/pkg/admission/podnodeselector.
 */
export function nodesSelected(pod: Pod, namespace: KubeObject | undefined): Pod | ApiStatus {
  const text = namespace?.metadata.annotations?.[NODE_SELECTOR];
  if (text === undefined || text === '') return pod;
  const wanted = Object.fromEntries(
    text.split(',').map((pair) => pair.split('=').map((part) => part.trim()) as [string, string]),
  );
  const { nodeSelector = {} } = pod.spec;
  if (Object.entries(wanted).some(([key, value]) => (nodeSelector[key] ?? value) !== value)) {
    return forbidden(pod, 'pod node label selector conflicts with its namespace node label selector');
  }
  const spec = { ...pod.spec, nodeSelector: { ...nodeSelector, ...wanted } };
  return { ...pod, spec } as Pod;
}
