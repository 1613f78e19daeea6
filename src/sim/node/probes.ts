import type { Probe } from '../api/core.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Spell } from './health.ts';

/*
 * Probes look at a fixed rate and count what they find. What they will find follows from the container's health, so
 * their course is worked out from one turning point to the next, and only those are events.
 * Source: pkg/kubelet/prober/worker.go.
 */

export function periodOf({ periodSeconds }: Probe): Micros {
  return Math.max(1, periodSeconds ?? 10) * SECOND;
}

/** How long a probe waits for an answer. */
export function timeoutOf({ timeoutSeconds }: Probe): Micros {
  return Math.max(1, timeoutSeconds ?? 1) * SECOND;
}

/** The first look at or after `time` of a probe that looks at `phase` and every period from there. */
export function firstLook(phase: Micros, period: Micros, time: Micros): Micros {
  return time <= phase ? phase : phase + Math.ceil((time - phase) / period) * period;
}

/** From when on the results of looks count: its start is known in whole seconds. */
export function looksFrom(probe: Probe, startedAt: Micros): Micros {
  return Math.floor(startedAt / SECOND) * SECOND + (probe.initialDelaySeconds ?? 0) * SECOND;
}

/** How a start-up probe ends. */
export interface StartUp {
  readonly at: Micros;
  readonly passes: boolean;
}

/** The end of a start-up probe that may look from `from` on, of a container that answers well from `holds` on. */
export function startUp(probe: Probe, phase: Micros, from: Micros, holds: Micros): StartUp {
  const period = periodOf(probe);
  const first = firstLook(phase, period, from);
  const passes = firstLook(phase, period, Math.max(first, holds));
  const gives = first + ((probe.failureThreshold ?? 3) - 1) * period;
  return passes <= gives ? { at: passes, passes: true } : { at: gives, passes: false };
}

/** When a probe changes its mind; `certain: false` where that is as far as was looked. */
export interface Turn {
  readonly at: Micros;
  readonly certain: boolean;
  /** The spell of that time. */
  readonly spell: Spell;
}

/** Spells that are looked through at once. */
const SPELLS_AHEAD = 256;

/**
 * When a probe whose result stands at `passing` reports the other one: after as many looks of that kind on end as its
 * threshold says. Undefined: never. `next` makes the spell that follows one.
 */
export function nextTurn(
  probe: Probe,
  phase: Micros,
  from: Micros,
  passing: boolean,
  spell: Spell,
  next: (spell: Spell) => Spell,
): Turn | undefined {
  const period = periodOf(probe);
  const needed = passing ? (probe.failureThreshold ?? 3) : (probe.successThreshold ?? 1);
  let current = spell;
  let look = firstLook(phase, period, from);
  for (let spells = 0; spells < SPELLS_AHEAD;) {
    if (current.to <= look) {
      current = next(current);
      spells++;
      continue;
    }
    if (current.sound !== passing) {
      const last = look + (needed - 1) * period;
      if (last < current.to) return { at: last, certain: true, spell: current };
    }
    if (current.to === Infinity) return undefined;
    look = firstLook(phase, period, current.to);
  }
  return { at: look, certain: false, spell: current };
}
