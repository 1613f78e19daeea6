import { NO_EVENT } from '../kernel/kernel.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { anyRuns, initCount, specOf } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import { endForGood } from './pod-record.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { release } from './node-room.ts';
import { killPlan, stopPlan } from './termination.ts';

/** What the stopper tells others. */
interface Listeners {
  /** A container that a probe condemned has ended. */
  killed(record: PodRecord, container: ContainerRecord): void;
  /** All containers of a pod have ended. True: its object has to wait, for volumes to be unmounted. */
  ended(record: PodRecord): boolean;
}

/** Containers that their runtime ends: a pod's, for good; or one, to be started anew. */
export class PodStopper {
  readonly #context: PodContext;
  readonly #stopped: HandlerId;
  readonly #killed: HandlerId;
  readonly #listeners: Listeners;

  constructor(context: PodContext, listeners: Listeners) {
    this.#context = context;
    this.#listeners = listeners;
    const { steps } = context;
    this.#stopped = steps.register('kubelet/pod-stopped', (record) => this.#onStopped(record), false);
    this.#killed = steps.register('kubelet/container-killed', (record, i) => this.#onContainerKilled(record, i), false);
  }

  /** Tells all of the pod's containers to stop, and sees to it that they have when the grace period is over. */
  stop(record: PodRecord, graceSeconds: number): void {
    record.epoch++;
    record.stage = 'stopping';
    record.starting = -1;
    const { kernel, settings, steps } = this.#context;
    // The look that was planned is void in this life, and would keep the next one from being planned.
    kernel.cancel(record.sync);
    record.sync = NO_EVENT;
    const plan = stopPlan(record, graceSeconds * SECOND, settings);
    let last: Micros = 0;
    record.stops = plan.map(({ index, after, exitCode }) => ({ index, at: kernel.now + after, exitCode }));
    for (const { index, after } of plan) {
      this.#context.event(record, 'Normal', 'Killing', `Stopping container ${specOf(record.pod, index).name}`);
      last = Math.max(last, after);
    }
    record.stopsAt = kernel.now + last;
    for (const after of new Set(plan.map((stop) => stop.after))) {
      if (after !== last) steps.after(after, this.#stopped, record);
    }
    steps.after(last, this.#stopped, record);
    if (record.deleting) this.#context.status.post(record);
  }

  #onStopped(record: PodRecord): void {
    const { kernel } = this.#context;
    for (const { index, at, exitCode } of record.stops) {
      const container = record.containers[index] as ContainerRecord;
      if (at > kernel.now || container.state !== 'running') continue;
      this.#context.end(record, container, exitCode, exitCode === 0 ? 'Completed' : 'Error');
    }
    this.#context.syncSoon(record);
  }

  /** A look at a pod that is being stopped: it is over when nothing of it runs any more. */
  look(record: PodRecord): void {
    if (anyRuns(record)) this.#context.status.post(record);
    else this.finish(record);
  }

  /** All containers have ended for good. */
  finish(record: PodRecord): void {
    record.epoch++;
    record.stage = 'done';
    record.starting = -1;
    for (const container of record.containers) endForGood(container, this.#context.kernel.now);
    release(this.#context.state.nodeOf(record), record);
    this.#context.runsChanged(record);
    const waits = this.#listeners.ended(record);
    if (record.deleting && !waits) record.removing = true;
    this.#context.status.post(record);
  }

  /** Sidecars of a pod whose work is done are stopped like those of one that is deleted. */
  stopSidecars(record: PodRecord): boolean {
    const inits = initCount(record.pod);
    for (let i = 0; i < inits; i++) {
      if (record.containers[i]?.state !== 'running') continue;
      this.stop(record, record.pod.spec.terminationGracePeriodSeconds ?? 30);
      return true;
    }
    return false;
  }

  /** Ends one container for a probe's sake; the others run on. */
  kill(record: PodRecord, index: number, probe: string): void {
    const container = record.containers[index] as ContainerRecord;
    const { name, livenessProbe, startupProbe } = specOf(record.pod, index);
    const { terminationGracePeriodSeconds: own } = (probe === 'startup' ? startupProbe : livenessProbe) ?? {};
    const grace = own ?? record.pod.spec.terminationGracePeriodSeconds ?? 30;
    const { settings, steps } = this.#context;
    const message = `Container ${name} failed ${probe} probe, will be restarted`;
    this.#context.event(record, 'Normal', 'Killing', message);
    container.killing = true;
    const { after, exitCode } = killPlan(record, index, grace * SECOND, settings);
    container.killCode = exitCode;
    steps.inRun(after, this.#killed, record, container);
  }

  #onContainerKilled(record: PodRecord, index: number): void {
    const container = record.containers[index] as ContainerRecord;
    if (container.state !== 'running' || !container.killing) return;
    this.#context.end(record, container, container.killCode, 'Error');
    this.#listeners.killed(record, container);
  }
}
