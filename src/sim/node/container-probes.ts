import type { Probe } from '../api/core.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Micros } from '../kernel/time.ts';
import { ContainerHealth } from './health.ts';
import type { HealthAspect, Spell } from './health.ts';
import { CONTAINERS, specOf } from './pod-containers.ts';
import type { ContainerRecord, PodRecord, Probing } from './pod-record.ts';
import type { PodSteps, Step } from './pod-steps.ts';
import { behaviorAt } from './pod-times.ts';
import { looksFrom, nextTurn, periodOf, startUp, timeoutOf } from './probes.ts';

/** Kinds of probes, for the draws. */
const KINDS = ['startup', 'readiness', 'liveness'] as const;

/** The number of spells that are not of a container's own health. */
const LATE = -2;

/** The workers that look at containers: what they find is worked out ahead, and only what changes is an event. */
export class ContainerProbes {
  readonly #kernel: Kernel;
  readonly #steps: PodSteps;
  readonly #health: ContainerHealth;
  readonly #phases: Purpose;
  readonly #startup: HandlerId;
  readonly #readiness: HandlerId;
  readonly #liveness: HandlerId;
  readonly #on: { readonly changed: Step; readonly failed: (record: PodRecord, i: number, probe: string) => void };

  constructor(
    kernel: Kernel,
    steps: PodSteps,
    on: { readonly changed: Step; readonly failed: (record: PodRecord, i: number, probe: string) => void },
  ) {
    this.#kernel = kernel;
    this.#steps = steps;
    this.#on = on;
    this.#health = new ContainerHealth(kernel.random);
    this.#phases = kernel.random.purpose('probe-phase');
    const running =
      (step: (record: PodRecord, container: ContainerRecord) => void): Step =>
      (record, i) => {
        const container = record.containers[i] as ContainerRecord;
        const gone = container.state !== 'running' || container.killing || record.stage === 'done';
        if (!gone && container.seen) step(record, container);
      };
    this.#startup = steps.register(
      'kubelet/startup-probe',
      running((record, it) => this.#onStartup(record, it)),
    );
    this.#readiness = steps.register(
      'kubelet/readiness-probe',
      running((record, it) => this.#onReadiness(record, it)),
    );
    this.#liveness = steps.register(
      'kubelet/liveness-probe',
      running((record, it) => this.#onLiveness(record, it)),
    );
  }

  /** The kubelet has noticed that a container runs: its probes find a container to look at. */
  see(record: PodRecord, container: ContainerRecord): void {
    container.seen = true;
    const { startupProbe } = specOf(record.pod, container.index);
    if (startupProbe === undefined) {
      this.#begin(record, container);
      return;
    }
    const { at } = this.#startUp(record, container, startupProbe);
    this.#at(at, this.#startup, record, container);
  }

