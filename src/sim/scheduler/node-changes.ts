import type { KubeNode } from '../api/core.ts';
import { canonicalText } from './canonical.ts';

/** What of a node changed, as far as scheduling looks at it. */
export interface NodeChanges {
  any: boolean;
  added: boolean;
  labels: boolean;
  taints: boolean;
  allocatable: boolean;
  images: boolean;
  /** The order of nodes has to be made anew. */
  order: boolean;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || canonicalText(a ?? null) === canonicalText(b ?? null);
}

/** Compares two states of a node; cheap where they share what did not change. */
export function differences(before: KubeNode | undefined, after: KubeNode): NodeChanges {
  const changes: NodeChanges = {
    any: true,
    added: before === undefined,
    labels: false,
    taints: false,
    allocatable: false,
    images: false,
    order: before === undefined,
  };
  if (before === undefined) return changes;
  changes.labels = !same(before.metadata.labels, after.metadata.labels);
  changes.taints =
    before.spec !== after.spec &&
    (!same(before.spec.taints, after.spec.taints) || before.spec.unschedulable !== after.spec.unschedulable);
  if (before.status !== after.status) {
    changes.allocatable = !same(before.status.allocatable, after.status.allocatable);
    changes.images = !same(before.status.images, after.status.images);
  }
  changes.any = changes.labels || changes.taints || changes.allocatable || changes.images;
  return changes;
}
