import type { Taint, Toleration } from '../api/core.ts';

/** Whether one toleration tolerates one taint. Source: `v1.Toleration.ToleratesTaint`. */
export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
  const key = toleration.key ?? '';
  if (key !== '' && key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  // Only Exists may come without a key.
  return (toleration.value ?? '') === (taint.value ?? '') && (key !== '' || taint.key === '');
}

/** Whether any of them does. */
export function toleratedBy(tolerations: readonly Toleration[], taint: Taint): boolean {
  for (const toleration of tolerations) if (toleratesTaint(toleration, taint)) return true;
  return false;
}

/** The first taint that keeps pods off the node and is not tolerated. PreferNoSchedule keeps none off. */
export function untoleratedTaint(tolerations: readonly Toleration[], taints: readonly Taint[]): Taint | undefined {
  return taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !toleratedBy(tolerations, taint));
}
