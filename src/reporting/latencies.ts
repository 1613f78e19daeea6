import type { Micros } from '../sim/kernel/time.ts';
import type { PodLife } from './pod-ledger.ts';
import { distributionOf } from './survival.ts';
import type { Distribution, Duration } from './survival.ts';

/** The stretches of a pod's way to readiness that are reported. */
export const STAGES = [
  { id: 'create_to_scheduled', label: 'created → scheduled', from: 'created', to: 'scheduled' },
  { id: 'scheduled_to_running', label: 'scheduled → running', from: 'scheduled', to: 'running' },
  { id: 'running_to_ready', label: 'running → ready', from: 'running', to: 'ready' },
  { id: 'create_to_running', label: 'created → running', from: 'created', to: 'running' },
] as const;

export interface StageLatency {
  readonly id: string;
  readonly label: string;
  readonly distribution: Distribution;
}

/** Distributions of all stages, over pods created at or after `since`; who never got there is censored at its end. */
export function stageLatencies(pods: Iterable<PodLife>, since: Micros, now: Micros): readonly StageLatency[] {
  const durations = STAGES.map((): Duration[] => []);
  for (const pod of pods) {
    if (pod.created < since) continue;
    const end = pod.finished ?? pod.deleting ?? pod.deleted ?? now;
    for (const [i, { from, to }] of STAGES.entries()) {
      const begun = pod[from];
      if (begun === undefined) continue;
      const reached = pod[to];
      // A pod that ran to its end had no need to be ready.
      if (reached === undefined && to === 'ready' && pod.phase === 'Succeeded') continue;
      const seconds = (Math.max(begun, reached ?? end) - begun) / 1e6;
      durations[i]?.push({ seconds, happened: reached !== undefined });
    }
  }
  return STAGES.map(({ id, label }, i) => ({ id, label, distribution: distributionOf(durations[i] ?? []) }));
}
