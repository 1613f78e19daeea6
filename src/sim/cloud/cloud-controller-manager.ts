import { Informers } from '../apiserver/informer.ts';
import type { Component } from '../component.ts';
import { ControllerRunner } from '../controllers/controller-runner.ts';
import type { ControllerFactory } from '../controllers/controller.ts';
import type { Environment } from '../environment.ts';
import { CloudNodeLifecycle } from './cloud-node-lifecycle.ts';
import type { CloudInstances } from './cloud-node-lifecycle.ts';
import { cloudNodeController } from './cloud-node.ts';
import { CloudRoutes } from './cloud-route.ts';
import { cloudServiceController } from './cloud-service.ts';
import type { CloudProvider } from './provider.ts';

/** What the process has besides its node-lifecycle controller: all that needs to know more of the provider. */
interface CloudControllers {
  readonly keyed: readonly ControllerFactory[];
  /** Parts with a clock of their own. */
  readonly parts: readonly ((environment: Environment, informers: Informers) => Component)[];
}

/** The controllers that there are with a provider; without one, there is the node-lifecycle controller alone. */
export function cloudControllers(provider: CloudProvider | undefined): CloudControllers {
  if (provider === undefined) return { keyed: [], parts: [] };
  const { routeLatency } = provider.spec;
  return {
    keyed: [cloudNodeController(provider), cloudServiceController(provider)],
    parts:
      routeLatency === undefined
        ? []
        : [(environment, informers) => new CloudRoutes(environment, informers, provider, routeLatency)],
  };
}

interface ProcessState {
  readonly informers: unknown;
  readonly runners: readonly unknown[];
  readonly parts: readonly unknown[];
}

/** cloud-controller-manager: the controllers of one process, which share its informers. Source: cloud-provider app/core.go. */
export class CloudControllerManager implements Component {
  readonly name = 'cloud-controller-manager';
  readonly #informers: Informers;
  readonly #runners: readonly ControllerRunner[];
  readonly #parts: readonly Component[];

  constructor(environment: Environment, instances: CloudInstances, { keyed, parts }: CloudControllers) {
    const { settings, hub } = environment;
    const { qps, burst } = settings.cloud;
    const own = {
      ...environment,
      settings: { ...settings, controllerManager: { ...settings.controllerManager, qps, burst } },
    };
    this.#informers = new Informers(this.name, hub);
    const lifecycle = new CloudNodeLifecycle(environment, this.#informers, instances);
    this.#parts = [lifecycle, ...parts.map((make) => make(environment, this.#informers))];
    this.#runners = keyed.map((factory) => new ControllerRunner(own, this.#informers, factory));
    this.#informers.whenSynced(() => {
      for (const runner of this.#runners) runner.start();
    });
  }

  start(): void {
    this.#informers.start();
    for (const part of this.#parts) part.start();
  }

  save(): ProcessState {
    return {
      informers: this.#informers.save(),
      runners: this.#runners.map((runner) => runner.save()),
      parts: this.#parts.map((part) => part.save()),
    };
  }

  restore(saved: unknown): void {
    const { informers, runners, parts } = saved as ProcessState;
    this.#informers.restore(informers);
    for (const [i, runner] of this.#runners.entries()) runner.restore(runners[i]);
    for (const [i, part] of this.#parts.entries()) part.restore(parts[i]);
  }
}
