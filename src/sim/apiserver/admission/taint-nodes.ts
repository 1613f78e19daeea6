import type { KubeNode, Taint } from '../../api/core.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';

/**
 * TaintNodesByCondition: a node that registers starts with the not-ready taint until its controller clears it. One that
 * brings Ready=True was there before the run. Source: plugin/pkg/admission/nodetaint.
 */
export function taintedNode(node: KubeNode): KubeNode {
  const { conditions = [] } = node.status;
  if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return node;
  const taints = node.spec.taints ?? [];
  if (taints.some((taint) => taint.key === NOT_READY && taint.effect === 'NoSchedule')) return node;
  const taint: Taint = { key: NOT_READY, effect: 'NoSchedule' };
  return { ...node, spec: { ...node.spec, taints: [...taints, taint] } };
}
