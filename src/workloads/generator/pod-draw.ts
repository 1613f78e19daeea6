import type { StringMap } from '../../sim/api/meta.ts';

/** What one arrival asks for. */
export interface PodDraw {
  /** Resource to quantity. */
  readonly requests: StringMap;
  readonly annotations: StringMap;
  /** Seconds; for ever where undefined. */
  readonly lifetime: number | undefined;
  /** Chance that a run ends with an error. */
  readonly failureProbability: number;
}

const MEBI = 2 ** 20;

/** A drawn amount as a quantity: cpu in millicores, memory and storage in MiB, the rest in whole units. */
export function quantityText(resource: string, amount: number): string | undefined {
  if (resource === 'cpu') return amount > 0 ? `${Math.max(1, Math.round(amount * 1000))}m` : undefined;
  if (resource === 'memory' || resource === 'ephemeral-storage') {
    return amount > 0 ? `${Math.max(1, Math.round(amount / MEBI))}Mi` : undefined;
  }
  const whole = Math.round(amount);
  return whole > 0 ? String(whole) : undefined;
}