  #startUp(record: PodRecord, container: ContainerRecord, probe: Probe): ReturnType<typeof startUp> {
    const { startedAt, index } = container;
    // A worker looks since the pod came to the node; until a container is seen, it finds none.
    const phase = this.#phase(record, container, probe, 'startup');
    const from = Math.max(record.probesSince, startedAt, looksFrom(probe, startedAt));
    const holds = startedAt + behaviorAt(record.pod, index).readyAfter;
    const inTime = isLate(record, container, probe) ? Infinity : container.pacedAt;
    return startUp(probe, phase, from, Math.max(holds, inTime));
  }

  #onStartup(record: PodRecord, container: ContainerRecord): void {
    const { startupProbe } = specOf(record.pod, container.index);
    if (startupProbe === undefined || container.started) return;
    const { at, passes } = this.#startUp(record, container, startupProbe);
    if (at > this.#kernel.now) return;
    if (!passes) {
      this.#on.failed(record, container.index, 'startup');
      return;
    }
    this.#begin(record, container);
    this.#on.changed(record, container.index);
  }

  /**
   * A running container is not as fast as before: where a probe's answers come too late from now on, or in time again,
   * its course is worked out anew. What a probe has counted up to now is forgotten.
   */
  paced(record: PodRecord, container: ContainerRecord, before: number): void {
    const { now } = this.#kernel;
    if (!container.seen || container.killing || behaviorAt(record.pod, container.index).probeTime === 0) return;
    const { startupProbe, readinessProbe, livenessProbe } = specOf(record.pod, container.index);
    const turns = (probe: Probe | undefined): probe is Probe =>
      probe !== undefined && isLate(record, container, probe, before) !== isLate(record, container, probe);
    if (!container.started) {
      if (!turns(startupProbe)) return;
      container.pacedAt = now;
      this.#at(this.#startUp(record, container, startupProbe).at, this.#startup, record, container);
      return;
    }
    const { readiness } = container;
    if (turns(readinessProbe) && readiness !== undefined) {
      const ready = container.ready;
      const spell = this.#readinessSpell(record, container, readinessProbe);
      this.#planReadiness(record, container, { ...readiness, spell }, now);
      if (container.ready !== ready) this.#on.changed(record, container.index);
    }
    if (turns(livenessProbe)) this.#beginLiveness(record, container, livenessProbe);
  }

  /** What readiness begins with: the time until a container has come up; or, where it answers too late, no end of that. */
  #readinessSpell(record: PodRecord, container: ContainerRecord, probe: Probe): Spell {
    if (isLate(record, container, probe)) return lateSpell(this.#kernel.now);
    const { startedAt, index } = container;
    return { number: -1, sound: false, from: startedAt, to: startedAt + behaviorAt(record.pod, index).readyAfter };
  }

  #beginLiveness(record: PodRecord, container: ContainerRecord, probe: Probe): void {
    const { now } = this.#kernel;
    const late = isLate(record, container, probe);
    container.liveness = undefined;
    if (!late && this.#health.specOf(record, container, 'unhealthy') === undefined) return;
    const spell = late ? lateSpell(now) : this.#health.first(record, container, 'unhealthy', container.startedAt);
    const phase = this.#phase(record, container, probe, 'liveness');
    this.#planLiveness(record, container, { phase, spell, certain: false, at: now }, now);
  }

  /** The container counts as started: now the other probes look. */
  #begin(record: PodRecord, container: ContainerRecord): void {
    const { now } = this.#kernel;
    const { readinessProbe, livenessProbe } = specOf(record.pod, container.index);
    const { startedAt, index } = container;
    container.started = true;
    const holds = startedAt + behaviorAt(record.pod, index).readyAfter;
    if (readinessProbe === undefined) {
      container.ready = now >= holds;
      if (!container.ready) this.#at(holds, this.#readiness, record, container);
    } else {
      // A container that has just started is looked at right away. Source: pkg/kubelet/prober/prober_manager.go.
      const phase = record.kubeletRestarts === 0 ? now : this.#phase(record, container, readinessProbe, 'readiness');
      const spell = this.#readinessSpell(record, container, readinessProbe);
      this.#planReadiness(record, container, { phase, spell, certain: false, at: now }, now);
    }
    if (livenessProbe !== undefined) this.#beginLiveness(record, container, livenessProbe);
  }

  #planReadiness(record: PodRecord, container: ContainerRecord, { phase, spell }: Probing, from: Micros): void {
    const probe = specOf(record.pod, container.index).readinessProbe as Probe;
    const turn = this.#turn(record, container, 'unready', probe, container.ready, { phase, spell }, from);
    container.readiness = { phase, ...(turn ?? { at: Infinity, certain: false, spell }) };
    if (turn === undefined) return;
    if (turn.at > this.#kernel.now || !turn.certain) {
      this.#at(turn.at, this.#readiness, record, container);
      return;
    }
    container.ready = !container.ready;
    this.#planReadiness(record, container, container.readiness, from + 1);
  }

  #onReadiness(record: PodRecord, container: ContainerRecord): void {
    const { readiness } = container;
    const { now } = this.#kernel;
    if (readiness === undefined) {
      // No probe: ready as soon as it says so itself.
      container.ready = true;
      this.#on.changed(record, container.index);
      return;
    }
    // Planned by a kubelet that was restarted since.
    if (readiness.at > now) return;
    const before = container.ready;
    // One that hung comes late to it, and looks at what is there now.
    const turns = readiness.certain && readiness.at === now;
    if (turns) container.ready = !before;
    this.#planReadiness(record, container, readiness, turns ? now + 1 : now);
    if (container.ready !== before) this.#on.changed(record, container.index);
  }

  #planLiveness(record: PodRecord, container: ContainerRecord, { phase, spell }: Probing, from: Micros): void {
    const probe = specOf(record.pod, container.index).livenessProbe as Probe;
    const turn = this.#turn(record, container, 'unhealthy', probe, true, { phase, spell }, from);
    container.liveness = turn && { phase, ...turn };
    if (turn !== undefined) this.#at(turn.at, this.#liveness, record, container);
  }

  #onLiveness(record: PodRecord, container: ContainerRecord): void {
    const { liveness } = container;
    // A pod that is being deleted is not killed for its health. Source: prober/worker.go.
    const { now } = this.#kernel;
    if (liveness === undefined || liveness.at > now || record.stage === 'stopping') return;
    if (liveness.certain && liveness.at === now) this.#on.failed(record, container.index, 'liveness');
    else this.#planLiveness(record, container, liveness, now);
  }

  #turn(
    record: PodRecord,
    container: ContainerRecord,
    aspect: HealthAspect,
    probe: Probe,
    passing: boolean,
    { phase, spell }: Pick<Probing, 'phase' | 'spell'>,
    after: Micros,
  ): ReturnType<typeof nextTurn> {
    const from = Math.max(after, looksFrom(probe, container.startedAt));
    const next = (one: Spell): Spell => this.#health.next(record, container, aspect, one);
    return nextTurn(probe, phase, from, passing, spell, next);
  }

  /** When a worker looked first: as the pod came; after a restart of the kubelet, some time within its period. */
  #phase(record: PodRecord, { index }: ContainerRecord, probe: Probe, kind: (typeof KINDS)[number]): Micros {
    if (record.kubeletRestarts === 0) return record.probesSince;
    const ordinal = (record.kubeletRestarts * CONTAINERS + index) * KINDS.length + KINDS.indexOf(kind);
    return record.probesSince + Math.round(this.#phases.uniform(record.identity, ordinal) * periodOf(probe));
  }

  #at(time: Micros, handler: HandlerId, record: PodRecord, container: ContainerRecord): void {
    this.#steps.inRun(time - this.#kernel.now, handler, record, container);
  }
}

/** Whether a container that gets on so fast answers a probe too late. */
function isLate({ pod }: PodRecord, { index, speed }: ContainerRecord, probe: Probe, at = speed): boolean {
  return behaviorAt(pod, index).probeTime / at > timeoutOf(probe);
}

/** From now on its answers come too late, until it is said otherwise. */
function lateSpell(from: Micros): Spell {
  return { number: LATE, sound: false, from, to: Infinity };
}
