import type { Container } from '../api/core.ts';
import { behaviorOf } from '../behavior.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import type { PodSteps, Step } from './pod-steps.ts';
import { probeTimes } from './probes.ts';

/** When containers pass their start-up and readiness probes, or fail the first for good. */
export class ContainerProbes {
  readonly #kernel: Kernel;
  readonly #steps: PodSteps;
  readonly #passed: HandlerId;
  readonly #startupFailed: HandlerId;

  constructor(kernel: Kernel, steps: PodSteps, on: { readonly passed: Step; readonly startupFailed: Step }) {
    this.#kernel = kernel;
    this.#steps = steps;
    this.#passed = steps.register('kubelet/probe-passed', on.passed);
    this.#startupFailed = steps.register('kubelet/startup-failed', on.startupFailed);
  }

  /** Plans what the probes of a container that has just started will say. */
  plan(record: PodRecord, container: ContainerRecord, spec: Container): void {
    const { startup, ready, fails } = probeTimes(spec, behaviorOf(record.pod.metadata.annotations).readyAfter);
    if (fails !== undefined) {
      this.#steps.after(fails, this.#startupFailed, record, container.index);
      return;
    }
    container.started = startup === 0;
    container.ready = ready === 0;
    if (startup > 0 && startup !== ready) this.#steps.after(startup, this.#passed, record, container.index);
    if (ready > 0) this.#steps.after(ready, this.#passed, record, container.index);
  }

  /** A probe of a running container passed. */
  pass(record: PodRecord, container: ContainerRecord, spec: Container): void {
    const { ready } = probeTimes(spec, behaviorOf(record.pod.metadata.annotations).readyAfter);
    container.started = true;
    container.ready = this.#kernel.now - container.startedAt >= Math.round(ready);
  }
}
