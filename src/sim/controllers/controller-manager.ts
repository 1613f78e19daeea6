import { Informers } from '../apiserver/informer.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { ControllerFactory } from './controller.ts';
import { ControllerRunner } from './controller-runner.ts';
import type { QueueLoad } from './controller-runner.ts';
import type { QueuePolicy } from './queue-policy.ts';

/** Makes a part of the manager with a clock of its own, such as the node-lifecycle controller. */
export type ManagerPart = (environment: Environment, informers: Informers) => Component;

interface ManagerState {
  readonly informers: unknown;
  readonly runners: readonly [string, unknown][];
  readonly parts: readonly [string, unknown][];
}

/**
 * kube-controller-manager: the controllers of one process, which share its informers. Keyed controllers begin their work
 * when all caches are filled; what came before waits in their queues.
 */
export class ControllerManager implements Component {
  readonly name = 'kube-controller-manager';
  readonly informers: Informers;
  readonly #runners: readonly ControllerRunner[];
  readonly #parts: readonly Component[];

  constructor(
    environment: Environment,
    controllers: readonly ControllerFactory[],
    others: readonly ManagerPart[] = [],
    order?: QueuePolicy,
  ) {
    this.informers = new Informers(this.name, environment.hub);
    this.#runners = controllers.map((factory) => new ControllerRunner(environment, this.informers, factory, order));
    this.#parts = others.map((make) => make(environment, this.informers));
    this.informers.whenSynced(() => {
      for (const runner of this.#runners) runner.start();
    });
  }

  /** Keys that wait, workers that are busy, and keys that came so far, by controller. */
  get queueLengths(): ReadonlyMap<string, QueueLoad> {
    return new Map(this.#runners.map((runner) => [runner.name, runner.load]));
  }

  start(): void {
    this.informers.start();
    for (const part of this.#parts) part.start();
  }

  save(): ManagerState {
    return {
      informers: this.informers.save(),
      runners: this.#runners.map((runner) => [runner.name, runner.save()]),
      parts: this.#parts.map((part) => [part.name, part.save()]),
    };
  }

  restore(saved: unknown): void {
    const state = saved as ManagerState;
    this.informers.restore(state.informers);
    const runners = new Map(state.runners);
    for (const runner of this.#runners) runner.restore(runners.get(runner.name));
    const parts = new Map(state.parts);
    for (const part of this.#parts) part.restore(parts.get(part.name));
  }
}
