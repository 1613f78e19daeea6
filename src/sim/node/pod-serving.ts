import type { Micros } from '../kernel/time.ts';
import type { ContainerHealth, HealthAspect } from './health.ts';
import { initCount } from './pod-containers.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { behaviorAt } from './pod-times.ts';

/** What becomes of who comes to a pod, and until when that is so if nothing happens to it; Infinity: for ever. */
export interface Serving {
  /** It answers; or refuses, as nobody listens; or takes what comes and never answers. */
  readonly answer: 'serves' | 'refuses' | 'hangs';
  readonly until: Micros;
}

/** It answers, as long as nothing happens. */
export const SERVING: Serving = { answer: 'serves', until: Infinity };

/** Nobody listens, until something happens. */
export const NOT_SERVING: Serving = { answer: 'refuses', until: Infinity };

/** What is wrong with a container that does not answer, whether a probe looks for it or not. */
const ASPECTS: readonly HealthAspect[] = ['unready', 'unhealthy'];

/**
 * Whether a pod answers, whatever anybody knows of that: all its main containers run, have come up (their `ready-after`
 * is over) and are in a sound spell. A container that has been told to stop answers until it ends.
 */
export function servingOf(record: PodRecord, health: ContainerHealth, now: Micros): Serving {
  let { answer } = SERVING;
  let until: Micros = Infinity;
  for (let i = initCount(record.pod); i < record.containers.length; i++) {
    const container = record.containers[i] as ContainerRecord;
    if (container.state !== 'running') return NOT_SERVING;
    const holds = container.startedAt + behaviorAt(record.pod, i).readyAfter;
    if (holds > now) {
      answer = 'refuses';
      until = Math.min(until, holds);
      continue;
    }
    for (const aspect of ASPECTS) {
      if (health.specOf(record, container, aspect) === undefined) continue;
      // Readiness is good for the first time when the container has come up.
      let spell = health.first(record, container, aspect, aspect === 'unready' ? holds : container.startedAt);
      while (spell.to <= now) spell = health.next(record, container, aspect, spell);
      if (!spell.sound && answer === 'serves') answer = 'hangs';
      until = Math.min(until, spell.to);
    }
  }
  return { answer, until };
}
