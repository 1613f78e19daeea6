import type { KubeNode } from '../api/core.ts';

/** Whether a node's Ready condition is True. */
export function isReady({ status }: KubeNode): boolean {
  return status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;
}
