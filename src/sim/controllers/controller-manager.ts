import { Informers } from '../apiserver/informer.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { ControllerFactory } from './controller.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import { ControllerRunner } from './controller-runner.ts';
import type { QueueLoad } from './controller-runner.ts';
import { LeaderElection } from './leader-election.ts';
import type { QueuePolicy } from './queue-policy.ts';

/** Makes a part of the manager with a clock of its own, such as the node-lifecycle controller. */
export type ManagerPart = (environment: Environment, informers: Informers) => Component;

interface ProcessState {
  readonly informers: unknown;
  readonly runners: readonly [string, unknown][];
  readonly parts: readonly [string, unknown][];
}

interface ManagerState extends ProcessState {
  readonly election: unknown;
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
  readonly #environment: Environment;
  readonly #election: LeaderElection;
  /** Handlers of the process are registered in a row. */
  readonly #handlers: readonly [from: number, to: number];
  readonly #clients: readonly string[];
  /** What a process knows that has just begun: nothing. */
  readonly #fresh: ProcessState;

  constructor(
    environment: Environment,
    controllers: readonly ControllerFactory[],
    others: readonly ManagerPart[] = [],
    order?: QueuePolicy,
  ) {
    const { kernel, clients, settings } = environment;
    this.#environment = environment;
    const from = kernel.registered;
    const known = new Set(clients.names);
    this.informers = new Informers(this.name, environment.hub);
    this.#runners = controllers.map((factory) => new ControllerRunner(environment, this.informers, factory, order));
    this.#parts = others.map((make) => make(environment, this.informers));
    this.informers.whenSynced(() => {
      for (const runner of this.#runners) runner.start();
    });
    this.#handlers = [from, kernel.registered];
    this.#clients = clients.names.filter((name) => !known.has(name));
    this.#election = new LeaderElection(environment, this.name, settings.controllerManager, {
      lead: () => this.#lead(),
      lose: () => this.#lose(),
    });
    this.#fresh = this.#saveProcess();
  }

  /**
   * The process that leads dies. What it knew, what it was about to do and what it has sent and was not carried out is
   * lost; another one takes over when the lease has expired, and begins with lists. Says which one it was; undefined where
   * none led.
   */
  kill(): number | undefined {
    return this.#election.kill();
  }

  /** A process that died is there again, and stands by. */
  revive(process: number): void {
    this.#election.revive(process);
  }

  /** Keys that wait, workers that are busy, and keys that came so far, by controller. */
  get queueLengths(): ReadonlyMap<string, QueueLoad> {
    return new Map(this.#runners.map((runner) => [runner.name, runner.load]));
  }

  start(): void {
    this.#election.start();
  }

  #lead(): void {
    this.informers.start();
    for (const part of this.#parts) part.start();
  }

  #lose(): void {
    const { kernel, clients } = this.#environment;
    const [from, to] = this.#handlers;
    const isOurs = (handler: HandlerId): boolean => handler >= from && handler < to;
    this.informers.stop();
    kernel.cancelWhere(isOurs);
    clients.abandon(this.#clients, isOurs);
    this.#restoreProcess(this.#fresh);
  }

  save(): ManagerState {
    return { ...this.#saveProcess(), election: this.#election.save() };
  }

  #saveProcess(): ProcessState {
    return {
      informers: this.informers.save(),
      runners: this.#runners.map((runner) => [runner.name, runner.save()]),
      parts: this.#parts.map((part) => [part.name, part.save()]),
    };
  }

  restore(saved: unknown): void {
    const state = saved as ManagerState;
    this.#restoreProcess(state);
    this.#election.restore(state.election);
  }

  #restoreProcess(state: ProcessState): void {
    this.informers.restore(state.informers);
    const runners = new Map(state.runners);
    for (const runner of this.#runners) runner.restore(runners.get(runner.name));
    const parts = new Map(state.parts);
    for (const part of this.#parts) part.restore(parts.get(part.name));
  }
}
