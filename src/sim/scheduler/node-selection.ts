import type { KubeNode, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../api/core.ts';
import { matchesPairs } from '../api/selectors.ts';

const INTEGER = /^[+-]?\d+$/;

function comparable(text: string | undefined): bigint | undefined {
  return text !== undefined && INTEGER.test(text) ? BigInt(text) : undefined;
}

/** One requirement on one value (undefined: the label is absent). Source: apimachinery `labels.Requirement.Matches`. */
function matchesValue({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const left = comparable(value);
      const right = comparable(values[0]);
      if (left === undefined || right === undefined) return false;
      return operator === 'Gt' ? left > right : left < right;
    }
  }
}

/** A term without any requirement matches no node. Source: component-helpers `nodeaffinity`. */
export function matchesTerm(term: NodeSelectorTerm, node: KubeNode): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  for (const requirement of matchExpressions) {
    if (!matchesValue(requirement, labels[requirement.key])) return false;
  }
  for (const requirement of matchFields) {
    const value = requirement.key === 'metadata.name' ? node.metadata.name : undefined;
    if (!matchesValue(requirement, value)) return false;
  }
  return true;
}

/** What a pod requires of its node by nodeSelector and required node affinity. */
export type NodeRequirements = Pick<PodSpec, 'nodeSelector' | 'affinity'>;

/** Whether the pod asks for anything at all. */
export function requiresNode({ nodeSelector, affinity }: NodeRequirements): boolean {
  return (
    nodeSelector !== undefined || affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined
  );
}

/** Terms are alternatives; nodeSelector holds beside them. Source: `nodeaffinity.RequiredNodeAffinity.Match`. */
export function matchesRequired({ nodeSelector, affinity }: NodeRequirements, node: KubeNode): boolean {
  if (nodeSelector !== undefined && !matchesPairs(nodeSelector, node.metadata.labels)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}
