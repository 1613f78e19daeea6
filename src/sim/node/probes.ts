import type { Container, Probe } from '../api/core.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

/** When probes change their mind, counted from the container's start. */
export interface ProbeTimes {
  /** The start-up probe passes; 0 where there is none. */
  readonly startup: Micros;
  /** The container becomes ready; 0: as soon as it is seen to run. */
  readonly ready: Micros;
  /** The start-up probe gives up, and the container is killed. */
  readonly fails: Micros | undefined;
}

function periodOf(probe: Probe): Micros {
  return Math.max(1, probe.periodSeconds ?? 10) * SECOND;
}

/** When a probe whose first look is at `from` has seen enough of what is true from `holds` on. */
function passes(probe: Probe, from: Micros, holds: Micros): Micros {
  const period = periodOf(probe);
  const initial = (probe.initialDelaySeconds ?? 0) * SECOND;
  const wanted = Math.max(holds, initial, from);
  const ticks = Math.ceil((wanted - from) / period);
  return from + (ticks + (probe.successThreshold ?? 1) - 1) * period;
}

/**
 * Probes of a container that answers well from `readyAfter` on, and not before: nothing else is known of it, so their
 * course follows from the start, and only its turning points are events. Probes look every period, first when the
 * container is started. Source: pkg/kubelet/prober/worker.go.
 */
export function probeTimes({ startupProbe, readinessProbe }: Container, readyAfter: Micros): ProbeTimes {
  let startup = 0;
  if (startupProbe !== undefined) {
    startup = passes(startupProbe, 0, readyAfter);
    const initial = Math.ceil(((startupProbe.initialDelaySeconds ?? 0) * SECOND) / periodOf(startupProbe));
    const lastLook = (initial + (startupProbe.failureThreshold ?? 3) - 1) * periodOf(startupProbe);
    if (startup > lastLook) return { startup, ready: startup, fails: lastLook };
  }
  if (readinessProbe === undefined) return { startup, ready: Math.max(startup, readyAfter), fails: undefined };
  return { startup, ready: passes(readinessProbe, startup, readyAfter), fails: undefined };
}
