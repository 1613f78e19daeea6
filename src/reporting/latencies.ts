import type { Micros } from '../sim/kernel/time.ts';
import type { PodLife } from './pod-ledger.ts';
import { distributionOf } from './survival.ts';
import type { Distribution } from './survival.ts';

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
  const lives = [...pods].filter(({ created }) => created >= since);
  return STAGES.map(({ id, label, from, to }) => {
    const took: number[] = [];
    const inVain: number[] = [];
    for (const pod of lives) {
      const begun = pod[from];
      if (begun === undefined) continue;
      const reached = pod[to];
      if (reached !== undefined) {
        took.push(Math.max(0, reached - begun) / 1e6);
      } else if (to !== 'ready' || pod.phase !== 'Succeeded') {
        // A pod that ran to its end had no need to be ready.
        const end = pod.finished ?? pod.deleting ?? pod.deleted ?? now;
        inVain.push(Math.max(0, end - begun) / 1e6);
      }
    }
    return { id, label, distribution: distributionOf(took, inVain) };
  });
}
